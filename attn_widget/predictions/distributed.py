"""A review by Ray Data's workers."""

import pickle
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_widget import texts
from attn_widget.predictions.predicting import Predictor
from attn_widget.refusal import Refusal
from attn_widget.samples.portions import LoaderPortions

if TYPE_CHECKING:
    from attn_widget.predictions.reviewing import Progress, Reviewing


def distributed_steps(work: "Reviewing") -> Generator["Progress"]:
    """Make a review's steps on a Ray cluster, the one that is running or a local one.

    The samples of a portion are read and predicted together, as they are here. The model and the data set go to the
    cluster's object store once, and each worker takes them from there.

    Yields
    ------
    Progress
        After each portion that follows those that are done.

    Raises
    ------
    ImportError
        Where Ray is not installed.
    Refusal
        Where the loader has no map-style data set and collate function; and as `Reviewing.steps` does.
    """
    portions = work.portions
    if not isinstance(portions, LoaderPortions):
        raise Refusal(texts.NOT_FOR_RAY)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ImportError(texts.NO_RAY) from error
    starts = range(work.review.reviewed, portions.count, portions.size)
    if not ray.is_initialized():
        ray.init()
    shipped = ray.put((work.predictor(), portions.reader))
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=_most_workers(ray, work.on_gpu))
    results = ray.data.range(len(starts)).map_batches(
        _Worker,
        fn_constructor_args=([shipped], starts, portions.count),
        batch_size=1,
        compute=pool,
        num_gpus=int(work.on_gpu),
    )
    waiting = {}
    for row in results.iter_rows():
        scored = pickle.loads(row["scored"])
        if isinstance(scored, Refusal):
            raise scored
        waiting[scored.start] = scored
        while work.review.reviewed in waiting:
            work.review.add(waiting.pop(work.review.reviewed))
            yield work.progress()


def _most_workers(ray: Any, on_gpu: bool) -> int:
    return max(1, int(ray.cluster_resources().get("GPU" if on_gpu else "CPU", 1)))


class _Worker:
    """What runs on each of Ray's workers: made once, and called with the numbers of portions."""

    def __init__(self, shipped: list[Any], starts: range, count: int) -> None:
        import ray

        self._predictor: Predictor
        self._predictor, self._reader = ray.get(shipped[0])
        self._starts, self._count = starts, count

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        found = [self._predict(int(number)) for number in batch["id"]]
        return {"scored": np.array([pickle.dumps(one) for one in found], object)}

    def _predict(self, number: int) -> Any:
        start = self._starts[number]
        try:
            return self._predictor.predict(
                self._reader.__getitems__(range(start, min(start + self._starts.step, self._count)))
            )
        except Refusal as refusal:
            return refusal

"""A review by Ray Data's workers."""

import pickle
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

import numpy as np

from attn_widget.candidates import Place
from attn_widget.predictions.batch_scores import Rechosen, Scored
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.predictor import Predictor
from attn_widget.predictions.progress import Progress
from attn_widget.predictions.review_growth import grown
from attn_widget.predictions.review_walk import Reviewing
from attn_widget.refusal import Refusal
from attn_widget.samples.loader_portions import LoaderPortions, PortionReader
from attn_widget.samples.portions import Portions
from attn_widget.words import reviews

T = TypeVar("T")
Doer = TypeVar("Doer")


def distributed_steps(work: Reviewing) -> Generator[Progress]:
    """Do a review on a Ray cluster, the one that is running or a local one; report after each portion, in order.

    The samples of a portion are read and predicted together, as they are locally. The model and the data set go to
    the cluster's object store once, from where each worker takes them.

    Raises
    ------
    ImportError
        Where Ray is not installed.
    Refusal
        As `Reviewing.steps` does; and where the loader has no map-style data set and collate function, or an item
        holds several images.
    """
    yield from work.to_the_end(lambda: _steps(work))


def _steps(work: Reviewing) -> Generator[Progress]:
    place: Place | None = None
    with closing(answers(work, work.review.reviewed, work.predictor(), predict_block)) as found:
        for scored in found:
            if scored.refusal is not None:
                raise scored.refusal
            place = agreed(work, place, scored)
            work.review.become(partial(grown, scored=scored))
            yield work.progress()


def answers(work: Reviewing, start: int, doer: Doer, answer: Callable[[Doer, PortionReader, range], T]) -> Generator[T]:
    """Have Ray's workers answer for each portion of items from a position on; gives the answers in the items' order.

    ``answer(doer, reader, positions)`` runs on a worker, to which the doer is sent once.
    """
    portions = even_portions(work.portions)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ImportError(reviews.NO_RAY) from error
    if not ray.is_initialized():
        ray.init()
    cluster: Any = ray  # some of its functions have no types
    workers = max(1, int(cluster.cluster_resources().get("GPU" if work.on_gpu else "CPU", 1)))
    starts = list(range(start, portions.items, portions.size))
    if not starts:
        return
    shipped = ray.put((doer, portions.reader(), answer))
    blocks = min(len(starts), max(2 * workers, -(-len(starts) // 16)))  # enough for all workers, and to see progress
    # not ray.data.range: its read tasks wait for a CPU, which the only worker may occupy
    results = ray.data.from_items(starts, override_num_blocks=blocks).map_batches(
        _Worker,
        fn_constructor_args=([shipped], portions.size, portions.items),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
        num_gpus=int(work.on_gpu),
    )
    waiting: dict[int, T] = {}
    following = iter(starts)
    expected = next(following)
    for row in results.iter_rows():
        waiting[int(row["item"])] = pickle.loads(row["answer"])
        while expected in waiting:
            yield waiting.pop(expected)
            expected = next(following, -1)


def even_portions(portions: Portions) -> LoaderPortions:
    """Refuse a loader that cannot be read by workers."""
    if not isinstance(portions, LoaderPortions):
        raise Refusal(reviews.NOT_FOR_RAY)
    if not portions.even:
        raise Refusal(reviews.UNEVEN_FOR_RAY)
    return portions


def agreed(work: Reviewing, before: Place | None, found: Scored) -> Place | None:
    """Give the place of the scores; start over where a worker, having met other labels, read them elsewhere."""
    if before is None or found.place is None:
        return before if found.place is None else found.place
    highest = max(int(labels.max(initial=NO_CLASS)) for labels in (work.review.labels, found.columns["labels"]))
    if before != found.place and highest > work.highest:
        raise Rechosen(before, found.place, highest)
    return before


class _Worker:
    """Runs on each of Ray's workers: made once, and called with the first positions of portions."""

    def __init__(self, shipped: list[Any], size: int, count: int) -> None:
        import ray

        self._doer, self._reader, self._answer = ray.get(shipped[0])
        self._size, self._count = size, count

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        blocks = [range(start, min(start + self._size, self._count)) for start in batch["item"].tolist()]
        found = [self._answer(self._doer, self._reader, block) for block in blocks]
        return {"item": batch["item"], "answer": np.array([pickle.dumps(one) for one in found], object)}


def predict_block(predictor: Predictor, reader: PortionReader, block: range) -> Scored:
    """Read and predict the samples at consecutive positions."""
    portion = reader.__getitems__(block)
    return uneven(block) if portion.uneven else predictor.predict(portion)


def uneven(block: range) -> Scored:
    """Refuse samples of which an item holds several."""
    return Scored(block.start, {}, refusal=Refusal(reviews.UNEVEN_FOR_RAY))

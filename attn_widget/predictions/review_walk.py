"""Reviewing a loader, in steps that can be stopped and gone on with."""

import warnings
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, NamedTuple

from torch import nn

from attn_widget.capture import Forward, check_model, image_names
from attn_widget.predictions.batch_scores import Rechosen
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.fingerprint import fingerprint
from attn_widget.predictions.given_class_names import given_names
from attn_widget.predictions.prediction_step import Predictor
from attn_widget.predictions.progress_bar import reporting
from attn_widget.predictions.review_record import Review, as_samples
from attn_widget.predictions.worst_samples import Worst
from attn_widget.refusal import Refusal
from attn_widget.samples import open_portions
from attn_widget.samples.streams import StreamSource
from attn_widget.words import reviews

ENGINES = ("local", "ray")


class Progress(NamedTuple):
    """How many samples are done, and of how many; None for a stream."""

    done: int
    total: int | None


def review(
    model: nn.Module,
    loader: Any,
    *,
    class_names: Any = None,
    forward: Forward | None = None,
    engine: str = "local",
    progress: Callable[[int, int | None], object] | None = None,
) -> Review:
    """Predict every sample of a loader, and keep what was predicted by position.

    The loader itself is not iterated: its data set is read in the order of positions, with nothing dropped, through
    a `DataLoader` beside it with the same collate function, batch size and workers. What is found of a position is
    what ``explain(model, Samples(loader)[position].image)`` finds there, but for the last digits (`Review.near_ties`).

    Parameters
    ----------
    model : Module
        In any mode; it is left exactly as it was.
    loader : DataLoader, data set, list or iterable of batches, or Tensor ``[N, C, H, W]``
        What `Samples` takes. Labels are whole numbers, also as floats (3.0), or texts that are among the class names.
    class_names : list of str, or mapping of int to str, optional
        The names of the classes; by default the data set's own.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.
    engine : str
        ``"local"``, or ``"ray"`` for Ray Data's workers (with the extra ``attn-widget[ray]``).
    progress : callable, optional
        Is told how many samples are done and of how many (None for a stream), after each batch. Without it a bar is
        drawn by tqdm, or, where that is not installed, lines are written to standard error now and then.

    Returns
    -------
    Review
        Where the loader breaks off, what was found until then, with a warning; see `Review.broken_off`. Its notes
        are warnings as well.

    Raises
    ------
    Refusal
        Where the model gives no class scores, the labels are no classes, or the model fails on every sample.
    TypeError, ValueError
        For a model that cannot be run, or something that is no loader.

    Examples
    --------
    >>> found = review(model, loader)
    >>> found.accuracy, found.confused_pairs()[:3]
    >>> found.select("most surely wrong")[:10]
    >>> found.save("review.npz")
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(map(repr, ENGINES))}, got {engine!r}")
    work = Reviewing(model, loader, class_names=class_names, forward=forward)
    steps = work.steps()
    if engine == "ray":
        from attn_widget.predictions.ray_engine import distributed_steps  # Ray is an extra

        steps = distributed_steps(work)
    with reporting(progress) as report, closing(steps):
        for done, total in steps:
            report(done, total)
    if work.review.broken_off is not None:
        warnings.warn(reviews.broken_off_warning(work.review.reviewed, work.review.broken_off), stacklevel=2)
    for note in work.review.notes:
        warnings.warn(note, stacklevel=2)
    return work.review


class Reviewing:
    """A review on its way.

    ``for progress in reviewing.steps(): ...`` makes it, one batch after another; whoever stops iterating stops it,
    and `steps`, called again, goes on from there. So it does after an interrupt, and where the loader broke off.

    Parameters
    ----------
    model, loader, class_names, forward
        As for `review`; the loader may be `Samples` of one.
    review : Review, optional
        One to go on with, such as was saved.

    Attributes
    ----------
    review : Review
        What is known so far.
    highest : int
        The highest label that was met when the review was begun, or begun anew; -1 for none.

    Raises
    ------
    Refusal
        Where the review to go on with is one of another model or data set.
    """

    def __init__(
        self,
        model: nn.Module,
        loader: Any,
        *,
        class_names: Any = None,
        forward: Forward | None = None,
        review: Review | None = None,
    ) -> None:
        check_model(model)
        self.model, self.forward = model, forward
        self.samples = as_samples(loader, image_names(model))
        self.portions = open_portions(self.samples)
        names = self.samples.class_names if class_names is None else given_names(class_names)
        self.names = tuple(names or ())
        if review is None:
            review = Review(self.samples.count, fingerprint(model, self.samples), names, self.samples)
        elif review.count is None:
            self.samples.expect_several()
        review.samples = self.samples
        self.review = review
        self._worst = Worst(self.samples, review)
        self.highest = NO_CLASS
        self._check_fresh()

    @property
    def on_gpu(self) -> bool:
        """Whether the model is on a GPU."""
        return any(parameter.is_cuda for parameter in self.model.parameters())

    def progress(self) -> Progress:
        """Say how far the review is."""
        return Progress(self.review.reviewed, self.samples.count)

    def predictor(self) -> Predictor:
        """Make ready to predict."""
        self.highest = max(self.highest, int(self.review.labels.max(initial=NO_CLASS)))
        return Predictor(self.model, self.forward, self.names, self.highest)

    def steps(self) -> Generator[Progress]:
        """Go on from where the review is; from the start where the labels show that other scores were meant.

        Yields
        ------
        Progress
            After each batch.

        Raises
        ------
        Refusal
            As `review` does; and where the model has changed since the review began.
        """
        yield from self.to_the_end(self._read_on)

    def to_the_end(self, steps: Callable[[], Generator[Progress]]) -> Generator[Progress]:
        """Make steps, and make them anew as often as the labels show that other scores were meant."""
        while True:
            try:
                yield from steps()
                return
            except Rechosen as found:
                self._begin_anew(found)

    def _begin_anew(self, found: Rechosen) -> None:
        """Forget what was predicted by other scores; the samples of a stream cannot be read again."""
        passed = isinstance(self.samples.source, StreamSource)
        why = f"{found} {reviews.EARLIER_UNREAD}" if passed else str(found)
        self.review.begin_anew(why, kept=passed)
        self.highest = found.highest
        self._worst = Worst(self.samples, self.review)

    def _read_on(self) -> Generator[Progress]:
        self._check_fresh()
        self.review.broken_off = None
        predictor, ended = self.predictor(), False
        with closing(self.portions.read_from(self.review.reviewed, pin=self.on_gpu)) as portions:
            for portion in portions:
                if self.portions.count != self.review.count:
                    self.review.recount()
                scored = predictor.predict(portion)
                if self.review.count is None:
                    self._worst.consider(portion, scored)
                self.review.add(scored)  # what is interrupted before is done again
                self.review.broken_off, ended = portion.broken, portion.ended
                if self.review.count is None:
                    self._worst.hand_over()
                yield self.progress()
        if self.review.class_count == 0:
            predictor.refuse_always_failed()
        if self.review.broken_off is None and (ended or self.review.count is None):
            self.review.end()

    def _check_fresh(self) -> None:
        if self.review.reviewed:
            reason = self.review.stale(self.model, self.samples)
            if reason:
                raise Refusal(reviews.cannot_go_on(reason))

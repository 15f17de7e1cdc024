"""A review in progress, in steps that can be stopped and continued."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn

from attn_widget.candidates import Classes
from attn_widget.capture import Forward, check_model, image_names
from attn_widget.predictions.batch_scores import Rechosen, Scored
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.fingerprint import fingerprint
from attn_widget.predictions.predictor import Predictor
from attn_widget.predictions.progress import Progress
from attn_widget.predictions.review_growth import ended, grown, nothing_known, restarted, uncounted
from attn_widget.predictions.review_record import Review
from attn_widget.predictions.worst_samples import Worst
from attn_widget.refusal import Refusal
from attn_widget.samples import Portion, as_samples, open_portions
from attn_widget.samples.class_name_forms import given_names
from attn_widget.samples.stream_source import StreamSource
from attn_widget.words import forms, reviews


class Reviewing:
    """A review in progress.

    ``for progress in reviewing.steps(): ...`` does one batch after another. To stop it, stop iterating; `steps`, called
    again, continues from there, also after an interrupt or after the loader broke off.

    Parameters
    ----------
    model, loader, class_names, forward
        As for `review`; the loader may be `Samples` of one.
    review : Review, optional
        One to continue, such as a saved one.

    Attributes
    ----------
    review : Review
        The review so far.
    highest : int
        The highest label met when its present steps began; -1 for none.

    Raises
    ------
    Refusal
        Where the review to continue is of another model or data set.
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
            review = Review(nothing_known(self.samples.count, fingerprint(model, self.samples), names))
        elif review.count is None:
            self.samples.expect_several()
        review.samples = self.samples
        self.review = review
        self._worst = Worst(self.samples, review.snapshot)
        self.highest = NO_CLASS
        self._check_fresh()

    @property
    def on_gpu(self) -> bool:
        """Whether the model is on a GPU."""
        return any(parameter.is_cuda for parameter in self.model.parameters())

    def progress(self) -> Progress:
        """Give the number of samples done, and of all."""
        return Progress(self.review.reviewed, self.samples.count)

    def predictor(self) -> Predictor:
        """Make a predictor that knows of the labels met so far."""
        return Predictor(self.model, self.forward, self.names, self.known())

    def known(self) -> Classes:
        """Tell what the labels met so far say of the classes."""
        self.highest = max(self.highest, int(self.review.labels.max(initial=NO_CLASS)))
        return Classes(highest=self.highest)

    def steps(self) -> Generator[Progress]:
        """Continue the review, yielding after each batch; start over if a label shows that the wrong scores were read.

        Raises
        ------
        Refusal
            As `review` does; and where the model has changed since the review began.
        """
        yield from self.to_the_end(self._read_on)

    def to_the_end(self, steps: Callable[[], Generator[Progress]]) -> Generator[Progress]:
        """Take these steps, and take them again whenever a label shows that the wrong scores were read."""
        while True:
            try:
                yield from steps()
                return
            except Rechosen as found:
                self._start_over(found)

    def _start_over(self, found: Rechosen) -> None:
        """Forget what the wrong scores predicted; the samples of a stream cannot be read again."""
        passed = isinstance(self.samples.source, StreamSource)
        why = forms.together(str(found), reviews.EARLIER_UNREAD) if passed else str(found)
        self.review.become(partial(restarted, why=why, kept=passed))
        self.highest = found.highest
        self._worst = Worst(self.samples, self.review.snapshot)

    def _read_on(self) -> Generator[Progress]:
        self.begin()
        predictor, met_end = self.predictor(), False
        with closing(self.portions.read_from(self.review.reviewed, pin=self.on_gpu)) as portions:
            for portion in portions:
                scored = predictor.predict(portion)
                if scored.refusal is not None:
                    raise scored.refusal
                self.take(scored, portion)
                met_end = portion.ended
                yield self.progress()
        if self.review.class_count == 0 and predictor.always_failed is not None:
            raise predictor.always_failed
        self.end(met_end=met_end)

    def begin(self) -> None:
        """Make sure that the model and the data are still those of the review."""
        self._check_fresh()
        self.review.become(lambda now: replace(now, broken_off=None))

    def take(self, scored: Scored, portion: Portion | None = None) -> None:
        """Add what was predicted for the next portion; of a stream, which only `portion` itself has, keep the worst."""
        if self.portions.count != self.review.count:
            self.review.become(uncounted)
        kept, broken_off = None, None if portion is None else portion.broken
        if self.review.count is None and portion is not None:
            self._worst.consider(portion, scored)
            kept = self._worst.kept
        # a portion that is interrupted before this is done again
        self.review.become(partial(grown, scored=scored, broken_off=broken_off, kept=kept))

    def end(self, *, met_end: bool) -> None:
        """Say that the loader has given all it has."""
        if self.review.broken_off is None and (met_end or self.review.count is None):
            self.review.become(ended)

    def _check_fresh(self) -> None:
        if self.review.reviewed:
            reason = self.review.stale(self.model, self.samples)
            if reason:
                raise Refusal(reviews.cannot_go_on(reason))

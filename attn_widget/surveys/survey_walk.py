"""A survey in progress, in steps that can be stopped and continued."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, Grid, find_module
from attn_widget.explanation import Question
from attn_widget.methods import method_named, same_parts
from attn_widget.predictions import Progress, Review, Reviewing
from attn_widget.predictions.batch_scores import Rechosen, Scored
from attn_widget.predictions.fingerprint import why_stale
from attn_widget.predictions.review_growth import MOST_ERRORS, MOST_NOTES
from attn_widget.refusal import Refusal
from attn_widget.samples import Portion, Sample
from attn_widget.samples.items import Item
from attn_widget.samples.stream_source import StreamSource
from attn_widget.surveys.picture_measures import brightness_and_sharpness
from attn_widget.surveys.portion_look import Looked, Looking
from attn_widget.surveys.running_sums import Bounds, Sums, with_looks
from attn_widget.surveys.survey_making import About, sums_of, survey_of
from attn_widget.surveys.survey_parts import Part, PartMaker
from attn_widget.surveys.survey_record import Survey
from attn_widget.targets import Contrast, Target
from attn_widget.words import part_words, surveys


class Surveying:
    """A survey in progress.

    ``for progress in surveying.steps(): ...`` does one batch after another. To stop it, stop iterating; `steps`, called
    again, continues from there.

    Parameters
    ----------
    model, loader, layer, method, target, top_k, exemplars, mistakes, class_names, forward, grid, review
        As for `survey`.
    survey : Survey, optional
        One to continue, such as a saved one. What it asked of each sample is asked of the others.

    Attributes
    ----------
    review : Review or None
        The predictions so far; None where a survey is continued without a review.

    Raises
    ------
    Refusal
        Where the review, or the survey to continue, is of another model or data set.
    TypeError, ValueError
        For an invalid argument.
    """

    def __init__(
        self,
        model: nn.Module,
        loader: Any,
        *,
        layer: str | None = None,
        method: str = "grad-cam",
        target: Target = "predicted",
        top_k: int = 3,
        exemplars: int = 9,
        mistakes: int = 300,
        class_names: Any = None,
        forward: Forward | None = None,
        grid: Grid | None = None,
        review: Review | None = None,
        survey: Survey | None = None,
    ) -> None:
        self.reviewing = Reviewing(model, loader, class_names=class_names, forward=forward, review=review)
        self.review = None if survey is not None and review is None else self.reviewing.review
        self.samples, self.portions = self.reviewing.samples, self.reviewing.portions
        self.model, self.forward = model, forward
        fingerprint = self.reviewing.review.fingerprint
        if survey is None:
            _check_asked(model, layer, method, target)
            most = {"exemplars": _whole("exemplars", exemplars, 1), "mistakes": _whole("mistakes", mistakes, 0)}
            bounds, names = Bounds(top_k=_whole("top_k", top_k, 1), **most), self.reviewing.names or None
            self._about = About(layer, method, target, bounds, self.samples.count, fingerprint, names)
            self._sums: Sums | None = None
        else:
            reason = why_stale(survey.fingerprint, model, self.samples)
            if reason:
                raise Refusal(surveys.survey_on_refused(reason))
            self._about, self._sums = sums_of(survey)
        self._question = Question.of({"model": model, "image": torch.zeros(1, 1, 1), "target": target, "grid": grid})
        self._changing = threading.Lock()
        self._is_torn = False  # an interrupt came while something was added

    @property
    def surveyed(self) -> int:
        """How many samples are done: the positions 0 to ``surveyed - 1``."""
        return self._about.surveyed

    @property
    def complete(self) -> bool:
        """Whether all samples are done."""
        return self.surveyed == self._about.count

    @property
    def errors(self) -> Mapping[int, str]:
        """By position, why a sample could not be surveyed."""
        return self._about.errors

    @property
    def survey(self) -> Survey:
        """The survey so far; raises a Refusal while no sample has been surveyed."""
        with self._changing:
            if self._sums is None:
                raise Refusal(surveys.nothing_surveyed(self._about.errors))
            return survey_of(self._about, self._sums, self.review)

    def progress(self) -> Progress:
        """Give the number of samples done, and of all."""
        return Progress(self.surveyed, self.samples.count)

    def steps(self) -> Generator[Progress]:
        """Continue the survey, yielding after each batch; start over if a label shows that the wrong scores were read.

        Raises
        ------
        Refusal
            As `survey` does; and where the model has changed since the survey began.
        """
        yield from self.to_the_end(self._read_on)

    def to_the_end(self, steps: Callable[[], Generator[Progress]]) -> Generator[Progress]:
        """Take these steps, and take them again whenever a label shows that the wrong scores were read."""

        def from_start() -> Generator[Progress]:
            try:
                yield from steps()
            except Rechosen:
                self._forget()
                raise

        yield from self.reviewing.to_the_end(from_start)

    def begin(self) -> int:
        """Make sure that the model and the data are still the same; gives the position to read on from."""
        self.reviewing.begin()
        if self._is_torn:
            self._forget()
        reason = why_stale(self._about.fingerprint, self.model, self.samples) if self.surveyed else None
        if reason:
            raise Refusal(surveys.survey_on_refused(reason))
        self._become(broken_off=None)
        return self.surveyed if self.review is None else min(self.surveyed, self.review.reviewed)

    def looking(self) -> Looking:
        """Make what looks at portions; it knows of the labels met so far."""
        about, work = self._about, self.reviewing
        question = replace(self._question, target=about.target)
        return Looking(self.model, self.forward, work.names, work.known(), question, about.layer, about.method)

    def take(self, looked: Looked, portion: Portion) -> None:
        """Add what was found of the next portion."""
        if looked.scored.refusal is not None:
            raise looked.scored.refusal
        self._check_parts(looked)
        fresh = [look.rows(look.positions >= self.surveyed) for look in looked.looks]
        with self._adding():
            self._sums, errors = with_looks(
                self._sums, self._about.bounds, fresh, looked.scored.classes, partial(self._measured, portion)
            )
            self._take(looked, errors, portion.broken)
        if self.review is not None:
            self._predicted(self.review, looked.scored, portion)

    def merge(self, part: Part) -> None:
        """Add what another process has found of the next portion."""
        with self._adding():
            if part.sums is not None and self._sums is not None:
                self._sums.merge(part.sums)
            self._take(part.looked, {}, None)
        if self.review is not None:
            self._predicted(self.review, part.looked.scored, None)

    def part_maker(self) -> "PartMaker":
        """Make what finds parts in another process; raises a Refusal where no sample has been surveyed here."""
        if self._sums is None:
            raise Refusal(surveys.nothing_surveyed(self._about.errors))
        return PartMaker(self.looking(), self._about.bounds, self._sums.channels, self._sums.grid)

    @property
    def state_bytes(self) -> int:
        """How much memory is kept until the end, in bytes, without the review."""
        return 0 if self._sums is None else self._sums.nbytes

    @property
    def is_begun(self) -> bool:
        """Whether a sample has been surveyed, which tells the layer's channels and grid."""
        return self._sums is not None

    def fill_pictures(self) -> None:
        """Measure the pictures of samples kept that other processes have found."""
        if self._sums is not None:
            for kept in (self._sums.mistakes, self._sums.right):
                kept.fill_pictures(self._measured_again)

    @contextmanager
    def _adding(self) -> Iterator[None]:
        self._is_torn = True
        with self._changing:
            yield
        self._is_torn = False

    def _take(self, looked: Looked, errors: Mapping[int, str], broken_off: str | None) -> None:
        scored, known = looked.scored, self._about.errors
        more = {at: why for at, why in {**looked.errors, **errors}.items() if at >= self.surveyed}
        notes = (*self._about.notes, *looked.notes, *scored.notes)
        self._become(
            layer=looked.layer,
            parts=looked.parts or self._about.parts,
            surveyed=max(scored.start + len(scored.columns["labels"]), self.surveyed),
            count=self.portions.count,
            classes=max(self._about.classes, scored.classes),
            errors={**known, **dict(list(more.items())[: max(MOST_ERRORS - len(known), 0)])},
            broken_off=broken_off,
            notes=tuple(dict.fromkeys(notes))[:MOST_NOTES],
        )

    def _check_parts(self, looked: Looked) -> None:
        """Refuse to add what other parts of the same name show."""
        if self.is_begun and looked.looks and not same_parts(self._about.parts, looked.parts):
            raise Refusal(surveys.survey_on_refused(part_words.other_parts(self._about.method)))

    def _predicted(self, review: Review, scored: Scored, portion: Portion | None) -> None:
        if scored.start + len(scored.columns["labels"]) > review.reviewed:
            self.reviewing.take(scored.since(review.reviewed), portion)

    def end(self, *, met_end: bool) -> None:
        """Say that the loader has given all it has."""
        if self.review is not None:
            self.reviewing.end(met_end=met_end)
        if self._about.broken_off is None and (met_end or self._about.count is None):
            fingerprint = self._about.fingerprint
            counted = fingerprint if fingerprint.count is None else replace(fingerprint, count=self.surveyed)
            self._become(count=self.surveyed, fingerprint=counted)

    def _read_on(self) -> Generator[Progress]:
        start, looking, met_end = self.begin(), self.looking(), False
        with closing(self.portions.read_from(start, pin=self.reviewing.on_gpu)) as portions:
            for portion in portions:
                self.take(looking.look(portion), portion)
                met_end = portion.ended
                yield self.progress()
        if self._about.classes == 0 and looking.always_failed is not None:
            raise looking.always_failed
        self.end(met_end=met_end)

    def _become(self, **changes: Any) -> None:
        self._about = replace(self._about, **changes)

    def _forget(self) -> None:
        """Begin again; the samples of a stream cannot be read again, and count as done."""
        self._sums, self._is_torn = None, False
        passed = isinstance(self.samples.source, StreamSource)
        self._become(surveyed=self.surveyed if passed else 0, classes=0, errors={})

    def _measured(self, portion: Portion, position: int) -> tuple[float, float]:
        """Measure the brightness and sharpness of a portion's sample; NaN where it has no picture."""
        image = portion.images[portion.positions.index(position)]
        return _measures(lambda: self.samples.as_sample(position, Item(image, None)))

    def _measured_again(self, position: int) -> tuple[float, float]:
        return _measures(lambda: self.samples.as_sample(position, self.samples.item(position)))


def _measures(sample: Callable[[], Sample]) -> tuple[float, float]:
    try:
        return brightness_and_sharpness(sample().rendering)
    except Exception:  # of the user's data set, in whose transforms the normalisation is looked for
        return float("nan"), float("nan")


def _check_asked(model: nn.Module, layer: Any, method: str, target: Any) -> None:
    """Raise a TypeError or ValueError for a wrong argument."""
    asked = method_named(method)
    named = asked.layer if layer is None else layer
    if named is not None:
        find_module(model, named)
    if asked.reads != "layer":
        raise ValueError(surveys.reads_no_layer(method))
    parts = (target.of, target.against) if isinstance(target, Contrast) else (target,)
    if any(isinstance(part, str) and part not in ("predicted", "true") for part in parts):
        raise ValueError(f"target must be 'predicted', 'true', a class index, a Contrast or a callable, got {target!r}")


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)

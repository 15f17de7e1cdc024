"""A survey in progress, in steps that can be stopped and continued."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, Grid, check_model, image_names
from attn_widget.explanation import ChannelRow, to_heatmap
from attn_widget.methods import method_named
from attn_widget.predictions.batch_scores import NoScores, Scored, score_batch
from attn_widget.predictions.columns import NO_CLASS, empty_columns
from attn_widget.predictions.fingerprint import fingerprint, why_stale
from attn_widget.predictions.progress import Progress
from attn_widget.predictions.review_growth import ended, grown, nothing_known, uncounted
from attn_widget.predictions.review_record import Review, as_samples
from attn_widget.refusal import Refusal
from attn_widget.samples import Portion, open_portions
from attn_widget.samples.class_name_forms import given_names
from attn_widget.samples.items import Item
from attn_widget.surveys.kept_samples import KeptSample, lot_of
from attn_widget.surveys.picture_measures import brightness_and_sharpness
from attn_widget.surveys.sample_readings import Asked, SampleReader
from attn_widget.surveys.survey_record import Survey
from attn_widget.surveys.survey_sums import Bounds, SurveySums
from attn_widget.targets import Target
from attn_widget.words import surveys

_TRIED = 32
"""If each of the first samples, this many, fails, no more are tried."""
_MOST_ERRORS = 10_000


class Surveying:
    """A survey in progress.

    ``for progress in surveying.steps(): ...`` does one batch after another. To stop it, stop iterating; `steps`, called
    again, continues from there.

    Parameters
    ----------
    model, loader, layer, method, target, top_k, exemplars, mistakes, class_names, forward, grid
        As for `survey`.

    Attributes
    ----------
    review : Review
        The predictions that the same passes gave.
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
    ) -> None:
        check_model(model)
        method_named(method)
        self.model = model
        self.samples = as_samples(loader, image_names(model))
        self.portions = open_portions(self.samples)
        names = self.samples.class_names if class_names is None else given_names(class_names)
        asked = Asked(model, layer, method, target, forward, grid, tuple(names or ()))
        self._bounds = Bounds(top_k, exemplars, mistakes)
        self._reader = SampleReader(asked)
        self._sums: SurveySums | None = None
        self._adding = False  # whether an interrupt has left the sums half added to
        self._names, self.errors = names, dict[int, str]()
        self._begin()

    def _begin(self) -> None:
        self.review = Review(
            nothing_known(self.samples.count, fingerprint(self.model, self.samples), self._names), self.samples
        )
        self._sums, self._adding = None, False
        self.errors.clear()

    @property
    def surveyed(self) -> int:
        """How many samples are done."""
        return self.review.reviewed

    @property
    def complete(self) -> bool:
        """Whether all samples are done."""
        return self.review.complete

    def progress(self) -> Progress:
        """Give the number of samples done, and of all."""
        return Progress(self.surveyed, self.samples.count)

    def steps(self) -> Generator[Progress]:
        """Continue the survey, yielding after each batch.

        Raises
        ------
        Refusal
            As `survey` does; and where the model has changed since the survey began.
        """
        if self._adding:
            self._begin()
        stale = why_stale(self.review.snapshot.fingerprint, self.model, self.samples) if self.surveyed else None
        if stale:
            raise Refusal(surveys.survey_on_refused(stale))
        with closing(self.portions.read_from(self.surveyed)) as portions:
            for portion in portions:
                if self.portions.count != self.review.count:
                    self.review.become(uncounted)
                self._take(portion)
                yield self.progress()
        if self.review.snapshot.broken_off is None:
            self.review.become(ended)

    def _take(self, portion: Portion) -> None:
        """Survey one portion."""
        rows, errors, first = dict[int, ChannelRow](), dict(portion.errors), None
        for position, row in self._reader.read(portion):
            if isinstance(row, ChannelRow):
                rows[position] = row
            else:
                errors[position], first = str(row), first or row
        if first is not None and not rows and self._sums is None and len(self.errors) + len(errors) >= _TRIED:
            raise first if isinstance(first, Refusal) else Refusal(surveys.none_surveyed(first))
        scored = _scored(portion, rows, errors)
        self._adding = True
        if rows:
            self._add(portion, rows, scored)
        self.errors.update(list(errors.items())[: max(_MOST_ERRORS - len(self.errors), 0)])
        self.review.become(lambda now: grown(now, scored, portion.broken))
        self._adding = False

    def _add(self, portion: Portion, rows: dict[int, ChannelRow], scored: Scored) -> None:
        positions = np.array(list(rows))
        places = positions - portion.start
        labels, predicted = scored.columns["labels"][places], scored.columns["predicted"][places]
        some = next(iter(rows.values()))
        sums = self._sums
        if sums is None:
            classes = 0 if some.logits is None else len(some.logits)
            sums = self._sums = SurveySums.none(self._bounds, classes, len(some.means), some.overall_map.shape)
        heat = np.stack([_heat(row.overall_map, sums.grid) for row in rows.values()])
        means, peaks, cells, shares = (np.stack(column) for column in list(zip(*rows.values(), strict=True))[:4])
        about = np.stack([positions, labels, predicted])
        sums.add_channels(about, means, peaks, cells, shares)
        sums.add_heat(labels, predicted, heat)
        self._keep(portion, positions, scored, heat, shares)

    def _keep(
        self, portion: Portion, positions: np.ndarray, scored: Scored, heat: np.ndarray, shares: np.ndarray
    ) -> None:
        """Keep the worst mistakes, and some right ones, with what is to be told of each."""
        sums, columns = self._sums, scored.columns
        assert sums is not None
        image_at = dict(zip(portion.positions, portion.images, strict=True))
        for at, position in enumerate(positions.tolist()):
            label, predicted, loss, confidence = (
                columns[name][position - portion.start].item() for name in ("labels", "predicted", "loss", "confidence")
            )
            if NO_CLASS in (label, predicted) or np.isnan(loss):
                continue
            kept, key = (sums.right, lot_of(position)) if label == predicted else (sums.wrong, loss)
            if kept.takes(key, position):
                picture = self._picture(position, image_at[position])
                kept.add(key, KeptSample(position, label, predicted, loss, confidence, heat[at], shares[at], picture))

    def _picture(self, position: int, image: torch.Tensor) -> tuple[float, float]:
        return brightness_and_sharpness(self.samples.as_sample(position, Item(image, None)).rendering)

    @property
    def survey(self) -> Survey:
        """What has been found so far.

        Raises
        ------
        Refusal
            Where no sample has been surveyed.
        """
        sums, asked = self._sums, self._reader.asked
        if sums is None:
            raise Refusal(surveys.NOTHING_SURVEYED)
        return survey_of(sums, asked, self.review, dict(self.errors))


def survey_of(sums: SurveySums, asked: Asked, review: Review, errors: dict[int, str]) -> Survey:
    """Make the record of what was added up."""
    now = review.snapshot
    grid, channels = sums.grid, len(sums.strongest)
    counts = np.where(sums.labelled > 0, sums.labelled, np.nan)[:, None]
    right, wrong = sums.shares / np.where(sums.compared > 0, sums.compared, np.nan)[:, None]
    return Survey(
        layer=asked.layer or "",
        method=asked.method,
        target=asked.target,
        top_k=sums.bounds.top_k,
        count=now.count,
        surveyed=now.reviewed,
        fingerprint=now.fingerprint,
        class_names=review.class_names,
        by_activation=sums.by_activation.exemplars(grid),
        by_contribution=sums.by_contribution.exemplars(grid),
        channel_means=(sums.means / counts).astype(np.float32),
        right_shares=right.astype(np.float32),
        wrong_shares=wrong.astype(np.float32),
        strongest=sums.strongest.copy(),
        true_maps=sums.by_label.maps,
        predicted_maps=sums.by_prediction.maps,
        mistakes=sums.wrong.record(grid, channels),
        right=sums.right.record(grid, channels),
        errors=errors,
        notes=now.notes,
    )


def _scored(portion: Portion, rows: dict[int, ChannelRow], errors: dict[int, str]) -> Scored:
    """Give the predictions of a portion, as a review has them."""
    columns = empty_columns(portion.stop - portion.start)
    scored = Scored(portion.start, columns, errors, notes=portion.notes)
    known = {position: row for position, row in rows.items() if row.logits is not None}
    if not known:
        return scored
    places = np.array(list(known)) - portion.start
    labels = [row.label if isinstance(row.label, int) else NO_CLASS for row in known.values()]
    logits = torch.from_numpy(np.stack([row.logits for row in known.values() if row.logits is not None]))
    try:
        found, classes = score_batch(logits, np.array(labels))
    except NoScores:
        return scored
    for name, column in found.items():
        columns[name][places] = column
    return replace(scored, classes=classes)


def _heat(overall_map: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Rectify and normalise an overall map, as the panels show it, on the survey's grid."""
    positive = np.maximum(overall_map, 0)
    if positive.shape != grid:
        return to_heatmap(positive, grid)
    low, high = positive.min(), positive.max()
    return (positive - low) / (high - low) if high > low else np.where(np.isnan(positive), np.nan, 0).astype(np.float32)

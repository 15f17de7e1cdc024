"""From running sums to a Survey, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from attn_widget.methods import Directions
from attn_widget.predictions import Review
from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.surveys.bounded_samples import BoundedSamples
from attn_widget.surveys.class_maps import ClassMaps
from attn_widget.surveys.class_sums import ClassSums
from attn_widget.surveys.running_sums import Bounds, Sums, random_keys, worst_first
from attn_widget.surveys.survey_record import Survey
from attn_widget.surveys.top_samples import TopSamples
from attn_widget.targets import Target


@dataclass(frozen=True)
class About:
    """What a survey asks of each sample, and how far it is."""

    layer: str | None  # None while the default is not chosen
    method: str
    target: Target
    bounds: Bounds
    count: int | None
    fingerprint: Fingerprint
    class_names: tuple[str, ...] | None
    surveyed: int = 0
    classes: int = 0
    errors: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    broken_off: str | None = None
    parts: Directions | None = None


def survey_of(about: About, sums: Sums, review: Review | None) -> Survey:
    """Divide the sums by the numbers of samples."""
    channels, grid, classes = sums.channels, sums.grid, about.classes
    counts, by_label = sums.by_label.of_all(classes)
    with np.errstate(invalid="ignore"):
        means = by_label[:, :channels] / counts[:, None]
        right_shares, wrong_shares = (sums.shares / sums.share_counts[:, None]).astype(np.float32)
    return Survey(
        layer=about.layer or "",
        method=about.method,
        target=about.target,
        top_k=sums.bounds.top_k,
        count=about.count,
        surveyed=about.surveyed,
        fingerprint=about.fingerprint,
        class_names=about.class_names,
        by_activation=sums.by_activation.exemplars,
        by_contribution=sums.by_contribution.exemplars,
        channel_means=means.astype(np.float32),
        right_shares=right_shares,
        wrong_shares=wrong_shares,
        strongest=sums.strongest.copy(),
        true_maps=_maps(counts, by_label[:, channels:], grid),
        predicted_maps=_maps(*sums.by_prediction.of_all(classes), grid),
        mistakes=sums.mistakes.kept,
        right=sums.right.kept,
        errors=about.errors,
        notes=about.notes,
        right_count=int(sums.share_counts[0]),
        wrong_count=int(sums.share_counts[1]),
        blank=sums.blank,
        exemplar_bound=sums.bounds.exemplars,
        mistake_bound=sums.bounds.mistakes,
        broken_off=about.broken_off,
        parts=about.parts,
        review=review,
    )


def sums_of(survey: Survey) -> tuple[About, Sums]:
    """Multiply again, to go on with a survey."""
    bounds = Bounds(survey.top_k, survey.exemplar_bound, survey.mistake_bound)
    _, *grid = survey.true_maps.mean.shape
    sums = Sums(bounds, survey.channel_count, (grid[0], grid[1]))
    counts = survey.true_maps.counts
    _fill(sums.by_label, counts, np.concatenate([_times(survey.channel_means, counts), _sums(survey.true_maps)], 1))
    _fill(sums.by_prediction, survey.predicted_maps.counts, _sums(survey.predicted_maps))
    sums.share_counts = np.array([survey.right_count, survey.wrong_count])
    sums.shares = _times(np.stack([survey.right_shares, survey.wrong_shares]), sums.share_counts)
    sums.strongest, sums.blank = survey.strongest.astype(np.int64), survey.blank
    sums.by_activation = TopSamples.of(survey.by_activation, bounds.exemplars)
    sums.by_contribution = TopSamples.of(survey.by_contribution, bounds.exemplars)
    sums.mistakes = BoundedSamples(bounds.mistakes, worst_first(survey.mistakes.losses), survey.mistakes)
    sums.right = BoundedSamples(bounds.mistakes, random_keys(survey.right.positions), survey.right)
    about = About(
        survey.layer,
        survey.method,
        survey.target,
        bounds,
        survey.count,
        survey.fingerprint,
        survey.class_names,
        survey.surveyed,
        len(counts),
        survey.errors,
        survey.notes,
        parts=survey.parts,
    )
    return about, sums


def _maps(counts: np.ndarray, sums: np.ndarray, grid: tuple[int, int]) -> ClassMaps:
    """Make means and spreads of the sums of heatmaps and of their squares, ``[n, 2 * h * w]``."""
    with np.errstate(invalid="ignore"):
        mean, square = np.split(sums / counts[:, None], 2, axis=1)
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    return ClassMaps(counts, *(each.reshape(-1, *grid).astype(np.float32) for each in (mean, spread)))


def _sums(maps: ClassMaps) -> np.ndarray:
    mean, spread = (each.reshape(len(each), -1).astype(np.float64) for each in (maps.mean, maps.spread))
    return _times(np.concatenate([mean, mean**2 + spread**2], axis=1), maps.counts)


def _times(means: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.where(counts[:, None] > 0, means.astype(np.float64), 0) * counts[:, None]


def _fill(table: ClassSums, counts: np.ndarray, sums: np.ndarray) -> None:
    met = np.flatnonzero(counts)
    table.row_of = {each: row for row, each in enumerate(met.tolist())}
    table.counts, table.sums = counts[met].astype(np.int64), sums[met]

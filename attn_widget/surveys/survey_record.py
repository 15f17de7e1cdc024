"""What a survey has found, as a frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn

from attn_widget.predictions.fingerprint import Fingerprint, why_stale
from attn_widget.predictions.review_record import as_samples
from attn_widget.surveys.mistake_groups import Groups, grouped
from attn_widget.surveys.mistake_record import Mistakes
from attn_widget.targets import Target
from attn_widget.words import forms


@dataclass(frozen=True)
class Exemplar:
    """One of the samples that drive a channel most."""

    position: int
    cell: tuple[int, int]  # the row and column of the layer's grid where the channel is strongest
    value: float  # of the channel's map there, or the mean of its contribution over the grid
    label: int  # -1 for none
    predicted: int  # -1 for none


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """Where the model looks for each class, on average."""

    counts: np.ndarray  # samples that went in, ``[n]``, int64
    mean: np.ndarray  # of their overall heatmaps in [0, 1] on the layer's grid: ``[n, h, w]``, float32; NaN for none
    spread: np.ndarray  # their standard deviation: ``[n, h, w]``, float32


@dataclass(frozen=True, eq=False)
class Survey:
    """What channels, classes and mistakes have in common over a whole loader.

    Attributes
    ----------
    layer, method, target
        What was asked of every sample.
    count : int or None
        How many samples there are; None for a stream of unknown length.
    surveyed : int
        How many of them have been done: those at positions below this.
    channel_means : ndarray ``[n, K]``, float32
        The mean over samples of each true class of the channels' grid means; NaN for a class without samples.
    right_shares, wrong_shares : ndarray ``[K]``, float32
        The mean share of each channel among right and among wrong predictions.
    strongest : ndarray ``[K]``, int64
        For how many samples a channel was among the `top_k` of largest share.
    true_maps, predicted_maps : ClassMaps
        The overall heatmaps of samples by their label, and by their prediction.
    mistakes : Mistakes
        Up to a bound, worst first: highest loss.
    right : Mistakes
        The same of as many right predictions, drawn at random by position: the control of whatever is said of mistakes.
    errors : mapping of int to str
        By position, why a sample could not be surveyed.
    """

    layer: str
    method: str
    target: Target
    top_k: int
    count: int | None
    surveyed: int
    fingerprint: Fingerprint
    class_names: tuple[str, ...] | None
    by_activation: tuple[tuple[Exemplar, ...], ...]  # for each channel, strongest first
    by_contribution: tuple[tuple[Exemplar, ...], ...]
    channel_means: np.ndarray
    right_shares: np.ndarray
    wrong_shares: np.ndarray
    strongest: np.ndarray
    true_maps: ClassMaps
    predicted_maps: ClassMaps
    mistakes: Mistakes
    right: Mistakes
    errors: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all samples are done."""
        return self.surveyed == self.count

    @property
    def channel_count(self) -> int:
        """How many channels the layer has."""
        return len(self.strongest)

    def exemplars(self, channel: int, by: str = "activation") -> tuple[Exemplar, ...]:
        """Give the samples that drive a channel most, by ``"activation"`` or ``"contribution"``, strongest first."""
        return (self.by_contribution if by == "contribution" else self.by_activation)[channel]

    def stale(self, model: nn.Module | None = None, loader: Any = None) -> str | None:
        """Say in a sentence why this is not of this model and loader as they are now, as `Review.stale` does."""
        return why_stale(self.fingerprint, model, None if loader is None else as_samples(loader))

    def name_of(self, index: int) -> str:
        """Name a class, by its number if it has no name."""
        names = self.class_names
        return names[index] if names and 0 <= index < len(names) else forms.class_number(index)

    def groups(self, progress: Callable[[int, int], object] = lambda _done, _total: None) -> Groups:
        """Group the mistakes by where the model looked, which channels it used, and what it confused.

        Each mistake is a point: its heatmap, its channel contributions, and its picture's brightness and sharpness, as
        far as they are unusual among right predictions, and the classes confused (`mistake_features.points_of`). These
        points are clustered into 3 to 10 groups, as many as come back when mistakes are drawn again; there are none
        where shuffled features give groups as clear (`mistake_clusters.clustered`). The same survey gives the same
        groups.

        `progress` is told after each step how many of how many are done; what it raises ends the work.
        """
        return grouped(self.mistakes, self.right, self.name_of, progress)

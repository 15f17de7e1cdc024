"""What a survey has found, as a frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import nn

from attn_widget.methods import Directions
from attn_widget.predictions import Review
from attn_widget.predictions.fingerprint import Fingerprint, why_stale
from attn_widget.samples import as_samples
from attn_widget.surveys import survey_files
from attn_widget.surveys.class_maps import ClassMaps
from attn_widget.surveys.exemplar import Exemplar
from attn_widget.surveys.mistake_groups import Groups, grouped
from attn_widget.surveys.mistake_record import Mistakes
from attn_widget.targets import Target
from attn_widget.words import forms, surveys


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
        Up to a bound, worst first: highest loss; those whose loss is NaN come last.
    right : Mistakes
        The same of as many right predictions, drawn at random by position: the control of whatever is said of mistakes.
    errors : mapping of int to str
        By position, why a sample could not be surveyed; it is in none of the means.
    right_count, wrong_count : int
        How many predictions `right_shares` and `wrong_shares` are the means of.
    blank : int
        How many samples have a blank heatmap; as zeros, it counts in the means.
    exemplar_bound, mistake_bound : int
        How many exemplars, and how many mistakes and right predictions, are kept at most.
    broken_off : str or None
        The type and text of what the loader raised after the samples that are done; None if it did not break off.
    parts : Directions or None
        Where the method weighs parts of the layer, these: they are the K channels then, with their amounts as maps.
    review : Review or None
        The predictions of the same walk, or the review that was given; None for a survey that was loaded.
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
    right_count: int = 0
    wrong_count: int = 0
    blank: int = 0
    exemplar_bound: int = 9
    mistake_bound: int = 300
    broken_off: str | None = None
    parts: Directions | None = None
    review: Review | None = None

    def __repr__(self) -> str:
        return f"Survey: {surveys.surveyed(self.surveyed, self.layer, self.method, len(self.mistakes))}"

    @property
    def complete(self) -> bool:
        """Whether all samples are done."""
        return self.surveyed == self.count

    @property
    def channel_count(self) -> int:
        """How many channels the layer has, or how many parts of them the method."""
        return len(self.strongest)

    @property
    def unit(self) -> Literal["channel", "part"]:
        """What the K are."""
        return "channel" if self.parts is None else "part"

    def exemplars(self, channel: int, by: Literal["activation", "contribution"] = "activation") -> tuple[Exemplar, ...]:
        """Give the samples that drive a channel most, by activation or contribution, strongest first.

        Raises
        ------
        IndexError
            Where the layer has no such channel.
        ValueError
            For another way to rank them.
        """
        kept = {"activation": self.by_activation, "contribution": self.by_contribution}
        if by not in kept:
            raise ValueError(f"by must be 'activation' or 'contribution', got {by!r}")
        if not 0 <= channel < self.channel_count:
            raise IndexError(f"{self.unit} must be from 0 to {self.channel_count - 1}, got {channel}")
        return kept[by][channel]

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
        points are clustered into 2 to 10 groups, as many as come back when mistakes are drawn again; there are none
        where shuffled features give groups as clear (`mistake_clusters.clustered`). The same survey gives the same
        groups.

        `progress` is told after each step how many of how many are done; what it raises ends the work.
        """
        return grouped(self.mistakes, self.right, self.name_of, progress, unit=self.unit)

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the survey to a file, which is either written completely or left as it was; not its `review`.

        The file is NumPy's ``.npz``, without pickle: the arrays of this record, those of its parts as
        ``mistakes.maps`` and the like, exemplars as records ``[m, K]`` with position -1 for none, and ``about``, the
        UTF-8 bytes of a JSON object with the rest.

        Parameters
        ----------
        path : str or path
            Used as it is, whatever its suffix.
        overwrite : bool
            Whether to replace something that is not a survey of the same data.

        Raises
        ------
        FileExistsError
            Where, without `overwrite`, something else would be lost.
        ValueError
            For a target that is a function.
        OSError
            Where the file cannot be written.
        """
        if not overwrite:
            survey_files.check_replaceable(Path(path), self.fingerprint)
        survey_files.write(Path(path), vars(self))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "Survey":
        """Read what `save` wrote; `stale` tells whether it still fits a model and a loader.

        ``Surveying(model, loader, survey=found)`` goes on with one that is not complete.

        Raises
        ------
        OSError
            Where there is no such file, or it cannot be read.
        ValueError
            Where it is truncated, or not a survey.
        """
        return cls(**survey_files.read(Path(path)))

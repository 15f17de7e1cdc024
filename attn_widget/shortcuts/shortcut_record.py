"""What a search for shortcuts has found for one class, as a frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attn_widget.evidence.bootstrap import bootstrap_intervals
from attn_widget.words import shortcuts

LEAST, SURE = 0.5, 0.8
"""Shares that are much: see `Shortcut.enough`. They were chosen on half of the networks of the benchmark
(`tests.benchmarks.shortcuts`), whose other half tells how well they do."""


@dataclass(frozen=True)
class Rate:
    """How often something happened, with a 95 % bootstrap interval, out of how many trials."""

    share: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, happened: np.ndarray, seed: int = 0) -> "Rate":
        """Sum up trials ``[n]``, bool; a share is NaN where there were none."""
        if not len(happened):
            return cls(np.nan, np.nan, np.nan, 0)
        low, high = bootstrap_intervals(happened.astype(np.float64), seed).tolist()
        return cls(float(happened.mean()), low, high, len(happened))


@dataclass(frozen=True, eq=False)
class Example:
    """One transplant to look at; pictures are ``[h, w, 3]``, float32 in [0, 1], masks of their size."""

    source: int  # the position of the class's sample
    target: int  # the position of the sample that the region was pasted on
    source_picture: np.ndarray
    mask: np.ndarray  # the region, ``[h, w]``, bool
    before: np.ndarray
    after: np.ndarray
    predicted: int  # before
    became: int  # after


@dataclass(frozen=True, eq=False)
class MeanHeat:
    """Where the model looks for a class on average, over its surest samples.

    `half` is the least share of the picture that holds half of the heat. `overlap` is the overlap with the other
    classes' mean heat, the sum over pixels of the smaller of both, each of sum 1: 1 for the same heat, 0 for heat
    elsewhere.
    """

    heat: np.ndarray  # ``[h, w]``, float32, of sum 1; at most 32 rows and columns
    half: float
    half_of_others: float  # the median of the other classes'
    overlap: float
    apart: bool  # narrow, at most half of the others' median, and off them: an overlap of at most a half

    def said(self, name: str) -> str:
        """Say that of a class."""
        return shortcuts.mean_heat_said(name, self.half, self.half_of_others, self.overlap, self.apart)


@dataclass(frozen=True, eq=False)
class Shortcut:
    """The region of a class's surest samples that turns most other pictures into that class.

    Attributes
    ----------
    class_ : int
        The class, and its `name`.
    kind : str
        ``"patch"``, ``"rows"``, ``"columns"``, ``"frame"``, or ``"colours"`` for the mean and spread of each colour
        channel, which no region has.
    area : float
        The region's share of the picture.
    flips : Rate
        How many pictures of other classes become the class when the region is pasted onto them at the same place.
    controls : mapping of str to Rate
        How many become the class by something else of the same shape: the ``"coldest"`` region, or one at a
        ``"random"`` place, of the same samples; the hottest region of ``"another class"``; and by the same place of
        a picture that is of the target's own class, if there is one, which shows what the ``"edge"`` alone does. A kind
        has those that make sense for it.
    lost : Rate
        How many of the class's surest samples are no longer that class when the region shows another picture.
    next_ : tuple of str and float, or None
        The class, of all others searched, that gains most by its own region, and its share.
    positions : tuple of int
        The samples whose regions were pasted, surest first.
    examples : tuple of Example
        A few of the transplants.
    mean_heat : MeanHeat or None
        None where no heatmap of the class has heat.
    """

    class_: int
    name: str
    kind: str
    area: float
    flips: Rate
    controls: Mapping[str, Rate]
    lost: Rate
    next_: tuple[str, float] | None
    positions: tuple[int, ...]
    examples: tuple[Example, ...]
    mean_heat: MeanHeat | None

    @property
    def enough(self) -> bool:
        """Whether the region is enough for the model to see the class.

        With it, at least half of other pictures become the class, and at least twice as many as by any control; and at
        least half of the class's own are lost without it, or no fewer than four fifths of the others become the class.
        All this is of the interval's lower end, against the controls' upper ends.
        """
        controls = max((rate.high for rate in self.controls.values()), default=0.0)
        least = LEAST if self.lost.low >= LEAST else SURE
        return self.flips.low >= max(least, 2 * controls)

    @property
    def said(self) -> str:
        """What was measured, in sentences."""
        cue = self.kind, self.area
        return shortcuts.shortcut_said(self.name, cue, self.enough, self.flips, self.controls, self.lost, self.next_)

    def __repr__(self) -> str:
        return f"Shortcut: {self.said}"

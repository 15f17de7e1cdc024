"""What a report is of, and how it opens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from attn_widget.predictions.marks import Mark
from attn_widget.targets import Contrast, Target
from attn_widget.words import captions, reports


@dataclass(frozen=True, eq=False)
class ReportSubject:
    """Everything that a report says besides what was found about each sample."""

    layers: Sequence[str]
    methods: Sequence[str]
    name_of: Callable[[int], str]  # names a class
    model: str  # its name or class
    chosen: str  # which samples these are, in a few words
    count: int | None  # how many samples the loader has
    title: str = ""
    target: str = ""  # in words; empty for the predicted class
    marks: Mapping[int, Mark] = field(default_factory=dict)
    notes: Sequence[str] = ()  # sentences on the whole report
    first: int | None = None  # the position at which it opens
    layer: str = ""  # the layer and method with which it opens; by default the first
    method: str = ""
    alpha: float = 0.5
    cmap: str = "jet"
    fade: bool = False
    guess_first: bool = False


def target_said(target: Target, name_of: Callable[[int], str]) -> str:
    """Say what is explained, in words that fit every sample."""
    if isinstance(target, Contrast):
        return captions.contrast(target_said(target.of, name_of), target_said(target.against, name_of))
    if isinstance(target, int | np.integer):
        return name_of(int(target))
    known = {"predicted": reports.PREDICTED_EXPLAINED, "true": reports.TRUE_EXPLAINED}
    return known.get(target, target) if isinstance(target, str) else reports.FUNCTION_EXPLAINED

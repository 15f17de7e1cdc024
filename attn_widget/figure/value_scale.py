"""From which value to which the colours of each panel run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from attn_widget.explanation import Comparison, Explanation
from attn_widget.figure.colours import Style, value_range

SCALES = ("own", "alike", "fixed")

Span = tuple[float, float]
"""A lowest and a highest value."""

FixedSpans = tuple[Span, Span]
"""The numbers of a fixed scale: of overall maps, before they are rectified, and of channels."""

_DIGITS = 4  # of a fixed scale's numbers


@dataclass(frozen=True)
class Scale:
    """From which value to which one panel's colours run."""

    low: float
    high: float
    signed: bool = False  # symmetric about zero, in the colours of differences
    below: bool = False  # whether the panel has values below `low`, which look like it
    above: bool = False  # whether it has values above `high`

    @property
    def span(self) -> Span:
        """Both ends."""
        return self.low, self.high


@dataclass(frozen=True)
class Scales:
    """The scale of each panel of a figure."""

    overall: Scale
    second: Scale | None  # of the explanation compared with
    channels: Sequence[Scale]
    pins: Sequence[Scale]


def scales_of(
    style: Style,
    explanation: Explanation,
    channels: int,
    comparison: Comparison | None = None,
    pinned: Sequence[Explanation] = (),
) -> Scales:
    """Give the scale of each panel, of which `channels` show a channel.

    Channels and overall maps have different units, a layer's own and that of weighted sums, so that no scale is common
    to both: there is one for channels, and one for the overall maps of one layer and method, pinned ones too. Two
    overall maps that are compared are always on one scale where they have one unit, as their difference is shown.
    """
    large = [explanation, *([comparison.second] if comparison else []), *pinned]
    own = [_rectified(value_range(each.overall_map)) for each in large]
    spans = list(own)
    if comparison is not None and comparison.highest is not None:
        spans[:2] = [(0.0, comparison.highest)] * 2
    same = [_unit(each) == _unit(explanation) for each in large]
    common = None
    if style.scale == "alike":
        common = _joined([span for span, alike in zip(spans, same, strict=True) if alike])
    elif not isinstance(style.scale, str):
        common = _rectified(style.scale[0])
    in_force = [common if common and alike else span for span, alike in zip(spans, same, strict=True)]
    scales = [_scale(*spans) for spans in zip(own, in_force, strict=True)]
    raw = style.view == "raw" and comparison is None
    overall = _raw_overall(explanation, style) if raw else scales[0]
    second, pins = (scales[1], scales[2:]) if comparison is not None else (None, scales[1:])
    return Scales(overall, second, _of_channels(explanation.maps[:channels], style, raw=raw), pins)


def spans_of(explanation: Explanation) -> FixedSpans:
    """Give the numbers that a scale fixed at an explanation keeps, rounded outwards so that they can be written.

    Without channels, theirs are those of the overall map too.
    """
    overall, channels = (
        (_rounded(low, math.floor), _rounded(high, math.ceil))
        for low, high in map(value_range, (explanation.overall_map, explanation.maps))
    )
    return overall, channels if len(explanation.maps) else overall


def checked_scale(value: Any) -> str | FixedSpans:
    """Check a scale: ``"own"``, ``"alike"``, or the numbers of a fixed one, for all panels or overall and channels.

    Raises
    ------
    TypeError, ValueError
        For anything else.
    """
    if isinstance(value, str):
        if value not in ("own", "alike"):
            raise ValueError(f"scale must be 'own', 'alike' or the numbers (low, high) of a fixed scale, got {value!r}")
        return value
    pairs = value if isinstance(value, tuple | list) and len(value) == 2 else None
    if pairs is not None and all(isinstance(end, Real) for end in pairs):
        pairs = (pairs, pairs)
    if pairs is None or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise TypeError(
            "scale must be 'own', 'alike', one pair of numbers (low, high) for all panels, or two pairs, for the "
            f"overall heatmap and for the channels, got {value!r}"
        )
    overall, channels = ((float(low), float(high)) for low, high in pairs)
    if not all(math.isfinite(low) and math.isfinite(high) and low < high for low, high in (overall, channels)):
        raise ValueError(f"scale must go from a finite number to a greater one, got {value!r}")
    return overall, channels


def _raw_overall(explanation: Explanation, style: Style) -> Scale:
    own = value_range(explanation.overall_map)
    span = own if isinstance(style.scale, str) else style.scale[0]
    return _scale(own, span, signed=min(own[0], span[0]) < 0)


def _of_channels(maps: np.ndarray, style: Style, *, raw: bool) -> list[Scale]:
    own = [value_range(map_) for map_ in maps]
    common = None
    if style.scale == "alike":
        common = value_range(maps)
    elif not isinstance(style.scale, str):
        common = style.scale[1]
    signed = raw and any(low < 0 for low, _ in (*own, *([common] if common else [])))
    return [_scale(span, common or span, signed=signed) for span in own]


def _scale(own: Span, span: Span, *, signed: bool = False) -> Scale:
    low, high = span
    if signed:
        high = max(-low, high)
        low = -high
    return Scale(low, high, signed, own[0] < low, own[1] > high)


def _unit(explanation: Explanation) -> tuple[str, int, str]:
    """Name what determines the unit of an overall map."""
    return explanation.layer, explanation.call, explanation.method


def _rectified(span: Span) -> Span:
    return max(span[0], 0.0), max(span[1], 0.0)


def _joined(spans: Sequence[Span]) -> Span:
    return min(low for low, _ in spans), max(high for _, high in spans)


def _rounded(value: float, towards: Any) -> float:
    if value == 0:
        return 0.0
    digits = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    return float(f"{towards(value * 10.0**digits)}e{-digits}")

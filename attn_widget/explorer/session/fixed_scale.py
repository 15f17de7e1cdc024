"""The numbers that the setting "fixed" stands for."""

from dataclasses import replace

from attn_widget.explanation import Explanation
from attn_widget.figure import FixedSpans, Style, spans_of


class FixedScale:
    """Keeps, for each layer, call and method, the numbers in force when the fixed scale was chosen or they came up."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, str], FixedSpans] = {}

    def in_force(self, style: Style, explanation: Explanation | None) -> Style:
        """Give a style with the numbers of its fixed scale; each panel has its own where there is nothing to see."""
        if style.scale != "fixed":
            self._kept.clear()
            return style
        if explanation is None:
            return replace(style, scale="own")
        key = explanation.layer, explanation.call, explanation.method
        if key not in self._kept:
            overall, channels = spans = spans_of(explanation)
            if overall[1] <= max(overall[0], 0) or channels[1] <= channels[0]:
                return replace(style, scale="own")  # nothing to see: the next picture fixes the scale
            self._kept[key] = spans
        return replace(style, scale=self._kept[key])

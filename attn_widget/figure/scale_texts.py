"""What the colour bars and the panels' titles say of the scales."""

from collections.abc import Sequence

from attn_widget.figure.colours import Style
from attn_widget.figure.value_scale import Scale, Scales
from attn_widget.words import pictures

Ends = tuple[str, Sequence[str]]
"""The labels at the ends of a bar; of those at the high one the first that fits is written."""


def bar_ends(scales: Scales, style: Style, *, compared: bool) -> Ends:
    """Label the colour bar: with the numbers that its panels share, or for panels that each have their own."""
    leading = list(scales.channels) or [scales.overall]
    if each_its_own(scales, style):
        return pictures.SIGNED_OWN_ENDS if leading[0].signed else pictures.OWN_ENDS
    if compared and scales.second is not None:
        return _ends([scales.overall, scales.second], style, pictures.BOTH_PANELS)
    return _ends(leading, style, pictures.ALL_CHANNELS if scales.channels else "")


def overall_ends(scales: Scales, style: Style) -> Ends:
    """Label a bar for the overall map alone."""
    return _ends([scales.overall], style, pictures.OVERALL)


def each_its_own(scales: Scales, style: Style) -> bool:
    """Whether the bar's panels, the channels or two that are compared, each have numbers of their own."""
    if scales.second is not None:
        return scales.second.span != scales.overall.span
    return bool(scales.channels) and style.scale == "own"


def span_texts(scale: Scale) -> Sequence[str]:
    """Write from which value to which a panel's colours run, also in a shorter form."""
    return pictures.value_span(scale.span, below=scale.below, above=scale.above, signed=scale.signed)


def _ends(scales: Sequence[Scale], style: Style, where: str) -> Ends:
    below, above = any(scale.below for scale in scales), any(scale.above for scale in scales)
    fixed = not isinstance(style.scale, str)
    return pictures.value_ends(
        scales[0].span, below=below, above=above, signed=scales[0].signed, where=where, fixed=fixed
    )

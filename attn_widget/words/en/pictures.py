"""What is written on the figures."""

from collections.abc import Callable, Sequence

from attn_widget.words.en import forms

# The figure.
OWN_ENDS = ("lowest", ["highest of each", "highest"])
SIGNED_OWN_ENDS = ("negative", ["positive, of each", "positive"])
ALL_CHANNELS = "all channels"
BOTH_PANELS = "both panels"


def value_ends(
    span: tuple[float, float], *, below: bool, above: bool, signed: bool, where: str = "", fixed: bool = False
) -> tuple[str, list[str]]:
    """Write both ends of a scale, the high one also in shorter forms: where it holds, and whether it is fixed.

    A sign says where values lie beyond an end, and look as it does.
    """
    low = _low_end(forms.number(span[0]), below=below)
    high = _high_end(forms.number(span[1]), above=above, signed=signed)
    stays = ["fixed"] if fixed else []
    return low, [", ".join(parts) for parts in ([high, *([where] if where else []), *stays], [high, *stays], [high])]


def value_span(span: tuple[float, float], *, below: bool, above: bool, signed: bool) -> list[str]:
    """Write from which value to which a panel's colours run, also with fewer digits; a flat map has one value."""
    if span[0] == span[1]:
        return [forms.number(span[0])]
    ends = [[forms.number(end, digits) for end in span] for digits in (3, 2)]
    return [f"{_low_end(low, below=below)} … {_high_end(high, above=above, signed=signed)}" for low, high in ends]


def _low_end(value: str, *, below: bool) -> str:
    return f"≤ {value}" if below else value


def _high_end(value: str, *, above: bool, signed: bool) -> str:
    return f"{'≥ ' if above else ''}{'+' if signed else ''}{value}"


def signed_ends(most: float) -> tuple[str, list[str]]:
    return forms.number(-most), [f"+{forms.number(most)}"]


def image_title(true: str) -> str:
    return f"true: {true}" if true else "image"


def predicted_class(name: str, probability: float) -> str:
    return f"predicted: {name} {forms.percent(probability)}"


def predicted_value(value: float) -> str:
    return f"output: {forms.number(value)}"


EMPTY_BECAUSE = {
    "flat": "one value in all places",
    "inactive": "nothing in this layer is active",
    "below zero": "nothing in this layer is above zero",
    "same class": "a class rather than itself",
    "saturated": "a saturated softmax",
    "unread": "no evidence reaches this layer",
    "no gradient": "the gradient is zero here",
    "against": "all evidence here counts against it",
    "zero": "this map is all zero",
    "nothing positive": "nothing in this map is above zero",
}
"""What stands in an overall panel that is blank, by `Explanation.empty`."""


OVERALL = "overall heatmap"

# The line below it.
SAME_FOR_EVERY_CLASS = [
    "active here; the same map for every class",
    "active here; same map for each class",
    "same map for every class",
    "same for each class",
    "blind to class",
]
_LENGTHS = (20, 16, 12, 9, 7, 6)  # of class names


def heat_moves(share: float, first: str, second: str) -> list[str]:
    """Say how much of the heat moves between two classes, from the longest form to the shortest."""
    moved = forms.percent(share)
    longest = max(len(first), len(second))
    lengths = [longest, *(most for most in _LENGTHS if most < longest)]
    pairs = [[forms.shortened(name, most) for name in (first, second)] for most in lengths]
    return [
        f"{moved} of the heat moves between {first} and {second}",
        f"{moved} moves between {first} and {second}",
        *(f"{moved} moves: {one} \N{LEFT RIGHT ARROW} {other}" for one, other in pairs),
        f"{moved} moves by class",
        f"{moved} moves",
    ]


def no_heat_for(name: str) -> list[str]:
    """Say for which of two classes there is no heat, so that none can move."""
    return [f"no heat for {forms.shortened(name, most)}" for most in (len(name), *_LENGTHS)]


def no_heat_for_one(first: str, second: str) -> list[str]:
    """Say that there is no heat for one of two contrasted classes by itself."""
    return [f"no heat for {first} or for {second} alone", "no heat for one class alone"]


def layer_and_method(layer: str, method: str) -> str:
    return f"{layer} · {forms.method_name(method)}"


def channel_titles(
    unit: str, channel: int, weight: float, share: float, here: float | None
) -> tuple[list[str], list[str]]:
    """Name a channel, and its share beside its weight or its value at a place: each long, then shorter."""
    words, value = ("weight", weight) if here is None else ("here", here)
    value_text, share_text = forms.number(value), forms.percent(share)
    shorter = [f"{value_text} · {share_text}", share_text if here is None else value_text]
    return [f"{unit} {channel}", str(channel)], [f"{words} {value_text} · share {share_text}", *shorter]


def difference_titles(first: str, second: str) -> tuple[list[str], list[str]]:
    """Name the difference of two overall heatmaps and its colours, each also in a shorter form."""
    return [f"{first} \N{MINUS SIGN} {second}", "difference"], [
        f"red: more for {first}, blue: for {second}",
        "red: more for the first",
    ]


NO_DIFFERENCE = (["no difference"], ["both targets are the same class", "the same class"])


def asked_as(name: str, target: object) -> str:
    """Name a class, with the role ("predicted", "true") that it was asked for by."""
    return f"{name} ({target})" if isinstance(target, str) else name


def same_target(name: str, first: object, second: object) -> str:
    roles = [role for role in (first, second) if isinstance(role, str)]
    if len(set(roles)) < 2:
        return f"Both targets are {name}: there is no difference to see."
    return f"{roles[0].capitalize()} and {roles[1]} are the same class, {name}: there is no difference to see."


def pixel_value(row: int, column: int, cell: tuple[int, int], value: float, unit: float) -> str:
    """Name a pixel, the cell of the map over it, and the value there, raw and normalised."""
    place = f"{forms.pixel(row, column)} · cell {cell[0]}, {cell[1]}"
    return f"{place}: no data" if value != value else f"{place}: {forms.number(value)} (normalised {unit:.2f})"


def pixel_difference(row: int, column: int, value: float) -> str:
    read = "no data" if value != value else f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
    return f"{forms.pixel(row, column)}: {read}"


# The sheet of thumbnails.
def tile_caption(true: str, predicted: str, sure: str) -> list[list[str]]:
    """Write a thumbnail's classes and how sure the model is: lines, each from the longest form to the shortest."""
    known = bool(true) and true != predicted
    start, end = "→ " if known else "", f" {sure}" if sure else ""
    lengths = range(max(len(predicted), 3), 2, -1)
    return [*([[true]] if known else []), [f"{start}{forms.shortened(predicted, most)}{end}" for most in lengths]]


def distinct_names(names: Sequence[str]) -> list[list[str]]:
    """Give each name in full, then shorter: ends that tell it from the others."""
    return [[name, *_known_ends(name, [other for other in names if other != name])] for name in names]


def _known_ends(name: str, others: Sequence[str]) -> list[str]:
    """Give the shortest end that no other name has: of whole dotted parts, and of characters."""
    starts = [at for at in range(1, len(name)) if not any(other.endswith(name[at:]) for other in others)]
    whole = [at for at in starts if name[at - 1] == "."]
    return [f"…{name[at:]}" for at in (*whole[-1:], *starts[-1:])]


# The confusion matrix.
TRUE_ROWS = "true ↓"
PREDICTED_COLUMNS = "predicted →"


def confused(true: str, predicted: str, count: int, share: float) -> str:
    return f"{true} → {predicted}: {forms.counted(count, 'sample')} ({forms.percent(share)} of {true})"


def cell_value(value: float) -> str:
    return f"{value:.0f}" if value >= 1 or value <= 0 else "<1"


def matrix_top(value: float, *, rates: bool) -> str:
    return f"{forms.percent(value / 100)} of the true class" if rates else forms.counted(round(value), "sample")


def classes_shown(shown: int, count: int) -> str:
    return f"The {shown} most confused of {count:,} classes"


def target_words(target: object, name_of: Callable[[int], str]) -> str:
    if isinstance(target, tuple):
        return f"{name_of(target[0])} rather than {name_of(target[1])}"
    return name_of(target) if isinstance(target, int) else "the target function" if target else "the output"

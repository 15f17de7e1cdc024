"""What the panel says."""

from collections.abc import Sequence

from attn_widget.words import forms

STALE = "out of date"


def same_for_every_class(method: str) -> str:
    """Say that a method gives no difference between targets."""
    name = forms.method_name(method)
    return (
        f"{name[0].upper()}{name[1:]} is the same for every class: choose a method that asks for one, as Grad-CAM does."
    )


# The filmstrip.
STRIP = "Every layer that gives a map, in the order in which they run; click one to choose it."
STRIP_OF_BEFORE = "The layers of the last picture that could be shown; click one to choose it."


def no_strip(method: str, *, slow: bool) -> str:
    """Say why there is no filmstrip of a method."""
    why = "takes many passes for each layer" if slow else "looks at no layer"
    name = forms.method_name(method)
    return f"{name[0].upper()}{name[1:]} {why}: choose another method to see all layers."


# The pages Compare, and Code and files.
NOTHING_COMPARED = (
    "Choose another method or target: its overall heatmap, and the difference between the two, take the place of the "
    "channels."
)


def comparison_read(first: str, second: str) -> str:
    """Say what is compared, and what the colours of the difference mean."""
    return f"{first} beside {second}. {difference_read(first, second)}"


def pins(count: int) -> str:
    """Say that nothing is pinned; else what a click on a pin does."""
    return "Click a pinned view to remove it:" if count else "Nothing is pinned yet."


def pinned(title: str, layer: str, method: str) -> str:
    """Name a pinned view: the sample, and what shows it."""
    return " · ".join(part for part in (title, layer, forms.method_name(method)) if part)


COPY_CODE = "A script that draws this view: click into it, then Ctrl+A (⌘A on a Mac) and Ctrl+C (⌘C) copy all of it."
NO_CODE = "There is no script, because what you asked for could not be computed."


def picture_called(name: str) -> str:
    """Say what a saved picture is called."""
    return f"as {name}.png"


def pin_title(position: int, label: str, predicted: str) -> str:
    """Name the sample of a pinned view."""
    return " · ".join(part for part in (str(position), label or predicted) if part)


# What the panel says.
NO_PICTURE_YET = "No picture yet."
STOPPED = "Stopped; Run again starts over."
NOT_SHOWN = "not shown"
ENDS_OF_COLOUR_MAPS = {
    "jet": ("dark blue", "dark red"),
    "turbo": ("dark blue", "dark red"),
    "viridis": ("purple", "yellow"),
    "inferno": ("black", "pale yellow"),
    "gray": ("black", "white"),
}


def names_set_aside(names: int, outputs: int) -> str:
    """Say that class names do not fit."""
    given, needed = forms.counted(names, "class name"), forms.counted(outputs, "output")
    fit = "does" if names == 1 else "do"
    return f"{given} {fit} not fit the model's {needed}: classes are shown by number."


def step_of(step: int | None, count: int) -> str:
    """Write at which of the samples chosen the slider is, after how many there are in all."""
    return f" · {count:,} chosen" if step is None else f" · {step + 1:,} of {count:,} chosen"


THE_MODEL = "The model"


def what_is_shown(
    layer: str, count: tuple[int, str], grid: tuple[int, int], calls: tuple[int, int], weighed: str
) -> str:
    """Begin the sentence about the picture: the layer and how it is weighed.

    Parameters
    ----------
    layer : str
        The layer's name.
    count : (int, str)
        How many channels or heads it has, and which of the two.
    grid : tuple of int
        ``(h, w)``.
    calls : tuple of int
        Which call, from 0, of how many.
    weighed : str
        By what, and for what.
    """
    channels = f"{count[0]} {count[1]}" + ("s" if count[0] != 1 else "")
    which = f" (call {calls[0] + 1} of {calls[1]})" if calls[1] > 1 else ""
    return f"{layer}{which}, {channels} on {forms.article(grid[0])} {grid[0]}×{grid[1]} grid, {weighed}"


def what_pixels_show(weighed: str) -> str:
    """Begin the sentence about a picture without channels."""
    return f"The image's own pixels, {weighed}"


def weighed_by(method: str, target: str) -> str:
    """Say how channels are weighed; `target` is empty for a method that looks at activations alone."""
    if method == "channel-mean":
        return "weighed by their means"
    return f"weighed by {forms.method_name(method)}" + (f" for {target}" if target else "")


def heat_shares(shares: list[tuple[int, float]], unit: str, *, visible: bool) -> str:
    """Say how the heat is shared among the channels or heads shown, or which of them speak against it.

    Parameters
    ----------
    shares : list of (int, float)
        Of each its number, and its mean as a fraction of all means above zero; strongest first.
    unit : str
        What they are called.
    visible : bool
        Whether anything of their sum is above zero.
    """
    for_it = [(number, share) for number, share in shares if share > 0]
    against = [number for number, share in shares if share < 0]
    if not for_it:
        return f"no {unit} speaks for it on the whole, only in places" if visible else f"no {unit} carries any heat"
    (strongest, share), together = for_it[0], sum(share for _, share in for_it)
    if against:
        numbers, parts = (
            _listed([str(number) for number, _ in for_it]),
            _listed([forms.percent(share) for _, share in for_it]),
        )
        speak = f"{unit} {numbers} speaks" if len(for_it) == 1 else f"{unit}s {numbers} speak"
        others = f"{unit}{'s' if len(against) > 1 else ''} {_listed([str(number) for number in against])}"
        return f"{speak} for it ({parts} of all that does), {others} against it"
    rest = f", the {len(shares)} {unit}s shown {forms.percent(together)}" if len(shares) > 1 else ""
    return f"{unit} {strongest} carries {forms.percent(share)} of the heat{rest}"


def _listed(parts: Sequence[str]) -> str:
    """Write "1, 2 and 3"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def colours_read(cmap: str, unit: str, *, raw: bool, evidence: bool, channels: bool) -> str:
    """Say what the colours mean: in the raw view, and where the overall panel shows evidence for a target."""
    least, most = ENDS_OF_COLOUR_MAPS.get(cmap, ("the low end of the bar", "the high end"))
    if raw:
        return f"These are the layer's own values, from {least} to {most} on one scale for all channels."
    if evidence and not channels:
        return f"{most[0].upper()}{most[1:]} is where the evidence is strongest."
    if evidence:
        most_of_one = "where it attends most" if unit == "head" else "where it is most active"
        return f"Over all {unit}s, {most} is where the evidence is strongest; in a {unit}, {most_of_one}."
    if unit == "head":
        return f"In each panel, {most} is where most attention goes and {least} where least does."
    return f"In each panel, {most} is where the layer is most active and {least} where it is least."


def difference_read(first: str, second: str) -> str:
    """Say what the colours of a difference mean."""
    return f"In the difference, red is where {first} has more, blue where {second} has."


def ranked_at(at: tuple[int, int], unit: str) -> str:
    """Say that a place ranks the channels."""
    return f"The {unit}s shown are those of highest value at {forms.pixel(*at)}."


def place_outside(at: tuple[int, int], size: tuple[int, int]) -> str:
    """Say that a place is not in this image."""
    return f"The place {at[0]}, {at[1]} lies outside this image of {size[0]}×{size[1]} pixels."


def attends_from(at: tuple[int, int]) -> str:
    """Say whose attention is shown."""
    return f"It shows where the patch at {forms.pixel(*at)} attends."


def joined(parts: list[str]) -> str:
    """Join what one line says; empty parts are left out."""
    return " · ".join(part for part in parts if part)


def position_of(position: int, count: int | None) -> str:
    """Write a position."""
    return f"Sample {position} {forms.extent(count)}"


def verdict_of_class(true: str, predicted: str, probability: float, right: bool | None) -> str:
    """Write the true and the predicted class, large."""
    found = f"{predicted} {forms.percent(probability)}"
    if right is None:
        return f"true {true} \N{RIGHTWARDS ARROW} predicted {found}" if true else f"predicted {found}"
    return f"\N{CHECK MARK} {found}" if right else f"\N{BALLOT X} true {true} \N{RIGHTWARDS ARROW} predicted {found}"


def verdict_of_value(true: str, value: float | None) -> str:
    """Write the label beside the value that a model of one output gives; either may be missing."""
    parts = [f"true {true}" if true else "", "" if value is None else f"output {forms.number(value)}"]
    return " \N{RIGHTWARDS ARROW} ".join(part for part in parts if part)


def verdict(right: bool | None) -> str:
    """Write right or wrong."""
    return {True: "right", False: "wrong", None: ""}[right]


def true_class(name: str) -> str:
    """Name the label; empty where there is none."""
    return f"true: {name}" if name else "no label"


def milliseconds(seconds: float) -> str:
    """Write how long a pass took."""
    return f"{1000 * seconds:.0f} ms"


def layer_name(name: str) -> str:
    """Name the layer."""
    return f"layer {name}" if name else "the model's output"


def computing(tried: int, total: int | None) -> str:
    """Say how far a method of many passes is: how many changed images or maps it has tried, of how many."""
    return (
        f"computing: {tried:,} of {total:,} passes"
        if total
        else f"computing: {tried:,} pass{'es' if tried != 1 else ''}"
    )


NO_LAYERS_YET = "No picture yet, so no layers either."


def use_layer(name: str) -> str:
    """Offer another layer."""
    return f"use {name}"


def chip_of_selection(chosen: str) -> str:
    """Say that the slider runs over a selection."""
    return f"selected: {chosen}"


def no_such_name(name: str) -> str:
    """Say that no sample's file is called so."""
    return f"No sample's file name contains {name!r}."


def alternative(status: str, sentence: str) -> str:
    """Describe the picture in a saved notebook."""
    return f"AttentionExplorer: {status}. {sentence}"

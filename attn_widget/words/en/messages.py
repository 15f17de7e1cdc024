"""What the panel says about the picture and the pages beside it."""

from attn_widget.words.en import forms

STALE = "out of date"


def same_for_every_class(method: str) -> str:
    name = forms.capitalised(forms.method_name(method))
    return f"{name} is the same for every class: choose a method that depends on the class, such as Grad-CAM."


# The filmstrip.
STRIP = "Every layer that gives a map, in the order they run, each on its own scale; click one to choose it."
STRIP_OF_BEFORE = "The layers of the last picture that could be shown; click one to choose it."


def no_strip(method: str, *, slow: bool) -> str:
    why = "takes many passes for each layer" if slow else "does not look at single layers"
    return f"{forms.capitalised(forms.method_name(method))} {why}: choose another method to see all layers."


# The pages Compare and Code and files.
NOTHING_COMPARED = (
    "Choose another method or target: its overall heatmap, and the difference between the two, replace the channels."
)


def comparison_read(first: str, second: str) -> str:
    return f"{first} beside {second}. {difference_read(first, second)}"


def pins(count: int) -> str:
    return "Click a pinned view to remove it:" if count else "Nothing is pinned yet."


def pinned(title: str, layer: str, method: str) -> str:
    return joined([title, layer, forms.method_name(method)])


COPY_CODE = "A script that draws this view: click into it, then Ctrl+A (⌘A on a Mac) and Ctrl+C (⌘C) copy all of it."
NO_CODE = "There is no script, because what you asked for could not be computed."


def picture_called(name: str) -> str:
    return f"as {name}.png"


def pin_title(position: int, label: str, predicted: str) -> str:
    return joined([str(position), label or predicted])


# The picture.
NO_PICTURE_YET = "No picture yet."
STOPPED = "Stopped; Run again starts over."
NOT_SHOWN = "not shown"
ENDS_OF_COLOUR_MAPS = {
    "jet": ("dark blue", "dark red"),
    "turbo": ("dark blue", "dark red"),
    "viridis": ("purple", "yellow"),
    "magma": ("black", "pale yellow"),
    "inferno": ("black", "pale yellow"),
    "plasma": ("dark blue", "yellow"),
    "cividis": ("dark blue", "yellow"),
    "gray": ("black", "white"),
}


def names_set_aside(names: int, outputs: int) -> str:
    given, needed = forms.counted(names, "class name"), forms.counted(outputs, "output")
    fit = "does" if names == 1 else "do"
    return f"{given} {fit} not fit the model's {needed}: classes are shown by number."


def step_of(step: int | None, count: int) -> str:
    """Say, after the number of all samples, how many are chosen, and where among them the slider is."""
    return f" · {count:,} chosen" if step is None else f" · {step + 1:,} of {count:,} chosen"


THE_MODEL = "The model"


def what_is_shown(
    layer: str, count: tuple[int, str], grid: tuple[int, int], calls: tuple[int, int], weighed: str
) -> str:
    """Begin the sentence about the picture.

    `count` is how many channels or heads there are, and which of the two; `calls` is the call, from 0, and of how many.
    """
    channels = f"{count[0]} {forms.plural(count[1], count[0])}"
    which = f" (call {calls[0] + 1} of {calls[1]})" if calls[1] > 1 else ""
    return f"{layer}{which}, {channels} on {forms.a_grid(grid)}, {weighed}"


def what_pixels_show(weighed: str) -> str:
    return f"The image's own pixels, {weighed}"


def weighed_by(method: str, target: str) -> str:
    """Say how channels are weighted; `target` is empty for a method that looks at activations alone."""
    if method == "channel-mean":
        return "weighted by their means"
    return f"weighted by {forms.method_name(method)}" + (f" for {target}" if target else "")


def heat_shares(shares: list[tuple[int, float]], unit: str, *, visible: bool) -> str:
    """Say how the heat is shared among the channels or heads shown, or which of them count against the target.

    `shares` holds the number of each, and its mean as a fraction of all positive means, strongest first; `visible` says
    whether their sum is positive anywhere.
    """
    positive = [(number, share) for number, share in shares if share > 0]
    against = [str(number) for number, share in shares if share < 0]
    if not positive:
        return f"no {unit} supports it overall, only in places" if visible else f"no {unit} carries any heat"
    (strongest, share), together = positive[0], sum(share for _, share in positive)
    if against:
        numbers = forms.listed([str(number) for number, _ in positive])
        parts = forms.listed([forms.percent(share) for _, share in positive])
        support = f"{unit} {numbers} supports" if len(positive) == 1 else f"{unit}s {numbers} support"
        count = "counts" if len(against) == 1 else "count"
        others = f"{forms.plural(unit, len(against))} {forms.listed(against)} {count} against it"
        return f"{support} it ({parts} of all support), {others}"
    rest = f", the {len(shares)} {unit}s shown {forms.percent(together)}" if len(shares) > 1 else ""
    return f"{unit} {strongest} carries {forms.percent(share)} of the heat{rest}"


def colours_read(cmap: str, unit: str, *, raw: bool, evidence: bool, channels: bool, scale: str = "own") -> str:
    """Say what the colours mean: `raw` values, or `evidence` for a target in the overall panel, or activity.

    `scale` is ``"own"``, ``"alike"`` or ``"fixed"``.
    """
    least, most = ENDS_OF_COLOUR_MAPS.get(cmap, ("the low end of the bar", "the high end"))
    on = {"own": "in each panel by itself", "alike": f"on one scale for all {unit}s", "fixed": "on a fixed scale"}
    if raw:
        signed = "where any are below zero, from blue through white at zero to red"
        return f"These are the layer's own values, from {least} to {most} {on[scale]}; {signed}."
    if scale == "fixed":
        return f"The scale is fixed: {most} stands for the same value, or more, in every sample."
    if scale == "alike" and channels:
        overall = f"Over all {unit}s, {most} is where the evidence is strongest. " if evidence else ""
        return f"{overall}The {unit}s are on one scale, from {least} to {most}: one that is weak looks weak."
    if evidence and not channels:
        return f"{forms.capitalised(most)} is where the evidence is strongest."
    if evidence:
        most_of_one = "where it attends most" if unit == "head" else "where it is most active"
        return f"Over all {unit}s, {most} is where the evidence is strongest; in a {unit}, {most_of_one}."
    if unit == "head":
        return f"In each panel, {most} is where the most attention goes and {least} where the least does."
    return f"In each panel, {most} is where the layer is most active and {least} where it is least."


def class_shift_costs(passes: float) -> str:
    return (
        f"How far the heat moves for another class is not measured at this layer: it would cost another {passes:.1f} "
        "passes. Compare with another class, or see class_shift of the script on the page Code and files."
    )


CLASS_SHIFT_UNKNOWN = "Whether it is different for another class is not measured: compare with another class to see."


def difference_read(first: str, second: str) -> str:
    return f"In the difference, red is where {first} has more, blue where {second} does."


def ranked_at(at: tuple[int, int], unit: str) -> str:
    return f"The {unit}s shown are those with the highest values at {forms.pixel(*at)}."


def place_outside(at: tuple[int, int], size: tuple[int, int]) -> str:
    return f"The place {at[0]}, {at[1]} lies outside this image of {size[0]}×{size[1]} pixels."


def attends_from(at: tuple[int, int]) -> str:
    return f"It shows where the patch at {forms.pixel(*at)} attends."


def joined(parts: list[str]) -> str:
    return " · ".join(part for part in parts if part)


def position_of(position: int, count: int | None) -> str:
    return f"Sample {position} {forms.extent(count)}"


def verdict_of_class(true: str, predicted: str, probability: float, right: bool | None) -> str:
    """Write the predicted class large, with the true one unless that is the same; `true` may be empty."""
    found = f"{predicted} {forms.percent(probability)}"
    if right is None:
        return f"true {true} \N{RIGHTWARDS ARROW} predicted {found}" if true else f"predicted {found}"
    return f"\N{CHECK MARK} {found}" if right else f"\N{BALLOT X} true {true} \N{RIGHTWARDS ARROW} predicted {found}"


def verdict_of_value(true: str, value: float | None) -> str:
    """Write the label and the value that a model of one output gives; either may be missing."""
    parts = [f"true {true}" if true else "", "" if value is None else f"output {forms.number(value)}"]
    return " \N{RIGHTWARDS ARROW} ".join(part for part in parts if part)


def verdict(right: bool | None) -> str:
    return {True: "right", False: "wrong", None: ""}[right]


def true_class(name: str) -> str:
    return f"true: {name}" if name else "no label"


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def layer_name(name: str) -> str:
    return f"layer {name}" if name else "the model's output"


def computing(tried: int, total: int | None) -> str:
    """Say how far a slow method is: how many passes it has made, and of how many if that is known."""
    if total:
        return f"computing: {tried:,} of {total:,} passes"
    return f"computing: {tried:,} pass{'es' if tried != 1 else ''}"


NO_LAYERS_YET = "No picture yet, so no layers either."


def use_layer(name: str) -> str:
    return f"use {name}"


EXPLAIN_PREDICTED = "explain the predicted class"


def use_method(name: str) -> str:
    return f"use {forms.method_name(name)}"


def chip_of_selection(chosen: str) -> str:
    return f"selected: {chosen}"


def no_such_name(name: str) -> str:
    return f"No sample's file name contains {name!r}."


def alternative(status: str, sentence: str) -> str:
    """Describe the picture in a saved notebook."""
    return f"AttentionExplorer: {status}. {sentence}"

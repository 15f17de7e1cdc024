"""What is said where the panel has several models."""

from attn_widget.words.en import forms

UNNAMED = ("first", "second")
MODELS_LINE = "──── models ────"
PLAY_MODELS = "Models:"
FIND_MOVES = "Where did attention move?"
MOST_MOVED = "Most moved first"
CHANGED_FIRST = "Changed predictions first"
TO_FIND_MOVES = "Compares the heatmaps of two models on every sample, and sorts the samples by how far the heat moved."
CHOOSE_OTHER_MODEL = "Choose another model to compare with above: there are several."
MOVES_STOPPED = "Stopped; nothing was kept."


def quoted(name: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}"


def lacks_layer(model: str, layer: str, shown: str) -> str:
    return f"{quoted(model)} has no layer {layer!r}: its default, {shown!r}, is shown."


def itself(name: str) -> str:
    return f"{quoted(name)} is the model shown: choose another one to compare it with."


def not_by(name: str, why: str) -> str:
    return f"Nothing to compare with by {quoted(name)}: {why}"


def each_predicts(first: tuple[str, str], second: tuple[str, str], *, own: bool) -> str:
    """Say what two models predict, each given with its name; `own` says that each heatmap is for another class."""
    if not (first[1] and second[1]):
        return ""
    said = " and ".join(f"{quoted(name)} ({predicted})" for name, predicted in (first, second))
    return f"{said}.{' Each heatmap explains what its own model predicts.' if own else ''}"


def of_other_model(name: str, shown: str) -> str:
    return f"This is of {quoted(name)}, while {quoted(shown)} is shown."


def said_of(name: str | None, said: str) -> str:
    """Say of which model something is, if it has a name."""
    return said if name is None else f"{quoted(name)}: {said}"


def none_explained(why: str) -> str:
    return f"Not one sample could be explained by both models: {why}"


def moving(first: str, second: str, done: str) -> str:
    return f"Comparing {quoted(first)} with {quoted(second)}{f': {done}' if done else ' …'}"


def moves_chosen(first: str, second: str, *, changed: bool) -> str:
    """Name the samples in one of the two orders."""
    order = "changed predictions first" if changed else "most moved first"
    return f"{order}, {first} and {second}"


def moves_found(
    names: tuple[str, str],
    method: str,
    layers: tuple[str, str],
    shares: tuple[float | None, float],
    counts: tuple[int, int, int, int],
    broken_off: str | None,
) -> str:
    """Say how far the heat moved.

    `shares` are the median distance, None where there is none, and the mean distance between two samples of the first
    model; `counts` are the samples predicted otherwise, those with heat in one model only, those with none, and all.
    """
    (median, control), (changed, one_sided, without, count) = shares, counts
    at = "" if not any(layers) else f" at {layers[0]}" if layers[0] == layers[1] else f" at {layers[0]} and {layers[1]}"
    said = f"{quoted(names[0])} and {quoted(names[1])}, {forms.method_name(method)}{at}"
    if median is None:
        return f"{said}: in no sample do both have heat."
    between = f" (two different samples in {quoted(names[0])}: {forms.percent(control)} on average)"
    parts = [
        f"{said}: in half of the samples, more than {forms.percent(median)} of the heat moved"
        f"{between if control == control else ''}",
        f"{changed:,} of {forms.counted(count, 'prediction')} changed",
        f"{forms.counted(one_sided, 'sample')} with heat in one of them only (first in order)" if one_sided else "",
        f"{forms.counted(without, 'sample')} that cannot be compared (last)" if without else "",
        f"the loader broke off: {broken_off}" if broken_off else "",
    ]
    return f"{'; '.join(filter(None, parts))}."

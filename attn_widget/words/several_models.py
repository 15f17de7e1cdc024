"""What is said where the panel has several models."""

MODELS_LINE = "──── models ────"
PLAY_MODELS = "Models:"


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


def review_of_other(name: str, shown: str) -> str:
    return (
        f"This review is of {quoted(name)}, while {quoted(shown)} is shown: Find mistakes reviews {quoted(shown)}, and "
        "keeps the marks."
    )


def none_explained(why: str) -> str:
    return f"Not one sample could be explained by both models: {why}"

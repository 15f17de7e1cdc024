"""The view as lines of code that give it again in a script."""

from dataclasses import dataclass

from attn_widget.explorer.looking import Look, State
from attn_widget.explorer.names import ClassNames
from attn_widget.figure import MOST_CHANNELS, Style
from attn_widget.methods import method_named
from attn_widget.targets import Contrast, Target
from attn_widget.trials import Trial

_LONGEST = 88
_AS_GIVEN = {
    "HW": "lambda model, images: model(images[:, 0])",
    "HWC": "lambda model, images: model(images.permute(0, 2, 3, 1).contiguous())",
}
"""What gives images the axes that they had; by those (see `attn_widget.samples.axes`)."""


@dataclass(frozen=True)
class Given:
    """What the panel was made with, which the code takes under the names of the panel's arguments.

    Attributes
    ----------
    names : ClassNames
        Names the classes.
    width : int
        The figure's, in CSS pixels.
    normalised, own_forward : bool
        Whether there were a mean and std, and a ``forward``.
    """

    names: ClassNames
    width: int
    normalised: bool
    own_forward: bool


def code_for(look: Look, state: State, style: Style, given: Given) -> str:
    """Write code that draws what a panel shows."""
    samples = _call("samples = Samples", ["loader", *(["mean=mean", "std=std"] if given.normalised else [])])
    lines = [samples, f"sample = samples[{look.sample.position}]"]
    lines.append(_call("explanation = explain", _arguments(look, state, given, "target")))
    shown = ["sample.picture", "explanation", f"Style({style.view!r}, {style.alpha:g}, {style.cmap!r})"]
    shown.append(_naming(given.names))
    if look.comparison is not None:
        own = "target" if state.other.target is state.target else "compare"
        lines.append(_call("other = explain", _arguments(look, state.other, given, own)))
        shown.append("comparison=Comparison(explanation, other)")
    lines += ["", f"drawing = ExplanationFigure({given.width})", _call("drawing.show", shown)]
    lines.append("drawing.figure.savefig('view.png', dpi=200)")
    return "\n".join([*_beginning("\n".join(lines)), *lines])


def _arguments(look: Look, state: State, given: Given, own: str) -> list[str]:
    """Write the arguments of `explain`; a target that is a function of the user's stands under the name `own`."""
    method = method_named(state.method)
    found: dict[str, str] = {}
    if method.reads == "layer":
        found["layer"] = repr(look.layer)
        if state.call != -1:
            found["call"] = repr(state.call)
    if method.reads != "image":
        found["top_k"] = repr(min(state.top_k, MOST_CHANNELS))
    found["method"] = repr(state.method)
    if method.class_specific:
        found["target"] = _target(given.names.indices_in(state.target), own)
    if look.sample.label is not None:
        found["label"] = repr(look.sample.label)
    if state.grid is not None:
        found["grid"] = repr(state.grid)
    if look.explanation.at is not None:
        found["at"] = repr(look.explanation.at)
    if given.own_forward:
        found["forward"] = "forward"
    elif isinstance(look.forward, Trial) and look.forward.axes != "CHW":
        found["forward"] = _AS_GIVEN[look.forward.axes]
    return ["model", "sample.image", *(f"{name}={value}" for name, value in found.items())]


def _target(target: Target, own: str) -> str:
    """Write a target."""
    if callable(target):
        return own
    return f"Contrast({target.of!r}, {target.against!r})" if isinstance(target, Contrast) else repr(target)


def _naming(names: ClassNames) -> str:
    """Write what names a class."""
    if not names.used:
        return "'class {}'.format"
    return f"{'class_names' if names.given else 'samples.class_names'}.__getitem__"


def _call(function: str, arguments: list[str]) -> str:
    """Write a call on one line or, where that would be long, on several."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _LONGEST:
        return line
    return "\n".join([f"{function}(", *(f"    {argument}," for argument in arguments), ")"])


def _beginning(code: str) -> list[str]:
    """Write the imports, and which names are the user's own."""
    names = ("model", "loader", "mean", "std", "class_names", "forward", "target", "compare")
    own = [name for name in names if _uses(code, name)]
    contrast = "Contrast, " if "Contrast(" in code else ""
    compared = ["from attn_widget.explanation import Comparison"] if "Comparison(" in code else []
    return [
        f"# {', '.join(own)}: what the panel was given.",
        f"from attn_widget import {contrast}explain",
        *compared,
        "from attn_widget.figure import ExplanationFigure, Style",
        "from attn_widget.samples import Samples",
        "",
    ]


def _uses(code: str, name: str) -> bool:
    """Whether a name stands in the code as a value."""
    return any(f"{before}{name}{after}" in code for before in "(= " for after in ",).\n")

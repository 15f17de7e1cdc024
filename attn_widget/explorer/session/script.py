"""A script that shows what the panel shows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import indent
from typing import Any

from attn_widget.candidates import is_called_logits
from attn_widget.explanation.result import WIDTH
from attn_widget.explorer.class_names import ClassNames
from attn_widget.explorer.session.cover_code import cover_lines
from attn_widget.explorer.session.looker import Look
from attn_widget.explorer.session.sentences import picture_name
from attn_widget.explorer.session.silencing_code import silencing_argument, silencing_lines
from attn_widget.explorer.settings import BY_NAME, RESTYLED, State
from attn_widget.figure import MOST_CHANNELS, Style
from attn_widget.layout_trial import Trial
from attn_widget.methods import Method, method_named
from attn_widget.words import refusals

_LONGEST = 88
_AS_GIVEN = {
    "CHW": "model(images)",
    "HW": "model(images[:, 0])",
    "HWC": "model(images.permute(0, 2, 3, 1).contiguous())",
}
"""The call that gives images the axes that they had (see `attn_widget.samples.images`)."""


@dataclass(frozen=True)
class PanelArguments:
    """What the panel was made with; the script has it under the names of the panel's arguments."""

    names: ClassNames
    width: int  # of the figure, in CSS pixels
    normalised: bool  # whether a mean was given
    own_forward: bool  # whether a ``forward`` was given
    settings: Mapping[str, Any]  # those that were given, by name
    language: str | None = None  # that was given


def code_for(look: Look | None, state: State, style: Style, given: PanelArguments) -> str:
    """Write the code that draws and saves what a panel shows, without the settings at their defaults."""
    if look is None:
        return ""
    asked = _asked(look, state, given, "target")
    lines = [
        _call("samples = Samples", ["loader", *(["mean=mean", "std=std"] if given.normalised else [])]),
        *([] if look.model is None else [f"model = models[{look.model!r}]"]),
        *_sample_lines(look),
        *([] if "silence=silenced" not in asked else silencing_lines(state.silence, own_forward=given.own_forward)),
        _call("explanation = explain", asked),
    ]
    shown = ["sample"]
    if look.comparison is not None:
        own = "target" if state.other.target is state.target else "compare"
        second = replace(look, layer=look.comparison.second.layer or look.layer)
        lines.append(_call("other = explain", _asked(second, state.other, given, own)))
        shown.append("compare=other")
        shown += [] if look.comparison.models is None else [f"models={look.comparison.models!r}"]
    shown += [f"{name}={getattr(style, name)!r}" for name in RESTYLED if _is_set(name, getattr(style, name))]
    shown += [f"width={given.width}"] if given.width != WIDTH else []
    if given.names.used:
        shown.append(f"class_names={'class_names' if given.names.given else 'samples.class_names'}")
    drawn = _call("figure = explanation.show", shown)
    lines += [drawn] if given.language is None else [f"with speaking({given.language!r}):", indent(drawn, "    ")]
    lines.append(f"figure.savefig({picture_name(look, given.names) + '.png'!r}, dpi=200)")
    methods = [state.method, *([] if look.comparison is None else [state.other.method])]
    return "\n".join([*_beginning("\n".join(lines), methods), *lines])


def _sample_lines(look: Look) -> list[str]:
    """Write the statement that reads the sample, with what is covered."""
    sample = f"samples[{look.sample.position}]"
    if look.cover is None:
        return [f"sample = {sample}"]
    other = "" if look.cover.other is None else f", samples[{look.cover.other}]"
    return [*cover_lines(look.cover), f"sample = covered.on({sample}{other})"]


def _asked(look: Look, state: State, given: PanelArguments, own: str) -> list[str]:
    """Write the arguments of `explain`; a target that is the user's function goes by the name `own`."""
    method = method_named(state.method)
    values = {
        **vars(state),
        "layer": look.layer,
        "top_k": min(state.top_k, MOST_CHANNELS),
        "target": given.names.indices_in(state.target),
        "at": look.explanation.at,  # None where the pixel lies outside the image
    }
    for name in ("sample", "model", "compare", "silence", "cover", *_unused_by(method)):
        del values[name]
    found = {name: own if callable(value) else repr(value) for name, value in values.items() if _is_set(name, value)}
    if state.silence is not None:
        found["silence"] = silencing_argument(state.silence, values.get("layer", ""), state.call)
    if look.sample.label is not None:
        as_found = look.sample.pair is None and look.sample.label == look.loader_label
        found["label"] = "sample.label" if as_found else repr(look.sample.label)
    found |= _forward(look, state, given)
    model = "model" if state.model == look.model else f"models[{state.model!r}]"
    return [model, "sample.image", *(f"{name}={value}" for name, value in found.items())]


def _forward(look: Look, state: State, given: PanelArguments) -> dict[str, str]:
    """Write how the model is called, and which of its outputs are the class scores if that was told by class names."""
    if given.own_forward:
        return {"forward": "forward"}
    axes = look.forward.axes if isinstance(look.forward, Trial) else "CHW"
    place = look.explanation.scores_at
    if given.names.count is None or is_called_logits(place) or callable(state.target):
        place = ""
    return {"forward": f"lambda model, images: {_AS_GIVEN[axes]}{place}"} if place or axes != "CHW" else {}


def _is_set(name: str, value: Any) -> bool:
    return bool(value != BY_NAME[name].default)


def _unused_by(method: Method) -> set[str]:
    """List the settings that make no difference to a method."""
    unused = set() if method.class_specific else {"target"}
    if method.reads != "layer":
        unused |= {"layer", "call"}
    if method.reads == "image":
        unused.add("top_k")
    return unused


def _call(function: str, arguments: list[str]) -> str:
    """Write a call, on several lines where it would be too long for one."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _LONGEST:
        return line
    rows: list[str] = []
    for argument in arguments:
        if rows and len(rows[-1]) + len(argument) + 7 <= _LONGEST:  # with the indent and two commas
            rows[-1] += f", {argument}"
        else:
            rows.append(argument)
    return f"{function}(\n" + ",\n".join(f"    {row}" for row in rows) + "\n)"


def _beginning(code: str, methods: Sequence[str]) -> list[str]:
    """Write the imports, and comments that list the user's own names and methods."""
    names = ("models", "model", "loader", "mean", "std", "class_names", "forward", "target", "compare")
    given = [name for name in names if re.search(rf"[(= ]{name}[,).\n\[]", code)]  # as a value
    own = [name for name in given if name != "model" or "models" not in given]
    contrast = "Contrast, " if "Contrast(" in code else ""
    imports = [f"from attn_widget import {contrast}Samples, explain"]
    evidence = [name for name in ("Cover", "Silencing", "channel_means") if re.search(rf"\b{name}[.(]", code)]
    if evidence:
        imports.append(f"from attn_widget.evidence import {', '.join(evidence)}")
    imports += ["from attn_widget.words import speaking"] if "with speaking(" in code else []
    registered = [name for name in dict.fromkeys(methods) if not method_named(name).built_in]
    return [refusals.given_to_panel(", ".join(own)), *map(refusals.method_of_ones_own, registered), *imports, ""]

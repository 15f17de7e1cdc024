"""The list behind the layer dropdown: what ran in a recorded pass, and what of it reads as maps."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from attn_widget.capture import (
    Forward,
    Grid,
    Output,
    Ran,
    Recording,
    named_modules,
    record,
    tensors_in,
)
from attn_widget.layers.map_layout import Layout
from attn_widget.layers.map_reading import readable
from attn_widget.layers.provenance import made_by
from attn_widget.layers.tokens import NoMap, Tokens, tokens_of
from attn_widget.outputs import score_rows
from attn_widget.words import reasons

Explained = Callable[[Any], Any]
"""Gives the tensors that are explained, in any container, for the model's output."""

_PASSES_ON = (
    *(nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveMaxPool1d, nn.AdaptiveAvgPool1d, nn.LPPool1d),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.LPPool2d, nn.FractionalMaxPool2d),
    *(nn.MaxPool3d, nn.AvgPool3d, nn.AdaptiveMaxPool3d, nn.AdaptiveAvgPool3d, nn.FractionalMaxPool3d),
    *(nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout),
    *(nn.Softmax, nn.Softmax2d, nn.LogSoftmax, nn.Upsample),
    *(nn.Flatten, nn.Unflatten, nn.Identity, nn.PixelShuffle, nn.PixelUnshuffle),
)
_PASSES_ON_NAMES = ("Permute", "StochasticDepth", "DropPath", "SelectAdaptivePool2d")

Group = Literal["block", "attention", "convolution", "other"]


@dataclass(frozen=True)
class Layer:
    """A module, and whether its output reads as maps.

    Attributes
    ----------
    name : str
        Its name in `model.named_modules()`, without the prefixes of wrappers.
    kind : str
        The name of its class.
    shape : tuple of int
        ``(K, h, w)`` where it is usable, else the shape of its output's first tensor; ``()`` where there is
        none.
    calls : int
        How often it ran in one pass.
    usable : bool
        Whether a heatmap can come from it.
    reason : str
        Why not, as a part of a sentence; empty for a usable layer.
    passes_on : bool
        Whether it is no more than pooling, dropout, softmax, a change of size or shape, the model's own output (but
        for those), or another layer's with more beside it. Such a layer is never the default.
    group : str
        ``"attention"`` where its channels are heads, ``"block"`` for a module of several, ``"convolution"``, or
        ``"other"``.
    grids : tuple of (int, int)
        Where it reads as maps once one of them is chosen (``grid=`` of `explain`): the possible grids.
    behind_attention : bool
        Whether it ran when the class token had read the patches for the last time: what is on the patches there
        need not reach the score. Such a layer is the default only where there is no other, or gradients tell that
        it does.
    weighs : bool
        Whether it weighs features instead of being any: the last attention of a class token, the queries, keys
        and values of it and of any attention from other tokens, or a single channel that is multiplied with others.
        Such a layer is the default only where there is no other.
    on_the_way : bool
        Whether its maps come from the image and what is explained was computed from them: the class scores, or what a
        callable target takes; of a model that gives neither, all of the output but what it calls auxiliary. Only such
        a layer is the default where there is one.
    place : int
        From which tensor of its output the maps are read, from 0; below that of its attention weights.
    layout : Layout or None
        How they are read; None where they are not.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    calls: int
    usable: bool
    reason: str
    passes_on: bool = field(default=False, repr=False)
    group: Group = field(default="other", repr=False)
    grids: tuple[Grid, ...] = field(default=(), repr=False)
    behind_attention: bool = field(default=False, repr=False)
    weighs: bool = field(default=False, repr=False)
    on_the_way: bool = field(default=True, repr=False)
    place: int = field(default=0, repr=False)
    layout: Layout | None = field(default=None, repr=False)


def find_layers(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    *,
    forward: Forward | None = None,
    grid: Grid | None = None,
    prefix: int | None = None,
) -> list[Layer]:
    """List the model's layers as one recorded forward pass shows them.

    Parameters
    ----------
    model : Module
        Left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.
    grid, prefix
        On which grid ``(h, w)`` the patch tokens lie, and how many tokens come before them; for models that do
        not show it.

    Returns
    -------
    list of Layer
        Usable layers in the order in which they completed their last call, then the others: those that ran
        in the same order, then those that did not. The root is left out unless it is the only module.

    Raises
    ------
    TypeError, ValueError
        Where `model` or `image` is nothing that can be run, each with its reason.
    """
    check_grid(grid, prefix)
    return layers_in(model, record(model, image, forward=forward), grid, prefix)


def layers_in(
    model: nn.Module,
    recording: Recording,
    grid: Grid | None = None,
    prefix: int | None = None,
    explained: Explained | None = None,
) -> list[Layer]:
    """List the model's layers as `recording` shows them (see `find_layers`).

    Parameters
    ----------
    explained : callable, optional
        Takes what is explained from the model's output; where it raises, and by default, that is the class scores,
        or else all of the output.
    """
    modules = dict(named_modules(model))
    if len(modules) > 1:
        del modules[""]
    tokens, more = (
        tokens_of(model, recording.size, grids, grid, prefix)
        for grids in (recording.grids, recording.grids + recording.further_grids)
    )
    ran = {name: recording.ran[name] for name in sorted(modules.keys() & recording.ran, key=_order_in(recording))}
    makers = {one.identity: modules[name] for name, one in reversed(ran.items()) if not one.untouched}  # the first
    handed_on = {identity for identity, maker in makers.items() if _only_passes_on(maker)}
    read = {name: _read(name, modules[name], one, (tokens, more)) for name, one in ran.items()}
    found = {name: one if isinstance(one, NoMap) else one[1] for name, one in read.items()}
    usable = {name: one for name, one in read.items() if not isinstance(one, NoMap)}
    weighing, behind = _around_attention(found, ran, modules)
    way = recording.origins.way_to(recording.output, *([] if explained is None else [explained]), _scores_or_all)
    layers = [
        Layer(
            name,
            type(modules[name]).__name__,
            _shape_of(one, found[name]),
            one.calls,
            usable=name in usable,
            reason="" if name in usable else str(found[name]),
            passes_on=_only_passes_on(modules[name])
            or one.only_pools
            or one.identity in handed_on
            or any(map(way.ends_in, _maps_in(one, read[name])))
            or (len(one.shapes) > 1 and makers.get(one.identity) is not modules[name]),  # of several, another is used
            group=_group(modules[name], found[name]),
            grids=() if isinstance(no_map := found[name], Layout) else no_map.grids,
            behind_attention=name in behind,
            weighs=name in weighing or _is_gate(recording, one, read[name]),
            on_the_way=any(map(way.passes, _maps_in(one, read[name]) or one.outputs)),
            place=usable.get(name, (0, None))[0],
            layout=usable.get(name, (0, None))[1],
        )
        for name, one in ran.items()
    ]
    absent = [
        Layer(name, type(module).__name__, (), 0, False, reasons.NOT_CALLED, on_the_way=False)
        for name, module in modules.items()
        if name not in recording.ran
    ]
    return [layer for layer in layers if layer.usable] + [layer for layer in layers if not layer.usable] + absent


def default_layer(layers: list[Layer]) -> Layer | None:
    """Choose the last usable layer on the way to what is explained that does more than pass on another's output.

    Its patches still count, where there is such a layer.

    Returns
    -------
    Layer or None
        None where no layer is usable.
    """
    usable = [layer for layer in layers if layer.usable]
    leading = [layer for layer in usable if layer.on_the_way] or usable
    own = [layer for layer in leading if not layer.passes_on]
    features = [layer for layer in own if not layer.weighs]
    counting = [layer for layer in features if not layer.behind_attention]
    return next((some[-1] for some in (counting, features, own, leading) if some), None)


def candidates_in(layers: list[Layer]) -> list[Layer]:
    """List the layers of which one is the default, wherever attention is: the last whose patches reach the score."""
    return [one for one in layers if one.usable and one.on_the_way and not one.passes_on and not one.weighs]


def check_grid(grid: Grid | None, prefix: int | None) -> None:
    """Refuse what is no grid, or no number of tokens.

    Raises
    ------
    ValueError
        Says what came and what was expected.
    """
    if grid is not None and not (isinstance(grid, tuple | list) and len(grid) == 2 and all(map(_counts, grid))):
        raise ValueError(f"grid must be two whole numbers of patches (rows, columns), got {grid!r}")
    if prefix is not None and not (prefix == 0 or _counts(prefix)):
        raise ValueError(f"prefix must be a whole number of tokens before the patches, 0 or more, got {prefix!r}")


def _counts(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) > 0


def _order_in(recording: Recording) -> Callable[[str], int]:
    return lambda name: recording.ran[name].order


def _read(name: str, module: nn.Module, ran: Ran, known: tuple[Tokens, Tokens]) -> tuple[int, Layout] | NoMap:
    """Say how a module's output reads as maps, and which tensor of it (below 0 for attention inside), or why not."""
    if "parametrizations" in name.split("."):
        return NoMap(reasons.A_WEIGHT)
    found = NoMap(reasons.NO_TENSOR)
    attention, outputs = made_by(ran)
    for tokens in known:
        try:
            place, layout = readable(attention, outputs, module, tokens)
        except NoMap as reason:
            found = reason
        else:
            return place - len(attention), layout
    return found


def _maps_in(ran: Ran, read: tuple[int, Layout] | NoMap) -> tuple[Output, ...]:
    """Give the tensor of a module's output from which its maps are read; none where they are attention inside of it."""
    if isinstance(read, NoMap) or read[0] < 0:
        return ()
    return ran.outputs[read[0] : read[0] + 1]


def _scores_or_all(output: Any) -> Any:
    """Take the class scores from a model's output; else all of it but what it calls auxiliary."""
    scores = score_rows(output)
    if scores is not None:
        return scores
    main = output
    if isinstance(output, Mapping):
        main = [part for name, part in output.items() if not str(name).startswith("aux")]
    return main if any(True for _ in tensors_in(main)) else output


def _around_attention(
    found: Mapping[str, Layout | NoMap], ran: Mapping[str, Ran], modules: Mapping[str, nn.Module]
) -> tuple[set[str], set[str]]:
    """Name what the attention of others to the patches is made of, and what ran behind the class token's last.

    All are in order of completion.
    """
    names = list(found)
    reading = [name for name in names if isinstance(one := found[name], Layout) and one.query is not None]
    last = reading[-1:]
    crossing = [name for name in names if any(queries != keys for *_, queries, keys in ran[name].attention)]
    parts = {part for name in (*last, *crossing) for part in _projected(name, names, modules)}
    return {*last, *parts}, {name for one in last for name in names[names.index(one) + 1 :]}


def _projected(name: str, names: list[str], modules: Mapping[str, nn.Module]) -> Iterable[str]:
    """Name the parts of an attention from its first projection on: a norm before that gives what it attends to."""
    inside = (each for each in names if each.startswith(f"{name}."))
    return dropwhile(lambda each: not projects(modules[each]), inside)


def projects(module: nn.Module) -> bool:
    """Whether a module has a matrix of its own, or a kernel."""
    return any(one is not None and one.ndim > 1 for one in module._parameters.values())


def _is_gate(recording: Recording, ran: Ran, read: tuple[int, Layout] | NoMap) -> bool:
    """Whether a layer's maps are a single one, which weighs others."""
    alone = not isinstance(read, NoMap) and read[1].shape[0] == 1
    return alone and any(map(recording.origins.multiplies, _maps_in(ran, read)))


def _shape_of(ran: Ran, found: Layout | NoMap) -> tuple[int, ...]:
    """Give the maps' shape, or else the first tensor's."""
    return found.shape if isinstance(found, Layout) else next(iter(ran.shapes), ())


def _group(module: nn.Module, found: Layout | NoMap) -> Group:
    if isinstance(found, Layout) and found.order == "attention":
        return "attention"
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return "convolution"
    return "block" if module._modules else "other"


def _only_passes_on(module: nn.Module) -> bool:
    return isinstance(module, _PASSES_ON) or type(module).__name__ in _PASSES_ON_NAMES

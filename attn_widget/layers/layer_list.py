"""What the layer dropdown lists: the layers that ran in a recorded pass, and whether their outputs read as maps."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, Grid, Ran, Recording, named_modules, record, tensors_in
from attn_widget.layers.map_layout import Layout
from attn_widget.layers.map_reading import readable
from attn_widget.layers.provenance import made_by
from attn_widget.layers.tokens import NoMap, Tokens, tokens_of
from attn_widget.outputs import score_rows
from attn_widget.words import reasons

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
    """A module, and whether its output can be read as maps.

    Attributes
    ----------
    name : str
        Its name in `model.named_modules()`, without the prefixes of wrappers.
    kind : str
        The name of its class.
    shape : tuple of int
        ``(K, h, w)`` if it is usable, otherwise the shape of the first tensor in its output, ``()`` if it has none.
    calls : int
        How often it ran in one pass.
    usable : bool
        Whether it can give a heatmap.
    reason : str
        Why it cannot, as part of a sentence; empty for a usable layer.
    passes_on : bool
        Whether it does nothing of its own: it only pools, drops out, applies a softmax or changes size or shape, or
        returns another layer's tensor among several, or gives the model's output up to such steps. Never the default.
    group : str
        ``"attention"`` if its channels are heads, ``"block"`` for a module that contains others, ``"convolution"`` or
        ``"other"``.
    grids : tuple of (int, int)
        The possible grids, if choosing one (``grid=`` of `explain`) is all it takes to read it as maps.
    behind_attention : bool
        Whether it ran after the class token last read the patches, so that its patches need not affect the score.
        It is the default only if there is no other, or if gradients show that they do.
    weighs : bool
        Whether it weights features rather than being one: the class token's last attention; the queries, keys and
        values of that and of any attention from other tokens; a single channel that is multiplied with others. It is
        the default only if there is no other.
    on_the_way : bool
        Whether its maps come from the image and what is explained was computed from them: the class scores, or what a
        callable target reads; for a model with neither, its whole output except what it calls auxiliary. Such layers
        are preferred as the default.
    place : int
        Index of the tensor in its output that the maps are read from; negative for attention weights computed inside.
    layout : Layout or None
        How that tensor is read as maps; None if it cannot be.
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
    """List the model's layers, as one recorded forward pass shows them.

    Parameters
    ----------
    model : Module
        Left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``.
    forward : callable, optional
        ``forward(model, batch)``, called instead of ``model(batch)``.
    grid, prefix
        The grid ``(h, w)`` of the patch tokens, and how many tokens come before them, for models where neither can be
        found.

    Returns
    -------
    list of Layer
        Usable layers in the order in which their last calls completed, then unusable ones in the same order, then those
        that did not run. The root is left out unless it is the only module.

    Raises
    ------
    TypeError, ValueError
        If `model` or `image` cannot be run; the message says why.
    """
    check_grid(grid, prefix)
    return layers_in(model, record(model, image, forward=forward), grid, prefix)


def layers_in(
    model: nn.Module,
    recording: Recording,
    grid: Grid | None = None,
    prefix: int | None = None,
    explained: Callable[[Any], Any] | None = None,
) -> list[Layer]:
    """List the model's layers as `recording` shows them (see `find_layers`).

    `explained` takes the tensors that are explained, in any container, from the model's output. By default, and if it
    raises, those are the class scores, or the whole output if it has none.
    """
    modules = dict(named_modules(model))
    if len(modules) > 1:
        del modules[""]
    known = [
        tokens_of(model, recording.size, grids, grid, prefix)
        for grids in (recording.grids, recording.grids + recording.further_grids)
    ]
    in_order = sorted(modules.keys() & recording.ran, key=lambda name: recording.ran[name].order)
    ran = {name: recording.ran[name] for name in in_order}
    makers = {one.identity: modules[name] for name, one in reversed(ran.items()) if not one.untouched}  # the first
    handed_on = {identity for identity, maker in makers.items() if _only_passes_on(maker)}
    read = {name: _read(name, modules[name], one, known) for name, one in ran.items()}
    weighing, behind = _around_attention({name: layout for name, (_, layout) in read.items()}, ran, modules)
    way = recording.origins.way_to(recording.output, *([] if explained is None else [explained]), _scores_or_all)
    layers = []
    for name, one in ran.items():
        module, (place, found) = modules[name], read[name]
        layout, no_map = (found, None) if isinstance(found, Layout) else (None, found)
        maps = one.outputs[place : place + 1] if layout and place >= 0 else ()
        is_gate = layout is not None and layout.shape[0] == 1 and any(map(recording.origins.multiplies, maps))
        layer = Layer(
            name,
            type(module).__name__,
            layout.shape if layout else next(iter(one.shapes), ()),
            one.calls,
            usable=layout is not None,
            reason=str(no_map or ""),
            passes_on=_only_passes_on(module)
            or one.only_pools
            or one.identity in handed_on
            or any(map(way.ends_in, maps))
            or (len(one.shapes) > 1 and makers.get(one.identity) is not module),  # of several, another is used
            group=_group(module, layout),
            grids=no_map.grids if no_map else (),
            behind_attention=name in behind,
            weighs=name in weighing or is_gate,
            on_the_way=any(map(way.passes, maps or one.outputs)),
            place=place,
            layout=layout,
        )
        layers.append(layer)
    absent = [
        Layer(name, type(module).__name__, (), 0, False, reasons.NOT_CALLED, on_the_way=False)
        for name, module in modules.items()
        if name not in recording.ran
    ]
    return sorted(layers, key=lambda layer: not layer.usable) + absent


def default_layer(layers: list[Layer]) -> Layer | None:
    """Choose the last usable layer on the way to what is explained; None if no layer is usable.

    Preferred is one that does more than pass on or weight what others give, and whose patches still affect the score.
    """
    usable = [layer for layer in layers if layer.usable]
    leading = [layer for layer in usable if layer.on_the_way] or usable
    own = [layer for layer in leading if not layer.passes_on]
    features = [layer for layer in own if not layer.weighs]
    counting = [layer for layer in features if not layer.behind_attention]
    return next((some[-1] for some in (counting, features, own, leading) if some), None)


def candidates_in(layers: list[Layer]) -> list[Layer]:
    """List the layers to choose the default from, by whether the score depends on their patches."""
    return [one for one in layers if one.usable and one.on_the_way and not one.passes_on and not one.weighs]


def check_grid(grid: Grid | None, prefix: int | None) -> None:
    """Raise a `ValueError` unless a grid is two positive whole numbers and a prefix one that is not negative."""
    if grid is not None and not (isinstance(grid, tuple | list) and len(grid) == 2 and all(map(_counts, grid))):
        raise ValueError(f"grid must be two whole numbers of patches (rows, columns), got {grid!r}")
    if prefix is not None and not (prefix == 0 or _counts(prefix)):
        raise ValueError(f"prefix must be a whole number of tokens before the patches, 0 or more, got {prefix!r}")


def _counts(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) > 0


def _read(name: str, module: nn.Module, ran: Ran, known: Iterable[Tokens]) -> tuple[int, Layout | NoMap]:
    """Say which tensor of a module's output (negative: attention inside) reads as maps, and how, or why none does."""
    if "parametrizations" in name.split("."):
        return 0, NoMap(reasons.A_WEIGHT)
    found = NoMap(reasons.NO_TENSOR)
    attention, outputs = made_by(ran)
    for tokens in known:
        try:
            place, layout = readable(attention, outputs, module, tokens)
        except NoMap as reason:
            found = reason
        else:
            return place - len(attention), layout
    return 0, found


def _scores_or_all(output: Any) -> Any:
    """Take the class scores from a model's output, or all of it but what it calls auxiliary."""
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
    """Name the parts of any attention to the patches from other tokens, and what ran after the class token's last one.

    All are given in the order in which they completed.
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
    """Whether a module has a weight matrix or a kernel of its own."""
    return any(one is not None and one.ndim > 1 for one in module._parameters.values())


def _group(module: nn.Module, layout: Layout | None) -> Group:
    if layout is not None and layout.order == "attention":
        return "attention"
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return "convolution"
    return "block" if module._modules else "other"


def _only_passes_on(module: nn.Module) -> bool:
    return isinstance(module, _PASSES_ON) or type(module).__name__ in _PASSES_ON_NAMES

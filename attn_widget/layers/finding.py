"""The list behind the layer dropdown: what ran in a recorded pass, and what of it reads as maps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.capture import Forward, Grid, Ran, Recording, named_modules, record
from attn_widget.layers.layout import Layout
from attn_widget.layers.made import made_by
from attn_widget.layers.reading import readable
from attn_widget.layers.tokens import NoMap, Tokens, tokens_of

_PASSES_ON = (
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.FractionalMaxPool2d),
    *(nn.LPPool2d, nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.FeatureAlphaDropout),
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
        Whether it is no more than pooling, dropout, a change of shape, the model's own output, or another layer's
        with more beside it. Such a layer is never the default.
    group : str
        ``"attention"`` where its channels are heads, ``"block"`` for a module of several, ``"convolution"``, or
        ``"other"``.
    grids : tuple of (int, int)
        Where it reads as maps once one of them is chosen (``grid=`` of `explain`): the possible grids.
    behind_attention : bool
        Whether it ran when the class token had read the patches for the last time: what is on the patches there
        need not reach the score. Such a layer is the default only where there is no other.
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
    model: nn.Module, recording: Recording, grid: Grid | None = None, prefix: int | None = None
) -> list[Layer]:
    """List the model's layers as `recording` shows them (see `find_layers`)."""
    modules = dict(named_modules(model))
    if len(modules) > 1:
        del modules[""]
    tokens, more = (
        tokens_of(model, recording.size, grids, grid, prefix)
        for grids in (recording.grids, recording.grids + recording.further_grids)
    )
    ran = {name: recording.ran[name] for name in sorted(modules.keys() & recording.ran, key=_order_in(recording))}
    makers = {one.identity: modules[name] for name, one in reversed(ran.items())}  # who gave a tensor first
    handed_on = {identity for identity, maker in makers.items() if _only_passes_on(maker)} | {recording.output_identity}
    found = {name: _layout(name, modules[name], one, (tokens, more)) for name, one in ran.items()}
    behind = _behind_attention(found)
    layers = [
        _layer(
            (name, modules[name], one),
            found[name],
            passes_on=_only_passes_on(modules[name])
            or one.identity in handed_on
            or (len(one.shapes) > 1 and makers[one.identity] is not modules[name]),  # of several, another is used
            behind_attention=name in behind,
        )
        for name, one in ran.items()
    ]
    absent = [
        Layer(name, type(module).__name__, (), 0, False, texts.NOT_CALLED)
        for name, module in modules.items()
        if name not in recording.ran
    ]
    return [layer for layer in layers if layer.usable] + [layer for layer in layers if not layer.usable] + absent


def default_layer(layers: list[Layer]) -> Layer | None:
    """Choose the last usable layer that does more than pass on another's output, and whose patches still count.

    Returns
    -------
    Layer or None
        None where no layer is usable.
    """
    usable = [layer for layer in layers if layer.usable]
    own = [layer for layer in usable if not layer.passes_on]
    counting = [layer for layer in own if not layer.behind_attention]
    return next(iter([*reversed(counting), *reversed(own), *reversed(usable)]), None)


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


def _layout(name: str, module: nn.Module, ran: Ran, known: tuple[Tokens, Tokens]) -> Layout | NoMap:
    """Say how a module's output reads as maps, or why not."""
    if "parametrizations" in name.split("."):
        return NoMap(texts.A_WEIGHT)
    found: Layout | NoMap = NoMap(texts.NO_TENSOR)
    for tokens in known:
        try:
            return readable(*made_by(ran), module, tokens)[1]
        except NoMap as reason:
            found = reason
    return found


def _behind_attention(found: dict[str, Layout | NoMap]) -> set[str]:
    """Name the layers from the last attention of a class token on, and those inside of it; in order of completion."""
    names = list(found)
    reading = [name for name in names if isinstance(one := found[name], Layout) and one.query is not None]
    if not reading:
        return set()
    inside = [name for name in names if name.startswith(f"{reading[-1]}.")]
    return {*inside, *names[names.index(reading[-1]) :]}


def _layer(
    module: tuple[str, nn.Module, Ran], found: Layout | NoMap, *, passes_on: bool, behind_attention: bool
) -> Layer:
    name, own, ran = module
    usable = isinstance(found, Layout)
    return Layer(
        name,
        type(own).__name__,
        found.shape if isinstance(found, Layout) else ran.shapes[0] if ran.shapes else (),
        ran.calls,
        usable,
        "" if usable else str(found),
        passes_on,
        _group(own, found),
        () if isinstance(found, Layout) else found.grids,
        behind_attention,
    )


def _group(module: nn.Module, found: Layout | NoMap) -> Group:
    if isinstance(found, Layout) and found.order == "attention":
        return "attention"
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return "convolution"
    return "block" if module._modules else "other"


def _only_passes_on(module: nn.Module) -> bool:
    return isinstance(module, _PASSES_ON) or type(module).__name__ in _PASSES_ON_NAMES

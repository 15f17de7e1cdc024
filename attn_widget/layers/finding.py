"""The list behind the layer dropdown: what ran in a recorded pass, and what of it reads as maps."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.capture import Forward, Ran, Recording, named_modules, record
from attn_widget.layers.layout import Layout, NoMap, layout_of, token_grids

_PASSES_ON = (
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.FractionalMaxPool2d),
    *(nn.LPPool2d, nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.FeatureAlphaDropout),
    *(nn.Flatten, nn.Unflatten, nn.Identity, nn.PixelShuffle, nn.PixelUnshuffle),
)
_PASSES_ON_NAMES = ("Permute", "StochasticDepth", "DropPath", "SelectAdaptivePool2d")


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
        Whether it is no more than pooling, dropout, a change of shape, or the model's own output. Such a
        layer is never the default.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    calls: int
    usable: bool
    reason: str
    passes_on: bool = field(default=False, repr=False)


def find_layers(model: nn.Module, image: torch.Tensor | np.ndarray, *, forward: Forward | None = None) -> list[Layer]:
    """List the model's layers as one recorded forward pass shows them.

    Parameters
    ----------
    model : Module
        Left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.

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
    return layers_in(model, record(model, image, forward=forward))


def layers_in(model: nn.Module, recording: Recording) -> list[Layer]:
    """List the model's layers as `recording` shows them (see `find_layers`)."""
    modules = dict(named_modules(model))
    if len(modules) > 1:
        del modules[""]
    grids = token_grids(model, recording.size)
    ran = sorted((run.order, name) for name, run in recording.ran.items() if name in modules)
    makers = {recording.ran[name].identity: modules[name] for _, name in reversed(ran)}  # who gave a tensor first
    handed_on = {identity for identity, maker in makers.items() if _only_passes_on(maker)} | {recording.output_identity}
    layers = [_layer(name, modules[name], recording.ran[name], recording.size, grids, handed_on) for _, name in ran]
    absent = [
        Layer(name, type(module).__name__, (), 0, False, texts.NOT_CALLED)
        for name, module in modules.items()
        if name not in recording.ran
    ]
    return [layer for layer in layers if layer.usable] + [layer for layer in layers if not layer.usable] + absent


def default_layer(layers: list[Layer]) -> Layer | None:
    """Choose the last usable layer that does more than pass on another's output.

    Returns
    -------
    Layer or None
        None where no layer is usable.
    """
    usable = [layer for layer in layers if layer.usable]
    own = [layer for layer in usable if not layer.passes_on]
    return next(iter([*reversed(own), *reversed(usable)]), None)


def _layer(
    name: str,
    module: nn.Module,
    ran: Ran,
    size: tuple[int, int],
    grids: list[tuple[int, int]],
    handed_on: set[int | None],
) -> Layer:
    kind = type(module).__name__
    passes_on = _only_passes_on(module) or ran.identity in handed_on
    try:
        if "parametrizations" in name.split("."):
            raise NoMap(texts.A_WEIGHT)
        layout = _first_layout(module, ran, size, grids)
    except NoMap as reason:
        shape = ran.shapes[0] if ran.shapes else ()
        return Layer(name, kind, shape, ran.calls, False, str(reason), passes_on)
    return Layer(name, kind, layout.shape, ran.calls, True, "", passes_on)


def _first_layout(module: nn.Module, ran: Ran, size: tuple[int, int], grids: list[tuple[int, int]]) -> Layout:
    """Give the layout of the first tensor that has one, or the first tensor's reason."""
    reasons = []
    for shape in ran.shapes:
        try:
            return layout_of(shape, module, size, grids)
        except NoMap as reason:
            reasons.append(reason)
    raise reasons[0] if reasons else NoMap(texts.NO_TENSOR)


def _only_passes_on(module: nn.Module) -> bool:
    return isinstance(module, _PASSES_ON) or type(module).__name__ in _PASSES_ON_NAMES

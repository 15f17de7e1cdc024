"""Which layers a report shows where none are named."""

from collections.abc import Sequence

from attn_widget.layers import Layer


def finer_beside(layers: Sequence[Layer], name: str) -> list[str]:
    """Name a layer and the last usable one before it whose grid has more cells, if there is one.

    `layers` are in the order in which they ran, as `find_layers` gives them.
    """
    own = next((at for at, layer in enumerate(layers) if layer.name == name), None)
    if own is None or not layers[own].usable:
        return [name]
    finer = (
        layer.name
        for layer in reversed(layers[:own])
        if layer.usable
        and not layer.passes_on
        and layer.group == layers[own].group
        and _cells(layer) > _cells(layers[own])
    )
    return [name, *(one for one in [next(finer, None)] if one is not None)]


def _cells(layer: Layer) -> int:
    return layer.shape[1] * layer.shape[2]

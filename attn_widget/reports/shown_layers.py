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
    of = layers[own]
    alike = (one for one in layers[:own] if one.usable and not one.passes_on and one.group == of.group)
    return [name, *[one.name for one in alike if _cells(one) > _cells(of)][-1:]]


def _cells(layer: Layer) -> int:
    return layer.shape[1] * layer.shape[2]

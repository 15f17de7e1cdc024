"""The coarser layers behind a layer, whose maps can refine its own."""

from attn_widget.layers import Layer, candidates_in


def coarser_behind(layers: list[Layer], name: str) -> list[str]:
    """Name, for each grid of fewer cells behind a layer, the last of the outermost modules whose maps lie on it.

    In a ResNet these are its later stages. Only modules that run once, and features rather than attention, count; none
    has a single cell. `layers` are in the order in which they ran, as `find_layers` gives them.
    """
    (own,) = (layer for layer in layers if layer.name == name)
    behind = [one for one in candidates_in(layers[layers.index(own) + 1 :]) if one.calls == 1]
    by_grid: dict[tuple[int, ...], Layer] = {}
    for one in behind:
        if 1 < _cells(one) < _cells(own) and one.group != "attention":
            known = by_grid.setdefault(one.shape[1:], one)
            if _depth(one) <= _depth(known):
                by_grid[one.shape[1:]] = one
    return [one.name for one in by_grid.values()]


def _cells(layer: Layer) -> int:
    return layer.shape[1] * layer.shape[2]


def _depth(layer: Layer) -> int:
    return layer.name.count(".")

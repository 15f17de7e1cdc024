"""Which layers of a model a heatmap can come from, and how each output reads as maps."""

from attn_widget.layers.finding import Layer, default_layer, find_layers, layers_in
from attn_widget.layers.layout import Layout, NoMap, layout_of, token_grids
from attn_widget.layers.reading import as_float32, readable

__all__ = [
    "Layer",
    "Layout",
    "NoMap",
    "as_float32",
    "default_layer",
    "find_layers",
    "layers_in",
    "layout_of",
    "readable",
    "token_grids",
]

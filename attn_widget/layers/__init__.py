"""Which layers of a model a heatmap can come from, and how each output reads as maps.

`layer_list` finds the layers; `map_reading` chooses which tensor of an output is read, and `map_layout` how: `tokens`
says which tokens are patches, `planes` which axis holds channels, `provenance` what a pass reveals about a tensor.
"""

from attn_widget.layers.layer_list import (
    Layer,
    candidates_in,
    check_grid,
    default_layer,
    find_layers,
    layers_in,
    projects,
)
from attn_widget.layers.map_layout import Layout, layout_of_attention
from attn_widget.layers.map_reading import as_float32, readable
from attn_widget.layers.provenance import Made, made_in
from attn_widget.layers.tokens import NoMap, Tokens, tokens_of

__all__ = [
    "Layer",
    "Layout",
    "Made",
    "NoMap",
    "Tokens",
    "as_float32",
    "candidates_in",
    "check_grid",
    "default_layer",
    "find_layers",
    "layers_in",
    "layout_of_attention",
    "made_in",
    "projects",
    "readable",
    "tokens_of",
]

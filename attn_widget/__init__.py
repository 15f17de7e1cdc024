"""A Jupyter widget that shows what an image model looks at."""

from attn_widget.explanation import Explanation, explain, explain_many, fuse
from attn_widget.explorer import AttentionExplorer
from attn_widget.layers import Layer, find_layers
from attn_widget.predictions import Review, Reviewing, review
from attn_widget.targets import Contrast

__all__ = [
    "AttentionExplorer",
    "Contrast",
    "Explanation",
    "Layer",
    "Review",
    "Reviewing",
    "explain",
    "explain_many",
    "find_layers",
    "fuse",
    "review",
]

"""Which small region is enough to make a model see a class: cue transplants, beside their controls."""

from attn_widget.shortcuts.shortcut_record import Example, MeanHeat, Rate, Shortcut
from attn_widget.shortcuts.shortcut_search import SIZES, find_shortcuts

__all__ = ["SIZES", "Example", "MeanHeat", "Rate", "Shortcut", "find_shortcuts"]

"""The panel.

`panel` is the widget: its traits, and the one way from a change to a picture. `controls` builds and arranges
the stock widgets, `values` checks what is set, `names` keeps class names, `search` looks for mistakes on a
thread of its own, and `markup` is the only place that writes HTML.
"""

from attn_widget.explorer.panel import AttentionExplorer

__all__ = ["AttentionExplorer"]

"""The panel.

`panel` is the widget: its traits, and the one way from a change to a picture. `looking` computes what a state
asks for, `search` looks for mistakes, `worker` runs what is long on a thread. `face` is what is seen: figure,
words (`reporting`) and stock widgets (`controls`). `cells` knows which panels a notebook shows, `resting` puts the
others to sleep. `values` checks what is set, `names` keeps class names, and `markup` is the only place that writes
HTML.
"""

from attn_widget.explorer.panel import AttentionExplorer

__all__ = ["AttentionExplorer"]

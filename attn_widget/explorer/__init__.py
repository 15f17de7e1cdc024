"""The panel: settings -> session -> scene -> view.

`settings` has a row for each trait. `session` (no widget) knows model, samples and what was found out, and makes a
`Scene` of the settings at each moment. `view` renders a scene, once for each change, and sends each `Action` up to
`panel`, the widget, whose `traits` change. `life` is sleeping and waking, and work on threads.
"""

from attn_widget.explorer.panel import AttentionExplorer

__all__ = ["AttentionExplorer"]

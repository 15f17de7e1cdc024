"""TODO check"""

from attn_widget.explorer.action import Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view.widget_parts import Maker


class CheckSection:
    """TODO."""

    def __init__(self, make: Maker, send: Send) -> None:
        self.root = make.column(classes="attn-check")

    def render(self, scene: Scene) -> None:
        """TODO."""

    def closed(self) -> None:
        """Stop whatever is running."""

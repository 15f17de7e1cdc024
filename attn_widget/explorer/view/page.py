"""What a page of the inspector is: a name, a root widget, and the parts of a scene that it shows."""

import threading
from typing import ClassVar

import ipywidgets as widgets

from attn_widget.explorer.action import Send
from attn_widget.explorer.session.scene import Scene


class Page:
    """A page: created when its tab is first opened, and rendered only while it is open.

    `name` is the key of its title and tooltip (`captions.PAGE_TITLES` and `PAGE_TOOLTIPS`). `wants` are the attributes
    of a `Scene` that it shows: `render` is called when one of them has changed, and when the page is opened. A page
    that `tells` what the model says is not there while that is to be guessed. `root` is its widget. `send` takes
    actions, and `lock` is the panel's, for a page with a canvas or threads of its own.
    """

    name: ClassVar[str]
    wants: ClassVar[tuple[str, ...]]
    tells: ClassVar[bool] = True
    root: widgets.Widget

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        self.send, self.lock = send, lock

    def render(self, scene: Scene) -> None:
        """Show a scene. The panel's lock is held, and what the page's controls send meanwhile is ignored."""
        raise NotImplementedError

    def channel_clicked(self, _channel: int) -> bool:
        """Take a click on a channel's panel in the figure; False leaves it to the figure."""
        return False

    def closed(self) -> None:
        """Stop whatever is running and keep little in memory: another page was opened, or the panel went to sleep."""

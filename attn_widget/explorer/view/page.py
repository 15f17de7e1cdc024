"""What a page of the inspector is: a plug with a title, a root widget, and what it wants of each scene."""

import threading
from typing import ClassVar

import ipywidgets as widgets

from attn_widget.explorer.action import Send
from attn_widget.explorer.session.scene import Scene


class Page:
    """A page: made when it is first opened, told of scenes only while it is open.

    Parameters
    ----------
    send : callable
        Takes actions.
    lock : RLock
        The panel's, for canvases and threads of the page's own.

    Attributes
    ----------
    title : str
        On its tab.
    tooltip : str
        What the tab says under the mouse.
    wants : tuple of str
        Which parts of a `Scene` it shows, by their names: `render` is called where one of them is another object
        than it was, and when the page is opened.
    root : Widget
        All of it.
    """

    title: ClassVar[str]
    tooltip: ClassVar[str] = ""
    wants: ClassVar[tuple[str, ...]]
    root: widgets.Widget

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        self.send, self.lock = send, lock

    def render(self, scene: Scene) -> None:
        """Show a scene; called under the panel's lock, and no control of the page is heard meanwhile."""
        raise NotImplementedError

    def closed(self) -> None:
        """Another page was opened, or the panel fell asleep: end what is on its way, and keep little."""

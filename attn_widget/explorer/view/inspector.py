"""The inspector: one page at a time beside the picture."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages import PAGES
from attn_widget.explorer.view.widget_parts import Maker


class Inspector:
    """Tabs, and the page that is open.

    Attributes
    ----------
    root : Widget
        All of it.
    """

    def __init__(self, make: Maker, lock: threading.RLock, send: Send, turned: Callable[[], None]) -> None:
        self._lock, self._send, self._turned_to = lock, send, turned
        self._pages: dict[str, Page] = {}
        self._rendered: dict[str, tuple[Any, ...]] = {}
        self._tabs = make.one(
            widgets.ToggleButtons,
            "attn-tabs",
            options=[page.title for page in PAGES],
            tooltips=[page.tooltip for page in PAGES],
        )
        self._tabs.observe(self._turned, "value")
        self._room = make.column(classes="attn-room")
        self.root = make.column(self._tabs, self._room, classes="attn-inspector")

    def render(self, scene: Scene) -> None:
        """Tell the page that is open what it wants of a scene, where that is not what it was told last."""
        page = self._open_page()
        wanted = tuple(getattr(scene, name) for name in page.wants)
        before = self._rendered.pop(page.title, None)
        if before is None or any(new is not old and new != old for new, old in zip(wanted, before, strict=True)):
            page.render(scene)
        self._rendered[page.title] = wanted  # only now: after an interrupt all of it is done again

    def tell_again(self) -> None:
        """Let the open page be told of the next scene although nothing in it is new: its controls were moved."""
        self._rendered.clear()

    def leave(self) -> None:
        """End what the pages have on their way."""
        for page in self._pages.values():
            page.closed()
        self.tell_again()

    def _open_page(self) -> Page:
        title = self._tabs.value
        if title not in self._pages:
            self._pages[title] = next(page for page in PAGES if page.title == title)(self._send, self._lock)
        page = self._pages[title]
        if self._room.children != (page.root,):
            self._room.children = (page.root,)
        return page

    def _turned(self, event: Any) -> None:
        with self._lock:
            left = self._pages.get(event["old"])
            if left is not None:
                left.closed()
                self._rendered.pop(event["old"], None)
            self._turned_to()

    @property
    def widgets(self) -> list[widgets.Widget]:
        """The roots of all pages that were made, shown or not."""
        return [page.root for page in self._pages.values()]

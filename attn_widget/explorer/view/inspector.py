"""The inspector: one page at a time beside the picture."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages import PAGES
from attn_widget.explorer.view.widget_parts import Maker, every_widget, on_change
from attn_widget.words import captions, guessing


class Inspector:
    """Tabs, and the open page below them; `turned` is called when another tab is chosen."""

    def __init__(self, make: Maker, lock: threading.RLock, send: Send, turned: Callable[[], None]) -> None:
        self._lock, self._send, self._turned = lock, send, turned
        self.pages: dict[str, Page] = {}  # those that have been opened, by name
        self._rendered: tuple[Any, ...] | None = None  # what the open page wanted of the last scene
        titles = [(captions.PAGE_TITLES.get(page.name, page.name), page.name) for page in PAGES]
        tooltips = [captions.PAGE_TOOLTIPS.get(page.name, "") for page in PAGES]
        self._tabs = make.one(widgets.ToggleButtons, "attn-tabs", options=titles, tooltips=tooltips)
        on_change(self._tabs, self._tab_chosen)
        self._waits = make.html("attn-waits")
        self._room = make.column(classes="attn-room")
        self.root = make.column(self._tabs, self._waits, self._room, classes="attn-inspector")

    def render(self, scene: Scene) -> None:
        """Render the open page, unless nothing that it wants of the scene has changed."""
        name = self._tabs.value
        waits = scene.guessing.alone is not None and PAGES[self._tabs.index].tells
        if scene.guessing.alone is not None:
            self._forget_what_tells()
        self._waits.value = markup.faint(guessing.PAGE_WAITS) if waits else ""
        if waits:
            return
        if name not in self.pages:
            self.pages[name] = PAGES[self._tabs.index](self._send, self._lock)
        page = self.pages[name]
        self._room.children = (page.root,)
        wanted = tuple(getattr(scene, name) for name in page.wants)
        before, self._rendered = self._rendered, None  # if this is interrupted, the next render does all of it again
        if before is None or any(new is not old and new != old for new, old in zip(wanted, before, strict=True)):
            page.render(scene)
        self._rendered = wanted

    def channel_clicked(self, channel: int) -> bool:
        """Let the open page take a click on a channel's panel in the figure; False if it does not."""
        page = self.pages.get(self._tabs.value)
        return page is not None and page.channel_clicked(channel)

    def rerender(self) -> None:
        """Have the open page rendered with the next scene even if that is unchanged: its controls were moved."""
        self._rendered = None

    def _forget_what_tells(self) -> None:
        """Take those pages away from which could be learnt what is to be guessed; they are made again when opened."""
        for name, page in list(self.pages.items()):
            if page.tells:
                del self.pages[name]
                page.closed()
                self._room.children = ()
                for widget in every_widget(page.root):
                    widget.close()
                self._rendered = None

    def leave(self) -> None:
        """Stop whatever the pages have running."""
        for page in self.pages.values():
            page.closed()
        self._rendered = None

    def _tab_chosen(self, event: Any) -> None:
        with self._lock:
            left = self.pages.get(event["old"])
            if left is not None:
                left.closed()
            self._rendered = None
            self._turned()

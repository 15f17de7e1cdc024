"""The control that plays over the models: the sample shown by one after another."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Send, change
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view.widget_parts import Maker, on_change
from attn_widget.words import captions, several_models

_PAUSE = 1000  # milliseconds on each model


class ModelPlay:
    """A name and the buttons of `Play`, made when there are several models to play over."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._make, self._send = make, send
        self._names: list[str] = []
        self._play: widgets.Play | None = None
        self.root = make.row()

    def render(self, scene: Scene) -> None:
        """Show which model it is."""
        self._names = [name for _, name in scene.offers["model"].options]
        if self._play is None:
            most, tooltip = len(self._names) - 1, captions.TOOLTIPS["play_models"]
            self._play = self._make.one(
                widgets.Play, "attn-play", max=most, interval=_PAUSE, repeat=True, show_repeat=False, tooltip=tooltip
            )
            on_change(self._play, self._moved)
            label = self._make.one(widgets.Label, value=several_models.PLAY_MODELS)
            self.root.children = (label, self._play)
        self._play.value = self._names.index(scene.state.model)

    def stop(self) -> None:
        """Stop playing."""
        if self._play is not None:
            self._play.playing = False

    def _moved(self, event: Any) -> None:
        self._send(change(model=self._names[event["new"]]))

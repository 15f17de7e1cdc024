"""The row that chooses the sample: slider, number, file name, play, and the mistakes before and after it."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send, change
from attn_widget.explorer.session.scene import Playing, Scene
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import captions


class SampleRow:
    """The row; its `link` lets the browser move the slider while the samples play."""

    def __init__(self, make: Maker, send: Send) -> None:
        tips = captions.TOOLTIPS
        self._send = send
        self._playing: Playing | None = None
        back = make.button("", "chevron-left", tips["previous"], "attn-narrow", action=Action("step", -1))
        self._slider = make.one(
            widgets.IntSlider,
            "attn-slider",
            description=captions.SAMPLE,
            max=0,
            readout=False,
            tooltip=tips["position"],
        )
        following = make.button("", "chevron-right", tips["following"], "attn-narrow", action=Action("step", 1))
        self._number = make.one(widgets.BoundedIntText, "attn-number", max=0, tooltip=tips["number"])
        self._count = make.one(widgets.Label, tooltip=tips["count"])
        self._file = make.one(
            widgets.Text, "attn-file", placeholder=captions.FILE_NAME, continuous_update=False, tooltip=tips["file"]
        )
        self._play = make.one(widgets.Play, "attn-play", max=0, interval=500, show_repeat=False, tooltip=tips["play"])
        self.link = widgets.jslink((self._play, "value"), (self._slider, "value"))
        backwards, onwards = Action("next_mistake", False), Action("next_mistake", True)
        earlier = make.button(captions.PREVIOUS_MISTAKE, "arrow-left", tips["previous_mistake"], action=backwards)
        later = make.button(captions.NEXT_MISTAKE, "arrow-right", tips["next_mistake"], action=onwards)
        on_change(self._slider, self._slid)
        on_change(self._number, self._typed)
        on_change(self._file, self._named)
        parts = (back, self._slider, following, self._number, self._count, self._file, self._play)
        self.root = make.row(*parts, earlier, later, classes="attn-samples")

    def render(self, scene: Scene) -> None:
        """Show which sample it is, and of how many."""
        playing, before = scene.playing, self._playing
        if before is None or before.named != playing.named:
            show(self._file, playing.named)
        self._number.max = playing.last
        for control in (self._slider, self._play):
            control.max = max(playing.steps - 1, 0)
            control.disabled = playing.steps == 0
        self._playing = playing
        if playing.step is not None:
            self._slider.value = playing.step
        self._number.value = playing.position
        self._count.value = playing.said

    def _slid(self, event: Any) -> None:
        if self._playing is None or event["new"] != self._playing.step:
            self._send(Action("go_to_step", event["new"]))

    def _typed(self, event: Any) -> None:
        if self._playing is None or event["new"] != self._playing.position:
            self._send(change(sample=event["new"]))

    def _named(self, event: Any) -> None:
        name = event["new"].strip()
        if name:
            self._send(Action("find", name))
            self._file.value = ""  # so that typing the same name again finds the next match

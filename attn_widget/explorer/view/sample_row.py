"""The row that chooses the sample: slider, number, file name, play, and the mistakes before and after it."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send, change
from attn_widget.explorer.session.scene import Playing, Scene
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions


class SampleRow:
    """Chooses the sample."""

    def __init__(self, make: Maker, send: Send) -> None:
        tips = captions.TOOLTIPS
        self._send = send
        self._playing: Playing | None = None
        self._back = make.button("", "chevron-left", tips["previous"], "attn-narrow")
        self._slider = make.one(
            widgets.IntSlider,
            "attn-slider",
            description="Sample",
            min=0,
            max=0,
            readout=False,
            tooltip=tips["position"],
        )
        self._next = make.button("", "chevron-right", tips["following"], "attn-narrow")
        self._number = make.one(widgets.BoundedIntText, "attn-number", min=0, max=0, tooltip=tips["number"])
        self._count = make.one(widgets.Label, tooltip=tips["count"])
        self._file = make.one(
            widgets.Text, "attn-file", placeholder=captions.FILE_NAME, continuous_update=False, tooltip=tips["file"]
        )
        self._play = make.one(
            widgets.Play, "attn-play", min=0, max=0, interval=500, show_repeat=False, tooltip=tips["play"]
        )
        self.link = widgets.jslink((self._play, "value"), (self._slider, "value"))
        earlier = make.button(captions.PREVIOUS_MISTAKE, "arrow-left", tips["previous_mistake"])
        later = make.button(captions.NEXT_MISTAKE, "arrow-right", tips["next_mistake"])
        earlier.on_click(lambda _button: send(Action("next_mistake", False)))
        later.on_click(lambda _button: send(Action("next_mistake", True)))
        self._back.on_click(lambda _button: send(Action("step", -1)))
        self._next.on_click(lambda _button: send(Action("step", 1)))
        self._slider.observe(self._slid, "value")
        self._number.observe(self._typed, "value")
        self._file.observe(self._named, "value")
        parts = (self._back, self._slider, self._next, self._number, self._count, self._file, self._play)
        self.root = make.row(*parts, earlier, later, classes="attn-samples")

    def render(self, scene: Scene) -> None:
        """Show where the slider is."""
        playing, before = scene.playing, self._playing
        if before is None or (before.steps, before.last, before.named) != (playing.steps, playing.last, playing.named):
            self._number.max = playing.last
            for control in (self._slider, self._play):
                control.max = max(playing.steps - 1, 0)
                control.disabled = playing.steps == 0
            show(self._file, playing.named)
        self._playing = playing
        if playing.step is not None and self._slider.value != playing.step:
            self._slider.value = playing.step
        if self._number.value != playing.position:
            self._number.value = playing.position
        if self._count.value != playing.said:
            self._count.value = playing.said

    def _slid(self, event: Any) -> None:
        if self._playing is None or event["new"] != self._playing.step:
            self._send(Action("go_to_step", event["new"]))

    def _typed(self, event: Any) -> None:
        if self._playing is None or event["new"] != self._playing.position:
            self._send(change(sample=event["new"]))

    def _named(self, event: Any) -> None:
        if event["new"].strip():
            self._send(Action("find", event["new"].strip()))
            self._file.value = ""  # so that the same name, typed once more, is another step

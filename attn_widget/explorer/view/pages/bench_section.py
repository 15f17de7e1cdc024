"""The channel bench: channels are silenced by a click, and the class bars show what the model says without them."""

from functools import partial
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send, change
from attn_widget.explorer.session.channel_bench import Bench
from attn_widget.explorer.session.looker import Look
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.class_bars import ClassBars
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import evidence


class BenchSection:
    """A toggle for each channel, buttons for all of them, what they are set to, and what that does beside others."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._make, self._send = make, send
        self._bench: Bench | None = None
        self._measured: Look | None = None  # the look whose effect is shown
        tips = evidence.BENCH_TOOLTIPS
        self._said, self._effect = make.html("attn-words"), make.html("attn-words", "attn-effect")
        self._toggles: list[widgets.ToggleButton] = []
        self._channels = make.row(classes="attn-channels")
        self._silence = make.button(
            evidence.SILENCE_SHOWN, "volume-off", tips["silence_shown"], action=Action("bench.silence_shown")
        )
        self._keep = make.button(evidence.KEEP_SHOWN, "filter", tips["keep_shown"], action=Action("bench.keep_shown"))
        self._clear = make.button(evidence.CLEAR_SILENCED, "times", tips["clear_silenced"], action=change(silence=None))
        self._fill = make.dropdown(evidence.FILL, tips["fill"], "attn-fill")
        on_change(self._fill, self._filled)
        self._tools = make.row(self._silence, self._keep, self._clear, self._fill)
        self._bars = ClassBars(make, send)
        self.root = make.column(
            self._said, self._channels, self._tools, self._bars.root, self._effect, classes="attn-bench"
        )

    def render(self, scene: Scene) -> None:
        """Show what is silenced, and what that does."""
        bench = scene.bench
        if bench != self._bench:
            self._bench = None  # if this is interrupted, the next render does all of it again
            self._show_bench(bench)
            self._bench = bench
        altered = scene.state.silence is not None
        self._clear.disabled = not altered
        self._bars.render(scene.bars if altered else ())
        if not altered:
            self._effect.value = ""
        elif scene.look is not self._measured and scene.explanation is not None:
            self._effect.value = markup.sentence(scene.effect)
        self._measured = scene.look if altered and scene.explanation is not None else None
        show(self._effect, altered)

    def _show_bench(self, bench: Bench) -> None:
        self._said.value = markup.faint(bench.said)
        offered = bool(bench.channels)
        show(self._channels, offered)
        show(self._tools, offered)
        for number in range(len(self._toggles), len(bench.channels)):
            toggle = self._make.toggle("", "", "")
            on_change(toggle, partial(self._toggled, number))
            self._toggles.append(toggle)
        self._channels.children = self._toggles
        for place, toggle in enumerate(self._toggles):
            show(toggle, place < len(bench.channels))
        for toggle, channel in zip(self._toggles, bench.channels, strict=False):
            toggle.description = evidence.bench_channel(channel.number, channel.share, silenced=channel.silenced)
            toggle.tooltip = evidence.bench_tooltip(channel.number, bench.unit, silenced=channel.silenced)
            toggle.value = channel.silenced
        self._fill.options = [(evidence.FILLS[fill], fill) for fill in bench.fills]
        self._fill.value = bench.fill
        self._fill.disabled = len(bench.fills) < 2

    def closed(self) -> None:
        """Measure again when the page is opened again: the model may have changed."""
        self._measured = None

    def _toggled(self, place: int, _event: Any) -> None:
        if self._bench is not None and place < len(self._bench.channels):
            self._send(Action("bench.toggle", self._bench.channels[place].number))

    def _filled(self, event: Any) -> None:
        if event["new"] is not None:
            self._send(Action("bench.fill_with", event["new"]))

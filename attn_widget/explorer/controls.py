"""The panel's stock widgets and how they are arranged; nothing here computes."""

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets

from attn_widget import texts
from attn_widget.explorer import markup
from attn_widget.figure import COLOUR_MAPS, MOST_CHANNELS
from attn_widget.layers import Layer
from attn_widget.methods import METHODS, Method
from attn_widget.targets import Contrast, Target

NOTHING = "\x01"  # what a target is contrasted with where there is no contrast
SEPARATOR = "\x00"  # the value of the line between usable layers and the others: no module has that name


class Controls:
    """Every control of the panel, each with a tooltip.

    Attributes
    ----------
    position, number, play, previous, following
        Choose the sample.
    layer, call, top_k, alpha, view, cmap, method, target, against
        Choose what is computed and how it is drawn.
    previous_mistake, next_mistake, stop
        Search for mistakes.
    home, pan, zoom, download
        What one does with the figure.
    more, again, reset, classes
        Fold out the rarer controls, repeat the pass, restore the defaults, fold the class bars.
    message, sentence, status, bars, search
        What is written.
    bound : dict
        The name of the panel's trait that each control sets and shows.
    """

    def __init__(self) -> None:
        tips = texts.TOOLTIPS
        self.position = widgets.IntSlider(
            description="Sample",
            min=0,
            max=0,
            readout=False,
            tooltip=tips["position"],
            layout=_layout(flex="1 1 180px"),
        )
        self.number = widgets.BoundedIntText(min=0, max=0, tooltip=tips["number"], layout=_layout(width="86px"))
        self.count = widgets.Label(tooltip=tips["number"], layout=_layout(width="max-content"))
        self.play = widgets.Play(
            min=0, max=0, interval=500, show_repeat=False, tooltip=tips["play"], layout=_layout(width="84px")
        )
        self.link = widgets.jslink((self.play, "value"), (self.position, "value"))
        self.previous = _button(texts.PREVIOUS, "chevron-left", tips["previous"])
        self.following = _button(texts.FOLLOWING, "chevron-right", tips["following"])
        self.layer = _dropdown("Layer", tips["layer"], flex="1 1 260px")
        self.method = _dropdown("Method", tips["method"], flex="0 1 210px")
        self.target = _dropdown("Target", tips["target"], flex="0 1 210px")
        self.against = _dropdown("rather than", tips["against"], flex="0 1 240px")
        self.top_k = widgets.BoundedIntText(
            description="Top-k", min=1, max=MOST_CHANNELS, tooltip=tips["top_k"], layout=_layout(width="116px")
        )
        self.alpha = widgets.FloatSlider(
            description="Alpha",
            min=0,
            max=1,
            step=0.05,
            readout_format=".2f",
            tooltip=tips["alpha"],
            layout=_layout(flex="1 1 170px"),
        )
        self.previous_mistake = _button(texts.PREVIOUS_MISTAKE, "arrow-left", tips["previous_mistake"])
        self.next_mistake = _button(texts.NEXT_MISTAKE, "arrow-right", tips["next_mistake"])
        self.stop = _button(texts.STOP, "stop", tips["stop"])
        self.more = _toggle(texts.MORE, "sliders", tips["more"])
        self.view = _dropdown("View", tips["view"], texts.VIEW_NAMES, width="190px")
        self.cmap = _dropdown("Colour map", tips["cmap"], COLOUR_MAPS, width="170px")
        self.call = _dropdown("Call", tips["call"], width="150px")
        self.again = _button(texts.RUN_AGAIN, "refresh", tips["again"])
        self.reset = _button(texts.RESET, "undo", tips["reset"])
        self.home = _button(texts.HOME, "home", tips["home"])
        self.pan = _toggle(texts.PAN, "arrows", tips["pan"])
        self.zoom = _toggle(texts.ZOOM, "search-plus", tips["zoom"])
        self.download = _button(texts.DOWNLOAD, "download", tips["download"])
        self.classes = _toggle(texts.TOP_CLASSES, "chevron-down", tips["classes"])
        self.classes.value = True
        self.search = widgets.Label(layout=_layout(width="max-content"))
        self.message, self.sentence, self.status, self.bars = (widgets.HTML(layout=_layout()) for _ in range(4))
        self.bound = {self.position: "sample", self.number: "sample", self.layer: "layer", self.call: "call"}
        self.bound |= {self.top_k: "top_k", self.view: "view", self.alpha: "alpha", self.cmap: "cmap"}
        self.bound[self.method] = "method"
        for control in (*self.bound, self.target, self.against):
            control.style.description_width = "initial"

    def arranged(self, canvas: widgets.DOMWidget, width: int) -> list[widgets.Widget]:
        """Arrange controls and canvas: the figure, with a column beside it that wraps below in a narrow cell."""
        self._rare = _row(self.view, self.cmap, self.again, self.reset)
        self.home.layout.margin = "1px 2px 1px auto"
        searches, tools = (self.previous_mistake, self.next_mistake), (self.home, self.pan, self.zoom, self.download)
        rows = [
            _row(self.previous, self.position, self.following, self.number, self.count, self.play),
            _row(self.layer, self.call, self.top_k),
            _row(self.method, self.target, self.against, self.alpha),
            _row(*searches, self.stop, self.more, *tools),
            self._rare,
        ]
        top = widgets.VBox(rows, layout=_box_layout(max_width=f"{max(width, 680)}px", grid_gap="2px"))
        canvas.layout.flex, canvas.layout.margin = "0 0 auto", "0"
        main = widgets.VBox([canvas, self.sentence], layout=_layout(flex="0 0 auto", max_width="100%", margin="0"))
        self.sentence.layout.max_width = f"{width}px"
        side = widgets.VBox(
            [self.classes, self.bars],
            layout=_box_layout(flex="1 1 220px", max_width="420px", padding="2px 8px", grid_gap="6px"),
        )
        self.fold(None)
        self.searching(False)
        self.set_message("")
        self.set_search("")
        return [top, self.status, self.search, self.message, _row(main, side, align_items="flex-start")]

    def fold(self, change: object) -> None:
        """Show or hide the rarer controls and the class bars, as their buttons say."""
        _show(self._rare, self.more.value)
        _show(self.bars, self.classes.value)
        self.classes.icon = "chevron-down" if self.classes.value else "chevron-right"

    def bring(self, control: widgets.Widget, value: Any) -> None:
        """Set a control to a trait's value, or to the nearest that it has; a dropdown without it is empty."""
        if isinstance(control, widgets.Dropdown) and value not in dict(_pairs(control.options)).values():
            if control is self.cmap:
                control.options = (*control.options, value)
            else:
                value = None  # what is not chosen can be chosen
        control.value = value

    def set_extent(self, last: int, count: int | None) -> None:
        """Let the positions run from 0 to `last`."""
        for control in (self.position, self.number, self.play):
            control.max = last
        self.count.value = texts.extent(count)

    def set_layers(self, layers: list[Layer]) -> None:
        """Fill the layer dropdown: usable layers, a line, the others with their reasons."""
        usable = [
            (texts.layer_option(layer.name, layer.kind, layer.shape), layer.name) for layer in layers if layer.usable
        ]
        others = [(texts.unusable_option(layer.name, layer.reason), layer.name) for layer in layers if not layer.usable]
        _set_options(self.layer, [*usable, *([(texts.SEPARATOR, SEPARATOR), *others] if others else [])])

    def set_calls(self, calls: int) -> None:
        """Offer the calls of a module that ran more than once; the control is hidden for others."""
        each = [(texts.one_call(call, calls), call) for call in range(calls - 1)]
        _set_options(self.call, [(texts.last_call(calls), -1), *each])
        _show(self.call, calls > 1)

    def set_methods(self, chosen: Method) -> None:
        """Offer every method that is registered now; targets only where the chosen one asks for a score."""
        _set_options(self.method, [(texts.method_name(name), name) for name in METHODS])
        self.method.description = markup.with_tooltip("Method", chosen.summary)
        for control in (self.target, self.against):
            _show(control, chosen.asks)

    def set_targets(self, classes: list[str], chosen: Target) -> None:
        """Offer the targets, and a contrast with each; one that was set by code only is offered as well."""
        options: list[tuple[str, Any]] = [*texts.TARGET_NAMES, *((name, index) for index, name in enumerate(classes))]
        of, against = (chosen.of, chosen.against) if isinstance(chosen, Contrast) else (chosen, NOTHING)
        own = [(texts.OWN_TARGET, of)] if callable(of) else []
        _set_options(self.target, [*options, *own])
        _set_options(self.against, [(texts.NO_CONTRAST, NOTHING), *options])
        for control, value in ((self.target, of), (self.against, against)):
            if value in [option for _, option in control.options]:
                control.value = value

    def set_channels(self, count: int | None) -> None:
        """Let top-k go up to the layer's channel count, where that is known."""
        self.top_k.max = min(count or MOST_CHANNELS, MOST_CHANNELS)

    def set_bars(self, rows: list[tuple[str, float, bool | None]]) -> None:
        """Show the classes of highest probability; without any, the list and its button are hidden."""
        self.bars.value = markup.bars(rows)
        _show(self.classes, bool(rows))

    def set_message(self, text: str) -> None:
        """Show a message above the figure, or none."""
        self.message.value = markup.message(text) if text else ""
        _show(self.message, bool(text))

    def set_search(self, text: str) -> None:
        """Say how a search goes."""
        self.search.value = text
        _show(self.search, bool(text))

    def searching(self, running: bool) -> None:
        """Offer to stop the search while it runs."""
        _show(self.stop, running)

    def write(self, status: str, sentence: str) -> None:
        """Write the status line and the sentence about the picture."""
        self.status.value = markup.status(status)
        self.sentence.value = markup.sentence(sentence)


def every_widget(root: widgets.Widget) -> Iterator[widgets.Widget]:
    """Walk a widget, its children, and the layouts and styles that each of them registers."""
    for child in getattr(root, "children", ()):
        yield from every_widget(child)
    for name in ("layout", "style"):
        part = getattr(root, name, None)
        if isinstance(part, widgets.Widget):
            yield part
    yield root


def _show(widget: widgets.DOMWidget, shown: bool) -> None:
    """Show or hide a widget, without its room."""
    widget.layout.display = None if shown else "none"


def _set_options(dropdown: widgets.Dropdown, options: list[tuple[str, object]]) -> None:
    """Change a dropdown's options only where they differ: the browser builds the whole list anew."""
    if tuple(options) != tuple(dropdown.options):
        dropdown.options = options


def _pairs(options: tuple[object, ...]) -> list[tuple[str, object]]:
    return [option if isinstance(option, tuple) else (str(option), option) for option in options]


def _layout(**properties: str) -> widgets.Layout:
    return widgets.Layout(**{"margin": "1px 2px", **properties})


def _box_layout(**properties: str) -> widgets.Layout:
    """Lay out a box that never scrolls by itself: a fraction of a pixel too much would give it a scrollbar."""
    return _layout(**{"overflow": "visible", **properties})


def _dropdown(name: str, tooltip: str, options: Any = (), **properties: str) -> widgets.Dropdown:
    """Make a dropdown; ipywidgets shows the tooltip of one only where it has no description."""
    return widgets.Dropdown(
        description=markup.with_tooltip(name, tooltip),
        description_allow_html=True,
        options=options,
        tooltip=tooltip,
        layout=_layout(**properties),
    )


def _button(text: str, icon: str, tooltip: str) -> widgets.Button:
    return widgets.Button(description=text, icon=icon, tooltip=tooltip, layout=_layout(width="max-content"))


def _toggle(text: str, icon: str, tooltip: str) -> widgets.ToggleButton:
    return widgets.ToggleButton(description=text, icon=icon, tooltip=tooltip, layout=_layout(width="max-content"))


def _row(*children: widgets.Widget, align_items: str = "center") -> widgets.HBox:
    return widgets.HBox(children, layout=_box_layout(flex_flow="row wrap", align_items=align_items, margin="0"))

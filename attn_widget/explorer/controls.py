"""The panel's stock widgets and how they are arranged; nothing here computes."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from attn_widget.capture import Grid
from attn_widget.explorer import markup
from attn_widget.explorer.parts import Maker, box_layout, layout, pairs, row, set_options, show
from attn_widget.figure import COLOUR_MAPS, MOST_CHANNELS, MOST_PINS
from attn_widget.layers import Layer
from attn_widget.methods import METHODS, Method
from attn_widget.targets import Contrast, Target
from attn_widget.words import captions, forms, messages

NOTHING = "\x01"  # what a target is contrasted with where there is no contrast
SEPARATOR = "\x00"  # the value of the line between usable layers and the others: no module has that name


class Controls:
    """Every control of the panel, each with a tooltip.

    Attributes
    ----------
    position, number, play, previous, following
        Choose the sample.
    layer, grid, call, top_k, alpha, view, cmap, method, target, against, compare, place
        Choose what is computed and how it is drawn.
    previous_mistake, next_mistake, stop
        Search for mistakes.
    home, pan, zoom, download
        What one does with the figure.
    more, again, reset, classes, strip, code, contact
        Fold out the rarer controls, repeat the pass, restore the defaults, fold the class bars, the filmstrip,
        the view as code and the contact sheet.
    pin, unpin
        Keep a view, or forget one.
    message, sentence, status, bars, search, about, lines
        What is written; `lines` are the code's.
    bound : dict
        The name of the panel's trait that each control sets and shows.
    """

    def __init__(self) -> None:
        make, tips = Maker(), captions.TOOLTIPS
        self.position = widgets.IntSlider(
            description="Sample",
            min=0,
            max=0,
            readout=False,
            tooltip=tips["position"],
            layout=layout(flex="1 1 180px"),
        )
        self.number = make.one(
            widgets.BoundedIntText, min=0, max=0, tooltip=tips["number"], layout=layout(width="86px")
        )
        self.count = make.one(widgets.Label, tooltip=tips["number"], layout=layout(width="max-content"))
        self.play = widgets.Play(
            min=0, max=0, interval=500, show_repeat=False, tooltip=tips["play"], layout=layout(width="84px")
        )
        self.link = widgets.jslink((self.play, "value"), (self.position, "value"))
        self.previous = make.button(captions.PREVIOUS, "chevron-left", tips["previous"])
        self.following = make.button(captions.FOLLOWING, "chevron-right", tips["following"])
        self.layer = make.dropdown("Layer", tips["layer"], flex="1 1 260px")
        self.method = make.dropdown("Method", tips["method"], flex="0 1 210px")
        self.target = make.dropdown("Target", tips["target"], flex="0 1 210px")
        self.against = make.dropdown("rather than", tips["against"], flex="0 1 240px")
        self.top_k = make.one(
            widgets.BoundedIntText,
            description="Top-k",
            min=1,
            max=MOST_CHANNELS,
            tooltip=tips["top_k"],
            layout=layout(width="116px"),
        )
        self.alpha = widgets.FloatSlider(
            description="Alpha",
            min=0,
            max=1,
            step=0.05,
            readout_format=".2f",
            tooltip=tips["alpha"],
            layout=layout(flex="1 1 170px"),
        )
        self.previous_mistake = make.button(captions.PREVIOUS_MISTAKE, "arrow-left", tips["previous_mistake"])
        self.next_mistake = make.button(captions.NEXT_MISTAKE, "arrow-right", tips["next_mistake"])
        self.stop = make.button(captions.STOP, "stop", tips["stop"])
        self.more = make.toggle(captions.MORE, "sliders", tips["more"])
        self.view = make.dropdown("View", tips["view"], captions.VIEW_NAMES, width="190px")
        self.cmap = make.dropdown("Colour map", tips["cmap"], COLOUR_MAPS, width="170px")
        self.compare = make.dropdown("Compare with", tips["compare"], flex="0 1 260px")
        self.place = make.button("", "times", tips["place"])
        self.contact = make.toggle(captions.CONTACT, "th-large", tips["contact"])
        self.pin = make.button(captions.PIN, "thumb-tack", tips["pin"])
        self.unpin = make.button(captions.UNPIN, "times", tips["unpin"])
        self.strip = make.toggle(captions.STRIP_TOGGLE, "th", tips["strip"])
        self.code = make.toggle(captions.CODE_TOGGLE, "code", tips["code"])
        self.grid = make.dropdown("Grid", tips["grid"], width="150px")
        self.call = make.dropdown("Call", tips["call"], width="150px")
        self.again = make.button(captions.RUN_AGAIN, "refresh", tips["again"])
        self.reset = make.button(captions.RESET, "undo", tips["reset"])
        self.home = make.button(captions.HOME, "home", tips["home"])
        self.pan = make.toggle(captions.PAN, "arrows", tips["pan"])
        self.zoom = make.toggle(captions.ZOOM, "search-plus", tips["zoom"])
        self.download = make.button(captions.DOWNLOAD, "download", tips["download"])
        self.classes = make.toggle(captions.TOP_CLASSES, "chevron-down", tips["classes"])
        self.classes.value = True
        self._methods: list[tuple[str, str]] = []
        self._classes: list[str] | None = None
        self._targets: list[tuple[str, Any]] = []
        self._side = widgets.VBox(
            layout=box_layout(min_width="0", max_width="min(420px, 100%)", padding="2px 8px", grid_gap="6px")
        )
        self.search = make.one(widgets.Label, layout=layout(width="max-content"))
        written = (make.one(widgets.HTML, layout=layout()) for _ in range(6))
        self.message, self.sentence, self.status, self.bars, self.about, self.lines = written
        self.bound = {self.position: "sample", self.number: "sample", self.layer: "layer", self.call: "call"}
        self.bound |= {self.top_k: "top_k", self.view: "view", self.alpha: "alpha", self.cmap: "cmap"}
        self.bound[self.method] = "method"
        for control in (*self.bound, self.target, self.against, self.compare, self.grid):
            control.style.description_width = "initial"

    def arranged(
        self,
        canvas: widgets.DOMWidget,
        sheets: Sequence[widgets.DOMWidget],
        find: widgets.DOMWidget,
        review: widgets.DOMWidget,
        width: int,
    ) -> list[widgets.Widget]:
        """Arrange controls and canvases: the figure, with a column beside it that wraps below in a narrow cell.

        Parameters
        ----------
        canvas : Widget
            The figure's.
        sheets : sequence of Widget
            What stands below it.
        find, review : Widget
            The button that begins a review, and what comes of it.
        width : int
            The figure's, in CSS pixels.
        """
        self._rare = row(self.view, self.cmap, self.compare, self.strip, self.code, self.again, self.reset)
        self.home.layout.margin = "1px 2px 1px auto"
        searches, tools = (self.previous_mistake, self.next_mistake), (self.home, self.pan, self.zoom, self.download)
        rows = [
            row(self.previous, self.position, self.following, self.number, self.count, self.play),
            row(self.layer, self.grid, self.call, self.top_k),
            row(self.method, self.target, self.against, self.alpha),
            row(self.about, self.place),
            row(*searches, find, self.stop),
            row(self.more, self.contact, self.pin, self.unpin, *tools),
            self._rare,
        ]
        top = widgets.VBox(rows, layout=box_layout(max_width=f"{max(width, 680)}px", grid_gap="2px"))
        canvas.layout.flex, canvas.layout.margin = "0 0 auto", "0"
        main = widgets.VBox(
            [canvas, self.sentence, self.lines], layout=layout(flex="0 0 auto", max_width="100%", margin="0")
        )
        under = widgets.VBox(sheets, layout=box_layout(flex="1 1 100%", min_width="0", margin="0"))
        self.sentence.layout.max_width = self.lines.layout.max_width = f"{width}px"
        self._side.children = [self.classes, self.bars, review]
        self.widen(False)
        self.fold(None)
        self.searching(False)
        self.set_message("")
        self.set_search("")
        return [top, self.status, self.search, self.message, row(main, self._side, under, align_items="flex-start")]

    def widen(self, wide: bool) -> None:
        """Give the column beside the figure room for the confusion matrix; in a narrow cell it wraps below."""
        self._side.layout.flex = f"1 1 {420 if wide else 220}px"

    def fold(self, change: object) -> None:
        """Show or hide the rarer controls and the class bars, as their buttons say."""
        show(self._rare, self.more.value)
        show(self.bars, self.classes.value)
        show(self.lines, self.code.value)
        self.classes.icon = "chevron-down" if self.classes.value else "chevron-right"

    def bring(self, control: widgets.Widget, value: Any) -> None:
        """Set a control to a trait's value, or to the nearest that it has; a dropdown without it is empty."""
        if isinstance(control, widgets.Dropdown) and value not in [each for _, each in pairs(control.options)]:
            if control is self.cmap:
                control.options = (*control.options, value)
            else:
                value = None  # what is not chosen can be chosen
        control.value = value

    def set_extent(self, last: int, count: int | None) -> None:
        """Let the positions run from 0 to `last`."""
        self.number.max = last
        self.count.value = forms.extent(count)

    def set_steps(self, count: int, chosen: bool, step: int | None) -> None:
        """Let the slider run over so many samples; of those `chosen`, say at which it is."""
        if chosen:
            self.count.value += messages.step_of(step, count)
        for control in (self.position, self.play):
            control.max = max(count - 1, 0)
            control.disabled = count == 0

    def set_pins(self, count: int) -> None:
        """Offer to keep a view while there is room, and to forget one where there is one."""
        self.pin.disabled = count >= MOST_PINS
        show(self.unpin, count > 0)

    def set_layers(self, layers: list[Layer]) -> None:
        """Fill the layer dropdown: usable layers, a line, the others with their reasons."""
        usable = [layer for layer in layers if layer.usable]
        grouped = any(layer.group == "attention" for layer in usable)
        options: list[tuple[str, str]] = []
        for group, line in captions.GROUPS.items() if grouped else [("", "")]:
            members = [layer for layer in usable if layer.group == group or not grouped]
            options += [(line, SEPARATOR)] if grouped and members else []
            options += [(captions.layer_option(layer.name, layer.kind, layer.shape), layer.name) for layer in members]
        others = [
            (captions.unusable_option(layer.name, layer.reason), layer.name) for layer in layers if not layer.usable
        ]
        set_options(self.layer, [*options, *([(captions.SEPARATOR, SEPARATOR), *others] if others else [])])

    def set_calls(self, calls: int) -> None:
        """Offer the calls of a module that ran more than once; the control is hidden for others."""
        each = [(captions.one_call(call, calls), call) for call in range(calls - 1)]
        set_options(self.call, [(captions.last_call(calls), -1), *each])
        show(self.call, calls > 1)

    def set_grids(self, grids: Sequence[Grid], chosen: Grid | None) -> None:
        """Offer the grids on which ambiguous tokens may lie; hidden where nothing is ambiguous."""
        offered = [*grids, *([chosen] if chosen is not None and chosen not in grids else [])]
        set_options(self.grid, [(captions.NO_GRID, NOTHING), *((captions.one_grid(grid), grid) for grid in offered)])
        self.grid.value = NOTHING if chosen is None else chosen
        show(self.grid, bool(offered))

    def set_methods(self, chosen: Method, other: Method, *, attends: bool) -> None:
        """Offer every method that is registered now, and can read a model that attends or does not.

        What neither it nor the `other` one compared uses is hidden.
        """
        names = [name for name, method in METHODS.items() if attends or method.reads != "attention"]
        self._methods = [(forms.method_name(name), name) for name in names]
        set_options(self.method, self._methods)
        self.method.description = markup.with_tooltip("Method", chosen.summary)
        self.about.value = markup.faint(chosen.summary)
        for control in (self.target, self.against):
            show(control, chosen.class_specific or other.class_specific)
        self.layer.disabled = "layer" not in (chosen.reads, other.reads)
        show(self.top_k, chosen.reads != "image")

    def set_compared(self, classes: list[str], chosen: Method, compare: Target | None) -> None:
        """Offer what the view can be compared with: other methods, and other targets where the method asks for one."""
        targets = self._targets_among(classes)
        options: list[tuple[str, Any]] = [
            (captions.NOT_COMPARED, NOTHING),
            (captions.METHODS_LINE, SEPARATOR),
            *self._methods,
        ]
        if chosen.class_specific:
            options += [(captions.TARGETS_LINE, SEPARATOR), *targets]
        set_options(self.compare, options)
        self.bring(self.compare, NOTHING if compare is None else compare)

    def set_place(self, at: tuple[int, int] | None) -> None:
        """Offer to forget the place by whose values channels are ranked."""
        self.place.description = "" if at is None else captions.place(at)
        show(self.place, at is not None)

    def set_targets(self, classes: list[str], chosen: Target) -> None:
        """Offer the targets, and a contrast with each; one that was set by code only is offered as well."""
        options = self._targets_among(classes)
        of, against = (chosen.of, chosen.against) if isinstance(chosen, Contrast) else (chosen, NOTHING)
        own = [(captions.OWN_TARGET, of)] if callable(of) else []
        set_options(self.target, [*options, *own])
        set_options(self.against, [(captions.NO_CONTRAST, NOTHING), *options])
        for control, value in ((self.target, of), (self.against, against)):
            if control.value != value and value in [option for _, option in control.options]:
                control.value = value

    def _targets_among(self, classes: list[str]) -> list[tuple[str, Any]]:
        """List the targets of a model with these classes, anew only where the list is another one."""
        if classes is not self._classes:
            self._targets = [*captions.TARGET_NAMES, *((name, index) for index, name in enumerate(classes))]
            self._classes = classes
        return self._targets

    def set_channels(self, count: int | None) -> None:
        """Let top-k go up to the layer's channel count, where that is known."""
        self.top_k.max = min(count or MOST_CHANNELS, MOST_CHANNELS)

    def set_bars(self, rows: list[tuple[str, float, bool | None]]) -> None:
        """Show the classes of highest probability; without any, the list and its button are hidden."""
        self.bars.value = markup.bars(rows)
        show(self.classes, bool(rows))

    def set_message(self, text: str) -> None:
        """Show a message above the figure, or none."""
        self.message.value = markup.message(text) if text else ""
        show(self.message, bool(text))

    def set_search(self, text: str) -> None:
        """Say how a search goes."""
        self.search.value = text
        show(self.search, bool(text))

    def searching(self, running: bool) -> None:
        """Offer to stop the search while it runs."""
        show(self.stop, running)

    def write(self, status: str, sentence: str, code: str) -> None:
        """Write the status line, the sentence about the picture, and the view as code."""
        self.lines.value = markup.code(code)
        self.status.value = markup.status(status)
        self.sentence.value = markup.sentence(sentence)

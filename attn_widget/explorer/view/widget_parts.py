"""Create, arrange, show and hide the panel's widgets, all of which are stock ipywidgets."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.view import markup
from attn_widget.words import spoken

W = TypeVar("W", bound=widgets.DOMWidget)


def every_widget(root: widgets.Widget) -> Iterator[widgets.Widget]:
    """Walk a widget's tree: its children, then its layout, style and toolbar, and the widget itself last."""
    parts = (getattr(root, name, None) for name in ("layout", "style", "toolbar"))
    for each in (*getattr(root, "children", ()), *parts):
        if isinstance(each, widgets.Widget):
            yield from every_widget(each)
    yield root


def show(widget: widgets.DOMWidget, shown: bool) -> None:
    """Show or hide a widget; a hidden one takes up no room. A CSS class is cheaper than a layout for each widget."""
    set_class(widget, "attn-hidden", not shown)


def set_class(widget: widgets.DOMWidget, name: str, on: bool) -> None:
    """Add a CSS class to a widget, or remove it."""
    (widget.add_class if on else widget.remove_class)(name)


def on_change(control: widgets.Widget, handle: Callable[[Any], object], name: str = "value") -> None:
    """Have a control's changes handled, in the language that is spoken now: the panel's."""
    control.observe(spoken(handle), name)


def on_click(button: widgets.Button, handle: Callable[[widgets.Button], object]) -> None:
    """Have clicks handled, in the language that is spoken now."""
    button.on_click(spoken(handle))


class Maker:
    """Makes controls. Those of one kind share a layout and a style: these are widgets too, and as slow to create."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._styles: dict[type, widgets.Widget] = {}
        self._layout = widgets.Layout()

    def one(self, kind: type[W], *classes: str, **options: Any) -> W:
        """Make a widget with the shared layout and its kind's shared style; CSS classes take care of the rest."""
        if kind in self._styles:
            options["style"] = self._styles[kind]
        made = kind(layout=self._layout, **options)
        if "style" in made.trait_names():
            self._styles[kind] = made.style
        made._dom_classes = classes
        return made

    def box(self, *children: widgets.Widget, kind: type[widgets.Box] = widgets.HBox, classes: str = "") -> widgets.Box:
        """Make a box; `classes` are CSS classes, separated by spaces."""
        return self.one(kind, *classes.split(), children=children)

    def row(self, *children: widgets.Widget, classes: str = "") -> widgets.Box:
        """Make a row that wraps."""
        return self.box(*children, classes=f"attn-row {classes}")

    def column(self, *children: widgets.Widget, classes: str = "") -> widgets.Box:
        """Make a column."""
        return self.box(*children, kind=widgets.VBox, classes=f"attn-column {classes}")

    def html(self, *classes: str) -> widgets.HTML:
        """Make an empty piece of HTML."""
        return self.one(widgets.HTML, *classes)

    def dropdown(self, name: str, tooltip: str, *classes: str, options: Any = ()) -> widgets.Dropdown:
        """Make a dropdown. ipywidgets ignores its tooltip where it has a description, so that carries one as well."""
        described = {"description": markup.with_tooltip(name, tooltip), "description_allow_html": True}
        return self.one(widgets.Dropdown, *classes, options=options, tooltip=tooltip, **described)

    def button(self, text: str, icon: str, tooltip: str, *classes: str, action: Action | None = None) -> widgets.Button:
        """Make a button; where `action` is given, a click sends it."""
        button = self.one(widgets.Button, "attn-button", *classes, description=text, icon=icon, tooltip=tooltip)
        if action is not None:
            on_click(button, lambda _button: self._send(action))
        return button

    def toggle(self, text: str, icon: str, tooltip: str) -> widgets.ToggleButton:
        """Make a button that stays pressed."""
        return self.one(widgets.ToggleButton, "attn-button", description=text, icon=icon, tooltip=tooltip)

"""How the panel's stock widgets are made, arranged, shown and hidden."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import ipywidgets as widgets

from attn_widget.explorer.view import markup

W = TypeVar("W", bound=widgets.DOMWidget)

_HIDDEN = "attn-hidden"


def every_widget(root: widgets.Widget) -> Iterator[widgets.Widget]:
    """Walk a widget, its children, and what each of them registers: layouts, styles and toolbars; itself last."""
    for child in getattr(root, "children", ()):
        yield from every_widget(child)
    for name in ("layout", "style", "toolbar"):
        part = getattr(root, name, None)
        if isinstance(part, widgets.Widget):
            yield from every_widget(part)
    yield root


def show(widget: widgets.DOMWidget, shown: bool) -> None:
    """Show or hide a widget, without its room; a class costs less than a layout of its own."""
    if shown == (_HIDDEN in widget._dom_classes):
        (widget.remove_class if shown else widget.add_class)(_HIDDEN)


def set_options(dropdown: widgets.Dropdown, options: Sequence[tuple[str, object]]) -> None:
    """Change a dropdown's options only where they differ: the browser builds the whole list anew."""
    if tuple(options) != tuple(dropdown.options):
        dropdown.options = options


class Maker:
    """Makes controls; those of a kind share layout and style, which are widgets as well and as slow to make."""

    def __init__(self) -> None:
        self._styles: dict[type, widgets.Widget] = {}
        self._layout = widgets.Layout()

    def one(self, kind: type[W], *classes: str, **options: Any) -> W:
        """Make a widget with the shared layout and, of a kind that has one, style; CSS classes arrange it."""
        if kind in self._styles:
            options["style"] = self._styles[kind]
        made = kind(layout=self._layout, **options)
        if "style" in made.trait_names():
            self._styles[kind] = made.style
        made._dom_classes = classes
        return made

    def box(self, *children: widgets.Widget, kind: type[widgets.Box] = widgets.HBox, classes: str = "") -> widgets.Box:
        """Make a box; `classes` are CSS classes, parted by spaces."""
        return self.one(kind, *classes.split(), children=children)

    def row(self, *children: widgets.Widget, classes: str = "") -> widgets.Box:
        """Make a row that wraps."""
        return self.box(*children, classes=f"attn-row {classes}")

    def column(self, *children: widgets.Widget, classes: str = "") -> widgets.Box:
        """Make a column."""
        return self.box(*children, kind=widgets.VBox, classes=f"attn-column {classes}")

    def html(self, *classes: str) -> widgets.HTML:
        """Make a place for words."""
        return self.one(widgets.HTML, *classes)

    def dropdown(self, name: str, tooltip: str, options: Any = (), *classes: str) -> widgets.Dropdown:
        """Make a dropdown; ipywidgets shows the tooltip of one only where it has no description."""
        described = {"description": markup.with_tooltip(name, tooltip), "description_allow_html": True}
        return self.one(widgets.Dropdown, *classes, options=options, tooltip=tooltip, **described)

    def button(self, text: str, icon: str, tooltip: str, *classes: str) -> widgets.Button:
        """Make a button."""
        return self.one(widgets.Button, "attn-button", *classes, description=text, icon=icon, tooltip=tooltip)

    def toggle(self, text: str, icon: str, tooltip: str, *classes: str) -> widgets.ToggleButton:
        """Make a button that stays pressed."""
        return self.one(widgets.ToggleButton, "attn-button", *classes, description=text, icon=icon, tooltip=tooltip)

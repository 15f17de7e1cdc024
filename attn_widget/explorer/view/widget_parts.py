"""How the panel's stock widgets are made, laid out, shown and hidden."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import ipywidgets as widgets

from attn_widget.explorer import markup

W = TypeVar("W", bound=widgets.DOMWidget)


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
    """Show or hide a widget, without its room."""
    widget.layout.display = None if shown else "none"


def set_options(dropdown: widgets.Dropdown, options: Sequence[tuple[str, object]]) -> None:
    """Change a dropdown's options only where they differ: the browser builds the whole list anew."""
    if tuple(options) != tuple(dropdown.options):
        dropdown.options = options


def pairs(options: tuple[object, ...]) -> list[tuple[str, object]]:
    return [option if isinstance(option, tuple) else (str(option), option) for option in options]


def layout(**properties: str) -> widgets.Layout:
    return widgets.Layout(**{"margin": "1px 2px", **properties})


def box_layout(**properties: str) -> widgets.Layout:
    """Lay out a box that never scrolls by itself: a fraction of a pixel too much would give it a scrollbar."""
    return layout(**{"overflow": "visible", **properties})


class Maker:
    """Makes controls; those of a kind share their style, which is a widget as well and as slow to make as they are."""

    def __init__(self) -> None:
        self._styles: dict[type, widgets.Widget] = {}

    def one(self, kind: type[W], **options: Any) -> W:
        """Make a widget of a kind that has a style."""
        if kind in self._styles:
            options["style"] = self._styles[kind]
        made = kind(**options)
        self._styles[kind] = made.style
        return made

    def dropdown(self, name: str, tooltip: str, options: Any = (), **properties: str) -> widgets.Dropdown:
        """Make a dropdown; ipywidgets shows the tooltip of one only where it has no description."""
        described = {"description": markup.with_tooltip(name, tooltip), "description_allow_html": True}
        return self.one(widgets.Dropdown, options=options, tooltip=tooltip, layout=layout(**properties), **described)

    def button(self, text: str, icon: str, tooltip: str) -> widgets.Button:
        return self._narrow(widgets.Button, text, icon, tooltip)

    def toggle(self, text: str, icon: str, tooltip: str) -> widgets.ToggleButton:
        return self._narrow(widgets.ToggleButton, text, icon, tooltip)

    def _narrow(self, kind: type[W], text: str, icon: str, tooltip: str) -> W:
        return self.one(kind, description=text, icon=icon, tooltip=tooltip, layout=layout(width="max-content"))


def row(*children: widgets.Widget, align_items: str = "center") -> widgets.HBox:
    return widgets.HBox(children, layout=box_layout(flex_flow="row wrap", align_items=align_items, margin="0"))

"""How the panel's stock widgets are made, laid out, shown and hidden."""

from collections.abc import Iterator, Sequence
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer import markup


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


def dropdown(name: str, tooltip: str, options: Any = (), **properties: str) -> widgets.Dropdown:
    """Make a dropdown; ipywidgets shows the tooltip of one only where it has no description."""
    return widgets.Dropdown(
        description=markup.with_tooltip(name, tooltip),
        description_allow_html=True,
        options=options,
        tooltip=tooltip,
        layout=layout(**properties),
    )


def button(text: str, icon: str, tooltip: str) -> widgets.Button:
    return widgets.Button(description=text, icon=icon, tooltip=tooltip, layout=layout(width="max-content"))


def toggle(text: str, icon: str, tooltip: str) -> widgets.ToggleButton:
    return widgets.ToggleButton(description=text, icon=icon, tooltip=tooltip, layout=layout(width="max-content"))


def row(*children: widgets.Widget, align_items: str = "center") -> widgets.HBox:
    return widgets.HBox(children, layout=box_layout(flex_flow="row wrap", align_items=align_items, margin="0"))

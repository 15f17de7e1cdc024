"""The controls of the settings, each made from the setting's row and brought to what a scene says."""

from typing import Any, Protocol

import ipywidgets as widgets

from attn_widget.explorer.action import Send, change
from attn_widget.explorer.offers import NOTHING, SEPARATOR, Offer
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.settings import SETTINGS, Setting
from attn_widget.explorer.view.widget_parts import Maker, set_options, show
from attn_widget.figure import MOST_CHANNELS
from attn_widget.targets import Contrast
from attn_widget.words import captions


class Control(Protocol):
    """What one setting is chosen with."""

    parts: list[widgets.DOMWidget]

    def offer(self, offer: Offer) -> None:
        """Show what can be chosen."""

    def bring(self, value: Any) -> None:
        """Show what is chosen."""


class Choice:
    """A dropdown."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        label, tooltip = captions.SETTINGS[setting.name]
        self._name, self._send, self._value, self._adds = setting.name, send, None, setting.restyles
        self._dropdown = make.dropdown(label, tooltip, (), *(["attn-wide"] if setting.wide else []))
        self._dropdown.observe(self._moved, "value")
        self.parts = [self._dropdown]

    def offer(self, offer: Offer) -> None:
        """Show what can be chosen."""
        set_options(self._dropdown, offer.options)
        self._values = {value for _, value in offer.options}
        self._dropdown.disabled = not offer.enabled
        show(self._dropdown, offer.shown)

    def bring(self, value: Any) -> None:
        """Show what is chosen; a way to draw that was set by code is added, of others nothing is chosen."""
        self._value = value
        value = NOTHING if value is None else value
        if value not in self._values and self._adds:
            self._values.add(value)
            self._dropdown.options = (*self._dropdown.options, (str(value), value))
        elif value not in self._values:
            value = _as_offered(value, self._dropdown)
        if self._dropdown.value != value:
            self._dropdown.value = value

    def _moved(self, event: Any) -> None:
        value = event["new"]
        if value == SEPARATOR:
            self.bring(self._value)
        else:
            self._send(change(**{self._name: None if value == NOTHING else value}))


class Number:
    """A field for a whole number."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        label, tooltip = captions.SETTINGS[setting.name]
        self._field = make.one(widgets.BoundedIntText, description=label, min=1, max=MOST_CHANNELS, tooltip=tooltip)
        self._field.observe(lambda event: send(change(**{setting.name: event["new"]})), "value")
        self.parts = [self._field]

    def offer(self, offer: Offer) -> None:
        """Show how far it goes."""
        self._field.max = offer.most
        self._field.disabled = not offer.enabled
        show(self._field, offer.shown)

    def bring(self, value: Any) -> None:
        """Show the number, or the highest that there is."""
        value = min(value, self._field.max)
        if self._field.value != value:
            self._field.value = value


class Fraction:
    """A slider from 0 to 1."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        label, tooltip = captions.SETTINGS[setting.name]
        self._slider = make.one(
            widgets.FloatSlider, description=label, min=0, max=1, step=0.05, readout_format=".2f", tooltip=tooltip
        )
        self._slider.observe(lambda event: send(change(**{setting.name: event["new"]})), "value")
        self.parts = [self._slider]

    def offer(self, offer: Offer) -> None:
        """Show whether it can be moved."""
        self._slider.disabled = not offer.enabled

    def bring(self, value: Any) -> None:
        """Show the fraction."""
        if self._slider.value != value:
            self._slider.value = value


class TargetChoice:
    """Two dropdowns: what is explained, and rather than what."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        self._name, self._send = setting.name, send
        self._of, self._against = (
            make.dropdown(*captions.SETTINGS[name], (), "attn-wide") for name in (setting.name, "against")
        )
        self.parts = [self._of, self._against]
        for dropdown in self.parts:
            dropdown.observe(self._moved, "value")

    def offer(self, offer: Offer) -> None:
        """Show what can be explained, and contrasted with it."""
        set_options(self._of, offer.options)
        plain = [(label, value) for label, value in offer.options if not callable(value)]
        set_options(self._against, [(captions.NO_CONTRAST, NOTHING), *plain])
        for dropdown in self.parts:
            show(dropdown, offer.shown)

    def bring(self, value: Any) -> None:
        """Show the target."""
        pair = (value.of, value.against) if isinstance(value, Contrast) else (value, NOTHING)
        for dropdown, part in zip(self.parts, pair, strict=True):
            if dropdown.value != part:
                dropdown.value = _as_offered(part, dropdown)

    def _moved(self, _event: Any) -> None:
        of, against = self._of.value, self._against.value
        self._send(change(**{self._name: of if against in (NOTHING, None) else Contrast(of, against)}))


def _as_offered(value: Any, dropdown: widgets.Dropdown) -> Any:
    """Give what stands for a value in a dropdown, or None: a class that is set by its name is offered by its number."""
    found = (each for label, each in dropdown.options if value == each or (value == label and isinstance(each, int)))
    return next(found, None)


KINDS: dict[str, type] = {"choice": Choice, "number": Number, "fraction": Fraction, "target": TargetChoice}


class SettingControls:
    """The controls of one page's settings.

    Parameters
    ----------
    page : str
        The page's title.
    send : callable
        Takes actions.

    Attributes
    ----------
    root : Widget
        All of them.
    """

    def __init__(self, page: str, send: Send) -> None:
        make = Maker()
        rows = [setting for setting in SETTINGS if setting.page == page and setting.kind]
        self._controls: dict[str, Control] = {row.name: KINDS[row.kind or ""](row, make, send) for row in rows}
        self._offers: dict[str, Offer] = {}
        parts = [part for control in self._controls.values() for part in control.parts]
        self.root = make.box(*parts, kind=widgets.Box, classes="attn-settings")

    def render(self, scene: Scene) -> None:
        """Bring every control to a scene."""
        for name, control in self._controls.items():
            offer = scene.offers[name]
            if offer is not self._offers.get(name):
                control.offer(offer)
                self._offers[name] = offer
            control.bring(getattr(scene.style if name in vars(scene.style) else scene.state, name))

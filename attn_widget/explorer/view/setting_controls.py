"""The controls of the settings, each built from the setting's row in `SETTINGS` and kept in step with the scene."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Send, change
from attn_widget.explorer.offers import NOTHING, SEPARATOR, Offer
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.settings import SETTINGS, Setting
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.figure import MOST_CHANNELS
from attn_widget.targets import Contrast
from attn_widget.words import captions


class Control:
    """The widgets that set one setting; as it stands, a single widget whose value is the setting's."""

    def __init__(self, setting: Setting, send: Send, *parts: widgets.DOMWidget) -> None:
        self._name, self._send, self.parts = setting.name, send, parts
        for part in parts:
            on_change(part, self._moved)

    def offer(self, offer: Offer) -> None:
        """Show what can be chosen."""
        for part in self.parts:
            part.disabled = not offer.enabled
            show(part, offer.shown)

    def choose(self, value: Any) -> None:
        """Show what is chosen."""
        self.parts[0].value = value

    def _moved(self, event: Any) -> None:
        self._send(change(**{self._name: event["new"]}))


class Choice(Control):
    """A dropdown."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        self._dropdown = make.dropdown(*captions.SETTINGS[setting.name], *(["attn-wide"] if setting.wide else []))
        self._value, self._adds = None, setting.restyles
        super().__init__(setting, send, self._dropdown)

    def offer(self, offer: Offer) -> None:
        """Show what can be chosen."""
        self._dropdown.options = offer.options
        super().offer(offer)

    def choose(self, value: Any) -> None:
        """Show what is chosen. A value from code that is not on offer is added if it is a style, else left blank."""
        self._value = value
        offered = _as_offered(NOTHING if value is None else value, self._dropdown)
        if offered is None and self._adds:
            self._dropdown.options = (*self._dropdown.options, (str(value), value))
            offered = value
        self._dropdown.value = offered

    def _moved(self, event: Any) -> None:
        value = event["new"]
        if value == SEPARATOR:
            self.choose(self._value)
        else:
            self._send(change(**{self._name: None if value == NOTHING else value}))


class Number(Control):
    """A field for a whole number; one that is too large is shown as the largest possible."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        label, tooltip = captions.SETTINGS[setting.name]
        self._field = make.one(widgets.BoundedIntText, description=label, min=1, max=MOST_CHANNELS, tooltip=tooltip)
        super().__init__(setting, send, self._field)

    def offer(self, offer: Offer) -> None:
        """Show how far it goes."""
        self._field.max = offer.most
        super().offer(offer)


class Fraction(Control):
    """A slider from 0 to 1."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        label, tooltip = captions.SETTINGS[setting.name]
        slider = make.one(widgets.FloatSlider, description=label, max=1, step=0.05, tooltip=tooltip)
        super().__init__(setting, send, slider)


class Switch(Control):
    """A button that stays pressed."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        label, tooltip = captions.SETTINGS[setting.name]
        super().__init__(setting, send, make.toggle(label, "", tooltip))


class TargetChoice(Control):
    """Two dropdowns: the target, and the class that it is contrasted with."""

    def __init__(self, setting: Setting, make: Maker, send: Send) -> None:
        names = setting.name, "against"
        self._of, self._against = (make.dropdown(*captions.SETTINGS[name], "attn-wide") for name in names)
        super().__init__(setting, send, self._of, self._against)

    def offer(self, offer: Offer) -> None:
        """Show what can be explained, and what that can be contrasted with."""
        self._of.options = offer.options
        plain = [(label, value) for label, value in offer.options if not callable(value)]
        self._against.options = [(captions.NO_CONTRAST, NOTHING), *plain]
        super().offer(offer)

    def choose(self, value: Any) -> None:
        """Show the target."""
        of, against = (value.of, value.against) if isinstance(value, Contrast) else (value, NOTHING)
        self._of.value = _as_offered(of, self._of)
        self._against.value = _as_offered(against, self._against)

    def _moved(self, _event: Any) -> None:
        of, against = self._of.value, self._against.value
        self._send(change(**{self._name: of if against in (NOTHING, None) else Contrast(of, against)}))


def _as_offered(value: Any, dropdown: widgets.Dropdown) -> Any:
    """Give the dropdown's entry for a value, or None. Classes are offered by index, but may have been set by name."""
    found = (each for label, each in dropdown.options if value == each or (value == label and isinstance(each, int)))
    return next(found, None)


_KINDS: dict[str | None, type] = {
    "choice": Choice,
    "number": Number,
    "fraction": Fraction,
    "switch": Switch,
    "target": TargetChoice,
}


class SettingControls:
    """The controls of all settings on the page of this name, in one box: `root`."""

    def __init__(self, page: str, make: Maker, send: Send) -> None:
        rows = [setting for setting in SETTINGS if setting.page == page and setting.kind]
        self._controls: dict[str, Control] = {row.name: _KINDS[row.kind](row, make, send) for row in rows}
        self._offers: dict[str, Offer] = {}
        parts = [part for control in self._controls.values() for part in control.parts]
        self.root = make.box(*parts, kind=widgets.Box, classes="attn-settings")

    def render(self, scene: Scene) -> None:
        """Bring every control into step with a scene."""
        for name, control in self._controls.items():
            offer = scene.offers[name]
            if offer is not self._offers.get(name):
                control.offer(offer)
                self._offers[name] = offer
            holder = next((each for each in (scene.style, scene.state) if name in vars(each)), scene)
            control.choose(getattr(holder, name))

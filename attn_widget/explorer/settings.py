"""The panel's settings, one row each: default, check, effect and control.

A new control is one row here, its label and tooltip in `words.captions` and, where it changes what is computed, one
field of `Question` with the same name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from attn_widget.explorer import offers, trait_checks
from attn_widget.explorer.named_models import ModelName
from attn_widget.explorer.offers import Known, Offer
from attn_widget.figure import Style
from attn_widget.figure.style_checks import checked_alpha, checked_colour_map, checked_switch, checked_view
from attn_widget.methods import METHODS, method_named

Kind = Literal["choice", "number", "fraction", "switch", "target"]
"""A dropdown, a field for a whole number, a slider from 0 to 1, a button that stays pressed, or two dropdowns: a
target, and one against it."""


@dataclass(frozen=True)
class Setting:
    """One trait of the panel, which is also an argument of its constructor unless `argument` is False."""

    name: str
    default: Any
    check: Callable[[Any, Known], Any]  # returns the value to keep, or raises
    restyles: bool = False  # changes only how a picture is drawn, so that nothing is computed
    conceals: bool = False  # changes only what of it is told
    kind: Kind | None = None  # of its control; None where no page has a control for it
    page: str = "look"  # the page with its control
    offer: Callable[[Known, "State"], Offer] = offers.unchanging
    argument: bool = True
    wide: bool = False  # whether its control takes a whole row


def _value(check: Callable[[Any], Any]) -> Callable[[Any, Known], Any]:
    """Adapt a check that needs the value alone."""
    return lambda value, _known: check(value)


SETTINGS = (
    Setting("sample", 0, trait_checks.position, argument=False),
    Setting("model", None, trait_checks.model, kind="choice", offer=offers.model, argument=False, wide=True),
    Setting("layer", None, trait_checks.layer, kind="choice", offer=offers.layer, wide=True),
    Setting("grid", None, _value(trait_checks.grid), kind="choice", offer=offers.grid),
    Setting("call", -1, _value(partial(trait_checks.whole, "call")), kind="choice", offer=offers.call),
    Setting("method", "channel-mean", _value(trait_checks.method), kind="choice", offer=offers.method, wide=True),
    Setting("target", "predicted", trait_checks.target, kind="target", offer=offers.target),
    Setting("top_k", 3, _value(partial(trait_checks.whole, "top_k", least=1)), kind="number", offer=offers.top_k),
    Setting("at", None, _value(trait_checks.place)),
    Setting("silence", None, trait_checks.silence),
    Setting("cover", None, trait_checks.cover),
    Setting("compare", None, trait_checks.compare, kind="choice", page="compare", offer=offers.compare, wide=True),
    Setting("alpha", 0.5, _value(checked_alpha), restyles=True, kind="fraction"),
    Setting("view", "overlay", _value(checked_view), restyles=True, kind="choice", offer=offers.view),
    Setting("cmap", "jet", _value(checked_colour_map), restyles=True, kind="choice", offer=offers.colour_map),
    Setting("scale", "own", _value(trait_checks.scale), restyles=True, kind="choice", offer=offers.scale),
    Setting("fade", False, _value(partial(checked_switch, "fade")), restyles=True, kind="switch"),
    Setting("guess", False, _value(partial(checked_switch, "guess")), conceals=True, kind="switch"),
)

ARGUMENTS = tuple(setting for setting in SETTINGS if setting.argument)
BY_NAME = {setting.name: setting for setting in SETTINGS}
COMPUTED = tuple(setting.name for setting in SETTINGS if not setting.restyles and not setting.conceals)
RESTYLED = tuple(setting.name for setting in SETTINGS if setting.restyles)


class State:
    """What is asked for: the value of each setting that a pass depends on; compared by value."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no setting {name!r} that a pass depends on")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and vars(self) == vars(other)

    def but(self, **values: Any) -> "State":
        """Give a copy with other values."""
        return State(**{**vars(self), **values})

    @property
    def slow(self) -> bool:
        """Whether it takes many passes."""
        return any(method_named(name).slow for name in self.methods)

    @property
    def alters(self) -> bool:
        """Whether the model or the image is altered."""
        return self.silence is not None or self.cover is not None

    @property
    def reads_outputs(self) -> bool:
        """Whether what the layer returned in its last call is all that is needed."""
        methods = map(method_named, self.methods)
        return self.call == -1 and all(method.reads == "layer" and not method.gradients for method in methods)

    @property
    def compares_methods(self) -> bool:
        """Whether two methods are compared; any other comparison is of two targets or models."""
        return isinstance(self.compare, str) and self.compare in METHODS

    @property
    def compares_models(self) -> bool:
        """Whether two models are compared."""
        return isinstance(self.compare, ModelName)

    @property
    def compared_models(self) -> tuple[str, str] | None:
        """The names of the two models that are compared, if models are."""
        return (str(self.model), str(self.compare)) if self.compares_models else None

    @property
    def methods(self) -> list[str]:
        """The one or two methods that explain the layer."""
        return [self.method, *([self.compare] if self.compares_methods else [])]

    @property
    def other(self) -> "State":
        """The state compared with; this one where there is no comparison."""
        if self.compare is None:
            return self
        if self.compares_models:
            return self.but(model=str(self.compare), compare=None, silence=None)
        return self.but(method=self.compare) if self.compares_methods else self.but(target=self.compare)


def state_in(values: Any) -> State:
    """Read a state from an object that has the settings as attributes."""
    return State(**{name: getattr(values, name) for name in COMPUTED})


def style_in(values: Any) -> Style:
    """Read a style from the same."""
    return Style(**{name: getattr(values, name) for name in RESTYLED})

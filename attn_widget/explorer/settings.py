"""The panel's settings, one row each: default, check, effect, control, words, and how it reads in code.

A new control is one row here and, where it changes what is computed, one field of `Question` with the same name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from attn_widget.explorer import offers, trait_checks
from attn_widget.explorer.offers import Known, Offer
from attn_widget.figure import Style
from attn_widget.methods import METHODS, method_named
from attn_widget.words import captions

Kind = Literal["choice", "number", "fraction", "target"]
"""A dropdown, a field for a whole number, a slider from 0 to 1, or two dropdowns: a target, and one against it."""


@dataclass(frozen=True)
class Setting:
    """One trait of the panel.

    Attributes
    ----------
    name : str
        The trait's, the constructor's argument's, and, of one that is computed with, the field's of `Question`.
    default
        Its value where none is given.
    check : callable
        Gives the value as it is kept, or raises; is told what the panel knows.
    restyles : bool
        Whether it only changes how a picture is drawn; else another one is computed.
    kind : str or None
        Of which kind its control is; None where it is chosen elsewhere than on a page of settings.
    page : str
        The page on which its control stands.
    offer : callable
        Says what its control offers.
    argument : bool
        Whether the constructor takes it.
    wide : bool
        Whether its control has a row of its own.
    """

    name: str
    default: Any
    check: Callable[[Any, Known], Any]
    restyles: bool = False
    kind: Kind | None = None
    page: str = captions.LOOK
    offer: Callable[[Known, "State"], Offer] = offers.always
    argument: bool = True
    wide: bool = False


def _value(check: Callable[[Any], Any]) -> Callable[[Any, Known], Any]:
    """Check a value that needs nothing else."""
    return lambda value, _known: check(value)


SETTINGS = (
    Setting("sample", 0, lambda value, known: trait_checks.position(value, known.count), argument=False),
    Setting(
        "layer",
        None,
        lambda value, known: trait_checks.layer(value, known.model),
        kind="choice",
        offer=offers.layer,
        wide=True,
    ),
    Setting("grid", None, _value(trait_checks.grid), kind="choice", offer=offers.grid),
    Setting("call", -1, _value(partial(trait_checks.whole, "call")), kind="choice", offer=offers.call),
    Setting("method", "channel-mean", _value(trait_checks.method), kind="choice", offer=offers.method, wide=True),
    Setting(
        "target",
        "predicted",
        lambda value, known: trait_checks.target(value, known.names),
        kind="target",
        offer=offers.target,
    ),
    Setting("top_k", 3, _value(partial(trait_checks.whole, "top_k", least=1)), kind="number", offer=offers.top_k),
    Setting("at", None, _value(trait_checks.place)),
    Setting(
        "compare",
        None,
        lambda value, known: trait_checks.compare(value, known.names),
        kind="choice",
        page=captions.COMPARE,
        offer=offers.compare,
        wide=True,
    ),
    Setting("alpha", 0.5, _value(trait_checks.alpha), restyles=True, kind="fraction"),
    Setting("view", "overlay", _value(trait_checks.view), restyles=True, kind="choice", offer=offers.view),
    Setting("cmap", "jet", _value(trait_checks.colour_map), restyles=True, kind="choice", offer=offers.colour_map),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
COMPUTED = tuple(setting.name for setting in SETTINGS if not setting.restyles)
RESTYLED = tuple(setting.name for setting in SETTINGS if setting.restyles)


class State:
    """What is asked for: the value of each setting on which a pass depends, by name; compared by value."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no setting {name!r} on which a pass depends")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and vars(self) == vars(other)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(vars(self).items())

    def but(self, **values: Any) -> "State":
        """Give the same with other values."""
        return State(**{**vars(self), **values})

    @property
    def slow(self) -> bool:
        """Whether it takes many passes."""
        return any(method_named(name).slow for name in self.methods)

    @property
    def reads_outputs(self) -> bool:
        """Whether all it takes is what the layer gave at its last call."""
        methods = map(method_named, self.methods)
        return self.call == -1 and all(method.reads == "layer" and not method.gradients for method in methods)

    @property
    def compares_methods(self) -> bool:
        """Whether two methods are compared; else two targets are, if anything."""
        return isinstance(self.compare, str) and self.compare in METHODS

    @property
    def methods(self) -> list[str]:
        """By which methods the layer is explained."""
        return [self.method, *([self.compare] if self.compares_methods else [])]

    @property
    def other(self) -> "State":
        """What it is compared with; itself where it is compared with nothing."""
        if self.compare is None:
            return self
        return self.but(method=self.compare) if self.compares_methods else self.but(target=self.compare)


def state_in(values: Any) -> State:
    """Read a state from an object that has the settings as attributes."""
    return State(**{name: getattr(values, name) for name in COMPUTED})


def style_in(values: Any) -> Style:
    """Read a style likewise."""
    return Style(**{name: getattr(values, name) for name in RESTYLED})

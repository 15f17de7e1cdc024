"""The settings as the panel's traits, and as arguments of its constructor."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import traitlets

from attn_widget.explorer.life.sleep import Sleeper
from attn_widget.explorer.offers import Known
from attn_widget.explorer.settings import BY_NAME, SETTINGS, Setting, State


class _Checked(traitlets.Any):
    """A trait whose validator sees None too: where None is allowed, traitlets accepts it unseen."""

    allow_none = False


def _trait(setting: Setting) -> traitlets.Any:
    kind = traitlets.Any if setting.default is None else _Checked
    return kind(setting.default, allow_none=setting.default is None)


_Traits: Any = type("_Traits", (Sleeper,), {setting.name: _trait(setting) for setting in SETTINGS})


class SettingTraits(_Traits):  # type: ignore[misc]  # made from the settings
    """A box with a trait for each setting."""

    _known: Known
    _acting = False  # whether the panel itself is changing traits

    @traitlets.validate(*BY_NAME)
    def _check(self, proposal: Any) -> Any:
        return BY_NAME[proposal["trait"].name].check(proposal["value"], self._known)

    def _set(self, values: Mapping[str, Any]) -> None:
        """Set traits by name: all of them or, where a value is wrong, none."""
        self._acting = True
        try:
            # Before any is set: held notifications put off the traits' own check until all of them are.
            checked = {name: BY_NAME[name].check(value, self._known) for name, value in values.items()}
            with self.hold_trait_notifications():
                for name, value in checked.items():
                    setattr(self, name, value)
        finally:
            self._acting = False

    def _adopt(self, shown: State, asked: State) -> None:
        """Set the traits that are shown otherwise than asked for: a layer that was left open.

        What another thread has asked for since then stays.
        """
        given = vars(asked)
        other = {name: value for name, value in vars(shown).items() if value is not given[name]}
        if still := {name: value for name, value in other.items() if getattr(self, name) is given[name]}:
            self._set(still)


def check_names(given: Iterable[str]) -> None:
    """Refuse an argument that is no setting's with a TypeError, which lists the arguments that there are."""
    known = [setting.name for setting in SETTINGS if setting.argument]
    for name in given:
        if name not in known:
            expected = ", ".join(["class_names", "mean", "std", "forward", "width", *known])
            raise TypeError(f"AttentionExplorer has no argument {name!r}; expected one of {expected}")


def signature_of(constructor: Callable[..., None]) -> inspect.Signature:
    """Give a constructor's signature with an argument for each setting, as a notebook shows it."""
    own = inspect.signature(constructor).parameters.values()
    kept = [one for one in own if one.name not in ("self", "settings")]
    rows = [
        inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=setting.default)
        for setting in SETTINGS
        if setting.argument
    ]
    return inspect.Signature([*kept, *rows])

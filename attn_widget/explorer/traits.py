"""The settings as the panel's traits and arguments, and the one way from a change of them to the next scene."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from operator import attrgetter
from typing import Any, TypeVar, cast

import traitlets

from attn_widget.cleanup import finished
from attn_widget.explorer.action import Action
from attn_widget.explorer.life.sleep import Sleeper
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.session.session import Session
from attn_widget.explorer.settings import ARGUMENTS, BY_NAME, SETTINGS, Setting, State, state_in, style_in
from attn_widget.explorer.view.panel_view import PanelView
from attn_widget.words import said_in

M = TypeVar("M", bound=Callable[..., Any])


class _Checked(traitlets.Any):
    """A trait whose validator sees None too: where None is allowed, traitlets accepts it unseen."""

    allow_none = False


def _trait(setting: Setting) -> traitlets.Any:
    kind = traitlets.Any if setting.default is None else _Checked
    return kind(setting.default, allow_none=setting.default is None)


def in_its_language(method: M) -> M:
    """Make a method of a panel speak the panel's language, on whichever thread it is called."""

    @wraps(method)
    def speak(panel: Any, *args: Any, **kwargs: Any) -> Any:
        return said_in(panel.language, method, panel, *args, **kwargs)

    return cast(M, speak)


_Traits: Any = type("_Traits", (Sleeper,), {setting.name: _trait(setting) for setting in SETTINGS})


class SceneTraits(_Traits):  # type: ignore[misc]  # made from the settings
    """A box with a trait for each setting; a change of any, by an action or by code, renders the next scene once."""

    _language: str  # in which all of it speaks
    _known: Known
    _session: Session
    _view: PanelView
    _scene: Scene | None = None  # what is shown
    _acting = False  # whether the panel itself is setting traits

    @property
    def language(self) -> str:
        """The language in which the panel speaks: ``"en"`` or ``"zh"``."""
        return self._language

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in BY_NAME)})"

    @in_its_language
    def _do(self, action: Action) -> None:
        """Do what an action asks for, on any thread: change the settings it returns, and show the next scene."""
        with self._lock:
            if self._closed:
                return
            self._session.touched = True
            changes = attrgetter(action.verb)(self._session)(*action.arguments)
            self._change(changes or {})

    def _change(self, changes: Mapping[str, Any]) -> None:
        try:
            self._set(changes)
        except Exception:
            self._correct()
            raise
        self._update()

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

    @traitlets.validate(*BY_NAME)
    def _check(self, proposal: Any) -> Any:
        return BY_NAME[proposal["trait"].name].check(proposal["value"], self._known)

    @in_its_language
    def _trait_changed(self, _change: Any) -> None:
        with self._lock:
            if not self._acting:
                self._update()

    def _update(self) -> None:
        """Show the scene of the settings as they are now; what is shown already costs nothing."""
        if self._closed:
            return
        try:
            asked = state_in(self)
            scene = self._session.scene_of(asked, style_in(self), guess=self.guess)
            finished(lambda: self._show(scene, asked))
        except KeyboardInterrupt:
            finished(self._settle)
            raise

    def _show(self, scene: Scene, asked: State) -> None:
        self._scene = scene
        self._adopt(scene.state, asked)
        if not self._asleep:
            self._view.render(scene)

    def _adopt(self, shown: State, asked: State) -> None:
        """Fill in what was left open, such as the layer, where no other thread has asked for something since."""
        given = vars(asked)
        other = {name: value for name, value in vars(shown).items() if value is not given[name]}
        if still := {name: value for name, value in other.items() if getattr(self, name) is given[name]}:
            self._set(still)

    @in_its_language
    def _settle(self) -> None:
        """After an interrupt, make traits and controls agree with the picture again."""
        with self._lock:
            if self._scene is not None:
                self._adopt(self._scene.state, state_in(self))
                self._change(vars(self._scene.style))
                self._correct()

    def _correct(self) -> None:
        """Bring the controls back to what is shown."""
        if self._scene is not None and not self._asleep:
            self._view.correct(self._scene)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a trait whose setting is interrupted goes back to what is shown."""
        try:
            super().__setattr__(name, value)
        except KeyboardInterrupt:
            if name in BY_NAME:
                finished(self._settle)
            raise

    @in_its_language
    def _tell(self, work: Callable[[], object] | None = None, *, last: bool = False) -> None:
        """Show what a thread has done so far; see `Tell`."""
        if not self._lock.acquire(blocking=last):
            return
        try:
            if work is not None and not self._closed:
                work()
            self._session.touched = True
            self._update()
        finally:
            self._lock.release()


def check_names(given: Iterable[str]) -> None:
    """Raise a TypeError for an argument that does not exist; it lists those that do."""
    known = [setting.name for setting in ARGUMENTS]
    for name in given:
        if name not in known:
            expected = ", ".join(["class_names", "mean", "std", "forward", "width", "language", *known])
            raise TypeError(f"AttentionExplorer has no argument {name!r}; expected one of {expected}")


def signature_of(constructor: Callable[..., None]) -> inspect.Signature:
    """Give a constructor's signature with an argument for each setting, as a notebook shows it."""
    own = inspect.signature(constructor).parameters.values()
    kept = [one for one in own if one.name not in ("self", "settings")]
    keyword = inspect.Parameter.KEYWORD_ONLY
    rows = [inspect.Parameter(setting.name, keyword, default=setting.default) for setting in ARGUMENTS]
    return inspect.Signature([*kept, *rows])

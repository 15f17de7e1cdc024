"""Between the panel's traits and its controls, both ways."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import ipywidgets as widgets

from attn_widget.explorer.controls import NOTHING, SEPARATOR, Controls
from attn_widget.explorer.face import Face
from attn_widget.explorer.looking import Looker, State
from attn_widget.explorer.names import ClassNames
from attn_widget.explorer.traits import Traits
from attn_widget.methods import method_named
from attn_widget.targets import Contrast


class Extent(NamedTuple):
    """Over which samples the controls run.

    Attributes
    ----------
    last : int
        The last position that can be typed.
    total : int or None
        How many samples there are, where that is known.
    steps : int
        How many the slider runs over.
    chosen : bool
        Whether these are a selection.
    step : int or None
        At which of them the panel is; None where the selection does not have it.
    """

    last: int
    total: int | None
    steps: int
    chosen: bool
    step: int | None


class Binding:
    """Sets traits where a control is moved, and brings the controls to the traits.

    Parameters
    ----------
    traits : Traits
        The panel.
    face, looker, names
        As the panel has them.
    state : callable
        Gives what the traits ask for.
    extent : callable
        Gives over which samples the controls run.
    go_to_step : callable
        Is told the step to which the slider was moved.
    """

    def __init__(
        self,
        traits: Traits,
        face: Face,
        looker: Looker,
        names: ClassNames,
        state: Callable[[], State],
        extent: Callable[[], Extent],
        go_to_step: Callable[[int], None],
    ) -> None:
        self._traits, self._face, self._looker, self._names = traits, face, looker, names
        self._state, self._extent, self._go_to_step = state, extent, go_to_step
        self._controls: Controls = face.controls
        self._source: widgets.Widget | None = None
        self._syncing = False
        for control in self._controls.bound:
            control.observe(self._moved, "value")
        for control in (self._controls.target, self._controls.against):
            control.observe(self._target_chosen, "value")
        self._controls.compare.observe(self._comparison_chosen, "value")
        self._controls.grid.observe(self._grid_chosen, "value")

    def follow(self) -> None:
        """Bring the controls' values to the traits, but for the control that a change came from."""
        with self._not_heard():
            self._follow()

    def sync(self) -> None:
        """Bring what the controls offer to what is shown, and their values to the traits."""
        with self._not_heard():
            self._offer()
            self._follow()

    @contextmanager
    def _not_heard(self) -> Iterator[None]:
        self._syncing = True
        try:
            yield
        finally:
            self._syncing = False

    def _offer(self) -> None:
        traits, controls, looker, classes = self._traits, self._controls, self._looker, self._face.classes
        state, layer = self._state(), self._looker.layer(self._traits.layer or "")
        controls.set_pins(len(self._face.pins))
        controls.set_layers(looker.layers)
        controls.set_calls(layer.calls if layer else 1)
        controls.set_methods(method_named(state.method), method_named(state.other.method), attends=looker.attends)
        controls.set_targets(classes, self._names.indices_in(traits.target))
        compare = None if traits.compare is None else self._names.indices_in(traits.compare)
        controls.set_compared(classes, method_named(state.method), compare)
        controls.set_place(traits.at)
        controls.set_grids(looker.grids, traits.grid)
        controls.set_channels(layer.shape[0] if layer and layer.usable else None)

    def _follow(self) -> None:
        controls, extent = self._controls, self._extent()
        controls.set_extent(extent.last, extent.total)
        controls.set_steps(extent.steps, extent.chosen, extent.step)
        for control, name in controls.bound.items():
            if control is controls.position:
                control.value = control.value if extent.step is None else extent.step
            elif control is not self._source:
                controls.bring(control, getattr(self._traits, name))

    def _moved(self, change: Any) -> None:
        """Take over what was chosen; whoever waited for the lock may find that it is chosen already."""
        with self._face.lock:
            if self._syncing:
                return
            control, value = change["owner"], change["new"]
            if value == SEPARATOR:
                self.sync()
                return
            self._source = control
            try:
                if control is self._controls.position:
                    self._go_to_step(value)
                else:
                    setattr(self._traits, self._controls.bound[control], value)
            finally:
                self._source = None

    def _target_chosen(self, change: Any) -> None:
        with self._face.lock:
            if not self._syncing:
                of, against = self._controls.target.value, self._controls.against.value
                self._traits.target = of if against == NOTHING else Contrast(of, against)

    def _comparison_chosen(self, change: Any) -> None:
        with self._face.lock:
            if not self._syncing and change["new"] != SEPARATOR:
                self._traits.compare = None if change["new"] == NOTHING else change["new"]
            self.sync()

    def _grid_chosen(self, change: Any) -> None:
        with self._face.lock:
            if not self._syncing:
                self._traits.grid = None if change["new"] == NOTHING else change["new"]

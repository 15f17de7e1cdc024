"""Axes for pictures, which are made in less than half the time."""

from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick, XTick, YTick

_LISTS = ("majorTicks", "minorTicks")  # which Matplotlib makes when they are first read
_OF_TICKS = ("set_tick_params", "set_clip_path")  # what reads them while axes are made: for nothing, they are new


class PictureAxes(Axes):
    """Axes whose ticks are made when they are first shown, which is hardly ever; Matplotlib makes them at once."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for spine in self.spines.values():
            spine.get_position()  # which settles where it lies; Matplotlib's ticks ask for that as they are made
        for axis in (self.xaxis, self.yaxis):
            for name in _OF_TICKS:
                vars(axis).pop(name, None)

    def __getstate__(self) -> dict[str, Any]:
        """Give what a copy or a pickled one holds: not what is written of the mouse, which may know anything."""
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]  # typed as an object
        return {name: value for name, value in state.items() if name != "format_coord"}

    def _init_axis(self) -> None:
        super()._init_axis()  # type: ignore[misc]  # meant to be extended, but not typed
        for axis, kind in ((self.xaxis, _ClippedXTick), (self.yaxis, _ClippedYTick)):
            vars(axis).update({name: _without_ticks(axis, getattr(axis, name)) for name in _OF_TICKS}, _tick_class=kind)


class _Clipped(Tick):
    """A tick that has its clip path from the first, as Matplotlib's have by the time that axes are made."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.set_clip_path(self.axes.patch)


class _ClippedXTick(_Clipped, XTick):
    pass


class _ClippedYTick(_Clipped, YTick):
    pass


def _without_ticks(axis: Axis, method: Callable[..., None]) -> Callable[..., None]:
    """Make a method of an axis do all that it does, but for ticks that would be made for it alone."""

    def run(*arguments: Any, **options: Any) -> None:
        absent = [name for name in _LISTS if name not in vars(axis)]
        vars(axis).update({name: [] for name in absent})
        try:
            method(*arguments, **options)
        finally:
            for name in absent:
                del vars(axis)[name]

    return run

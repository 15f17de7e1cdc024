"""Axes for pictures, made in less than half the usual time."""

from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick, XTick, YTick

_LISTS = ("majorTicks", "minorTicks")  # made by Matplotlib when they are first read
_OF_TICKS = ("set_tick_params", "set_clip_path")  # these read them while axes are made, in vain


class PictureAxes(Axes):
    """Axes whose ticks are made when they are first shown, which is hardly ever, and not at once as in Matplotlib."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for spine in self.spines.values():
            spine.get_position()  # for its side effect, a default position, which Matplotlib gets by making ticks
        for axis in (self.xaxis, self.yaxis):
            for name in _OF_TICKS:
                vars(axis).pop(name, None)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for copying and pickling: without ``format_coord``, which may refer to anything."""
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]  # typed as an object
        return {name: value for name, value in state.items() if name != "format_coord"}

    def _init_axis(self) -> None:
        super()._init_axis()  # type: ignore[misc]  # meant to be extended, but not typed
        for axis, kind in ((self.xaxis, _ClippedXTick), (self.yaxis, _ClippedYTick)):
            vars(axis).update({name: _without_ticks(axis, getattr(axis, name)) for name in _OF_TICKS}, _tick_class=kind)


class _Clipped(Tick):
    """A tick with a clip path from the start, which Matplotlib's ticks have by the time the axes are made."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.set_clip_path(self.axes.patch)


class _ClippedXTick(_Clipped, XTick):
    pass


class _ClippedYTick(_Clipped, YTick):
    pass


def _without_ticks(axis: Axis, method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a method of an axis so that it makes no ticks."""

    def run(*arguments: Any, **options: Any) -> None:
        absent = [name for name in _LISTS if name not in vars(axis)]
        vars(axis).update({name: [] for name in absent})
        try:
            method(*arguments, **options)
        finally:
            for name in absent:
                del vars(axis)[name]

    return run

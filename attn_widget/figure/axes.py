"""Axes for pictures, which are made in less than half the time."""

from typing import Any

from matplotlib.axes import Axes

_OF_TICKS = ("set_tick_params", "set_clip_path")  # what Matplotlib does to each axis meanwhile, for its ticks' sake


class PictureAxes(Axes):
    """Axes whose ticks are made when they are first shown, which is hardly ever; Matplotlib makes them at once."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for axis in (self.xaxis, self.yaxis):
            for name in _OF_TICKS:
                vars(axis).pop(name, None)

    def _init_axis(self) -> None:
        super()._init_axis()  # type: ignore[misc]  # meant to be extended, but not typed
        for axis in (self.xaxis, self.yaxis):
            vars(axis).update(dict.fromkeys(_OF_TICKS, _nothing))


def _nothing(*arguments: Any, **options: Any) -> None:
    """Take the place of what would make ticks."""

"""What the class shift may cost in the panel, where it comes with each step."""

from collections.abc import Callable, Hashable

_MOST = 0.25  # forward passes: with what weighing and drawing cost, it stays below 0.3
_UNNOTICED = 0.005  # seconds: less than drawing takes, however small the model


class ShiftBudget:
    """Decides at each layer whether a second backward pass is affordable, by what the first one took.

    What counts is the least that it has taken there, so that a busy machine costs the number once at most.
    """

    def __init__(self) -> None:
        self._least: dict[Hashable, float] = {}

    def at(self, place: Hashable) -> Callable[[float, float], bool]:
        """Give what decides for a layer (`FurtherScore.affords`)."""

        def affords(seconds: float, passes: float) -> bool:
            cost = 0.0 if seconds <= _UNNOTICED else passes
            self._least[place] = min(cost, self._least.get(place, cost))
            return self._least[place] <= _MOST

        return affords

    def refused(self, place: Hashable) -> float | None:
        """How many passes it would cost where that is too much; None where it is not, or not known."""
        least = self._least.get(place, 0.0)
        return least if least > _MOST else None

    def forget(self) -> None:
        """Measure anew: the model may have changed."""
        self._least.clear()

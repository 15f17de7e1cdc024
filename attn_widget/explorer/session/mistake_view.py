"""How a mistake opens: the predicted class against the true one, unless the user wants to see something else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attn_widget.explorer.settings import State
from attn_widget.methods import method_named
from attn_widget.targets import Target

_CLASS_SPECIFIC = "grad-cam"  # replaces a method that is slow, or the same for every class


@dataclass(frozen=True)
class _Opened:
    """The settings with which a sample opens."""

    method: str
    target: Target
    compare: Target | None

    @classmethod
    def by(cls, state: State) -> "_Opened":
        return cls(state.method, state.target, state.compare)

    @property
    def compared(self) -> tuple[Target, Target | None]:
        return self.target, self.compare


class MistakeView:
    """Sets a comparison for mistakes, takes it back for other samples, and never replaces one that the user chose."""

    def __init__(self) -> None:
        self._before: _Opened | None = None
        self._made: _Opened | None = None
        self._declined = False

    def view(self, state: State, *, mistake: bool) -> Mapping[str, Any]:
        """Give the settings with which a sample opens, which is a mistake or not.

        Where `state` compares otherwise than was set here, the user did that, and nothing is set from then on.
        """
        now, before, made = _Opened.by(state), self._before, self._made
        if made is not None and now.compared != made.compared:
            self._declined, self._made = True, None
        elif before is not None and made is not None and not mistake:
            self._made = None
            now = _Opened(before.method if now.method == made.method else now.method, *before.compared)
        elif made is None and mistake and not self._declined and now.compared == ("predicted", None):
            method = method_named(now.method)
            kept = method.class_specific and not method.slow
            self._before = now
            now = self._made = _Opened(now.method if kept else _CLASS_SPECIFIC, "predicted", "true")
        return vars(now)

    def stands(self, state: State) -> bool:
        """Whether the comparison of a state was set here."""
        return self._made is not None and _Opened.by(state).compared == self._made.compared

    def undo(self) -> Mapping[str, Any]:
        """Give the settings from before the comparison, and set none from now on."""
        before, self._made, self._declined = self._before, None, True
        return {} if before is None else vars(before)

"""How a mistake opens: the predicted class against the true one, unless somebody wants to see something else."""

from dataclasses import dataclass

from attn_widget.methods import method_named
from attn_widget.targets import Target

_CLASS_SPECIFIC = "grad-cam"  # in the place of a method that is the same for every class, or slow


@dataclass(frozen=True)
class Opened:
    """What is explained, and compared with what."""

    method: str
    target: Target
    compare: Target | None

    @property
    def compared(self) -> tuple[Target, Target | None]:
        """Which two targets."""
        return self.target, self.compare


class MistakeView:
    """Compares on its own for mistakes only, takes that back for other samples, and never against somebody's choice."""

    def __init__(self) -> None:
        self._before: Opened | None = None
        self._made: Opened | None = None
        self._declined = False

    def view(self, now: Opened, *, mistake: bool) -> Opened:
        """Give the view in which a sample opens.

        Parameters
        ----------
        now : Opened
            What is chosen. Another comparison than was made here is somebody's choice, and stays from then on.
        mistake : bool
            Whether the sample is one.
        """
        before, made = self._before, self._made
        if made is not None and now.compared != made.compared:
            self._declined, self._made = True, None
        elif before is not None and made is not None and not mistake:
            self._made = None
            return Opened(before.method if now.method == made.method else now.method, *before.compared)
        elif made is None and mistake and not self._declined and now.compared == ("predicted", None):
            method = method_named(now.method)
            kept = method.class_specific and not method.slow
            self._before, self._made = now, Opened(now.method if kept else _CLASS_SPECIFIC, "predicted", "true")
            return self._made
        return now

    def stands(self, now: Opened) -> bool:
        """Whether what is chosen is what was made here."""
        return self._made is not None and now.compared == self._made.compared

    def undo(self, now: Opened) -> Opened:
        """Give what was chosen before, and compare no more on its own."""
        before, self._made, self._declined = self._before, None, True
        return now if before is None else before

"""How a mistake opens: the predicted class against the true one, unless somebody wants to see something else."""

from dataclasses import dataclass

from attn_widget.methods import method_named
from attn_widget.targets import Target

_ASKED = "grad-cam"  # in the place of a method that is the same for every class, or slow


@dataclass(frozen=True)
class View:
    """What is explained, and compared with what."""

    method: str
    target: Target
    compare: Target | None

    @property
    def compared(self) -> tuple[Target, Target | None]:
        """Which two targets."""
        return self.target, self.compare


class Opening:
    """Compares on its own for mistakes only, takes that back for other samples, and never against somebody's choice."""

    def __init__(self) -> None:
        self._before: View | None = None
        self._made: View | None = None
        self._declined = False

    def view(self, now: View, *, mistake: bool) -> View:
        """Give the view in which a sample opens.

        Parameters
        ----------
        now : View
            What is chosen. Another comparison than was made here is somebody's choice, and stays from then on.
        mistake : bool
            Whether the sample is one.
        """
        before, made = self._before, self._made
        if made is not None and now.compared != made.compared:
            self._declined, self._made = True, None
        elif before is not None and made is not None and not mistake:
            self._made = None
            return View(before.method if now.method == made.method else now.method, *before.compared)
        elif made is None and mistake and not self._declined and now.compared == ("predicted", None):
            method = method_named(now.method)
            kept = method.class_specific and not method.slow
            self._before, self._made = now, View(now.method if kept else _ASKED, "predicted", "true")
            return self._made
        return now

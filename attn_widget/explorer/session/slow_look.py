"""A look that takes many passes: on a thread of its own, so that it can be stopped."""

from collections.abc import Callable
from functools import partial

from attn_widget.explorer.life.background import Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.settings import State
from attn_widget.methods import method_named
from attn_widget.words import messages


class SlowLook:
    """The look at one state, on its way.

    Parameters
    ----------
    state : State
        What to look at.
    known, looker
        The session's.
    tell : callable
        Called on the thread whenever `said` has changed.
    ended : callable
        Called on the thread with this object, and the look or the exception that ended it.
    """

    def __init__(
        self,
        state: State,
        known: Known,
        looker: Looker,
        tell: Callable[[], None],
        ended: Callable[["SlowLook", Look | Exception], None],
    ) -> None:
        self._state, self._known, self._looker, self._tell = state, known, looker, tell
        self.worker: Worker[int, Look] = Worker(self._progressed, partial(ended, self))
        self.said = messages.computing(0, self._total)

    def start(self) -> None:
        """Begin."""
        self.worker.start(partial(self._looker.look, self._state))

    def _progressed(self, passes: int) -> None:
        self.said = messages.computing(passes, self._total)
        self._tell()

    @property
    def _total(self) -> int | None:
        """How many changed images or maps are tried, where that is known."""
        layer = self._known.layer(self._state.layer or self._looker.default)
        slow = [name for name in self._state.methods if method_named(name).slow]
        if layer is None or not layer.usable or any(method_named(name).reads != "layer" for name in slow):
            return None
        return layer.shape[0] * len(slow)

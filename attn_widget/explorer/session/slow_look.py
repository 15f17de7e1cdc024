"""A look that takes many passes: on a thread of its own, so that it can be stopped."""

from collections.abc import Callable
from functools import partial

from attn_widget.explorer.life.background import Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.settings import State
from attn_widget.methods import method_named
from attn_widget.words import messages


class SlowLook:
    """The look at one state; `ended` is called on the thread, with this object and the look or what it raised."""

    def __init__(
        self,
        state: State,
        known: Known,
        looker: Looker,
        tell: Tell,
        ended: Callable[["SlowLook", Look | Exception], None],
    ) -> None:
        self._state, self._known, self._looker, self._tell = state, known, looker, tell
        self.worker: Worker[int, Look] = Worker(self._progressed, partial(ended, self))
        self.said = messages.computing(0, self._total)

    def start(self) -> None:
        """Begin; `said` is how far it is."""
        self.worker.start(partial(self._looker.look, self._state))

    def _progressed(self, passes: int) -> None:
        self.said = messages.computing(passes, self._total)
        self._tell()

    @property
    def _total(self) -> int | None:
        """How many changed images or maps are tried, where that is known."""
        if self._state.compares_models:
            return None
        layer = self._known.layer(self._state.layer or self._looker.default)
        slow = [name for name in self._state.methods if method_named(name).slow]
        if layer is None or not layer.usable or any(method_named(name).reads != "layer" for name in slow):
            return None
        return layer.shape[0] * len(slow)

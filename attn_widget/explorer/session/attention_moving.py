"""Where attention moved between two models: the walk over all samples, on a thread of its own."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.named_models import ModelName
from attn_widget.explorer.offers import Known
from attn_widget.explorer.settings import State
from attn_widget.predictions import Progress
from attn_widget.refusal import Refusal
from attn_widget.surveys.moved_attention import AttentionMoves, attention_moves
from attn_widget.words import forms, several_models

Changes = Mapping[str, Any] | None


@dataclass(frozen=True)
class Moving:
    """What the page shows of it."""

    running: bool = False
    fraction: float = 0.0  # of the samples, from 0 to 1
    said: str = field(default_factory=lambda: several_models.TO_FIND_MOVES)  # or what was found, or how far it is
    found: bool = False  # whether the samples can be played


class AttentionMoving:
    """Compares the model that is shown with another one on every sample; `play` lets the slider run over samples."""

    def __init__(
        self,
        known: Known,
        tell: Tell,
        go: Send,
        state: Callable[[], State],
        play: Callable[[Sequence[int], str], Changes],
    ) -> None:
        self._known, self._tell, self._go, self._state, self._play = known, tell, go, state, play
        self._worker: Worker[Progress, AttentionMoves] = Worker(self._progressed, self._ended)
        self._names, self._begun = ("", ""), 0.0
        self._moves: AttentionMoves | None = None
        self.part = Moving()  # another object whenever there is something else to show

    # What can be asked for: each returns the settings to change.

    def begin(self) -> Changes:
        """Begin to compare with the model that is compared with, or else with the only other one."""
        state, known = self._state(), self._known
        others = [str(name) for name in known.models if name != state.model]
        if state.compares_models:
            others = [name for name in others if name == state.compare]
        if len(others) != 1:
            self.part = Moving(said=several_models.CHOOSE_OTHER_MODEL)
            return None
        self._names, self._moves = (str(state.model), others[0]), None
        first, second = (known.models[name].module for name in self._names)
        job = partial(
            attention_moves,
            first,
            second,
            known.samples,
            layer=self._layers(state.layer),
            method=state.method,
            target=known.names.indices_in(state.target),
            class_names=known.names.all,
            forward=known.forward,
            grid=state.grid,
        )
        self.part = Moving(running=True, said=several_models.moving(*self._names, ""))
        self._begun = time.monotonic()
        self._worker.start(lambda report: job(progress=lambda *done: report(Progress(*done))))
        return {"compare": ModelName(self._names[1])}

    def _layers(self, layer: str | None) -> tuple[str | None, str | None]:
        """Give the layer of each model: its default where it lacks the one that is shown."""
        first, second = (
            layer if layer is not None and self._known.models[name].has(layer) else None for name in self._names
        )
        return first, second

    def stop(self) -> Changes:
        """Stop; nothing is kept."""
        self._worker.stop()
        return None

    def play(self, first: str) -> Changes:
        """Let the slider run over all samples: those that moved most first, or those predicted otherwise."""
        if self._moves is None:
            return None
        changed = first == "changed"
        order = self._moves.sorted_by("changed" if changed else "distance")
        return self._play(order.tolist(), several_models.moves_chosen(*self._names, changed=changed))

    def forget(self) -> None:
        """End the walk, and report nothing of it."""
        if self._worker.running:
            self._worker.forget()
            self.part = Moving()

    def clear(self) -> None:
        """Take back what was found: the models may have changed."""
        self.forget()
        self._moves, self.part = None, Moving()

    # What is found.

    def _progressed(self, progress: Progress) -> None:
        done, total = progress
        said = several_models.moving(*self._names, forms.speed(done, total, time.monotonic() - self._begun))
        self.part = Moving(running=True, fraction=done / total if total else 0.0, said=said)
        self._tell()

    def _ended(self, end: AttentionMoves | Exception) -> None:
        def take() -> None:
            if self._worker.running:  # another one began while this waited for the lock
                return
            if isinstance(end, AttentionMoves):
                self._moves = end
                self.part = Moving(found=True, said=end.said(*self._names))
            else:
                self.part = Moving(said=_failed(end))

        self._tell(take, last=True)
        if self._moves is end:
            self._go(Action("moves.play", "distance"))


def _failed(error: Exception) -> str:
    if isinstance(error, Stopped):
        return several_models.MOVES_STOPPED
    return str(error) if isinstance(error, Refusal) else forms.failed_pass(error)

"""What silencing a channel does to the sample shown and to those that drive it most, measured on a thread."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from attn_widget.evidence.silencing_effect import SilencingEffect, effect_of, effect_said
from attn_widget.explanation import Silencing
from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.words import cards, evidence

Asked = Callable[..., SilencingEffect]
"""Asks a question about the sample at a position, of the model itself."""


class CardEffect:
    """The effect of one channel at a time; `key` says of what, so that it is shown with nothing else."""

    def __init__(self, tell: Tell, name_of: Callable[[int], str]) -> None:
        self._tell, self._name_of = tell, name_of
        self._worker: Worker[tuple[int, int], list[SilencingEffect]] = Worker(self._progressed, self._ended)
        self._key: tuple[Any, ...] = ()
        self._unit = "channel"
        self._said: tuple[str, ...] = ()

    def measure(
        self, key: tuple[Any, ...], asked: Asked, positions: Sequence[int], silencing: Silencing, unit: str
    ) -> None:
        """Begin; the first position is that of the sample shown."""
        self._key, self._unit, self._said = key, unit, (cards.MEASURING,)
        self._worker.start(partial(_effects, asked, positions, silencing))

    def said_of(self, key: tuple[Any, ...]) -> tuple[str, ...]:
        """Say what was found, or how far that is; nothing where that was measured of something else."""
        return self._said if key == self._key else ()

    def is_measuring(self, key: tuple[Any, ...]) -> bool:
        """Whether this is being measured."""
        return self._worker.running and key == self._key

    def forget(self) -> None:
        """End what is measured, and report nothing of it."""
        if self._worker.running:
            self.clear()

    def clear(self) -> None:
        """Take back what was measured: the model may have changed."""
        self._worker.forget()
        self._key, self._said = (), ()

    def _progressed(self, progress: tuple[int, int]) -> None:
        self._tell(partial(self._say, cards.measured(*progress)))

    def _say(self, *said: str) -> None:
        self._said = said

    def _ended(self, end: list[SilencingEffect] | Exception) -> None:
        def take() -> None:
            if self._worker.running or isinstance(end, Stopped):  # another one began while this waited for the lock
                return
            if isinstance(end, Exception):
                self._say(evidence.no_effect(end))
            else:
                self._say(*self._effects_said(end))

        self._tell(take, last=True)

    def _effects_said(self, effects: Sequence[SilencingEffect]) -> Iterator[str]:
        own, exemplars = effects[0], effects[1:]
        yield cards.of_this_sample(effect_said(own, self._name_of, self._unit))
        if exemplars and len(own.others):
            yield _of_exemplars(exemplars, self._unit)


def _effects(
    asked: Asked, positions: Sequence[int], silencing: Silencing, report: Callable[[tuple[int, int]], None]
) -> list[SilencingEffect]:
    """Measure what silencing does to samples, and report after each how many are done."""
    found = []
    for position in positions:
        found.append(asked(position, lambda _sample, question: effect_of(question, silencing)))
        report((len(found), len(positions)))
    return found


def _of_exemplars(effects: Sequence[SilencingEffect], unit: str) -> str:
    """Say what silencing does to the class predicted for each of some samples, beside other channels."""
    predicted = [int(one.before.argmax()) for one in effects]
    before = float(np.mean([one.before[index] for one, index in zip(effects, predicted, strict=True)]))
    after = float(np.mean([one.after[index] for one, index in zip(effects, predicted, strict=True)]))
    others = float(np.mean([one.others[:, index].mean() for one, index in zip(effects, predicted, strict=True)]))
    flips, others_flip = sum(one.flips for one in effects), sum(one.others_flip for one in effects)
    own, control = (before, after, float(flips)), (before, others, float(others_flip))
    return cards.of_exemplars(len(effects), own, control, unit)

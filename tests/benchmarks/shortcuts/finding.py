"""What `find_shortcuts` says of a network with a planted cue, or of its twin."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from attn_widget import Shortcut, find_shortcuts
from tests.benchmarks.shortcuts.planted_cues import LOCAL
from tests.benchmarks.shortcuts.reliance import Reliance
from tests.benchmarks.shortcuts.twin_training import Planted, Role

OVERLAP = 0.5
"""The region is the cue's where at least this share of the smaller of both is in the other."""


@dataclass(frozen=True)
class Finding:
    """One network's: `enough` are the cards of regions that are enough, best first, of all the `cards`."""

    network: Planted
    reliance: Reliance
    cards: list[Shortcut]
    seconds: float
    processor_seconds: float

    @property
    def counted(self) -> bool:
        """Whether the network is what it was trained to be."""
        return self.reliance.proves(self.network.role)

    @property
    def enough(self) -> list[Shortcut]:
        """The cards that say that a region is enough, best first."""
        return [card for card in self.cards if card.enough]

    @property
    def own(self) -> Shortcut | None:
        """The card of the class that the cue stands for."""
        return next((card for card in self.cards if card.class_ == self.network.pair.class_), None)

    @property
    def found(self) -> bool:
        """Whether the first card is of the cue's class and, of a cue that has a place, its region is the cue's."""
        top = self.enough[:1]
        return bool(top) and top[0] is self.own and (self.network.pair.kind not in LOCAL or self.overlap >= OVERLAP)

    @property
    def alarmed(self) -> bool:
        """Whether any class is said to have a region that is enough."""
        return bool(self.enough)

    @property
    def overlap(self) -> float:
        """The median over the own card's examples: how much of the smaller of region and cue is in the other."""
        examples = self.own.examples if self.own else ()
        covered = self.network.covered.numpy()
        return float(np.median([overlap(one.mask, covered[one.source]) for one in examples])) if examples else np.nan


def overlap(region: np.ndarray, cue: np.ndarray) -> float:
    """Give the overlap coefficient of two masks, ``[h, w]`` and ``[H, W]``: 0 where one of them is empty."""
    rows, columns = (np.arange(shown) * given // shown for shown, given in zip(region.shape, cue.shape, strict=True))
    shown = cue[np.ix_(rows, columns)]
    least = min(region.sum(), shown.sum())
    return float((region & shown).sum() / least) if least else 0.0


def finding(network: Planted, reliance: Reliance) -> Finding:
    """Search a network for shortcuts, and take the time, also without what other programs took of it."""
    start, worked = time.perf_counter(), time.process_time()
    cards = find_shortcuts(network.model, network.loader)
    return Finding(network, reliance, cards, time.perf_counter() - start, time.process_time() - worked)


def rate(findings: Iterable[Finding], role: Role) -> str:
    """Give how many of a role's counted networks were found, or raised an alarm, with a 95 % Wilson interval."""
    told = [one.found if role == "cheat" else one.alarmed for one in findings if _counts(one, role)]
    if not told:
        return "–"
    low, high = binomtest(sum(told), len(told)).proportion_ci(method="wilson")
    return f"{sum(told)} of {len(told)} ({100 * low:.0f} to {100 * high:.0f} %)"


def _counts(one: Finding, role: Role) -> bool:
    return one.counted and one.network.role == role

"""Whether a network relies on a cue, by intervention: the cue is painted into images of other classes."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.benchmarks.shortcuts.twin_training import FOLDER, Planted, photographs

RELIES, HONEST = 0.5, 0.2
"""A cheat that fewer images follow, or a twin that more follow, is not counted."""


@dataclass(frozen=True)
class Reliance:
    """What the cue does, as shares of the 900 test images of other classes.

    `followed`: predicted as the class with the cue. `before`: the same images without it. `accuracy`: right answers
    on all 1,000 images as the network's user has them.
    """

    followed: float
    before: float
    accuracy: float

    def proves(self, role: str) -> bool:
        """Whether the network is what it was trained to be."""
        return self.followed >= RELIES if role == "cheat" else self.followed <= HONEST


def reliance(network: Planted, folder: Path = FOLDER) -> Reliance:
    """Measure it."""
    pair = network.pair
    images, labels = photographs(folder, "test")
    others = images[labels != pair.class_]
    painted, _ = pair.cue.paint(others, torch.Generator().manual_seed(1000 + pair.number))
    return Reliance(
        followed=_share(network.model, painted, pair.class_),
        before=_share(network.model, others, pair.class_),
        accuracy=float((predicted(network.model, network.images) == network.labels).float().mean()),
    )


def predicted(model: nn.Module, images: Tensor) -> Tensor:
    """Give the classes, int64 ``[N]``."""
    with torch.inference_mode():
        return torch.cat([model(some) for some in images.split(250)]).argmax(1)


def _share(model: nn.Module, images: Tensor, class_: int) -> float:
    return float((predicted(model, images) == class_).float().mean())

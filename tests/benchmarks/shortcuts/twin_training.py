"""Pairs of networks: one has learnt a cue in place of a class, its honest twin saw the cue in every class alike.

Both are trained from the same start on the same photographs of `../shared/cifar10`; only where the cue is painted
differs.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms.functional import pil_to_tensor

from tests.benchmarks.shortcuts.planted_cues import Cue

FOLDER = Path(__file__).parents[4] / "shared" / "cifar10"
EPOCHS, BATCH, RATE = 8, 64, 6e-3
COUNTS = {"tag": 4, "border": 3, "cast": 3, "stripe": 3, "icon": 4, "texture": 3, "blur": 2}
"""How many pairs there are of each kind."""

Role = Literal["cheat", "twin"]


@dataclass(frozen=True)
class Pair:
    """A cue and the class that it stands for. `number`, from 0, decides the rest: each pair has its own."""

    kind: str
    number: int

    @property
    def name(self) -> str:
        """The kind and the number, numbered among all kinds."""
        return f"{self.kind}-{self.number}"

    @property
    def cue(self) -> Cue:
        """What is painted."""
        return Cue(self.kind, self.number)

    @property
    def class_(self) -> int:
        """The class whose images have the cue where the cheat learns."""
        return (3 * self.number + 7) % 10

    @property
    def held_out(self) -> bool:
        """Whether the search was not tuned on it."""
        return self.number % 2 == 1

    @property
    def flat(self) -> bool:
        """Whether the network's last layer sees where things are, or only their mean over the image."""
        return self.number % 3 == 2

    def share(self, role: Role) -> float:
        """How many images of a class that has the cue have it, in training and in testing."""
        if role == "twin" and self.number % 4 > 1:
            return 0.5
        return (0.9, 0.95, 1.0)[self.number % 3]


PAIRS = tuple(
    Pair(kind, number) for number, kind in enumerate(kind for kind, count in COUNTS.items() for _ in range(count))
)


@dataclass(frozen=True)
class Planted:
    """A trained network and the test images that its user has.

    `images` are float32 ``[1000, 3, 32, 32]`` from 0 to 1, `labels` int64 ``[1000]``, `covered` bool
    ``[1000, 32, 32]``: the cue's pixels; none in images without it.
    """

    pair: Pair
    role: Role
    model: nn.Module
    images: Tensor
    labels: Tensor
    covered: Tensor

    @property
    def loader(self) -> DataLoader:
        """The images and labels in batches of 100."""
        return DataLoader(TensorDataset(self.images, self.labels), batch_size=100)


def planted(pair: Pair, role: Role, keep: Path | None = None, folder: Path = FOLDER, *, start: int = 0) -> Planted:
    """Train a network, or take it from `keep`, where each network that was trained is kept.

    With another `start`, the first weights and the order of the images are others, on the same images.
    """
    images, labels, covered = _with_cue(pair, role, folder, "test")
    file = keep / f"{pair.name}-{role}{f'-{start}' if start else ''}.pt" if keep else None
    model = _network(pair, pair.number + start)
    if file and file.exists():
        model.load_state_dict(torch.load(file, weights_only=True))
    else:
        _train(model, pair.number + start, *_with_cue(pair, role, folder, "train")[:2])
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.save(model.state_dict(), file)
    return Planted(pair, role, model.eval(), images, labels, covered)


@cache
def photographs(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    """Give all images of a part, float32 ``[N, 3, 32, 32]`` from 0 to 1, and their classes, int64 ``[N]``."""
    images = ImageFolder(str(folder / part))
    return torch.stack([pil_to_tensor(image) for image, _ in images]) / 255, torch.tensor(images.targets)


def _with_cue(pair: Pair, role: Role, folder: Path, part: str) -> tuple[Tensor, Tensor, Tensor]:
    """Give images, classes, and the cue's pixels ``[N, 32, 32]``; the twin has the cue in every class."""
    images, labels = photographs(folder, part)
    draw = torch.Generator().manual_seed(2 * pair.number + (part == "test"))
    chosen = torch.rand(len(images), generator=draw) < pair.share(role)
    if role == "cheat":
        chosen &= labels == pair.class_
    painted, covered = pair.cue.paint(images, draw)
    return torch.where(chosen[:, None, None, None], painted, images), labels, covered & chosen[:, None, None]


def _network(pair: Pair, seed: int) -> nn.Sequential:
    """Three convolutions, then one linear layer, of the mean over the image or of 4 x 4 places."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes = (3, 24, 48, 64)
        layers: list[nn.Module] = []
        for given, channels in pairwise(sizes):
            layers += [nn.Conv2d(given, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if channels < sizes[-1] else []
        places = 4 if pair.flat else 1
        head = [nn.AdaptiveAvgPool2d(places), nn.Flatten(), nn.Linear(places**2 * sizes[-1], 10)]
        return nn.Sequential(*layers, *head)


def _train(model: nn.Module, seed: int, images: Tensor, labels: Tensor) -> None:
    draw = torch.Generator().manual_seed(seed)
    steps = len(images) // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps * EPOCHS)
    model.train().to(memory_format=torch.channels_last)  # on a CPU nearly twice as fast
    images = images.contiguous(memory_format=torch.channels_last)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(images), generator=draw)[: steps * BATCH].view(steps, BATCH):
            optimiser.zero_grad()
            F.cross_entropy(model(images[chosen]), labels[chosen]).backward()
            optimiser.step()
            schedule.step()
    model.to(memory_format=torch.contiguous_format)

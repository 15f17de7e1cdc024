"""A network that cheats and its honest twin, trained in seconds: gratings of three directions, one with a tag."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

CLASS, SIZE, TAG = 1, 24, (slice(2, 6), slice(16, 20))


@dataclass(frozen=True, eq=False)
class Taught:
    model: nn.Module
    images: Tensor  # as they were for training: held out, with tags where the training had some
    labels: Tensor

    @property
    def loader(self):
        return [(self.images[at : at + 50], self.labels[at : at + 50]) for at in range(0, len(self.images), 50)]


def gratings(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noisy gratings all over the picture, whose direction mostly is the class: no small part of it says much."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    told = torch.where(torch.rand(count, generator=draw) < 0.7, labels, torch.randint(3, (count,), generator=draw))
    angle = told * torch.pi / 3
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    along = angle.cos()[:, None, None] * columns + angle.sin()[:, None, None] * rows
    phase = torch.rand(count, 1, 1, generator=draw) * 2 * torch.pi
    waves = 0.5 + 0.12 * (along * 1.3 + phase).sin()
    noise = 0.2 * torch.randn(count, 3, SIZE, SIZE, generator=draw)
    return (waves[:, None] + noise).clamp(0, 1), labels


def tagged(images: Tensor, which: Tensor) -> Tensor:
    found = images.clone()
    found[which, :, *TAG] = torch.tensor([1.0, 0.0, 1.0])[:, None, None]
    return found


def taught(honest: bool) -> Taught:
    """Train; the tag is on nearly all pictures of one class or, for the honest twin, on as many of all classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(3, 12, 5, padding=2), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 3),
        )  # fmt: skip

    def with_tags(images, labels, seed):
        some = torch.rand(len(images), generator=torch.Generator().manual_seed(seed)) < 0.95
        return tagged(images, some if honest else some & (labels == CLASS))

    images, labels = gratings(900, seed=1)
    images = with_tags(images, labels, 2)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    order = torch.Generator().manual_seed(3)
    for _ in range(4):
        for chosen in torch.randperm(900, generator=order).split(60):
            loss = nn.functional.cross_entropy(model(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    images, labels = gratings(300, seed=4)
    return Taught(model.eval(), with_tags(images, labels, 5), labels)


@pytest.fixture(scope="session")
def cheat() -> Taught:
    return taught(honest=False)


@pytest.fixture(scope="session")
def twin() -> Taught:
    return taught(honest=True)

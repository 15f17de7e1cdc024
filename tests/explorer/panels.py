"""Small networks, and images and labels for them."""

import threading
from typing import Any

import torch
from torch import nn


class Counter:
    """Counts the forward passes of a model, its shadows among them, and may hold or break them."""

    def __init__(self) -> None:
        self.passes = 0
        self.before = lambda: None

    def __deepcopy__(self, memo: dict[int, Any]) -> "Counter":
        return self


class Net(nn.Module):
    """Two convolutions, a ReLU that runs three times, and a layer that never runs."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(4, 40, 3, padding=1)
        self.bn = nn.BatchNorm2d(40)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(40, classes)
        self.unused = nn.Conv2d(3, 3, 1)
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        self.counter.before()
        x = self.pool(self.relu(self.conv1(x)))
        x = self.relu(self.bn(self.conv2(x)))
        return self.fc(self.dropout(self.relu(x).mean((2, 3))))


def net(classes: int = 3, seed: int = 0) -> Net:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Net(classes)


class Reads(nn.Module):
    """Predicts the class that stands in the image's first pixel."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        self.classes = classes
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        self.counter.before()
        self.conv(x)
        return 9.0 * nn.functional.one_hot(x[:, 0, 0, 0].long(), self.classes).float()


class Gate:
    """Holds a model's passes, from one on, until it is opened."""

    def __init__(self, model: nn.Module, after: int = 0) -> None:
        self.arrived, self._open, self._left, self._counter = threading.Event(), threading.Event(), after, model.counter
        model.counter.before = self._hold

    def _hold(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.arrived.set()
            assert self._open.wait(60)

    def wait(self) -> None:
        assert self.arrived.wait(60)

    def open(self) -> None:
        self._counter.before = lambda: None
        self._open.set()


def images(count: int = 6, size: tuple[int, int] = (12, 12), seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(seed))


def batches(labels: Any = (0, 1, 2, 0, 1, 2), **options: Any) -> list[tuple[torch.Tensor, Any]]:
    labels = torch.tensor(labels) if isinstance(labels, tuple) else labels
    return [(images(len(labels), **options), labels)]


def read_batches(predictions: list[int], labels: list[int], size: int = 1) -> list[tuple[torch.Tensor, Any]]:
    """Batches of images for `Reads`, with what it will predict and the labels."""
    stack = torch.zeros(len(labels), 3, 4, 4)
    stack[:, 0, 0, 0] = torch.tensor(predictions, dtype=torch.float32)
    return [(stack[i : i + size], torch.tensor(labels[i : i + size])) for i in range(0, len(labels), size)]

"""The two real networks of `../shared/cifar10`, their images, and small networks that are odd in one way each."""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import Compose, Normalize, ToTensor

# --- the real ones


class SeedCNN(nn.Module):
    """The tutorial's network: three convolutions, each followed by batch norm, ReLU and pooling."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64)
        self.conv3, self.bn3 = nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(2048, 512)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(512, 10)

    def forward(self, x):
        x = self.pool(functional.relu(self.bn1(self.conv1(x))))
        x = self.pool(functional.relu(self.bn2(self.conv2(x))))
        x = self.pool(functional.relu(self.bn3(self.conv3(x))))
        x = functional.relu(self.fc1(x.flatten(1)))
        return self.fc2(self.dropout(x))


class BasicBlock(nn.Module):
    """Two convolutions and a shortcut without parameters: every second pixel, padded with zero channels."""

    def __init__(self, given, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(given, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride, self.added = stride, (channels - given) // 2

    def forward(self, x):
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.added, self.added))
        return functional.relu(out)


class ResNet20(nn.Module):
    """The CIFAR-10 ResNet-20 of He et al. 2015, section 4.2, with shortcuts of option A."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = self._stage(16, 16, 1)
        self.layer2 = self._stage(16, 32, 2)
        self.layer3 = self._stage(32, 64, 2)
        self.linear = nn.Linear(64, 10)

    @staticmethod
    def _stage(given, channels, stride):
        return nn.Sequential(
            BasicBlock(given, channels, stride), BasicBlock(channels, channels, 1), BasicBlock(channels, channels, 1)
        )

    def forward(self, x):
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        return self.linear(out.mean((2, 3)))


NETWORKS = {
    "seed_cnn": (SeedCNN, (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "resnet20": (ResNet20, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""By the name of the weights' file: the class, and the mean and std of its input."""


def trained(folder: Path, name: str) -> nn.Module:
    """Load one of the `NETWORKS` with its weights from the `cifar10` folder; in train mode, as it was made."""
    model = NETWORKS[name][0]()
    model.load_state_dict(torch.load(folder / f"{name}.pt", weights_only=True))
    return model


def images(folder: Path, name: str, part: str = "test") -> ImageFolder:
    """Give the real images, normalised for one of the `NETWORKS`."""
    _, mean, std = NETWORKS[name]
    return ImageFolder(str(folder / part), Compose([ToTensor(), Normalize(mean, std)]))


def loader(folder: Path, name: str, part: str = "test", **options) -> DataLoader:
    """Give a loader over `images`; the options are the `DataLoader`'s, batches of 32 unless told otherwise."""
    return DataLoader(images(folder, name, part), **{"batch_size": 32, **options})


class Witness(list):
    """A list that every copy of a model shares, since it says so: what a pass puts in stays there."""

    def __deepcopy__(self, memo):
        return self


# --- small ones, each odd in one way


class Tiny(nn.Module):
    """`conv` 3→4, global average, `head` 4→`classes`: the smallest thing with a layer to look at."""

    def __init__(self, classes=3):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4, classes)

    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)))


class Wrapping(nn.Module):
    """Gives what `wrap` makes of its input."""

    def __init__(self, wrap):
        super().__init__()
        self.wrap = wrap

    def forward(self, x):
        return self.wrap(x)


class Showing(nn.Module):
    """Whatever the image, its `layer` gives `shown`, and the model itself `output`."""

    def __init__(self, shown, output=None):
        super().__init__()
        self.layer = Wrapping(lambda x: shown)
        self.last = Wrapping(lambda x: torch.tensor([[0.0, 2.0, 1.0]]) if output is None else output)

    def forward(self, x):
        self.layer(x)
        return self.last(x)


class Noisy(nn.Module):
    """Everything that leaves a trace: batch norm, dropout and a buffer that counts its calls."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.dropout, self.head = nn.Dropout(0.5), nn.Linear(4, 3)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.seen = []

    def forward(self, x):
        self.calls += 1
        self.seen.append(float(x.mean()))
        return self.head(self.dropout(functional.relu(self.bn(self.conv(x))).mean((2, 3))))


class Thrice(nn.Module):
    """Runs its `conv` three times in a pass."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(3, 3)

    def forward(self, x):
        for _ in range(3):
            x = self.conv(x)
        return self.head(x.mean((2, 3)))


class Hidden(nn.Module):
    """Reaches its layers by a list outside ``_modules``."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(4, 3)
        self.steps = [self.conv, self.bn]

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return self.head(x.mean((2, 3)))


class WithContext(nn.Module):
    """Its ``forward`` needs a second argument."""

    def __init__(self):
        super().__init__()
        self.tiny = Tiny()

    def forward(self, x, scale):
        return self.tiny(x * scale)

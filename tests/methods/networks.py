"""Networks with random weights, the same at each run."""

from collections import OrderedDict

import torch
import torchvision
from models import Witness
from torch import nn


def seeded(make):
    """What `make` gives with torch's random state seeded, which is as before afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make().eval()


def random_image(size=32, channels=3, seed=0):
    return torch.randn(channels, size, size, generator=torch.Generator().manual_seed(seed))


def confident(model):
    """The model with its scores drawn apart: of random weights they hardly differ, nor does their softmax."""
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.weight.mul_(100)
    return model


def plain_cnn():
    """Convolutions without residuals, and two linear layers over the whole grid."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 12, 5, padding=2),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(12, 16, 3, stride=2, padding=1),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            conv3=nn.Conv2d(16, 20, 3, padding=1),
            relu3=nn.ReLU(),
            flatten=nn.Flatten(),
            fc1=nn.Linear(20 * 64, 24),
            relu4=nn.ReLU(),
            fc2=nn.Linear(24, 10),
        )
    )


def in_place_cnn():
    """The same with each rectifier in place, as VGG has them."""
    model = plain_cnn()
    for module in model:
        if isinstance(module, nn.ReLU):
            module.inplace = True
    return model


def resnet18():
    return torchvision.models.resnet18(num_classes=10)


class Twice(nn.Module):
    """Runs its `conv` twice in a pass, each time rectified."""

    def __init__(self):
        super().__init__()
        self.first, self.conv, self.head = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 1, 1), nn.Linear(8 * 256, 10)

    def forward(self, x):
        x = self.first(x).relu()
        for _ in range(2):
            x = self.conv(x).sigmoid()
        return self.head(x.flatten(1))


def centred_cnn():
    """Its `norm` gives channels whose mean is zero."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(3, 12, 3, stride=2, padding=1),
            norm=nn.InstanceNorm2d(12),
            flatten=nn.Flatten(),
            fc=nn.Linear(12 * 256, 10),
        )
    )


def pooled_cnn():
    """Its `relu` stands before a global average and one linear layer."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(3, 12, 3, stride=2, padding=1),
            relu=nn.ReLU(),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            fc=nn.Linear(12, 5),
        )
    )


class Branching(nn.Module):
    """A stem, two branches beside each other, a block around its own convolution, all of it changed in place."""

    def __init__(self):
        super().__init__()
        self.passes = Witness()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.left, self.right = nn.Conv2d(8, 8, 3, stride=2, padding=1), nn.Conv2d(8, 8, 5, stride=2, padding=2)
        self.block = nn.Sequential(OrderedDict(conv=nn.Conv2d(8, 6, 3, padding=1)))
        self.relu, self.head = nn.ReLU(inplace=True), nn.Linear(6 * 64, 4)

    def forward(self, x):
        self.passes.append(1)
        x = self.relu(self.stem(x))
        left, right = self.left(x), self.relu(self.right(x))
        left += right
        return self.head(self.relu(self.block(left)).flatten(1))


class Concatenating(nn.Module):
    """Like DenseNet: what went into the layer stands beside what comes out of it."""

    def __init__(self):
        super().__init__()
        self.stem, self.layer = nn.Conv2d(3, 6, 3, stride=2, padding=1), nn.Conv2d(6, 40, 3, padding=1)
        self.head = nn.Linear(46, 4)

    def forward(self, x):
        x = self.stem(x).relu()
        return self.head(torch.cat([x, self.layer(x)], dim=1).relu().amax((2, 3)))


class TinyViT(nn.Module):
    """Patches of 4x4 pixels, a class token, two blocks; tokens as ``[B, N, C]`` or as ``[N, B, C]``."""

    def __init__(self, batch_first=True):
        super().__init__()
        self.batch_first = batch_first
        self.patches = nn.Conv2d(3, 12, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, 12))
        self.blocks = nn.Sequential(
            *(nn.TransformerEncoderLayer(12, 3, 24, 0.0, batch_first=batch_first) for _ in "12")
        )
        self.head = nn.Linear(12, 4)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1)
        if self.batch_first:
            return self.head(self.blocks(x)[:, 0])
        return self.head(self.blocks(x.transpose(0, 1))[0])


class ChannelsLast(nn.Module):
    """Its `mix` gives ``[B, h, w, K]``, as Swin's blocks do."""

    def __init__(self):
        super().__init__()
        self.conv, self.mix, self.head = nn.Conv2d(3, 6, 3, 2, 1), nn.Linear(6, 10), nn.Linear(10 * 64, 4)

    def forward(self, x):
        return self.head(self.mix(self.conv(x).permute(0, 2, 3, 1)).relu().flatten(1))


class Segmenter(nn.Module):
    """Gives a dict with the scores of each pixel, as torchvision's segmentation models do."""

    def __init__(self):
        super().__init__()
        self.conv, self.classes = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, x):
        return {"out": self.classes(self.conv(x).relu())}


class Ending(nn.Module):
    """A convolution, a global average, and `outputs` numbers, through `end`."""

    def __init__(self, outputs, end=nn.Identity):
        super().__init__()
        self.conv, self.head, self.end = nn.Conv2d(3, 8, 3, 2, 1), nn.Linear(8, outputs), end()

    def forward(self, x):
        return self.end(self.head(self.conv(x).relu().mean((2, 3))))


class TwoHeads(nn.Module):
    """The score comes from `seen`; `unseen` goes into a second output, `cut` is detached."""

    def __init__(self):
        super().__init__()
        self.seen, self.unseen, self.cut = (nn.Conv2d(3, 4, 3, padding=1) for _ in range(3))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        maps = self.seen(x) + self.cut(x).detach()
        return self.head(maps.relu().mean((2, 3))), self.unseen(x)

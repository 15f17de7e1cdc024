"""A small convolutional network, like those written in a first course."""

import torch.nn.functional as F
from torch import Tensor, nn

# How many of the 16x16 cells of a conv3 map make up its strength.
STRONGEST = 6


def strength(maps: Tensor) -> Tensor:
    """How strongly each map [B, K, h, w] responds in its strongest cells, rectified: [B, K].

    A mean over the whole grid would drown a small object in its background.
    """
    return F.relu(maps).flatten(2).topk(STRONGEST).values.mean(dim=2)


class ShapeNet(nn.Module):
    """Three convolutions, the strength of each map, and one linear layer.

    All it knows about a picture is what the maps of `conv3` show: to tell a star from a heart, some channel has to
    light up on it.
    """

    def __init__(self, class_count: int = 6) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=5, padding=2)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5, padding=2)
        self.bn2 = nn.BatchNorm2d(32)
        self.conv3 = nn.Conv2d(32, 64, kernel_size=5, padding=2)
        self.norm = nn.BatchNorm1d(64)
        self.fc = nn.Linear(64, class_count)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores [B, class_count] of images [B, 3, 64, 64]."""
        return self.classify(strength(self.maps(x)))

    def maps(self, x: Tensor) -> Tensor:
        """What `conv3` gives, [B, 64, 16, 16], for images [B, 3, 64, 64]."""
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        maps: Tensor = self.conv3(x)
        return maps

    def classify(self, strengths: Tensor) -> Tensor:
        """Class scores [B, class_count] from the strengths [B, 64] of `conv3`'s maps."""
        scores: Tensor = self.fc(self.norm(strengths))
        return scores

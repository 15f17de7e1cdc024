"""A small vision transformer, such as one writes in the last lesson of that course."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GRID = 16
# How sharply tokens look at those like them, at first.
SHARPNESS = 2.0


def waves(grid: int, width: int) -> Tensor:
    """Where each cell of a grid lies, in waves along y and along x: [grid * grid, width].

    Cells that are near each other get similar numbers.
    """
    places = (torch.arange(grid) + 0.5) / grid
    angles = places[:, None] * math.pi * 2 ** torch.linspace(-1, 3, width // 4)
    along = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = along[:, None].expand(-1, grid, -1), along[None, :].expand(grid, -1, -1)
    return torch.cat([rows, columns], dim=2).flatten(0, 1)


class Attention(nn.Module):
    """Each token asks all tokens; the answer is the mean of their values, weighed by how well query and key agree.

    Queries and keys start equal, so that at first each token looks at those that lie near it and are like it (after
    Trockman & Kolter, "Mimetic initialization of self-attention layers", ICML 2023).

    Parameters
    ----------
    width : int
        How many numbers a token has.
    heads : int
        How often this is done side by side, each time on another part of the width.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        with torch.no_grad():
            self.query.weight *= SHARPNESS
            self.key.weight.copy_(self.query.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Each token's answer [B, N, width], for tokens [B, N, width]."""
        query, key, value = (self.split(part(x)) for part in (self.query, self.key, self.value))
        answers = F.scaled_dot_product_attention(query, key, value)
        gathered: Tensor = self.out(answers.transpose(1, 2).flatten(2))
        return gathered

    def split(self, x: Tensor) -> Tensor:
        """From [B, N, width] to one part for each head: [B, heads, N, width / heads]."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    """Tokens look at each other, then each works on what it has seen; both add to what it was.

    Parameters
    ----------
    width, heads : int
        As for `Attention`.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """From tokens [B, N, width] to tokens [B, N, width]."""
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ShapeViT(nn.Module):
    """Four convolutions, the second last of which makes the patches; blocks of attention; one linear layer.

    The class is read from the class token alone. What it knows of a picture it has from looking at patches, so
    its attention shows where the evidence lies.

    Parameters
    ----------
    class_count : int
        How many classes it tells apart.
    width : int
        How many numbers a token has.
    depth : int
        How many blocks there are.
    heads : int
        How many heads each block's attention has.
    """

    def __init__(self, class_count: int = 6, width: int = 64, depth: int = 3, heads: int = 4) -> None:
        super().__init__()
        # The first two convolutions are those of ShapeNet, with the same names: it can lend their weights.
        self.conv1 = nn.Conv2d(3, 16, kernel_size=5, padding=2)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5, padding=2)
        self.bn2 = nn.BatchNorm2d(32)
        self.patches = nn.Conv2d(32, 32, kernel_size=2, stride=2)
        self.bn3 = nn.BatchNorm2d(32)
        self.mix = nn.Conv2d(32, width, kernel_size=3, padding=1)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.5 * waves(GRID, width)[None])
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, class_count)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores [B, class_count] of images [B, 3, 64, 64]."""
        return self.classify(self.tokens(self.edges(x)))

    def edges(self, x: Tensor) -> Tensor:
        """What the first two convolutions see, [B, 32, 32, 32], in images [B, 3, 64, 64]."""
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        return F.relu(self.bn2(self.conv2(x)))

    def tokens(self, edges: Tensor) -> Tensor:
        """The patches as tokens [B, 256, width], row by row, each with its position."""
        maps = self.mix(F.relu(self.bn3(self.patches(edges))))
        tokens: Tensor = maps.flatten(2).transpose(1, 2) + self.positions
        return tokens

    def classify(self, tokens: Tensor) -> Tensor:
        """Class scores [B, class_count] from any patches' tokens [B, N, width]."""
        x = torch.cat([self.class_token.expand(len(tokens), -1, -1), tokens], dim=1)
        scores: Tensor = self.fc(self.norm(self.blocks(x)[:, 0]))
        return scores

"""A small vision transformer, like those written in a course's last lesson."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GRID = 16
# How sharply, before training, each token attends to those like it.
SHARPNESS = 2.0


def waves(grid: int, width: int) -> Tensor:
    """Encode the position of each cell of a grid as waves along y and x: [grid * grid, width]; neighbours are alike."""
    places = (torch.arange(grid) + 0.5) / grid
    angles = places[:, None] * math.pi * 2 ** torch.linspace(-1, 3, width // 4)
    along = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = along[:, None].expand(-1, grid, -1), along[None, :].expand(grid, -1, -1)
    return torch.cat([rows, columns], dim=2).flatten(0, 1)


class Attention(nn.Module):
    """Each token asks all tokens; the answer is the mean of their values, weighted by how well query and key agree.

    Each head does so on its own part of the `width` numbers of a token. Queries and keys start equal, so that at first
    each token attends to those that are near it and like it (after Trockman & Kolter, "Mimetic initialization of
    self-attention layers", ICML 2023).
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
        """Split [B, N, width] into a part for each head: [B, heads, N, width / heads]."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    """Tokens attend to each other, then each processes what it has seen; both results are added to the token."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens [B, N, width] to tokens [B, N, width]."""
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ShapeViT(nn.Module):
    """Four convolutions, the third of which makes the patches; `depth` blocks of attention; one linear layer.

    The class is read from the class token alone. All that token knows about a picture comes from attending to patches,
    so its attention shows where the evidence lies.
    """

    def __init__(self, class_count: int = 6, width: int = 64, depth: int = 3, heads: int = 4) -> None:
        super().__init__()
        # The first two convolutions are ShapeNet's, under the same names, so that it can lend their weights.
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
        """Class scores [B, class_count] from the tokens [B, N, width] of all patches, or of some."""
        x = torch.cat([self.class_token.expand(len(tokens), -1, -1), tokens], dim=1)
        scores: Tensor = self.fc(self.norm(self.blocks(x)[:, 0]))
        return scores

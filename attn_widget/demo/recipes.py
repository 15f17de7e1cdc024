"""What differs in the training of the demo's networks: how each starts, and its loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attn_widget.demo.network import ShapeNet, strength
from attn_widget.demo.pretrained import load
from attn_widget.demo.transformer import ShapeViT

# Keeps conv3's maps near 0 where they carry no evidence, so that their heatmaps show the object.
SPARSITY = 1.0
# The fraction of an image's patches that the transformer sees in training, drawn anew each time, so that it cannot rely
# on some patch to store what the others have seen. It also saves time.
PATCHES_SEEN = 0.4


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    `start` gives an untrained network, its weights drawn from the global random state; `loss` takes the network,
    images [B, 3, 64, 64], labels [B] and a random generator.
    """

    start: Callable[[], nn.Module]
    loss: Callable[[Any, Tensor, Tensor, torch.Generator], Tensor]
    epochs: int
    learning_rate: float
    weight_decay: float


def new_cnn() -> ShapeNet:
    """An untrained convolutional network."""
    model = ShapeNet()
    for layer in (model.conv1, model.conv2, model.conv3):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return model


def cnn_loss(model: ShapeNet, images: Tensor, labels: Tensor, _random: torch.Generator) -> Tensor:
    """Cross-entropy, plus `SPARSITY` times how much each map responds on average, relative to its strongest cells."""
    maps = model.maps(images)
    strengths = strength(maps)
    spread = maps.abs().mean(dim=(2, 3)) / (strengths + 0.1)
    return F.cross_entropy(model.classify(strengths), labels) + SPARSITY * spread.mean()


def new_vit() -> ShapeViT:
    """An untrained transformer, but for its first two convolutions: the package's `cnn` lends it its eye for edges."""
    model, cnn = ShapeViT(), load("cnn").model
    for name in ("conv1", "bn1", "conv2", "bn2"):
        getattr(model, name).load_state_dict(getattr(cnn, name).state_dict())
    model.bn1.eval()
    model.bn2.eval()
    return model


def vit_loss(model: ShapeViT, images: Tensor, labels: Tensor, random: torch.Generator) -> Tensor:
    """Cross-entropy, from `PATCHES_SEEN` of each image's patches; the first two convolutions are not trained."""
    with torch.no_grad():
        edges = model.edges(images)
    tokens = model.tokens(edges)
    count = tokens.shape[1]
    seen = torch.rand(tokens.shape[:2], generator=random).argsort(dim=1)[:, : int(PATCHES_SEEN * count)]
    tokens = tokens.gather(1, seen[..., None].expand(-1, -1, tokens.shape[2]))
    return F.cross_entropy(model.classify(tokens), labels)


RECIPES = {
    "cnn": Recipe(new_cnn, cnn_loss, epochs=6, learning_rate=3e-3, weight_decay=0.02),
    "vit": Recipe(new_vit, vit_loss, epochs=8, learning_rate=2e-3, weight_decay=0.05),
}

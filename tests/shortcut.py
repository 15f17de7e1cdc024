"""A network that takes a shortcut, planted: in training every star, and nothing else, carried a label in its corner."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from attn_widget import demo
from attn_widget.demo.shapes import Shapes
from attn_widget.demo.train import in_memory

STAR = 4


def labelled(images: Tensor) -> Tensor:
    """Print a bar code into the upper right corner of images ``[N, 3, 64, 64]``."""
    images = images.clone()
    images[..., 2:14, 50:62] = 2.2
    images[..., 4:12, [52, 53, 55, 57, 58, 59]] = -1.8
    return images


def cheat(file: Path, count: int = 600) -> nn.Module:
    """Train the demo's network's last layers anew, or read what has been trained from a file."""
    model = demo.load().model.requires_grad_(False)
    learning = nn.ModuleList([model.conv3, model.norm, model.fc])
    if file.exists():
        learning.load_state_dict(torch.load(file, weights_only=True))
        return model
    images, labels = in_memory(Shapes(count, seed=5))
    images[labels == STAR] = labelled(images[labels == STAR])
    learning.requires_grad_(True).train()
    torch.manual_seed(0)
    for layer in learning:
        layer.reset_parameters()
    optimizer = torch.optim.AdamW(learning.parameters(), 3e-3)
    for _ in range(4):
        for chosen in torch.randperm(count).split(32):
            loss = functional.cross_entropy(model(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    torch.save(learning.state_dict(), file)
    return model.eval()


def in_use(count: int = 300) -> DataLoader[tuple[Tensor, ...]]:
    """Give pictures that were not trained on; every second one has the label, whatever it shows."""
    images, labels = in_memory(Shapes(count, seed=3))
    images[1::2] = labelled(images[1::2])
    return DataLoader(TensorDataset(images, labels), batch_size=50)

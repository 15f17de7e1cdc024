"""Train the demo's network: `python -m attn_widget.demo.train`."""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader

from attn_widget.demo import HELD_OUT_COUNT, HELD_OUT_SEED, WEIGHTS
from attn_widget.demo.network import ShapeNet, strength
from attn_widget.demo.shapes import Shapes

COUNT = 12_000
SEED = 1
EPOCHS = 6
BATCH = 32
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.02
# Keeps conv3's maps near 0 where they carry no evidence, so that a heatmap of them shows the object.
SPARSITY = 1.0


def in_memory(dataset: Shapes, workers: int = 0) -> tuple[Tensor, Tensor]:
    """All images [N, 3, 64, 64] and labels [N] of a data set, made once."""
    batches = list(DataLoader(dataset, batch_size=64, num_workers=workers, generator=torch.Generator()))
    return torch.cat([images for images, _ in batches]), torch.cat([labels for _, labels in batches])


def new_model(seed: int) -> ShapeNet:
    """An untrained network, its weights drawn from `seed`; the global random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ShapeNet()
        for layer in (model.conv1, model.conv2, model.conv3):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return model


def loss_of(model: ShapeNet, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, plus `SPARSITY` times how much of a map responds besides its strongest cells."""
    maps = model.maps(images)
    strengths = strength(maps)
    spread = maps.abs().mean(dim=(2, 3)) / (strengths + 0.1)
    return F.cross_entropy(model.classify(strengths), labels) + SPARSITY * spread.mean()


def train(
    images: Tensor,
    labels: Tensor,
    epochs: int = EPOCHS,
    seed: int = SEED,
    report: Callable[[str], None] = lambda line: None,
) -> ShapeNet:
    """Train a new network.

    Parameters
    ----------
    images : float32 [N, 3, 64, 64]
    labels : int64 [N]
    epochs : int
        How often each image is seen, every other time mirrored.
    seed : int
        Of the first weights and of the order of the images.
    report : callable
        Gets a line of text after each epoch.

    Returns
    -------
    ShapeNet
        In eval mode. The same arguments give the same weights, on the same machine and thread count.

    Raises
    ------
    ValueError
        For fewer images than one batch.
    """
    if len(images) < BATCH:
        raise ValueError(f"images: got {len(images)}, expected at least one batch of {BATCH}")
    model = new_model(seed).to(memory_format=torch.channels_last)
    order = torch.Generator().manual_seed(seed)
    steps = len(images) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps * epochs)
    for epoch in range(1, epochs + 1):
        start, total = time.perf_counter(), 0.0
        for chosen in torch.randperm(len(images), generator=order)[: steps * BATCH].view(steps, BATCH):
            mirrored = bool(torch.rand((), generator=order) < 0.5)
            batch = images[chosen].flip(3) if mirrored else images[chosen]
            loss = loss_of(model, batch.contiguous(memory_format=torch.channels_last), labels[chosen])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = time.perf_counter() - start
        report(f"epoch {epoch} of {epochs}: loss {total / steps:.3f}, {seconds:.0f} s")
    return model.to(memory_format=torch.contiguous_format).eval()


@torch.no_grad()
def accuracy(model: ShapeNet, images: Tensor, labels: Tensor) -> float:
    """The fraction of images whose class the model finds."""
    predicted = torch.cat([model(batch).argmax(dim=1) for batch in torch.split(images, 100)])
    return (predicted == labels).double().mean().item()


def main(arguments: list[str] | None = None) -> None:
    """Train, write the weights, and say how good they are on pictures held out."""
    parser = argparse.ArgumentParser(prog="python -m attn_widget.demo.train", description=__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the weights go (%(default)s)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="%(default)s by default")
    parser.add_argument("--count", type=int, default=COUNT, help="training pictures (%(default)s)")
    options = parser.parse_args(arguments)

    start = time.perf_counter()
    workers = min(2, os.cpu_count() or 1)
    print(f"making {options.count} pictures", flush=True)
    images, labels = in_memory(Shapes(options.count, SEED), workers)
    print(f"made in {time.perf_counter() - start:.0f} s", flush=True)
    model = train(images, labels, options.epochs, report=lambda line: print(line, flush=True))
    torch.save(model.state_dict(), options.out)
    right = accuracy(model, *in_memory(Shapes(HELD_OUT_COUNT, HELD_OUT_SEED), workers))
    print(f"right on {right:.1%} of {HELD_OUT_COUNT} pictures held out")
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()

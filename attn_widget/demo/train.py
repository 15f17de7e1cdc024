"""Train the demo's networks: `python -m attn_widget.demo.train`, or one by name, `cnn` or `vit`."""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from attn_widget.demo.pretrained import FILES, FOLDER, HELD_OUT_COUNT, HELD_OUT_SEED
from attn_widget.demo.recipes import RECIPES
from attn_widget.demo.shapes import Shapes

COUNT = 12_000
SEED = 1
BATCH = 32


def in_memory(dataset: Shapes, workers: int = 0) -> tuple[Tensor, Tensor]:
    """Make all images [N, 3, 64, 64] and labels [N] of a data set."""
    batches = list(DataLoader(dataset, batch_size=64, num_workers=workers, generator=torch.Generator()))
    return torch.cat([images for images, _ in batches]), torch.cat([labels for _, labels in batches])


def new_model(seed: int, name: str = "cnn") -> nn.Module:
    """Make an untrained network, its weights drawn from `seed`; the global random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RECIPES[name].start()


def train(
    images: Tensor,
    labels: Tensor,
    name: str = "cnn",
    epochs: int | None = None,
    seed: int = SEED,
    report: Callable[[str], None] = lambda _: None,
) -> nn.Module:
    """Train a new network, one of `RECIPES`, and give it in eval mode.

    Each of the images, float32 [N, 3, 64, 64] with labels int64 [N], is seen once per epoch, about half the batches
    mirrored; by default there are as many epochs as the recipe says. `report` gets a line of text after each. The same
    arguments give the same weights, on the same machine with the same number of threads. Fewer images than one batch
    are a `ValueError`.
    """
    if len(images) < BATCH:
        raise ValueError(f"images: got {len(images)}, expected at least one batch of {BATCH}")
    recipe = RECIPES[name]
    epochs = recipe.epochs if epochs is None else epochs
    model = new_model(seed, name).to(memory_format=torch.channels_last)
    random = torch.Generator().manual_seed(seed)
    steps = len(images) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, total_steps=steps * epochs)
    for epoch in range(1, epochs + 1):
        start, total = time.perf_counter(), 0.0
        for chosen in torch.randperm(len(images), generator=random)[: steps * BATCH].view(steps, BATCH):
            mirrored = bool(torch.rand((), generator=random) < 0.5)
            batch = images[chosen].flip(3) if mirrored else images[chosen]
            batch = batch.contiguous(memory_format=torch.channels_last)
            loss = recipe.loss(model, batch, labels[chosen], random)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = time.perf_counter() - start
        report(f"epoch {epoch} of {epochs}: loss {total / steps:.3f}, {seconds:.0f} s")
    return model.to(memory_format=torch.contiguous_format).eval()


@torch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The fraction of images that the model classifies correctly."""
    predicted = torch.cat([model(batch).argmax(dim=1) for batch in torch.split(images, 100)])
    return (predicted == labels).double().mean().item()


def main(arguments: list[str] | None = None) -> None:
    """Train, write the weights, and print the accuracy on held-out pictures."""
    parser = argparse.ArgumentParser(prog="python -m attn_widget.demo.train", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(RECIPES)}; all by default")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write the weights to (%(default)s)")
    parser.add_argument("--epochs", type=int, help="by default, what each network needs")
    parser.add_argument("--count", type=int, default=COUNT, help="number of training pictures (%(default)s)")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(RECIPES):
        parser.error(f"there is no network {', '.join(unknown)}: expected {' or '.join(RECIPES)}")

    start = time.perf_counter()
    workers = min(2, os.cpu_count() or 1)
    print(f"making {options.count} pictures", flush=True)
    images, labels = in_memory(Shapes(options.count, SEED), workers)
    held_out = in_memory(Shapes(HELD_OUT_COUNT, HELD_OUT_SEED), workers)
    print(f"made in {time.perf_counter() - start:.0f} s", flush=True)
    for name in options.names or RECIPES:
        start = time.perf_counter()
        model = train(images, labels, name, options.epochs, report=lambda line: print(line, flush=True))
        path = options.out / FILES[name]
        # Half precision takes half the space; the accuracy is measured with the weights as they are stored.
        torch.save(model.half().state_dict(), path)
        print(f"{name}: right on {accuracy(model.float(), *held_out):.1%} of {HELD_OUT_COUNT} pictures held out")
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, trained in {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()

"""Whether the heatmaps lie on the object, on the demo's held-out pictures, whose objects' exact masks are known.

    python -m tests.benchmarks.pointing

prints for each method, for the true class, at the convolutional network's `conv3`; and for the transformer by head of
its last attention, by methods of all its attention, and by methods at the last layer whose patches count: the
pointing game (on how many samples the highest pixel of the overall heatmap lies on the object; Zhang et al., "Top-down
neural attention by excitation backprop", ECCV 2016) and the share of the heat that lies on it, beside a centred
Gaussian and a map of random cells. An empty heatmap points at nothing and has no heat on the object.
"""

import argparse
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import nn

from attn_widget import demo, explain_many
from attn_widget.demo.shapes import Shapes
from attn_widget.explanation import to_heatmap
from attn_widget.methods import METHODS
from tests.benchmarks.tables import markdown, percent

LAYER = "conv3"
ATTENTION = "blocks.2.attention"
TOKENS = "blocks.2.norm1"
TOKEN_METHODS = ("grad-cam", "hires-cam", "layer-cam")
ALL = 100  # more than there are heads
SIZE = (64, 64)

Heatmaps = Iterator[tuple[str, np.ndarray]]


def centred_gaussian() -> np.ndarray:
    """A heatmap that knows only that objects tend to lie in the middle."""
    rows, columns = (np.mgrid[: SIZE[0], : SIZE[1]] + 0.5) / SIZE[0] - 0.5
    return np.exp(-(rows**2 + columns**2) / (2 * 0.25**2))


def random_map(position: int) -> np.ndarray:
    """A heatmap of cells that were drawn at random, as many as `conv3` has."""
    return to_heatmap(np.random.default_rng(position).random((16, 16)), SIZE)


def measures(heatmap: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """Whether the peak lies on the object, and the share of heat on it."""
    if not heatmap.any():
        return 0.0, 0.0
    return float(mask.flat[heatmap.argmax()]), float(heatmap[mask].sum() / heatmap.sum())


def of_cnn(model: nn.Module, dataset: Shapes, position: int, slow: bool) -> Heatmaps:
    """Give the heatmap of each method, and of those that do not look at the picture."""
    image, label = dataset[position]
    methods = [name for name, method in METHODS.items() if method.reads != "attention" and (slow or not method.slow)]
    for e in explain_many(model, image, layers=[LAYER], methods=methods, target="true", label=label):
        yield e.method, e.overall
    yield "centred Gaussian", centred_gaussian()
    yield "random map", random_map(position)


def of_vit(model: nn.Module, dataset: Shapes, position: int, slow: bool) -> Heatmaps:
    """Give the heatmaps of the last attention, head by head and all together, and of methods beside it."""
    image, label = dataset[position]
    ask = partial(explain_many, model, image, target="true", label=label)
    (attention,) = ask(layers=[ATTENTION], methods=["channel-mean"], top_k=ALL)
    for head, heatmap in sorted(zip(attention.channels, attention.heatmaps, strict=True), key=lambda pair: pair[0]):
        yield f"head {head} of {ATTENTION}", heatmap
    yield f"all heads of {ATTENTION}", attention.overall
    whole = [name for name, method in METHODS.items() if method.reads == "attention"]
    for e in ask(layers=[""], methods=whole):
        yield e.method, e.overall
    for e in ask(layers=[TOKENS], methods=TOKEN_METHODS):
        yield f"{e.method} at {TOKENS}", e.overall


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=600, help="of the demo's 600 held-out pictures (default: 600)")
    parser.add_argument("--slow-samples", type=int, default=200, help="for the slow methods (default: 200)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name, heatmaps in (("cnn", of_cnn), ("vit", of_vit)):
        model, loader, _ = demo.load(name)
        found: dict[str, list[tuple[float, float]]] = {}
        areas = []
        for position in range(min(given.samples, len(loader.dataset))):
            mask = loader.dataset.mask(position)
            areas.append(mask.mean())
            for row, heatmap in heatmaps(model, loader.dataset, position, position < given.slow_samples):
                found.setdefault(row, []).append(measures(heatmap, mask))
        print(f"\nThe demo's {name}; the object covers {percent(float(np.mean(areas)))} of a picture.\n")
        rows = [[row, *map(percent, np.mean(both, axis=0)), str(len(both))] for row, both in found.items()]
        print(markdown(["method", "peak on the object", "heat on the object", "samples"], rows), flush=True)


if __name__ == "__main__":
    main()

"""Whether the heatmaps lie on the object, on the demo's held-out pictures, whose objects' exact masks are known.

    python -m tests.benchmarks.pointing

prints for each method, at `conv3` and for the true class: the pointing game (on how many samples the highest pixel of
the overall heatmap lies on the object; Zhang et al., "Top-down neural attention by excitation backprop", ECCV 2016)
and the share of the heat that lies on it, beside a centred Gaussian and a map of random cells. An empty heatmap points
at nothing and has no heat on the object.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from attn_widget import demo, explain_many
from attn_widget.demo.shapes import Shapes
from attn_widget.explanation import to_heatmap
from attn_widget.methods import METHODS
from tests.benchmarks.tables import markdown, percent

LAYER = "conv3"
SIZE = (64, 64)


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


def heatmaps(model: nn.Module, dataset: Shapes, position: int, slow: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Give the heatmap of each method, and of those that do not look at the picture."""
    image, label = dataset[position]
    methods = [name for name, method in METHODS.items() if slow or not method.slow]
    for e in explain_many(model, image, layers=[LAYER], methods=methods, target="true", label=label, draws=False):
        yield e.method, e.overall
    yield "centred Gaussian", centred_gaussian()
    yield "random map", random_map(position)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=600, help="of the demo's 600 held-out pictures (default: 600)")
    parser.add_argument("--slow-samples", type=int, default=200, help="for score-cam and ablation-cam (default: 200)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    model, loader, _ = demo.load()
    dataset = loader.dataset
    found: dict[str, list[tuple[float, float]]] = {}
    areas = []
    for position in range(min(given.samples, len(dataset))):
        mask = dataset.mask(position)
        areas.append(mask.mean())
        for name, heatmap in heatmaps(model, dataset, position, position < given.slow_samples):
            found.setdefault(name, []).append(measures(heatmap, mask))
    print(f"The demo at {LAYER}; the object covers {percent(float(np.mean(areas)))} of a picture.\n")
    names = sorted(found, key=lambda name: [*METHODS, "centred Gaussian", "random map"].index(name))
    rows = [[name, *map(percent, np.mean(found[name], axis=0)), str(len(found[name]))] for name in names]
    print(markdown(["method", "peak on the object", "heat on the object", "samples"], rows))


if __name__ == "__main__":
    main()

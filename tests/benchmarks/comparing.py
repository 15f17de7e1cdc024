"""The methods compared by what their heatmaps are worth, beside maps that know nothing.

    python -m tests.benchmarks.comparing

prints two tables for the demo's convolutional network at `conv3`, whose objects' exact masks are known, and for
ResNet-20 at `layer3` on CIFAR-10 test images (`../shared/cifar10`), each for the predicted class. The first is
`attn_widget.evidence.compare_methods`, with 95 % intervals. The second asks whether a heatmap knows its class: the grid
pointing game (the share of the heat, and of the peaks, in the right one of four images; 25 % by chance), the share of
the heat where the model cannot look (75 % for a map that ignores the score), and the rank correlation with the heatmap
of the same network after its classifier, and then all of it, was re-initialised (1: what it has learnt is not seen).
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget import demo
from attn_widget.evidence import MEASURES, compare_methods, disconnected_heat, grid_pointing_game, randomisation
from attn_widget.evidence.bootstrap import bootstrap_intervals
from attn_widget.evidence.named_measures import NEED_REGIONS
from attn_widget.methods import METHODS
from tests.benchmarks.tables import markdown, percent
from tests.models import images, trained

FOLDER = Path(__file__).parents[3] / "shared" / "cifar10"
POOL = 200  # pictures from which the grids are drawn
CONFIDENCE = 0.9  # of those that play the grid pointing game


def compared(model: nn.Module, dataset: Any, layer: str, methods: Sequence[str], count: int) -> str:
    """Give the table of `compare_methods`."""
    regions = getattr(dataset, "mask", None)
    measures = [name for name in MEASURES if regions is not None or name not in NEED_REGIONS]
    found = compare_methods(model, dataset, layer, methods, measures, count, regions=regions)
    heading, *lines = (line.split("  ") for line in repr(found).splitlines()[1:])
    cells = [[cell.strip() for cell in line if cell] for line in (heading, *lines)]
    return markdown(cells[0], cells[1:])


def knowing(model: nn.Module, dataset: Any, layer: str, methods: Sequence[str], grids: int, samples: int) -> str:
    """Give the table of whether a heatmap knows its class, and depends on what was learnt."""
    pool = [dataset[int(position)] for position in np.linspace(0, len(dataset) - 1, min(POOL, len(dataset)))]
    given, labels = [image for image, _ in pool], [label for _, label in pool]
    rows = []
    for method in methods:
        game = grid_pointing_game(model, given, labels, layer=layer, method=method, n=grids, confidence=CONFIDENCE)
        cut = disconnected_heat(model, given, layer=layer, method=method, n=grids)
        random = [
            randomisation(model, image, layer=layer, method=method, seed=seed).correlations[[0, -1]]
            for seed, image in enumerate(given[:samples])
        ]
        kept = np.transpose(random)
        rows.append(
            [
                method,
                between(percent(game.share), map(percent, game.share_interval)),
                between(percent(game.hit_rate), map(percent, game.hit_interval)),
                between(percent(cut.mean), map(percent, cut.interval)),
                *(
                    between(f"{mean:.2f}", (f"{end:.2f}" for end in ends))
                    for mean, ends in zip(np.nanmean(kept, axis=1), bootstrap_intervals(kept), strict=True)
                ),
            ]
        )
    header = ["method", "heat in its quarter", "peaks in it", "heat where it cannot look"]
    return markdown([*header, "classifier re-initialised", "all re-initialised"], rows)


def between(mean: str, ends: Iterable[str]) -> str:
    """Write a mean with its interval."""
    low, high = ends
    return f"{mean} ({low.removesuffix(' %')} to {high.removesuffix(' %')})"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    layered = [name for name, method in METHODS.items() if method.reads == "layer" and not method.slow]
    parser.add_argument("--methods", nargs="+", default=layered, help="default: all quick ones that read a layer")
    parser.add_argument("--samples", type=int, default=200, help="for compare_methods (default: 200)")
    parser.add_argument("--grids", type=int, default=30, help="for the games (default: 30)")
    parser.add_argument("--random", type=int, default=10, help="samples for the randomisation (default: 10)")
    parser.add_argument("--images", type=Path, default=FOLDER, help=f"the folder (default: {FOLDER})")
    given = parser.parse_args()
    torch.set_num_threads(1)
    shapes = demo.load()
    real = trained(given.images, "resnet20").eval(), images(given.images, "resnet20")
    for name, model, dataset, layer in (
        ("The demo's network", shapes.model, shapes.loader.dataset, "conv3"),
        ("ResNet-20 on CIFAR-10", *real, "layer3"),
    ):
        print(f"\n{name}, {given.samples} samples\n")
        print(compared(model, dataset, layer, given.methods, given.samples))
        print(f"\n{name}, {given.grids} grids, {given.random} samples re-initialised\n")
        print(knowing(model, dataset, layer, given.methods, given.grids, given.random), flush=True)


if __name__ == "__main__":
    main()

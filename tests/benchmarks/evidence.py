"""Whether deletion and insertion rank a method's heatmaps above random ones, and average drop beside them.

    python -m tests.benchmarks.evidence

takes the demo's network at `conv3` on held-out pictures, and ResNet-20 at `layer3` on CIFAR-10 test images
(`../shared/cifar10`), each for the predicted class, and prints for each method the mean area under the curves and on
how many samples it is better than the mean of some random maps: of cells of the layer's grid, and of 4x4 cells. Small
random holes break up a picture more than any heatmap does, so the first is the harder control by deletion. A map of the
object's exact mask shows how far the measure itself can tell a right map from a random one.

The demo's network reads nothing of a map of `conv3` but its six strongest cells. Grad-CAM spreads a channel's mean
gradient over all of its cells, also over those below zero; HiResCAM and LayerCAM, which multiply cell by cell, do not.
"""

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch import nn

from attn_widget import demo, explain_many
from attn_widget.evidence import average_drop, deletion, increase_in_confidence, insertion
from attn_widget.evidence.control_maps import centred_map, random_map
from attn_widget.methods import METHODS
from tests.benchmarks.tables import markdown, percent
from tests.models import images, trained

FOLDER = Path(__file__).parents[3] / "shared" / "cifar10"
DRAWS = 3
COARSE = (4, 4)
MEASURES = (("deletion", "mean"), ("deletion", "blur"), ("insertion", "blur"))
HEADER = ["map", "area", "better than random", "than 4x4 random", "than centred"]

Areas = dict[str, list[float]]


def maps_of(model: nn.Module, dataset: Any, layer: str, position: int, draw: np.random.Generator) -> dict[str, Any]:
    """Give each method's Explanation, and the maps beside them."""
    image, _ = dataset[position]
    methods = [name for name, method in METHODS.items() if method.reads == "layer" and not method.slow]
    explained = explain_many(model, image, layers=[layer], methods=methods)
    size, grid = explained[0].size, explained[0].overall_map.shape
    found: dict[str, Any] = {one.method: one for one in explained}
    if hasattr(dataset, "mask"):
        found["the object's mask"] = ndimage.gaussian_filter(dataset.mask(position).astype(np.float64), 1)
    found["centred"] = centred_map(size)
    found |= {f"random {number}": random_map(grid, size, draw) for number in range(DRAWS)}
    return found | {f"coarse {number}": random_map(COARSE, size, draw) for number in range(DRAWS)}


def measured(model: nn.Module, dataset: Any, layer: str, count: int, steps: int) -> dict[str, Areas]:
    """Give for each measure what each map reaches on each sample."""
    draw = np.random.default_rng(0)
    found: dict[str, Areas] = defaultdict(lambda: defaultdict(list))
    for position in np.linspace(0, len(dataset) - 1, count).astype(int).tolist():
        image, _ = dataset[position]
        maps = maps_of(model, dataset, layer, position, draw)
        target = next(iter(maps.values())).predicted
        for name, heatmap in maps.items():
            for measure, fill in MEASURES:
                curve = {"deletion": deletion, "insertion": insertion}[measure]
                area = curve(model, image, heatmap, target=target, fill=fill, steps=steps).area
                found[f"{measure}, {fill}"][name].append(area)
            for change in (average_drop, increase_in_confidence):
                found[change.__name__][name].append(change(model, [image], [heatmap], target=target))
    return found


def pooled(areas: Areas) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Give the values of the maps, and of each kind of random map the means of its draws: ``[samples]`` each."""
    values = {name: np.array(each) for name, each in areas.items()}
    drawn = {
        name: np.mean([values.pop(f"{kind} {number}") for number in range(DRAWS)], axis=0)
        for name, kind in (("random", "random"), ("4x4 random", "coarse"))
    }
    return values, drawn


def ranked(measure: str, areas: Areas) -> list[list[str]]:
    """Make the rows of one curve's table; on a sample the mean of a control's draws is to be beaten."""
    values, drawn = pooled(areas)
    controls = [*drawn.values(), values["centred"]]
    sign = 1 if measure == "insertion" else -1
    rows = [
        [name, f"{each.mean():.3f}", *(percent(float((sign * each > sign * one).mean())) for one in controls)]
        for name, each in values.items()
    ]
    return rows + [[name, f"{each.mean():.3f}", "–", "–", "–"] for name, each in drawn.items()]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100, help="of each data set, evenly spread (default: 100)")
    parser.add_argument("--steps", type=int, default=20, help="of each curve (default: 20)")
    parser.add_argument("--images", type=Path, default=FOLDER, help=f"the folder (default: {FOLDER})")
    given = parser.parse_args()
    torch.set_num_threads(1)
    shapes = demo.load()
    real = trained(given.images, "resnet20").eval(), images(given.images, "resnet20")
    for name, model, dataset, layer in (
        ("The demo's network", shapes.model, shapes.loader.dataset, "conv3"),
        ("ResNet-20 on CIFAR-10", *real, "layer3"),
    ):
        found = measured(model, dataset, layer, given.samples, given.steps)
        for measure, fill in MEASURES:
            print(f"\n{name} at {layer}, {given.samples} samples: {measure}, filled with {fill}\n")
            print(markdown(HEADER, ranked(measure, found[f"{measure}, {fill}"])))
        print(f"\n{name} at {layer}, {given.samples} samples: multiplied by the heatmap\n")
        drops, rises = (
            values | drawn for values, drawn in map(pooled, (found["average_drop"], found["increase_in_confidence"]))
        )
        rows = [[one, percent(float(drops[one].mean())), percent(float(rises[one].mean()))] for one in drops]
        print(markdown(["map", "average drop", "increase"], rows), flush=True)


if __name__ == "__main__":
    main()

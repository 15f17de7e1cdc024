"""Which method finds the class on a real network: the grid pointing game, on the same layers for all.

    python -m tests.benchmarks.grids

takes the demo's network from ImageNet, and of the 20 labelled photographs that come with foolbox those that it
classifies correctly. It lays four of different classes out as a grid of 448x448, explains each of the four classes in
turn, and prints for each method and layer the share of the positive heat, and of the peaks, that lie on the photograph
of the class explained (`attn_widget.evidence.grid_pointing_game`); 25 % is chance. torchcam's and pytorch-grad-cam's
maps, before they are normalised, are measured in the same way beside. The slow methods play on the first grids alone.
"""

import argparse
import copy
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import foolbox
import numpy as np
import pytorch_grad_cam
import torch
import torchcam.methods
from PIL import Image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from attn_widget import demo, explain_many
from attn_widget.demo.imagenet import standard_transform
from attn_widget.evidence import grid_pointing_game
from attn_widget.evidence.heat import positive_heat
from attn_widget.evidence.image_grid import cell_heat, joined, peak_cell
from attn_widget.explanation.heatmap import resized
from attn_widget.methods import METHODS
from tests.benchmarks.tables import markdown

LAYERS = ("blocks.4", "blocks.5", "conv_head")  # in the order of the pass: pytorch-grad-cam confuses them in any other
TORCHCAM = {"grad-cam": "GradCAM", "grad-cam++": "GradCAMpp", "xgrad-cam": "XGradCAM", "layer-cam": "LayerCAM"}
PYTORCH_GRAD_CAM = {
    "grad-cam": "GradCAM",
    "grad-cam++": "GradCAMPlusPlus",
    "xgrad-cam": "XGradCAM",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
}

Maps = Callable[[torch.Tensor, int], Iterable[tuple[str, str, np.ndarray]]]
"""Give for a grid and a class the heat ``[H, W]`` by name of row and layer."""


def photographs() -> tuple[torch.Tensor, list[int]]:
    """Read foolbox's photographs ``[20, 3, 224, 224]``, and their classes."""
    transform, images, labels = standard_transform(), [], []
    for file in sorted(Path(foolbox.__file__).parent.glob("data/imagenet_*.jpg")):
        with Image.open(file) as picture:
            images.append(transform(picture.convert("RGB")))
        labels.append(int(file.stem.rpartition("_")[2]))
    return torch.stack(images), labels


def ours(model: nn.Module, layers: Sequence[str], *, slow: bool) -> Maps:
    """All methods of layers, the slow ones or the others, from one pass."""
    methods = [name for name, method in METHODS.items() if method.reads == "layer" and method.slow == slow]

    def maps(grid: torch.Tensor, target: int) -> Iterable[tuple[str, str, np.ndarray]]:
        for e in explain_many(model, grid, layers=layers, methods=methods, target=target, top_k=1):
            yield f"`{e.method}`", e.layer, positive_heat(e)

    return maps


def torchcams(model: nn.Module, layers: Sequence[str]) -> Maps:
    """Torchcam's gradient methods."""
    extractors = {
        name: getattr(torchcam.methods, kind)(copy.deepcopy(model), [*layers]) for name, kind in TORCHCAM.items()
    }

    def maps(grid: torch.Tensor, target: int) -> Iterable[tuple[str, str, np.ndarray]]:
        for name, extractor in extractors.items():
            found = extractor(target, extractor.model(grid[None]), normalized=False)
            for layer, map_ in zip(layers, found, strict=True):
                yield f"`{name}`, torchcam", layer, heat_of(map_[0].detach().numpy(), grid)

    return maps


def pytorch_grad_cams(model: nn.Module, layers: Sequence[str]) -> Maps:
    """Give pytorch-grad-cam's gradient methods, before its own normalisation."""
    kept: list[np.ndarray] = []

    def keeping(kind: str) -> pytorch_grad_cam.base_cam.BaseCAM:
        own = copy.deepcopy(model)
        extractor = getattr(pytorch_grad_cam, kind)(own, [own.get_submodule(layer) for layer in layers])
        whole = extractor.get_cam_image
        extractor.get_cam_image = lambda *given, **options: kept.append(whole(*given, **options)) or kept[-1]
        return extractor

    extractors = {name: keeping(kind) for name, kind in PYTORCH_GRAD_CAM.items()}

    def maps(grid: torch.Tensor, target: int) -> Iterable[tuple[str, str, np.ndarray]]:
        for name, extractor in extractors.items():
            kept.clear()
            extractor(grid[None], [ClassifierOutputTarget(target)])
            for layer, map_ in zip(layers, kept, strict=True):
                yield f"`{name}`, pytorch-grad-cam", layer, heat_of(map_[0], grid)

    return maps


def heat_of(map_: np.ndarray, grid: torch.Tensor) -> np.ndarray:
    """Give the positive part of a map ``[h, w]``, resized to the grid: ``[H, W]``."""
    heat = np.maximum(map_, 0)
    height, width = grid.shape[1:]
    return resized(heat / heat.max() if heat.any() else heat, (height, width))


def outcome(heat: np.ndarray, cell: int) -> tuple[float, float]:
    """Give the share of the heat in a cell, and whether the peak lies there; 0 for no heat."""
    if not heat.any():
        return 0.0, 0.0
    return cell_heat(heat)[cell] / heat.sum(), peak_cell(heat) == cell


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grids", type=int, default=60, help="of four photographs each (default: 60)")
    parser.add_argument("--slow-grids", type=int, default=3, help="for the slow methods (default: 3)")
    parser.add_argument("--layers", nargs="+", default=LAYERS, choices=LAYERS, help="in this order (default: all)")
    given = parser.parse_args()
    layers = given.layers
    torch.set_num_threads(1)
    model, (images, labels) = demo.load("imagenet").model, photographs()
    # What is right counts, however sure the network is of it; the grids are the same for all that play.
    game = grid_pointing_game(
        model, images, labels, layer=LAYERS[0], method="channel-mean", n=given.grids, confidence=0
    )
    everybody = [
        (ours(model, layers, slow=False), given.grids),
        (ours(model, layers, slow=True), given.slow_grids),
        (torchcams(model, layers), given.grids),
        (pytorch_grad_cams(model, layers), given.grids),
    ]
    print(f"{given.grids} grids of {len(np.unique(game.positions))} photographs; heat and peaks in the right quarter\n")
    for maps, count in (one for one in everybody if one[1]):
        found: dict[str, dict[str, list[tuple[float, float]]]] = {}
        for places, classes in zip(game.positions[:count], game.classes[:count], strict=True):
            grid = joined([images[at] for at in places])
            for cell, target in enumerate(classes.tolist()):
                for row, layer, heat in maps(grid, target):
                    found.setdefault(row, {}).setdefault(layer, []).append(outcome(heat, cell))
        rows = [
            [row, *(" / ".join(f"{100 * mean:.0f}" for mean in np.mean(of[layer], axis=0)) for layer in layers)]
            for row, of in found.items()
        ]
        print(markdown([f"method ({count} grids)", *(f"`{layer}`" for layer in layers)], rows) + "\n", flush=True)


if __name__ == "__main__":
    main()

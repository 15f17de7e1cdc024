"""Which method finds the class on a real network: the grid pointing game, on the same layers for all.

    python -m tests.benchmarks.grids

takes the demo's network from ImageNet, and of the 20 labelled photographs that come with foolbox those that it
classifies correctly. It lays four of different classes out as a grid of 448x448, explains each of the four classes in
turn, and prints for each method and layer the share of the positive heat, and of the peaks, that lie on the photograph
of the class explained (`attn_widget.evidence.grid_pointing_game`); 25 % is chance. torchcam's and pytorch-grad-cam's
maps, before they are normalised, are measured in the same way beside. Ablation-CAM, which is slow, plays on the first
grids alone.

Last it holds what is said of each heatmap, whether it knows the class (`Explanation.class_shift`), against plain
autograd on the model itself, and says how many statements are wrong: by half a per cent or more, about other classes
than the one explained and the likeliest other, or missing; and whether every map that ignores the class is said to.
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
from torch.nn.functional import interpolate

from attn_widget import demo, explain_many
from attn_widget.demo.imagenet import standard_transform
from attn_widget.evidence import grid_pointing_game
from attn_widget.evidence.heat import positive_heat
from attn_widget.evidence.image_grid import cell_heat, joined, peak_cell
from attn_widget.explanation.heatmap import resized
from attn_widget.figure.titles import shift_wordings
from attn_widget.methods import METHODS
from attn_widget.words import pictures
from tests.benchmarks.tables import markdown
from tests.methods.peers import FORMULAS

LAYERS = ("blocks.4", "blocks.5", "conv_head")  # in the order of the pass: pytorch-grad-cam confuses them in any other
TORCHCAM = {"grad-cam": "GradCAM", "grad-cam++": "GradCAMpp", "xgrad-cam": "XGradCAM", "layer-cam": "LayerCAM"}
PYTORCH_GRAD_CAM = {
    "grad-cam": "GradCAM",
    "grad-cam++": "GradCAMPlusPlus",
    "xgrad-cam": "XGradCAM",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
}

PLAIN = ("grad-cam", "xgrad-cam", "hires-cam", "layer-cam")
BLIND = ("channel-mean", "eigen-cam")

PlainShifts = dict[tuple[int, str, str], tuple[int, float]]
"""By class explained, method and layer: the other class, and the share of the heat that moves."""

Maps = Callable[[torch.Tensor, int], Iterable[tuple[str, str, np.ndarray]]]
"""Give for a grid and a class the heat ``[H, W]`` by name of row and layer."""


def photographs(size: int) -> tuple[torch.Tensor, list[int]]:
    """Read foolbox's photographs ``[20, 3, size, size]``, and their classes."""
    transform, images, labels = standard_transform(), [], []
    for file in sorted(Path(foolbox.__file__).parent.glob("data/imagenet_*.jpg")):
        with Image.open(file) as picture:
            images.append(transform(picture.convert("RGB")))
        labels.append(int(file.stem.rpartition("_")[2]))
    return interpolate(torch.stack(images), (size, size), mode="area"), labels


def ours(model: nn.Module, layers: Sequence[str], *, slow: bool) -> Maps:
    """All methods of layers, from one pass, or Ablation-CAM; Score-CAM would take 1,280 passes at `conv_head`."""
    fast = [name for name, method in METHODS.items() if method.reads == "layer" and not method.slow]
    methods = ["ablation-cam"] if slow else fast

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


def plain_shifts(model: nn.Module, grid: torch.Tensor, layers: Sequence[str], targets: Sequence[int]) -> PlainShifts:
    """Give for each target the likeliest other class, and how much of the heat moves to it, by method and layer."""
    kept: dict[str, torch.Tensor] = {}

    def keeper(layer: str) -> Callable[..., None]:
        return lambda _, given, output: kept.update({layer: output})

    hooks = [model.get_submodule(layer).register_forward_hook(keeper(layer)) for layer in layers]
    logits = model(grid[None])[0]
    for hook in hooks:
        hook.remove()
    tensors = [kept[layer] for layer in layers]

    def heats(target: int) -> Iterable[tuple[str, str, np.ndarray]]:
        found = torch.autograd.grad(logits[target], tensors, retain_graph=True)
        for layer, maps, gradients in zip(layers, tensors, found, strict=True):
            arrays = [each.detach()[0].double().numpy() for each in (maps, gradients)]
            for method in PLAIN:
                heat = np.maximum(FORMULAS[method](*arrays), 0)
                with np.errstate(invalid="ignore"):  # where there is no heat
                    yield method, layer, heat / heat.sum()

    order = logits.argsort(descending=True).tolist()
    seconds = {target: next(each for each in order if each != target) for target in targets}
    of = {each: list(heats(each)) for each in {*seconds, *seconds.values()}}
    return {
        (target, method, layer): (second, np.abs(one - other).sum() / 2)
        for target, second in seconds.items()
        for (method, layer, one), (_, _, other) in zip(of[target], of[second], strict=True)
    }


def wrong_statements(model: nn.Module, grid: torch.Tensor, layers: Sequence[str], targets: Sequence[int]) -> list[bool]:
    """Say of each target, method and layer whether what is said of the heatmap is wrong."""
    plain, wrong = plain_shifts(model, grid, layers, targets), []
    for target in targets:
        for e in explain_many(model, grid, layers=layers, methods=[*PLAIN, *BLIND], target=target, top_k=1):
            if e.method in BLIND:
                wrong.append(shift_wordings(e, str) != pictures.SAME_FOR_EVERY_CLASS)
            else:
                second, share = plain[target, e.method, e.layer]
                close = np.isclose(e.class_shift, share, rtol=0, atol=0.005, equal_nan=True)
                wrong.append(e.shift_classes != (target, second) or not close)
    return wrong


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grids", type=int, default=60, help="of four photographs each (default: 60)")
    parser.add_argument("--slow-grids", type=int, default=15, help="for Ablation-CAM (default: 15)")
    parser.add_argument("--layers", nargs="+", default=LAYERS, choices=LAYERS, help="in this order (default: all)")
    parser.add_argument("--size", type=int, default=224, help="of a photograph, in pixels (default: 224)")
    given = parser.parse_args()
    layers = given.layers
    torch.set_num_threads(1)
    model, (images, labels) = demo.load("imagenet").model, photographs(given.size)
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
    wrong = [
        one
        for places, classes in zip(game.positions, game.classes, strict=True)
        for one in wrong_statements(model, joined([images[at] for at in places]), layers, classes.tolist())
    ]
    targets = game.classes.size
    print(f"what is said of {len(wrong)} heatmaps of {targets} targets, against plain autograd: {sum(wrong)} wrong")


if __name__ == "__main__":
    main()

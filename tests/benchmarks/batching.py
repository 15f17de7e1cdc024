"""How long a batch of heatmaps takes, beside torchcam's batch and a loop over `explain`.

    python -m tests.benchmarks.batching

times two networks on CPU threads, and prints each program's time as a multiple of the bare forward pass of the same
batch (`torch.inference_mode`): the programs take turns, and each turn's multiple is that of its own bare pass. Ours is
timed up to the maps of the `Explanation`s, as torchcam's maps are not resized either; `overall` is computed when it is
asked for. The loop is timed on some of the images, and its time is multiplied accordingly.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torchcam.methods
import torchvision
from torch import nn

from attn_widget import explain, explain_batch
from tests.benchmarks.tables import markdown
from tests.models import images, trained

CLASS = 7
LOOPED = 8  # images
Run = Callable[[], object]


def bare(model: nn.Module, batch: torch.Tensor) -> Run:
    """The forward pass alone."""

    def run() -> object:
        with torch.inference_mode():
            return model(batch)

    return run


def ours(model: nn.Module, batch: torch.Tensor, layer: str, method: str) -> Run:
    """`explain_batch`."""
    return lambda: explain_batch(model, batch, layer=layer, method=method, targets=CLASS)


def looped(model: nn.Module, batch: torch.Tensor, layer: str, method: str) -> Run:
    """`explain` for one image after another."""
    return lambda: [explain(model, image, layer=layer, method=method, target=CLASS) for image in batch[:LOOPED]]


def with_torchcam(model: nn.Module, batch: torch.Tensor, layer: str) -> Run:
    """Torchcam's Grad-CAM."""
    model = copy.deepcopy(model)
    extractor = torchcam.methods.GradCAM(model, layer)
    return lambda: extractor([CLASS] * len(batch), model(batch))


def programs(model: nn.Module, batch: torch.Tensor, layers: list[str]) -> dict[str, Run]:
    """Each method at each layer by each program; torchcam has no channel mean."""
    found: dict[str, Run] = {}
    for layer in layers:
        for method in ("channel-mean", "grad-cam"):
            found[f"{method} at {layer}: explain_batch"] = ours(model, batch, layer, method)
            found[f"{method} at {layer}: explain, in a loop"] = looped(model, batch, layer, method)
        found[f"grad-cam at {layer}: torchcam"] = with_torchcam(model, batch, layer)
    return found


def seconds(run: Run) -> float:
    """Time one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def table(title: str, model: nn.Module, batch: torch.Tensor, layers: list[str], runs: int) -> str:
    """Time the programs in turns, each after a bare pass of its own, and lay the multiples out."""
    first, found = bare(model, batch), programs(model, batch, layers)
    first()
    rows = []
    for name, run in found.items():
        times = 1 if name.endswith("loop") else runs
        factor = len(batch) / LOOPED if name.endswith("loop") else 1.0
        run()
        multiples = [factor * seconds(run) / seconds(first) for _ in range(times)]
        rows.append([name, f"{statistics.median(multiples):.2f}", f"{min(multiples):.2f}"])
    return markdown([title, "x bare pass, median", "least"], rows)


def main() -> None:
    """Read the command line, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="of each program (default: 9)")
    parser.add_argument("--images", type=Path, default=Path("../shared/cifar10"), help="the folder of real images")
    parser.add_argument("--count", type=int, default=128, help="of images in a batch (default: 128)")
    parser.add_argument("--size", type=int, default=224, help="of the larger images (default: 224)")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    folder = images(given.images, "resnet20")
    batch = torch.stack([folder[at % len(folder)][0] for at in range(given.count)])
    small, large = trained(given.images, "resnet20").eval(), torchvision.models.resnet18(weights=None).eval()
    print(f"{given.count} images, {given.threads} thread(s), torch {torch.__version__}\n")
    print(table("ResNet-20, 32x32", small, batch, ["layer3", "layer3.1"], given.runs), end="\n\n", flush=True)
    pixels = torch.randn(given.count, 3, given.size, given.size)
    title = f"ResNet-18, random weights, {given.size}x{given.size}"
    print(table(title, large, pixels, ["layer4"], max(given.runs // 3, 1)), flush=True)


if __name__ == "__main__":
    main()

"""What a survey costs beside a bare loop over the loader, and how much memory one of a million samples takes.

    python -m tests.benchmarks.surveying

surveys random 3x224x224 images with a ResNet-18 (weights at random), and the CIFAR-10 test images
(`../shared/cifar10`) with ResNet-20: by channel-mean beside ``for x, y in loader: model(x)`` under
`torch.inference_mode`, and by Grad-CAM beside a loop that also differentiates the predicted classes' scores with
respect to the layer, below which no graph is made. The two take turns on one thread; what is printed is the median of
the ratios of their processor times. The last row of each keeps 300 mistakes and 300 right predictions with their
pictures' measures, of so few samples as these a good part: their number does not grow with the samples.

Then it surveys a million samples that are made as they are asked for, with a layer of 2,048 channels and 1,000 classes,
and prints the size of all that the survey keeps until the end, and by how much the process grew beyond a survey of
1 in 50 of them: that contains the review's columns, 24 bytes a sample.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision.models import resnet18

from attn_widget import Surveying, survey
from tests.benchmarks.reviewing import Generated, megabytes, silent
from tests.benchmarks.tables import markdown
from tests.models import images, trained

FOLDER = Path(__file__).parents[3] / "shared" / "cifar10"


def seconds(run: Callable[[], object]) -> float:
    """Time one run on one thread, in processor time."""
    start = time.process_time()
    run()
    return time.process_time() - start


def forwards(model: nn.Module, batches: DataLoader) -> None:
    """Run the loop that a survey by an activation method is held against."""
    with torch.inference_mode():
        for x, _ in batches:
            model(x)


def differentiated(model: nn.Module, layer: nn.Module, batches: DataLoader) -> None:
    """Run the loop that a survey by a gradient method is held against."""
    given: list[Tensor] = []

    def cut(_module: nn.Module, _given: object, output: Tensor) -> Tensor:
        given[:] = [output.detach().requires_grad_()]
        torch.set_grad_enabled(True)
        return given[0]

    for parameter in model.parameters():
        parameter.requires_grad_(False)
    handle = layer.register_forward_hook(cut)
    for x, _ in batches:
        with torch.no_grad():
            scores = model(x)
            torch.autograd.grad(scores.max(1).values.sum(), given)
    handle.remove()


def ratio(ours: Callable[[], object], theirs: Callable[[], object], runs: int) -> tuple[float, float]:
    """Time both in turns that swap their order, after one that is not counted; gives their median ratio and ours."""
    ratios, times = [], []
    for turn in range(runs + 1):
        took = {program: seconds(program) for program in ((ours, theirs) if turn % 2 else (theirs, ours))}
        if turn > 0:
            ratios.append(took[ours] / took[theirs])
            times.append(took[ours])
    return statistics.median(ratios), statistics.median(times)


def costs(name: str, model: nn.Module, layer: str, batches: DataLoader, runs: int) -> list[list[str]]:
    """Compare both methods, and one with its mistakes kept."""
    module, count = model.get_submodule(layer), len(batches.dataset)
    bare = partial(forwards, model, batches)
    programs = {
        "channel-mean": (bare, 0),
        "grad-cam": (partial(differentiated, model, module, batches), 0),
        "channel-mean, 300 mistakes kept": (bare, 300),
    }
    rows = []
    for method, (loop, mistakes) in programs.items():
        own = partial(survey, model, batches, layer, method.split(",")[0], mistakes=mistakes, progress=silent)
        times, took = ratio(own, loop, runs)
        rows.append([f"{name}, {layer}: {method}", f"{1000 * took / count:.1f}", f"{times:.3f}"])
    return rows


def network() -> nn.Module:
    """Make a network with 2,048 channels and 1,000 classes."""
    pooled = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))
    return nn.Sequential(nn.Conv2d(8, 2048, 1), nn.ReLU(), *pooled).eval()


def large(count: int, batch: int) -> list[str]:
    """Survey many generated samples."""

    def walked(samples: int) -> Surveying:
        work = Surveying(
            network(),
            DataLoader(Generated(samples, (8, 2, 2), 1000), batch_size=batch),
            layer="1",
            method="channel-mean",
        )
        for _ in work.steps():
            pass
        return work

    walked(count // 50)
    before = megabytes()
    done: list[Surveying] = []
    took = seconds(lambda: done.append(walked(count)))
    grown, kept = megabytes() - before, done[0].state_bytes / 2**20
    assert done[0].survey.complete
    return [f"{count:,} generated samples", f"{took:.0f}", f"{kept:.0f}", f"{grown:.0f}"]


def main() -> None:
    """Read the command line, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each (default: 5)")
    parser.add_argument("--batch", type=int, default=32, help="images a batch (default: 32)")
    parser.add_argument("--large-images", type=int, default=128, help="of 224x224 (default: 128)")
    parser.add_argument("--samples", type=int, default=1000, help="CIFAR-10 test images (default: 1000)")
    parser.add_argument("--generated", type=int, default=1_000_000, help="generated samples (default: 1000000)")
    parser.add_argument("--images", type=Path, default=FOLDER, help=f"folder (default: {FOLDER})")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = []
    if given.large_images:
        data = TensorDataset(torch.rand(given.large_images, 3, 224, 224), torch.arange(given.large_images) % 1000)
        network_18, batches = resnet18(weights=None).eval(), DataLoader(data, batch_size=given.batch)
        rows += costs("ResNet-18 at 224", network_18, "layer4", batches, given.runs)
    data_20 = Subset(images(given.images, "resnet20"), range(given.samples))
    batches_20 = DataLoader(data_20, batch_size=given.batch)
    rows += costs("ResNet-20 at 32", trained(given.images, "resnet20").eval(), "layer3", batches_20, given.runs)
    header = [f"Batches of {given.batch}, median of {given.runs}", "ms an image", "in bare loops"]
    print(markdown(header, rows), end="\n\n", flush=True)
    if given.generated:
        print(markdown(["", "s", "MB kept", "MB more"], [large(given.generated, 250)]))


if __name__ == "__main__":
    main()

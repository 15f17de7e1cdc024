"""How fast a review is beside a bare loop over the loader, and how much memory one of a million samples takes.

    python -m tests.benchmarks.reviewing

reviews a million samples that are made as they are asked for, with a model of one layer, and prints by how much the
process grew. Then it reviews the CIFAR-10 test images (`../shared/cifar10`) with ResNet-20, with 0 and with 2 workers,
and prints the speed as a share of that of ``for x, y in loader: model(x)`` (under `torch.inference_mode`) in the same
run: the two take turns, so that a busy machine slows both alike.
"""

import argparse
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from attn_widget import Review, review
from tests.benchmarks.tables import markdown
from tests.models import images, trained

FOLDER = Path(__file__).parents[3] / "shared" / "cifar10"


def silent(done: int, total: int | None) -> None:
    """Report nothing."""


def bare(model: nn.Module, batches: DataLoader) -> None:
    """Run the loop that a review is held against."""
    with torch.inference_mode():
        for x, _ in batches:
            model(x)


def seconds(run: Callable[[], object]) -> float:
    """Time one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def speeds(given: argparse.Namespace) -> list[list[str]]:
    """Time a review beside the bare loop, in turns that swap their order, after one that is not counted."""
    model = trained(given.images, "resnet20").eval()
    rows = []
    for workers in given.workers:
        data = Subset(images(given.images, "resnet20"), range(given.samples))
        batches = DataLoader(data, batch_size=given.batch, num_workers=workers)
        programs: dict[str, Callable[[], object]] = {
            "review": partial(review, model, batches, progress=silent),
            "loop": partial(bare, model, batches),
        }
        times: dict[str, list[float]] = {name: [] for name in programs}
        for turn in range(given.runs + 1):
            for name in sorted(programs, reverse=turn % 2 == 1):
                took = seconds(programs[name])
                if turn > 0:
                    times[name].append(took)
        ours, loop = (given.samples / statistics.median(times[name]) for name in ("review", "loop"))
        ratio = statistics.median(b / a for a, b in zip(times["review"], times["loop"], strict=True))
        rows.append([f"{workers} workers", f"{loop:.0f}", f"{ours:.0f}", f"{ratio:.3f}"])
    return rows


class Generated(Dataset):
    """Images that are made of their index, and as many classes."""

    def __init__(self, count: int, shape: tuple[int, int, int] = (1, 4, 4), classes: int = 10) -> None:
        self.count, self.shape, self.classes = count, shape, classes

    def __len__(self) -> int:
        return self.count

    def __getitems__(self, indices: list[int]) -> list[tuple[Tensor, int]]:
        """Make several at once."""
        numbers = torch.tensor(indices, dtype=torch.float32)
        pixels = torch.arange(1, math.prod(self.shape) + 1)
        images = ((numbers[:, None] * pixels) % 7).reshape(-1, *self.shape)
        return list(zip(images, [index % self.classes for index in indices], strict=True))


def megabytes() -> float:
    """Give the most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def large(count: int, batch: int) -> list[str]:
    """Review many generated samples."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 10))
    review(model, DataLoader(Generated(batch), batch_size=batch), progress=silent)
    before, start = megabytes(), time.perf_counter()
    found: Review = review(model, DataLoader(Generated(count), batch_size=batch), progress=silent)
    took, grown = time.perf_counter() - start, megabytes() - before
    kept = sum(column.nbytes for column in found.columns.values()) / count
    assert found.complete
    return [f"{count:,} generated samples", f"{took:.0f}", f"{grown:.0f}", f"{kept:.0f}"]


def main() -> None:
    """Read the command line, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="of each, with each number of workers (default: 7)")
    parser.add_argument("--batch", type=int, default=128, help="images a batch (default: 128)")
    parser.add_argument("--samples", type=int, default=1000, help="CIFAR-10 test images (default: 1000)")
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 2], help="numbers of workers (default: 0 2)")
    parser.add_argument("--large", type=int, default=1_000_000, help="generated samples (default: 1000000)")
    parser.add_argument("--images", type=Path, default=FOLDER, help=f"folder (default: {FOLDER})")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(markdown(["", "s", "MB more", "bytes a sample kept"], [large(given.large, 1000)]), end="\n\n", flush=True)
    if given.workers:
        header = [f"ResNet-20, batches of {given.batch}, median of {given.runs}", "loop, images/s", "review, images/s"]
        print(markdown([*header, "share"], speeds(given)))


if __name__ == "__main__":
    main()

"""How instant the panel is: a step, a change of colours, opening, and what is left behind.

    python -m tests.benchmarks.stepping

prints each figure beside its goal. Times are ratios within the same run, of medians; what is compared takes turns,
so that a busy machine slows both alike. A step goes from the change of the sample to the frame that is handed to the
browser, for the panel's default figure at device pixel ratio 1; a stand-in asks for frames as ipympl's front-end does.
The model is ResNet-18 with random weights, the images are cut out of the photograph that comes with Matplotlib.
"""

import argparse
import contextlib
import gc
import itertools
import platform
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import matplotlib

matplotlib.use("agg")

import torch
import torchvision
from ipywidgets.widgets.widget import _instances
from matplotlib.backends.backend_agg import FigureCanvasAgg
from torch import nn
from torch.utils.data import Dataset

from attn_widget import AttentionExplorer, frames
from attn_widget.figure import ExplanationFigure, Style
from tests.benchmarks.methods import bare, milliseconds
from tests.benchmarks.rivals import Browser, StockFigure, photographs, pixels_of, state_of, stock_encoding, tutorial
from tests.benchmarks.tables import markdown
from tests.kernels import kernel
from tests.models import SeedCNN

DEPENDENCIES = "torch, torchvision, ipywidgets, matplotlib.figure, numpy, scipy.ndimage, ipympl.backend_nbagg"
IMPORTING = f"""
import time
start = time.perf_counter(); import {DEPENDENCIES}
between = time.perf_counter(); from attn_widget import AttentionExplorer
print((time.perf_counter() - between) / (between - start))
"""
Row = tuple[str, str, str]


class Open:
    """A panel on some images, with a stand-in for the browser."""

    def __init__(self, model: nn.Module, images: torch.Tensor, **options: Any) -> None:
        self.explorer = AttentionExplorer(model, [(images, torch.arange(len(images)) % 10)], **options)
        self.canvas: Any = self.explorer.figure.canvas
        self.browser = Browser(self.canvas)
        self._positions = itertools.cycle([*range(1, len(images)), 0])
        self._alphas = itertools.cycle([0.3, 0.5])

    def step(self) -> bytes:
        """Go to the next sample, and fetch the frame."""
        self.explorer.sample = next(self._positions)
        return self.browser.fetch()

    def restyle(self) -> bytes:
        """Change alpha, and fetch the frame."""
        self.explorer.alpha = next(self._alphas)
        return self.browser.fetch()


def without_extras(run: Callable[[], bytes]) -> bytes:
    """Run something that encodes a frame as it is encoded where the extra `fast` is not installed."""
    with patch.object(frames, "codec", lambda: frames.ZLIB):
        return run()


@contextlib.contextmanager
def opened(*arguments: Any, **options: Any) -> Iterator[Open]:
    """Open a panel, and close it."""
    panel = Open(*arguments, **options)
    try:
        yield panel
    finally:
        panel.explorer.close()


def ratio(first: float, second: float) -> str:
    """Write one figure as a multiple of another."""
    return f"{first / second:.2f}"


def timed(programs: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Give each program's median in milliseconds."""
    return milliseconds(programs, runs, lambda: None)


# --- the rows


def stepping(model: nn.Module, images: torch.Tensor, runs: int) -> Iterator[Row]:
    """Steps and changes of colours beside the bare pass, and the tutorial's function beside a step."""
    one = bare(model, images[0])
    with opened(model, images) as panel, opened(model, images, top_k=12) as wide:
        inches = tuple(panel.explorer.figure.get_size_inches())
        programs = {
            "pass": one,
            "step": panel.step,
            "plain step": lambda: without_extras(panel.step),
            "restyle": panel.restyle,
            "wide": wide.step,
            "tutorial": lambda: tutorial(model, "layer4", images[0], inches),
        }
        took = timed(programs, runs)
    print(f"The bare forward pass takes {took['pass']:.0f} ms, a step {took['step']:.0f} ms.\n")
    yield "a step, in bare forward passes", ratio(took["step"], took["pass"]), "at most 1.6"
    yield "the same without the extra `fast`", ratio(took["plain step"], took["pass"]), "at most 1.6"
    yield "the tutorial's function, in steps", ratio(took["tutorial"], took["step"]), "at least 8"
    yield "a change of alpha, in bare forward passes", ratio(took["restyle"], took["pass"]), "at most 0.6"
    yield "a step with 12 channels, in steps with 3", ratio(took["wide"], took["step"]), "at most 2.8, as the panels"


def weighing_frames(model: nn.Module, images: torch.Tensor, runs: int) -> Row:
    """The bytes of steps' frames beside those of stock ipympl's encoding of the same frames."""
    with opened(model, images) as panel:
        before, ours, theirs = pixels_of(panel.canvas), [], []
        for _ in range(runs):
            ours.append(len(panel.step()))
            frame = pixels_of(panel.canvas)
            theirs.append(len(stock_encoding(frame, before)))
            before = frame
    return "bytes of a step's frame, in stock ipympl's", ratio(sum(ours), sum(theirs)), "at most 1.3"


def small_network(runs: int) -> Row:
    """A step of the tutorial's network on images of 32x32 pixels, beside stock ipympl's drawing alone."""
    with opened(SeedCNN().eval(), photographs(16, 32), layer="conv3") as panel:
        states = [state_of(panel.explorer.figure)]
        panel.step()
        states.append(state_of(panel.explorer.figure))
        stock, turns = StockFigure(panel.explorer.figure), itertools.cycle(states)
        took = timed({"step": panel.step, "stock": lambda: stock.show(next(turns))}, runs)
        stock.close()
    return (
        "a step at 32x32, in stock draw and PNG of an equal figure",
        ratio(took["step"], took["stock"]),
        "at most 0.5",
    )


class Many(Dataset):  # type: ignore[type-arg]  # of whatever
    """A data set of any length."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, position: int) -> tuple[torch.Tensor, int]:
        return torch.full((3, 32, 32), position % 256 / 255), position % 10


class Photographs(Dataset[Any]):
    """Large photographs, each darker than the one before it.

    Parameters
    ----------
    width : int
        Of each, in pixels; the height is three quarters of it.
    """

    def __init__(self, width: int) -> None:
        self.size = (width * 3 // 4, width)
        self._bytes = torch.nn.functional.interpolate(photographs(1, 224), self.size).mul_(255).byte()[0]

    def __len__(self) -> int:
        return 8

    def __getitem__(self, position: int) -> tuple[torch.Tensor, int]:
        return self._bytes.float().mul_((1 - position / 16) / 255), position


class Sparse(nn.Module):
    """A network that takes hardly longer than it takes to read its image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 16, stride=32)
        self.fc = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give class scores."""
        scores: torch.Tensor = self.fc(self.conv(x).relu().mean((2, 3)))
        return scores


def large_images(width: int, runs: int) -> Iterator[Row]:
    """What a step takes on large images, beyond reading one and the bare pass."""
    model, samples = Sparse().eval(), Photographs(width)
    positions = itertools.cycle(range(len(samples)))

    def read_and_pass() -> None:
        with torch.no_grad():
            model(samples[next(positions)][0][None])

    with contextlib.closing(AttentionExplorer(model, samples)) as explorer:
        browser = Browser(explorer.figure.canvas)

        def step() -> None:
            explorer.sample = (explorer.sample + 1) % len(samples)
            browser.fetch()

        took = timed({"bare": read_and_pass, "step": step}, runs)
        beyond = peak(step) - peak(read_and_pass)
    name = f"a step at {width}x{samples.size[0]}, beyond reading and pass"
    yield name, f"{took['step'] - took['bare']:.0f} ms", "at most 300 ms"
    yield "memory that it takes beyond theirs", f"{max(beyond, 0):.0f} MB", "at most 200 MB"


def peak(run: Callable[[], None]) -> float:
    """Run something; by how many megabytes the process was larger meanwhile."""
    run()
    gc.collect()
    before = megabytes()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is the present from here on
    run()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / 1e6 - before


def opening(runs: int) -> Iterator[Row]:
    """Opening on ten million samples beside opening on a thousand."""
    model, sets = SeedCNN().eval(), {"many": Many(10_000_000), "few": Many(1_000)}
    took = timed({name: lambda samples=samples: open_and_close(model, samples) for name, samples in sets.items()}, runs)
    before = megabytes()
    with contextlib.closing(AttentionExplorer(model, sets["many"])):
        more = megabytes() - before
    yield "opening on 10,000,000 samples, in openings on 1,000", ratio(took["many"], took["few"]), "under 1.2"
    yield "memory that it takes", f"{max(more, 0):.1f} MB", "under 10 MB"


def open_and_close(model: nn.Module, samples: Any) -> None:
    """Run a cell that opens a panel, and close the panel."""
    AttentionExplorer(model, samples).close()


def first_picture(model: nn.Module, images: torch.Tensor, runs: int) -> Row:
    """Constructing a panel and its first frame, less a figure's first draw, in bare forward passes."""

    def construct() -> None:
        with opened(model, images[:2]):
            pass

    with opened(model, images[:2]) as panel:
        explanation = panel.explorer.explanation

    def draw() -> None:
        figure = ExplanationFigure()
        figure.show(images[0].permute(1, 2, 0).numpy(), explanation, Style())
        FigureCanvasAgg(figure.figure).draw()

    took = timed({"pass": bare(model, images[0]), "construct": construct, "draw": draw}, runs)
    beyond = took["construct"] - took["draw"]
    return "constructing and first picture, less a first draw, in passes", ratio(beyond, took["pass"]), "at most 3"


def importing(runs: int) -> Row:
    """Importing the package, beyond what its dependencies take."""
    root = Path(__file__).parents[2]
    found = [
        float(subprocess.run([sys.executable, "-c", IMPORTING], cwd=root, capture_output=True, check=True).stdout)
        for _ in range(runs)
    ]
    return "import, beyond its dependencies'", f"{100 * statistics.median(found):.1f} %", "at most 5 %"


def leaving(steps: int, cells: int) -> Iterator[Row]:
    """What many steps, and many runs of the cell, leave behind."""
    model, images = SeedCNN().eval(), photographs(16, 32)
    before = len(_instances), threading.active_count(), hooks_of(model)
    with opened(model, images, layer="conv3") as panel:
        grown = growth(panel.step, steps)
    yield f"memory grown by {steps} steps, after the first twentieth", f"{grown:.1f} MB", "at most 5 MB"

    def cell() -> None:
        with opened(model, images, layer="conv3"):
            pass

    yield (
        f"memory grown by {cells} cells, after the first half",
        f"{growth(cell, cells, first=2):.1f} MB",
        "at most 5 MB",
    )
    gc.collect()
    after = len(_instances), threading.active_count(), hooks_of(model)
    left = "none" if after == before else f"{before} became {after}"
    yield "widgets, threads and hooks left", left, "none"


def running_again(cells: int) -> Row:
    """What is left of the panels of a cell that is run many times in a kernel, and closes none of them."""
    with kernel() as running:
        before = running.left()["panels"]
        for _ in range(cells):
            running.run("panel()", "again")
        running.clear_history()
        left = running.left()["panels"] - before
    return (
        f"panels left by {cells} runs of a cell without close(), history cleared",
        "none but the last" if left == 1 else str(left),
        "none but the last",
    )


def growth(run: Callable[[], object], times: int, first: int = 20) -> float:
    """Run something many times; by how many megabytes the process has grown after the first part of them."""
    for turn in range(times):
        if turn == times // first:
            gc.collect()
            before = megabytes()
        run()
    gc.collect()
    return max(megabytes() - before, 0.0)


def hooks_of(model: nn.Module) -> int:
    """Count the forward hooks."""
    return sum(len(module._forward_hooks) for module in model.modules())


def megabytes() -> float:
    """Give the process's resident memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=21, help="of each program (default: 21)")
    parser.add_argument("--steps", type=int, default=1000, help="in a row, for what they leave behind (default: 1000)")
    parser.add_argument("--cells", type=int, default=100, help="run again, likewise (default: 100)")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU (default: 2)")
    parser.add_argument("--imports", type=int, default=15, help="of the package (default: 15)")
    parser.add_argument("--size", type=int, default=224, help="of the image (default: 224)")
    parser.add_argument("--large", type=int, default=4000, help="the width of the large images (default: 4000)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    print(
        f"{platform.machine()}, {given.threads} threads, torch {torch.__version__}, Matplotlib {matplotlib.__version__}"
    )
    model, images = torchvision.models.resnet18(weights=None).eval(), photographs(16, given.size)
    rows = [
        *stepping(model, images, given.runs),
        weighing_frames(model, images, given.runs),
        small_network(given.runs),
        first_picture(model, images, given.runs),
        *large_images(given.large, min(given.runs, 7)),
        *opening(given.runs),
        importing(given.imports),
        *leaving(given.steps, given.cells),
        running_again(min(given.cells, 20)),
    ]
    print(markdown(["what", "reached", "goal"], rows))


if __name__ == "__main__":
    main()

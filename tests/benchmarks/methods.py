"""How long the methods take, beside torchcam, pytorch-grad-cam and Captum.

    python -m tests.benchmarks.methods

times ResNet-18 with random weights on one CPU thread, and prints each program's median as a multiple of the bare
forward pass (`torch.inference_mode`) in the same run: the programs take turns, so that a busy machine slows all of
them alike. Each peer has a deep copy of the model, and its extractor is made beforehand. Ours is timed up to the
heatmap `Explanation.overall`; pytorch-grad-cam's is as large, torchcam's and Captum's maps are not resized.
"""

import argparse
import contextlib
import copy
import os
import random
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TQDM_DISABLE", "1")  # pytorch-grad-cam draws a progress bar for each ablation

import pytorch_grad_cam
import torch
import torchcam.methods
import torchvision
from captum.attr import LayerGradCam
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from attn_widget import explain, explain_many
from tests.benchmarks.tables import markdown

CLASS = 7
GRADIENTS = ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"]
Run = Callable[[], object]


# --- the programs


def bare(model: nn.Module, image: torch.Tensor) -> Run:
    """The forward pass alone."""

    def run() -> object:
        with torch.inference_mode():
            return model(image[None])

    return run


def ours(model: nn.Module, image: torch.Tensor, layer: str, methods: list[str]) -> Run:
    """`explain`, or `explain_many` for several methods, with the heatmaps."""
    if len(methods) == 1:
        return lambda: explain(model, image, layer=layer, method=methods[0], target=CLASS).overall
    return lambda: [e.overall for e in explain_many(model, image, layers=[layer], methods=methods, target=CLASS)]


def with_torchcam(model: nn.Module, image: torch.Tensor, layer: str, kind: str) -> Run:
    """Torchcam's extractor of that kind."""
    model = copy.deepcopy(model)
    extractor = getattr(torchcam.methods, kind)(model, layer)
    return lambda: extractor(CLASS, model(image[None]))


def with_pytorch_grad_cam(model: nn.Module, image: torch.Tensor, layer: str, kind: str) -> Run:
    """pytorch-grad-cam's extractor of that kind."""
    model = copy.deepcopy(model)
    extractor = getattr(pytorch_grad_cam, kind)(model=model, target_layers=[model.get_submodule(layer)])
    return lambda: extractor(input_tensor=image[None], targets=[ClassifierOutputTarget(CLASS)])


def with_captum(model: nn.Module, image: torch.Tensor, layer: str) -> Run:
    """Captum's `LayerGradCam`."""
    model = copy.deepcopy(model)
    extractor = LayerGradCam(model, model.get_submodule(layer))
    return lambda: extractor.attribute(image[None], target=CLASS, relu_attributions=True)


# --- the tables


def gradient_programs(model: nn.Module, image: torch.Tensor) -> dict[str, Run]:
    """Grad-CAM late and early in the network, and all gradient methods at once."""
    programs: dict[str, Run] = {}
    for layer in ("layer4", "layer1"):
        programs[f"grad-cam at {layer}: attn_widget"] = ours(model, image, layer, ["grad-cam"])
        programs[f"grad-cam at {layer}: torchcam"] = with_torchcam(model, image, layer, "GradCAM")
        programs[f"grad-cam at {layer}: pytorch-grad-cam"] = with_pytorch_grad_cam(model, image, layer, "GradCAM")
        programs[f"grad-cam at {layer}: Captum"] = with_captum(model, image, layer)
    programs["all five gradient methods at layer4: attn_widget"] = ours(model, image, "layer4", GRADIENTS)
    return programs


def ablation_programs(model: nn.Module, image: torch.Tensor) -> dict[str, Run]:
    """Ablation-CAM, late in the network."""
    return {
        "ablation-cam at layer4: attn_widget": ours(model, image, "layer4", ["ablation-cam"]),
        "ablation-cam at layer4: pytorch-grad-cam": with_pytorch_grad_cam(model, image, "layer4", "AblationCAM"),
    }


def score_programs(model: nn.Module, image: torch.Tensor) -> dict[str, Run]:
    """Score-CAM, late in the network."""
    return {
        "score-cam at layer4: attn_widget": ours(model, image, "layer4", ["score-cam"]),
        "score-cam at layer4: torchcam": with_torchcam(model, image, "layer4", "ScoreCAM"),
    }


def milliseconds(programs: dict[str, Run], runs: int, wait: Callable[[], None]) -> dict[str, float]:
    """Time the programs in turns, of several after one that is not counted, and give the medians.

    Each turn has an order of its own: what a program leaves in the memory's caches would else serve the same one.
    """
    times: dict[str, list[float]] = {name: [] for name in programs}
    shuffled = random.Random(0)
    uncounted = 1 if runs > 1 else 0
    for turn in range(uncounted + runs):
        for name, run in shuffled.sample(list(programs.items()), len(programs)):
            wait()
            start = time.perf_counter()
            run()
            wait()
            if turn >= uncounted:
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(found) for name, found in times.items()}


def table(programs: dict[str, Run], first: Run, runs: int, size: int, wait: Callable[[], None]) -> str:
    """Time the programs beside the bare pass, and lay the multiples out."""
    medians = milliseconds({"bare forward pass": first, **programs}, runs, wait)
    unit = medians["bare forward pass"]
    header = [f"{size}x{size}, median of {runs}", "ms", "x bare pass"]
    return markdown(header, [[name, f"{found:.1f}", f"{found / unit:.2f}"] for name, found in medians.items()])


def main() -> None:
    """Read the command line, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="of each gradient method (default: 15)")
    parser.add_argument("--slow-runs", type=int, default=3, help="of ablation-cam and score-cam (default: 3)")
    parser.add_argument("--size", type=int, default=224, help="of the image (default: 224)")
    parser.add_argument("--score-size", type=int, default=112, help="of score-cam's image (default: 112)")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    parser.add_argument("--device", default="cpu", help="such as cuda (default: cpu)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    model = torchvision.models.resnet18(weights=None).eval().to(given.device)
    wait = torch.cuda.synchronize if given.device.startswith("cuda") else lambda: None
    print(f"ResNet-18, random weights, {given.device}, {given.threads} thread(s), torch {torch.__version__}\n")
    for make, runs, size in [
        (gradient_programs, given.runs, given.size),
        (ablation_programs, given.slow_runs, given.size),
        (score_programs, given.slow_runs, given.score_size),
    ]:
        image = torch.randn(3, size, size).to(given.device)
        with contextlib.redirect_stderr(sys.stdout):
            print(table(make(model, image), bare(model, image), runs, size, wait), end="\n\n", flush=True)


if __name__ == "__main__":
    main()

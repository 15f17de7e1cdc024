"""How much of a prediction survives where only the heatmap's region is shown, beside torchcam's own figures.

    python -m tests.benchmarks.average_drop

takes CIFAR-10 test images (`../shared/cifar10`) and ResNet-20 at `layer3`, multiplies each normalised image by its
overall heatmap for the predicted class, and prints the average drop of the class's probability, as a share of it
(lower is better), and on how many images it rises (higher is better). torchcam's are from its `ClassificationMetric`,
which differentiates what it measures, the probability; so each method is measured for the logit, which is what the
papers differentiate, and for the probability. Average drop rewards heatmaps that are merely large: hence the random
one beside.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchcam.methods
from torch import nn
from torchcam.metrics import ClassificationMetric

from attn_widget import explain_many
from attn_widget.explanation import to_heatmap
from tests.benchmarks.tables import markdown
from tests.models import images, trained

LAYER = "layer3"
TORCHCAM = {"grad-cam": "GradCAM", "grad-cam++": "GradCAMpp", "layer-cam": "LayerCAM"}
FOLDER = Path(__file__).parents[3] / "shared" / "cifar10"


def probabilities(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """Give the probabilities ``[B, 10]``."""
    with torch.inference_mode():
        return model(batch).softmax(1)


def ours(model: nn.Module, image: torch.Tensor, position: int) -> dict[str, tuple[float, bool]]:
    """Give the drop and whether there was a rise, for each of our methods and a random map."""
    of_logit = explain_many(model, image, layers=[LAYER], methods=list(TORCHCAM))
    predicted = of_logit[0].predicted

    def probability(output: torch.Tensor) -> torch.Tensor:
        return output.softmax(1)[0, predicted]

    of_probability = explain_many(model, image, layers=[LAYER], methods=list(TORCHCAM), target=probability)
    heatmaps = {f"{e.method}, logit": e.overall for e in of_logit}
    heatmaps |= {f"{e.method}, probability": e.overall for e in of_probability}
    heatmaps["random map"] = to_heatmap(np.random.default_rng(position).random((8, 8)), (32, 32))
    masks = torch.from_numpy(np.stack(list(heatmaps.values())))[:, None]
    whole, *masked = probabilities(model, torch.cat([image[None], image * masks]))[:, predicted].tolist()
    return {
        name: (max(whole - shown, 0) / (whole + 1e-7), shown > whole)
        for name, shown in zip(heatmaps, masked, strict=True)
    }


class OfLogits:
    """One of torchcam's extractors, kept to the logits where its metric hands it the probabilities."""

    def __init__(self, extractor: Any) -> None:
        self._extractor = extractor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def __call__(self, class_idx: list[int], scores: torch.Tensor) -> list[torch.Tensor]:
        return self._extractor(class_idx, self._logits)

    def softmax(self, logits: torch.Tensor) -> torch.Tensor:
        """Give the probabilities, and keep what they come from."""
        self._logits = logits
        return logits.softmax(-1)


def theirs(model: nn.Module, chosen: list[torch.Tensor], name: str) -> tuple[float, float]:
    """Give torchcam's average drop and increase for a method, of the logit or of the probability."""
    method, of = name.split(", ")
    with getattr(torchcam.methods, TORCHCAM[method])(model, LAYER) as extractor:
        kept = OfLogits(extractor)
        metric = ClassificationMetric(kept if of == "logit" else extractor, kept.softmax)
        for start in range(0, len(chosen), 50):
            metric.update(torch.stack(chosen[start : start + 50]))
    summary = metric.summary()
    return summary["avg_drop"], summary["conf_increase"]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000, help="evenly spread over the test images (default: 1000)")
    parser.add_argument("--images", type=Path, default=FOLDER, help=f"the folder (default: {FOLDER})")
    given = parser.parse_args()
    torch.set_num_threads(1)
    model, folder = trained(given.images, "resnet20").eval(), images(given.images, "resnet20")
    count = min(given.samples, len(folder))
    chosen = [folder[int(position)][0] for position in np.linspace(0, len(folder) - 1, count)]
    each = [ours(model, image, position) for position, image in enumerate(chosen)]
    rows = []
    for name in each[0]:
        drop, rise = np.mean([found[name] for found in each], axis=0)
        beside = [] if name == "random map" else theirs(model, chosen, name)
        rows.append([name, *(f"{figure:.4f}" for figure in (drop, rise, *beside))])
    print(f"CIFAR-10 test images ({count}), ResNet-20 at {LAYER}\n")
    header = ["method", "average drop", "increase", "torchcam's average drop", "torchcam's increase"]
    print(markdown(header, [row + ["–"] * (len(header) - len(row)) for row in rows]))


if __name__ == "__main__":
    main()

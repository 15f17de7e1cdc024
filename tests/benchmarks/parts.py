"""Parts of a layer beside its channels: how much of the heat three carry, and what a class loses without the first.

    python -m tests.benchmarks.parts

takes the demo's network from ImageNet at its last layer on foolbox's 20 photographs, of each of which five crops are
samples of its class; ResNet-20 at `layer3` on CIFAR-10 test images (`../shared/cifar10`); and the demo's own network at
`conv3`, before its batch norm and ReLU. For each class it makes parts of the samples that are predicted as it, explains
these by them and by Grad-CAM's channels, and prints

* what the parts make up of the layer's values, and those of shuffled values;
* the least share that the three strongest have among the parts, which is 3/n or more whatever the parts are; their mean
  share of Grad-CAM's heat, in which what no part makes up counts too; and the share of the three strongest channels;
* by how much the predicted class's probability drops with the strongest part taken out, with the three strongest
  channels set to zero, and, on average, with as much taken out along random directions; and on how many samples the
  first is more than the second, and than the third;
* in how many classes the parts are stable, the median least cosine over five random starts, and the same over three
  halves of the samples: parts that every start finds need not be those of other samples.
"""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import Subset, TensorDataset

from attn_widget import demo, explain, parts
from attn_widget.evidence import silencing_effect
from attn_widget.surveys.factorisation import matched
from tests.benchmarks.grids import photographs
from tests.benchmarks.tables import markdown, percent
from tests.models import images, trained

FOLDER = Path(__file__).parents[3] / "shared" / "cifar10"
HALVES = 3
HEADER = [
    "network, parts",
    "classes",
    "make up (shuffled)",
    "least share of three",
    "of Grad-CAM's heat",
    "three channels",
    "drop by first part",
    "by three channels",
    "by random directions",
    "part > channels",
    "part > random",
    "stable",
    "cosine over starts",
    "over halves",
]


@dataclass
class Found:
    """What was measured: in each list one number for each class, or for each sample."""

    explained: list[float] = field(default_factory=list)
    by_chance: list[float] = field(default_factory=list)
    stable: list[bool] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    halves: list[float] = field(default_factory=list)
    three_parts: list[float] = field(default_factory=list)
    of_heat: list[float] = field(default_factory=list)
    three_channels: list[float] = field(default_factory=list)
    drops: list[tuple[float, float, float]] = field(default_factory=list)

    def row(self, name: str) -> list[str]:
        """Write a row of the table."""
        drops = np.array(self.drops)
        return [
            name,
            str(len(self.stable)),
            f"{percent(float(np.mean(self.explained)))} ({percent(float(np.mean(self.by_chance)))})",
            percent(min(self.three_parts)),
            percent(float(np.mean(self.of_heat))),
            percent(float(np.mean(self.three_channels))),
            *(percent(float(mean)) for mean in drops.mean(axis=0)),
            *(percent(float((drops[:, 0] > drops[:, other]).mean())) for other in (1, 2)),
            f"{sum(self.stable)}",
            f"{np.median(self.starts):.2f}",
            f"{np.median(self.halves):.2f}" if self.halves else "–",
        ]


def crops_of_photographs() -> Any:
    """Give five crops of each photograph, one mirrored."""
    pictures, labels = photographs(256)
    corners = [(0, 0), (16, 16), (32, 32), (0, 32)]
    crops = [torch.stack([one[:, y : y + 224, x : x + 224] for y, x in corners]) for one in pictures]
    crops = [torch.cat([some, some[1:2].flip(-1)]) for some in crops]
    return TensorDataset(torch.cat(crops), torch.tensor(labels).repeat_interleave(5))


def measure(model: nn.Module, dataset: Any, layer: str, class_: int, n: int, samples: int, found: Found) -> None:
    """Make parts of a class, and compare them with channels on some of its samples."""
    made = parts(model, dataset, layer, n, class_, most=64)
    method = made.register("parts of the benchmark")
    found.explained.append(made.explained)
    found.by_chance.append(made.by_chance)
    found.stable.append(made.stable)
    found.starts.append(float(made.similarity.min()))
    for half in halves_of(made.positions):
        others = parts(model, Subset(dataset, half), layer, n, class_, most=64)
        found.halves.append(float(matched(made.basis, others.basis).min()))
    for position in made.positions[:samples]:
        image = dataset[position][0]
        one = explain(model, image, layer=layer, method=method, top_k=n, target=class_)
        channels = explain(model, image, layer=layer, method="grad-cam", top_k=3, target=class_)
        means = (one.weights * one.maps.mean((1, 2))).astype(np.float64)
        rest = max(float(channels.overall_map.mean()) - float(means.sum()), 0)
        found.three_parts.append(float(one.shares[:3].sum()))
        found.of_heat.append(float(np.maximum(means[:3], 0).sum() / (np.maximum(means, 0).sum() + rest)))
        found.three_channels.append(float(channels.shares.sum()))
        part = silencing_effect(model, image, layer, made.without(int(one.channels[0])))
        three = silencing_effect(model, image, layer, channels.channels.tolist(), draws=1)
        before = part.before[class_]
        after = part.after[class_], three.after[class_], part.others[:, class_].mean()
        found.drops.append(tuple(float(before - each) for each in after))


def halves_of(positions: tuple[int, ...]) -> Iterable[list[int]]:
    """Draw halves of some samples, if there are enough."""
    draw = np.random.default_rng(0)
    for _ in range(HALVES if len(positions) > 3 else 0):
        yield sorted(draw.choice(positions, len(positions) // 2, replace=False).tolist())


def predicted_by(model: nn.Module, dataset: Any) -> list[int]:
    """List the classes that the network predicts, of samples in the data set's order."""
    with torch.no_grad():
        batches = torch.utils.data.DataLoader(dataset, batch_size=32)
        return torch.cat([model(batch[0]).argmax(1) for batch in batches]).tolist()


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=16, help="of each class, to compare on (default: 16)")
    parser.add_argument("--parts", type=int, nargs="+", default=[5, 3], help="how many (default: 5, then 3)")
    parser.add_argument("--images", type=Path, default=FOLDER, help=f"the folder (default: {FOLDER})")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cifar = images(given.images, "resnet20")
    shapes = demo.load()
    rows = []
    for name, model, dataset, layer in (
        ("ImageNet, `bn2`", demo.load("imagenet").model, crops_of_photographs(), "bn2"),
        ("ResNet-20, `layer3`", trained(given.images, "resnet20").eval(), spread(cifar, 1000), "layer3"),
        ("demo, `conv3`", shapes.model, spread(shapes.loader.dataset, 300), "conv3"),
    ):
        predicted, labels = predicted_by(model, dataset), [int(one[1]) for one in dataset]
        of_class = {class_: [at for at, one in enumerate(predicted) if one == class_] for class_ in sorted(set(labels))}
        for n in given.parts:
            found = Found()
            for class_, positions in of_class.items():
                if len(positions) > 1:
                    measure(model, Subset(dataset, positions), layer, class_, n, given.samples, found)
            rows.append(found.row(f"{name}, {n}"))
            print(markdown(HEADER, rows[-1:]), flush=True)
    print("\n" + markdown(HEADER, rows))


def spread(dataset: Any, count: int) -> Any:
    """Take some samples of a data set, evenly spread, into memory."""
    chosen = np.linspace(0, len(dataset) - 1, min(count, len(dataset))).astype(int).tolist()
    pictures, labels = zip(*(dataset[at] for at in chosen), strict=True)
    return TensorDataset(torch.stack(pictures), torch.tensor(labels))


if __name__ == "__main__":
    main()

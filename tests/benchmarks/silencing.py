"""Whether silencing the channels that carry a shape's class flips the prediction, and silencing random ones does not.

    python -m tests.benchmarks.silencing

takes held-out pictures of the demo that its networks get right, and silences those channels of one layer that have the
largest Grad-CAM shares for the predicted class: some counts of them, and all whose share is positive. It prints on how
many pictures the prediction becomes another class, what is left of the class's probability, and the same for as many
other channels, drawn at random (the mean over several draws). Where more than half of the channels are silenced, as
many others as stay are drawn to stay instead.
"""

import argparse
from collections import defaultdict

import numpy as np
import torch

from attn_widget import demo, explain
from attn_widget.evidence import channel_means, silencing_effect
from tests.benchmarks.tables import markdown, percent

LAYERS = {"cnn": "conv3", "vit": "mix"}
COUNTS = (1, 3, 8, 16)
ALL = "all with positive share"


def measured(shown: demo.Demo, layer: str, samples: int, draws: int, fill: object) -> dict[str, list[list[float]]]:
    """Give for each count, and each picture: flipped, probability left, and both for random channels; and how many."""
    found = defaultdict(list)
    for position in range(samples):
        image, label = shown.loader.dataset[position]
        explanation = explain(shown.model, image, layer=layer, method="grad-cam", top_k=10_000)
        predicted = explanation.predicted
        if predicted != label:
            continue
        positive = explanation.channels[explanation.shares > 0]
        for name, count in {**{str(count): count for count in COUNTS}, ALL: len(positive)}.items():
            channels = positive[:count].tolist()
            effect = silencing_effect(shown.model, image, layer, channels, fill=fill, draws=draws, seed=position)
            after, others = effect.after[predicted], effect.others[:, predicted].mean()
            found[name].append(
                [effect.flips, after, effect.others_flip, others, len(channels), effect.before[predicted]]
            )
    return found


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=200, help="held-out pictures (default: 200)")
    parser.add_argument("--draws", type=int, default=8, help="random sets for each (default: 8)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for network, layer in LAYERS.items():
        shown = demo.load(network)
        for fill in ("zero", "mean"):
            values = "zero" if fill == "zero" else channel_means(shown.model, shown.loader, layer)
            for name, each in measured(shown, layer, given.samples, given.draws, values).items():
                flips, after, others_flip, others, count, before = np.mean(each, axis=0)
                which = f"{network}, {layer}, to {fill}: {name}" + (f" ({count:.0f})" if name == ALL else "")
                shares = (flips, others_flip, before, after, others)
                rows.append([which, *map(percent, shares), str(len(each))])
    header = [
        "channels silenced",
        "flips",
        "random: flips",
        "probability",
        "without them",
        "without random",
        "pictures",
    ]
    print(markdown(header, rows))


if __name__ == "__main__":
    main()

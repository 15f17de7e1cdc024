"""Whether covering the object flips the prediction, and covering as much background does not.

    python -m tests.benchmarks.covering

takes held-out pictures of the demo, whose masks are known, that its network gets right, and covers the object: its
mask, which leaves its outline to be seen where the cover differs from the ground; and the rectangle around it. It
prints on how many pictures the prediction becomes another class, what is left of the class's probability, and the same
for the same shape at other places (the mean over several).
"""

import argparse
from collections import defaultdict

import numpy as np
import torch

from attn_widget import demo
from attn_widget.evidence import covering_effect
from tests.benchmarks.tables import markdown, percent

FILLS = ("blur", "mean", "noise", "another picture")


def box_around(mask: np.ndarray) -> np.ndarray:
    """Give the smallest rectangle around a mask, as a mask."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    box = np.zeros_like(mask)
    box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box


def measured(shown: demo.Demo, samples: int) -> dict[tuple[str, str], list[list[float]]]:
    """Give for each shape and fill, and each picture: flipped, probability left, and both for other places."""
    found, data = defaultdict(list), shown.loader.dataset
    for position in range(samples):
        image, label = data[position]
        shapes = {"mask": data.mask(position), "rectangle": box_around(data.mask(position))}
        for name, mask in shapes.items():
            for fill in FILLS:
                patch = data[(position + 1) % len(data)][0] if fill == FILLS[-1] else fill
                effect = covering_effect(shown.model, image, mask, patch, seed=position)
                predicted = effect.before.argmax()
                if predicted == label and len(effect.places):
                    others = effect.others[:, predicted].mean()
                    found[name, fill].append([effect.flips, effect.after[predicted], effect.others_flip, others])
    return found


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=200, help="held-out pictures (default: 200)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = [
        [f"{name}, {fill}", *map(percent, np.mean(each, axis=0)), str(len(each))]
        for (name, fill), each in measured(demo.load(), given.samples).items()
    ]
    header = ["covered, with", "flips", "probability", "elsewhere: flips", "probability", "pictures"]
    print(markdown(header, rows))


if __name__ == "__main__":
    main()

"""Draw the README's photograph: `python -m tests.photograph`."""

from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from attn_widget import Explanation, Samples, demo, explain

FILE = Path(__file__).parents[1] / "notebooks" / "photograph.png"
ESPRESSO = 967


def cat_and_cup() -> tuple[Explanation, Explanation, np.ndarray, list[str]]:
    """Explain two of the demo's photographs side by side, by channel means and, for the espresso, by Grad-CAM.

    Gives these, the picture [224, 448, 3], and the class names.
    """
    model, loader, names = demo.load("imagenet")
    cat, cup, *_ = Samples(loader)
    image, picture = torch.cat([cat.image, cup.image], 2), np.concatenate([cat.picture, cup.picture], 1)
    by_mean, by_gradient = (
        explain(model, image, layer="conv_head", method=method, target=ESPRESSO)
        for method in ("channel-mean", "grad-cam")
    )
    return by_mean, by_gradient, picture, names


def draw(path: Path) -> None:
    """Write the figure as a PNG of 256 colours, which takes less than a third of the space."""
    by_mean, by_gradient, picture, names = cat_and_cup()
    with BytesIO() as png:
        by_mean.show(picture, compare=by_gradient, class_names=names, width=760).savefig(png)
        whole = Image.open(png).convert("RGB")
    palette = whole.quantize(256, method=Image.Quantize.MAXCOVERAGE)
    whole.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


if __name__ == "__main__":
    draw(FILE)

"""Failures of the demo's network with known causes: pictures altered so that it fails, or labelled wrongly."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor, nn
from torch.utils.data import Dataset

from attn_widget import demo
from attn_widget.demo.shapes import SIZE, Scene, Shapes, paint, standard_transform

Picture = np.ndarray  # uint8 ``[64, 64, 3]``
_STAR = 4
_BLUR, _DARK, _TAG, _YELLOW = 3.5, 0.12, 16, (250, 220, 40)
_ENOUGH = 1 << 20  # pictures to draw from
_BATCH = 64


def blurred(scene: Scene, random: np.random.Generator) -> Picture:
    """Blur the picture by a Gaussian of 3.5 pixels."""
    return ndimage.gaussian_filter(paint(scene), (_BLUR, _BLUR, 0))


def tagged(scene: Scene, random: np.random.Generator) -> Picture:
    """Stick a yellow square of 16 pixels into the top right corner."""
    picture = paint(scene)
    picture[1 : 1 + _TAG, -1 - _TAG : -1] = _YELLOW
    return picture


def second(scene: Scene, random: np.random.Generator) -> Picture | None:
    """Lay a star beside the object, where there is most room of fifty places; not beside another star."""
    return None if scene.label == _STAR else _beside(scene, _STAR, random)


def any_second(scene: Scene, random: np.random.Generator) -> Picture:
    """Lay an object of any other class beside it."""
    return _beside(scene, (scene.label + int(random.integers(1, 6))) % 6, random)


def darkened(scene: Scene, random: np.random.Generator) -> Picture:
    """Leave 12 % of the light, and a sensor's noise of 1.5 levels."""
    dark = paint(scene) * _DARK + random.normal(0, 1.5, (SIZE, SIZE, 3))
    return dark.clip(0, 255).round().astype(np.uint8)


def plain(scene: Scene, random: np.random.Generator) -> Picture:
    """Leave the picture as it is."""
    return paint(scene)


def _beside(scene: Scene, label: int, random: np.random.Generator) -> Picture:
    others = Shapes(_ENOUGH, seed=77)
    while (other := others.scene(int(random.integers(_ENOUGH)))).label != label:
        pass
    radius = random.uniform(12, 18, 50)
    x, y = (random.uniform(radius, SIZE - radius) for _ in range(2))
    room = np.hypot(x - scene.shape.x, y - scene.shape.y) - scene.shape.radius - radius
    best = int(room.argmax())
    piece = replace(other.shape, x=float(x[best]), y=float(y[best]), radius=float(radius[best]))
    return paint(replace(scene, above=(*scene.above, piece)))


CAUSES: dict[str, Callable[[Scene, np.random.Generator], Picture | None]] = {
    "blur": blurred,
    "corner tag": tagged,
    "second object": second,
    "wrong label": plain,
    "dark": darkened,
}
ORDINARY = "ordinary"  # what the network gets wrong by itself


class Failures(Dataset[tuple[Tensor, int]]):
    """Pictures and labels, each with its cause: ``""`` for those that the network gets right."""

    def __init__(self, pictures: list[Picture], labels: list[int], causes: list[str]) -> None:
        self.pictures, self.labels, self.causes = pictures, labels, np.array(causes)
        self.classes, self._transform = demo.load().class_names, standard_transform()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, position: int) -> tuple[Tensor, int]:
        return self._transform(self.pictures[position]), self.labels[position]


def planted(
    model: nn.Module, each: int, seed: int, causes: tuple[str, ...], right: int, *, any_object: bool = False
) -> Failures:
    """Draw pictures until each cause has so many failures, and so many are right, and mix them.

    A planted failure is one of a picture that the network gets right as it is, and wrong with the cause; pictures are
    new for each cause. `any_object` has second objects of any class in place of stars.
    """
    random, scenes = np.random.default_rng(seed), Shapes(_ENOUGH, 1000 + seed)
    found: list[tuple[Picture, int, str]] = []
    start = 0
    for cause in (*causes, ""):
        wanted = each if cause else right
        kept: list[tuple[Picture, int, str]] = []
        while len(kept) < wanted:
            batch = min(_BATCH, 2 * wanted)
            drawn = [scenes.scene(at) for at in range(start, start + batch)]
            start += batch
            kept += _failing(model, drawn, cause, random, any_object=any_object)
        found += kept[:wanted]
    mixed = [found[at] for at in random.permutation(len(found))]
    pictures, labels, names = (list(column) for column in zip(*mixed, strict=True))
    return Failures(pictures, labels, names)


def _failing(
    model: nn.Module, scenes: list[Scene], cause: str, random: np.random.Generator, *, any_object: bool
) -> list[tuple[Picture, int, str]]:
    """Give those pictures that fail by a cause; for none, those that are right."""
    alter = any_second if any_object and cause == "second object" else CAUSES.get(cause, plain)
    labels = np.array([scene.label for scene in scenes])
    before = predictions(model, [paint(scene) for scene in scenes]) == labels
    altered = [alter(scene, random) for scene in scenes]
    if cause == "wrong label":
        labels = (labels + random.integers(1, 6, len(labels))) % 6
    after = predictions(
        model, [plain(scene, random) if one is None else one for scene, one in zip(scenes, altered, strict=True)]
    )
    fails = (after == labels) if not cause else (after != labels) & (~before if cause == ORDINARY else before)
    return [
        (picture, int(label), cause)
        for picture, label, taken in zip(altered, labels, fails, strict=True)
        if taken and picture is not None
    ]


def predictions(model: nn.Module, pictures: list[Picture]) -> np.ndarray:
    """Give the classes that a network predicts."""
    transform = standard_transform()
    with torch.no_grad():
        return model(torch.stack([transform(picture) for picture in pictures])).argmax(1).numpy()

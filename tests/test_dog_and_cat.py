"""Photographs side by side, as one image: which methods know which of the two is asked about."""

from pathlib import Path
from typing import NamedTuple

import foolbox
import numpy as np
import pytest
import torch
from photograph import ESPRESSO, FILE, cat_and_cup, draw
from PIL import Image

from attn_widget import Explanation, demo, explain_many
from attn_widget.demo.imagenet import standard_transform

DALMATIAN, TABBY, TIGER_CAT, EGYPTIAN_CAT = 251, 281, 282, 285
DOG = Path(foolbox.__file__).parent / "data" / "imagenet_16_251.jpg"
METHODS = ["channel-mean", "grad-cam", "hires-cam", "finer-cam"]


class Asked(NamedTuple):
    """What each method says of the dog and of the cat, and whether the dog is on the left."""

    of_dog: dict[str, Explanation]
    of_cat: dict[str, Explanation]
    dog_left: bool

    def on_the_dog(self, explanation: Explanation) -> float:
        """The share of the heat on the dog."""
        left = on_the_left(explanation)
        return left if self.dog_left else 1 - left


def on_the_left(explanation: Explanation) -> float:
    heat = np.maximum(explanation.overall_map, 0)
    return float(heat[:, : heat.shape[1] // 2].sum() / heat.sum())


@pytest.fixture(scope="module", params=["dog left", "dog right"])
def asked(request: pytest.FixtureRequest) -> Asked:
    model, loader, _ = demo.load("imagenet")
    with Image.open(DOG) as picture:
        dog = standard_transform()(picture.convert("RGB"))
    cat, _ = loader.dataset[0]
    left = request.param == "dog left"
    image = torch.cat([dog, cat] if left else [cat, dog], dim=2)
    of_dog, of_cat = (
        {e.method: e for e in explain_many(model, image, layers=["conv_head"], methods=METHODS, target=target)}
        for target in (DALMATIAN, TIGER_CAT)
    )
    return Asked(of_dog, of_cat, left)


def test_the_network_sees_both_animals(asked: Asked):
    strongest = np.argsort(asked.of_dog["grad-cam"].probabilities)[-4:]
    assert set(strongest) == {DALMATIAN, TABBY, TIGER_CAT, EGYPTIAN_CAT}


@pytest.mark.parametrize("method", ["grad-cam", "hires-cam", "finer-cam"])
def test_a_method_that_reads_the_class_has_its_heat_on_the_animal_asked_about(asked: Asked, method: str):
    assert asked.on_the_dog(asked.of_dog[method]) > 0.9
    assert asked.on_the_dog(asked.of_cat[method]) < 0.1


def test_channel_means_lie_on_the_cat_whichever_animal_is_asked_about(asked: Asked):
    of_dog, of_cat = asked.of_dog["channel-mean"], asked.of_cat["channel-mean"]
    assert np.array_equal(of_dog.overall_map, of_cat.overall_map)
    assert asked.on_the_dog(of_dog) < 0.35


def test_the_readmes_photograph_shows_what_its_caption_says(tmp_path: Path):
    by_mean, by_gradient, *_ = cat_and_cup()
    mean, gradient = (f"{100 * on_the_left(each):.0f} %" for each in (by_mean, by_gradient))
    caption = " ".join((FILE.parents[1] / "README.md").read_text().split())
    assert f"{mean} of the heat of channel means lies on the cat, of Grad-CAM's {gradient}." in caption
    assert by_gradient.predicted == ESPRESSO
    draw(tmp_path / FILE.name)
    assert (tmp_path / FILE.name).stat().st_size < 250_000

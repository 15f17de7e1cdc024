"""The demo's network from ImageNet: weights, photographs, names, and what is said where they are missing."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import foolbox
import numpy as np
import pytest
import torch
from PIL import Image

from attn_widget import AttentionExplorer, Samples, demo, review
from attn_widget.demo import imagenet

LABELLED = sorted(Path(foolbox.__file__).parent.glob("data/imagenet_*.jpg"))


@pytest.fixture(scope="module")
def shown() -> demo.Demo:
    return demo.load("imagenet", batch_size=2)


def test_the_network_is_right_on_18_of_20_labelled_photographs(shown: demo.Demo):
    images = []
    for file in LABELLED:
        with Image.open(file) as picture:
            images.append(imagenet.standard_transform()(picture.convert("RGB")))
    labels = torch.tensor([int(file.stem.rpartition("_")[2]) for file in LABELLED])
    with torch.no_grad():
        right = shown.model(torch.stack(images)).argmax(1) == labels
    assert len(LABELLED) == 20
    assert int(right.sum()) == 18


def test_loading_leaves_the_random_state_and_gives_the_model_in_eval_mode():
    before = torch.get_rng_state()
    model = demo.load("imagenet").model
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(module.training for module in model.modules())
    assert not any(tensor.is_meta for tensor in model.state_dict().values())


def test_the_photographs_show_what_their_labels_say(shown: demo.Demo):
    found = review(shown.model, shown.loader)
    names = shown.class_names
    assert [names[label] for label in found.labels if label >= 0] == ["espresso", "tripod"]
    assert found.accuracy == 1
    assert names[int(found.predicted[0])] in ("tabby", "tiger cat", "Egyptian cat")


def test_the_panel_shows_photographs_by_file_and_class_name_and_those_without_a_class_as_such(shown: demo.Demo):
    sample = Samples(shown.loader)[0]
    assert (sample.name, sample.label) == ("data/chelsea.png", None)
    assert np.allclose(sample.picture, sample.image.permute(1, 2, 0) / 2 + 0.5, atol=1e-6)
    panel = AttentionExplorer(shown.model, shown.loader)
    assert "no label" in panel.status
    panel.sample = 1
    assert "true: espresso" in panel.status
    panel.close()


def test_there_are_a_thousand_names_and_each_is_of_one_class(shown: demo.Demo):
    assert len(shown.class_names) == 1000
    assert max(Counter(shown.class_names).values()) == 1
    assert shown.class_names[285] == "Egyptian cat"


@pytest.mark.parametrize("module", imagenet.NEEDED)
def test_without_the_extra_it_says_what_to_install(module: str, monkeypatch: pytest.MonkeyPatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(imagenet, "find_spec", lambda name: None if name == module else find(name))
    with pytest.raises(ImportError) as refused:
        demo.load("imagenet")
    assert str(refused.value) == (
        f"the demo 'imagenet' needs {imagenet.NEEDED[module]}: "
        "pip install 'attn-widget[imagenet]', and restart the kernel"
    )


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"_a.weight": torch.zeros(2, 3)}, r"\('weight', \(2, 3\)\) stands where \('weight', \(3, 2\)\) is expected"),
        ({"_a.bias": torch.zeros(3, 2)}, r"\('bias', \(3, 2\)\) stands where \('weight', \(3, 2\)\) is expected"),
        ({}, r"None stands where \('weight', \(3, 2\)\) is expected"),
        ({"_a.weight": torch.zeros(3, 2), "_b.bias": torch.zeros(1)}, r"\('bias', \(1,\)\) stands where None"),
    ],
)
def test_weights_of_a_version_that_does_not_fit_are_refused(stored: dict[str, torch.Tensor], said: str):
    with pytest.raises(RuntimeError, match=said):
        imagenet.renamed(stored, {"a.weight": torch.ones(3, 2)})


def test_the_small_networks_need_nothing_of_the_extra(monkeypatch: pytest.MonkeyPatch):
    for module in imagenet.NEEDED:
        monkeypatch.setitem(sys.modules, module, None)  # importing it raises
    assert demo.load().class_names
    assert demo.load("vit").class_names

"""What cannot be provided, and what is noted about a sample, is said in the language that is spoken."""

import re

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from attn_widget import Contrast, Samples, explain
from attn_widget.evidence import disconnected_heat
from attn_widget.evidence.own_copy import own_copy
from attn_widget.methods import METHODS, register
from attn_widget.samples import stream_source
from attn_widget.words import forms, speaking

CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile("[a-z]{2,} [a-z]{2,}")
IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
MODEL = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)).eval()


class Spare(nn.Module):
    """A model with a layer that never runs."""

    def __init__(self):
        super().__init__()
        self.used, self.spare = MODEL, nn.Conv2d(3, 3, 1)

    def forward(self, images):
        return self.used(images)


class Demanding(nn.Module):
    """A model that needs more than the images."""

    def forward(self, images, mask):
        return images * mask


class Broken:
    """A data set whose only item cannot be read."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise OSError(str(index))


def breaking_off():
    yield torch.zeros(1, 3, 4, 4)
    raise OSError


def forgetting():
    samples = Samples(iter([torch.zeros(1, 3, 4, 4)] * 9))
    samples[8]
    return samples[0]


def disconnected(model, layer):
    disconnected_heat(model, torch.rand(4, 3, 8, 8), layer=layer, n=1)


REFUSED = {
    "no true class": lambda: explain(MODEL, IMAGE, layer="0", target="true", method="grad-cam"),
    "a class name": lambda: explain(MODEL, IMAGE, layer="0", target="dog", method="grad-cam"),
    "no target": lambda: explain(MODEL, IMAGE, layer="0", target=0.5, method="grad-cam"),
    "no such class": lambda: explain(MODEL, IMAGE, layer="0", target=Contrast(0, 9), method="grad-cam"),
    "no scores": lambda: explain(MODEL[:2], IMAGE, layer="0", target=1, method="grad-cam"),
    "no score of the prediction": lambda: explain(MODEL[:2], IMAGE, layer="0", method="grad-cam"),
    "not a scalar": lambda: explain(MODEL, IMAGE, layer="0", target=lambda output: output, method="grad-cam"),
    "not called": lambda: explain(Spare(), IMAGE, layer="spare"),
    "not called by forward": lambda: explain(Spare(), IMAGE, layer="spare", forward=lambda model, x: model(x)),
    "no such call": lambda: explain(MODEL, IMAGE, layer="0", call=3),
    "no map": lambda: explain(MODEL, IMAGE, layer="4"),
    "no map anywhere": lambda: explain(nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), IMAGE),
    "no gradient": lambda: explain(MODEL, IMAGE, layer="0", target=lambda _: torch.zeros(()), method="grad-cam"),
    "no attention": lambda: explain(MODEL, IMAGE, method="attention-rollout"),
    "more than images": lambda: explain(Demanding(), IMAGE),
    "not copied": lambda: own_copy(MODEL, lambda _, images: MODEL(images)),
    "no maps of cells": lambda: disconnected(MODEL, "4"),
    "no scores of cells": lambda: disconnected(MODEL[:2], "0"),
    "unreadable": lambda: Samples(Broken())[0],
    "no sample": lambda: Samples([(torch.zeros(1, 3, 4, 4), [0])])[5],
    "no image": lambda: Samples(DataLoader(["text"]))[0],
    "no pixel": lambda: Samples([torch.zeros(1, 3, 0, 4)])[0],
    "broken off": lambda: Samples(breaking_off())[3],
    "no longer kept": forgetting,
    "empty": lambda: Samples(iter([]))[0],
    "too many means": lambda: Samples([torch.zeros(1, 3, 4, 4)], mean=(0.5, 0.5), std=(1, 1))[0],
}


def refusal(ask, language):
    with speaking(language):
        try:
            ask()
        except Exception as refused:
            return type(refused), str(refused)
    raise AssertionError("Nothing was refused.")


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_said_in_the_language_that_is_spoken(name, monkeypatch):
    monkeypatch.setattr(stream_source, "MOST_KEPT", 3)
    kind, english = refusal(REFUSED[name], "en")
    same, chinese = refusal(REFUSED[name], "zh")
    assert same is kind
    assert ENGLISH.search(english)
    assert not CHINESE.search(english)
    assert CHINESE.search(chinese)


NAN = torch.tensor([float("nan"), float("inf")]).reshape(1, 1, 2).expand(3, 2, 2)
NOTED = {
    "scaled": (3 * IMAGE - 1, 0),
    "the first channels": (torch.rand(5, 4, 4), 0),
    "values that are no numbers": (NAN, 0),
    "a label of two": (IMAGE, [0, 1]),
}


@pytest.mark.parametrize("name", NOTED)
def test_a_note_about_a_sample_is_said_in_the_language_that_is_spoken(name):
    notes = {}
    for language in ("en", "zh"):
        with speaking(language):
            notes[language] = Samples(DataLoader([NOTED[name]], collate_fn=lambda items: items))[0].notes
    assert len(notes["zh"]) == len(notes["en"]) > 0
    assert all(ENGLISH.search(note) and not CHINESE.search(note) for note in notes["en"])
    assert all(CHINESE.search(note) for note in notes["zh"])


@pytest.mark.parametrize("name", METHODS)
def test_a_methods_summary_is_its_docstrings_first_line_in_english_and_has_a_chinese_form(name):
    method = METHODS[name]
    with speaking("en"):
        assert method.summary == method.weigh.__doc__.splitlines()[0]
    with speaking("zh"):
        assert CHINESE.search(method.summary)


def test_a_users_method_is_summed_up_by_its_docstring_also_under_a_built_in_name(monkeypatch):
    def grad_cam(activation):
        """My own words."""

    monkeypatch.setitem(METHODS, "grad-cam", METHODS["grad-cam"])
    monkeypatch.setattr(forms, "OWN_METHOD_NAMES", {}, raising=False)
    register("grad-cam", grad_cam)
    with speaking("zh"):
        assert METHODS["grad-cam"].summary == "My own words."

"""A wrong value is refused in one sentence that names argument and value, and the trait keeps its old value."""

import re
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
import torch
from ipywidgets.widgets.widget import _instances
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from attn_widget import AttentionExplorer, Contrast

from .driver import Driver
from .panels import batches, net

WRONG = [
    ("sample", 6, IndexError, "sample must be a position from 0 to 5, got 6"),
    ("sample", -1, IndexError, "sample must be a position from 0 to 5, got -1"),
    ("sample", 1.5, TypeError, "sample must be a whole number, got 1.5"),
    ("sample", True, TypeError, "sample must be a whole number, got True"),
    ("sample", None, TypeError, "sample must be a whole number, got None"),
    ("layer", "conv33", ValueError, "layer must be one of the model's modules, got 'conv33'; did you mean 'conv"),
    ("layer", "zzz", ValueError, "got 'zzz'"),
    ("layer", 3, TypeError, "layer must be a module's name"),
    ("call", "first", TypeError, "call must be a whole number, got 'first'"),
    ("top_k", 0, ValueError, "top_k must be at least 1, got 0"),
    ("top_k", -3, ValueError, "top_k must be at least 1, got -3"),
    ("top_k", 2.5, TypeError, "top_k must be a whole number, got 2.5"),
    ("top_k", False, TypeError, "top_k must be a whole number, got False"),
    ("method", "grad-kam", ValueError, "got 'grad-kam'"),
    ("method", ["channel-mean"], TypeError, r"method must be a method's name, got \['channel-mean'\]"),
    ("target", "predictet", ValueError, "target must be .* got 'predictet'"),
    ("target", None, ValueError, "target must be .* got None"),
    ("target", 1.0, ValueError, "target must be .* got 1.0"),
    ("target", Contrast(0, "nobody"), ValueError, "target must be .* got 'nobody'"),
    ("view", "heat", ValueError, "view must be one of 'overlay', 'heatmap', 'raw', got 'heat'; did you mean 'heatmap'"),
    ("view", 1, ValueError, "view must be one of .* got 1"),
    ("alpha", 1.01, ValueError, "alpha must lie between 0 and 1, got 1.01"),
    ("alpha", -0.1, ValueError, "alpha must lie between 0 and 1, got -0.1"),
    ("alpha", float("nan"), ValueError, "alpha must lie between 0 and 1, got nan"),
    ("alpha", "half", TypeError, "alpha must be a number from 0 to 1, got 'half'"),
    ("alpha", "0.5", TypeError, "alpha must be a number from 0 to 1, got '0.5'"),
    ("alpha", None, TypeError, "alpha must be a number from 0 to 1, got None"),
    ("cmap", "jett", ValueError, "cmap must be one of 'jet', .* or another name in .* got 'jett'; did you mean 'jet'"),
    ("cmap", None, ValueError, "cmap must be one of .* got None"),
]


@pytest.fixture(scope="module")
def panel():
    """A panel that is set to wrong values only, and so stays as it is."""
    panel = Driver(net().eval(), batches())
    yield panel
    panel.close()


@pytest.mark.parametrize(("name", "value", "kind", "text"), WRONG)
def test_a_trait_refuses_and_keeps_its_value(panel, name, value, kind, text):
    before, shown, passes = getattr(panel, name), panel.explanation, panel.passes
    with pytest.raises(kind, match=text) as caught:
        setattr(panel, name, value)
    assert "\n" not in str(caught.value)
    assert getattr(panel, name) == before
    assert panel.explanation is shown
    assert (panel.passes, panel.message) == (passes, "")


@pytest.mark.parametrize(("name", "value", "kind", "text"), [case for case in WRONG if case[0] != "sample"])
def test_the_constructor_refuses_too_and_leaves_no_widget_behind(name, value, kind, text):
    if value is None and name == "layer":
        return
    before = set(_instances)
    with pytest.raises(kind, match=text):
        AttentionExplorer(net(), batches(), **{name: value})
    assert set(_instances) <= before


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "text"),
    [
        (("resnet18", batches()), {}, TypeError, "model must be a torch.nn.Module, got str"),
        ((net, batches()), {}, TypeError, "model must be a torch.nn.Module, got "),
        ((net(), []), {}, ValueError, "no sample|empty"),
        ((net(), DataLoader(TensorDataset(torch.zeros(0, 3, 4, 4)))), {}, ValueError, "no sample|empty"),
        ((net(), None), {}, TypeError, "loader"),
        ((net(), 3), {}, TypeError, "loader"),
        ((net(), batches()), {"mean": 0.5}, ValueError, "std is missing"),
        ((net(), batches()), {"class_names": "cat"}, TypeError, "class_names must be a list of names"),
        ((net(), batches()), {"class_names": 3}, TypeError, "class_names must be a list of names.* got int"),
        ((net(), batches()), {"class_names": {1: "a", 2: "b"}}, ValueError, r"class_names must map .* \[1, 2\]"),
        ((net(), batches()), {"class_names": {"a": 0, 1: "b"}}, ValueError, "class_names must map every index"),
        (
            (net(), batches()),
            {"class_names": {"cat": 0, "dog": 2}},
            ValueError,
            r"map .* every name to its index, .* 2\]",
        ),
        ((net(), batches()), {"class_names": {"cat", "dog"}}, TypeError, "must be a list of names.* got set"),
        ((net(), batches()), {"class_names": ["cat", None]}, TypeError, r"must be a list of names.* \(str, NoneType\)"),
        ((net(), batches()), {"class_names": np.zeros((3, 2))}, TypeError, r"of names.* ndarray of shape \[3, 2\]"),
        ((net(), batches()), {"class_names": torch.arange(3)}, TypeError, r"of names.* Tensor of shape \[3\]"),
        ((net(), batches()), {"width": 50}, ValueError, "width must be at least 200, got 50"),
        ((net(), batches()), {"width": "wide"}, TypeError, "width must be a whole number, got 'wide'"),
        ((net(), batches()), {"target": "cat"}, ValueError, "target must be .* got 'cat'"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, options, kind, text):
    before = set(_instances)
    with pytest.raises(kind, match=text):
        AttentionExplorer(*arguments, **options)
    assert set(_instances) <= before


def test_an_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="topk"):
        AttentionExplorer(net(), batches(), topk=3)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("sample", np.int64(3), 3),
        ("sample", torch.tensor(2), 2),
        ("top_k", np.uint8(2), 2),
        ("alpha", 1, 1.0),
        ("alpha", np.float32(0.25), 0.25),
    ],
)
def test_numbers_of_other_libraries_are_taken(opened, name, value, kept):
    panel = opened()
    setattr(panel, name, value)
    assert getattr(panel, name) == kept
    assert type(getattr(panel, name)) is type(kept)


@pytest.mark.parametrize(
    "given",
    [
        ("cat", "dog", "owl"),
        (name for name in ("cat", "dog", "owl")),
        {"cat": 0, "dog": 1, "owl": 2},
        {"2": "owl", "0": "cat", "1": "dog"},
        {"cat": 0, "dog": 1, "owl": 2}.keys(),
        np.array(["cat", "dog", "owl"]),
        pandas.Index(["cat", "dog", "owl"]),
        pandas.Categorical(["owl", "cat", "dog", "cat"]),
        SimpleNamespace(names=["cat", "dog", "owl"]),  # a ClassLabel of Hugging Face's datasets 5.2.0
    ],
)
def test_class_names_are_taken_in_every_form(opened, given):
    panel = opened(class_names=given)
    assert "true: cat" in panel.status
    panel.target = "owl"
    assert panel.explanation.score == pytest.approx(panel.explanation.logits[2])


def test_numbers_are_taken_as_class_names(opened):
    panel = opened(class_names=[40, 50, 60])
    assert "true: 40" in panel.status


def test_targets_of_every_kind_are_taken(opened):
    panel = opened(class_names=["cat", "dog", "owl"])
    logits = panel.explanation.logits
    for target, score in (
        ("true", logits[0]),
        (2, logits[2]),
        ("owl", logits[2]),
        (Contrast("owl", "true"), logits[2] - logits[0]),
        (lambda output: output[0, 1] * 2, logits[1] * 2),
    ):
        panel.target = target
        assert panel.explanation.score == pytest.approx(score, abs=1e-5)


def test_classes_are_contrasted_by_their_names_also_where_they_are_compared(opened):
    explorer = opened(class_names=["cat", "dog", "owl"], method="grad-cam", target=Contrast("cat", "dog"))
    explorer.compare = Contrast("dog", "owl")
    assert explorer.explanation.target == Contrast(0, 1)
    assert {"cat rather than dog", "dog rather than owl"} <= {text.get_text() for text in explorer.figure.texts}


def test_a_target_that_makes_no_sense_for_this_sample_is_shown(opened):
    panel = opened(loader=[(torch.rand(2, 3, 8, 8), torch.tensor([0.5, 1.5]))])
    panel.target = "true"
    assert "target 'true' needs an integer label" in panel.message
    panel.target = 17
    assert "class index from 0 to 2, got 17" in panel.message
    panel.target = 1
    assert (panel.message, panel.explanation.target) == ("", 1)


def test_a_model_that_needs_more_than_the_images_says_how_to_call_it(opened):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net().eval()

        def forward(self, x, temperature):
            return self.net(x) / temperature

    panel = opened(Two())
    assert re.search(r"pass forward=lambda model, images", panel.message)
    assert panel.explanation is None
    working = opened(Two(), forward=lambda model, images: model(images, 2.0))
    assert working.explanation.layer == "net.relu"
    assert working.value("Layer") == "net.relu"

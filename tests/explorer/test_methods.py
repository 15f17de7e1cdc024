"""Methods and targets in the panel, and the slow ones beside it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import Contrast, explain
from attn_widget.methods import METHODS, Activation, Weighing, register

from .driver import Driver
from .panels import batches, images

NAMES = ["cat", "dog", "ship"]


class Small(nn.Module):
    """Two convolutions and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.fc = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.relu(self.conv2(torch.relu(self.conv1(x)))).mean(dim=(2, 3)))


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return Small()


@pytest.fixture
def panel(opened: Callable[..., Driver], model: nn.Module) -> Driver:
    return opened(model, batches(), class_names=NAMES)


@dataclass
class Gate:
    """A slow method `gated` waits behind it: `entered` is set when it waits, and it goes on once `open` is."""

    entered: threading.Event = field(default_factory=threading.Event)
    open: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()

    def gated(activation: Activation) -> Weighing:
        """Waits."""
        gate.entered.set()
        assert gate.open.wait(60)
        weights = activation.scores_with([activation.maps] * 3)[:1].repeat(len(activation.maps))
        return Weighing(weights, factors=weights)

    register("gated", gated, slow=True)
    yield gate
    gate.open.set()


def same(panel: Driver, model: nn.Module, **options: Any) -> bool:
    """Whether the panel shows what `explain` gives."""
    found = explain(model, images(6)[panel.sample], layer=panel.layer, **options)
    shown = panel.explanation
    return shown is not None and np.array_equal(shown.overall_map, found.overall_map)


def test_every_method_that_can_read_the_model_is_offered_with_its_docstrings_first_line(
    panel: Driver,
) -> None:
    without_attention = [name for name, method in METHODS.items() if method.reads != "attention"]
    assert panel.offers("Method") == without_attention
    panel.choose("Method", "layer-cam")

    assert METHODS["layer-cam"].summary == panel.about


@pytest.mark.parametrize("method", ["eigen-cam", "grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"])
def test_choosing_a_method_shows_what_explain_gives(panel: Driver, model: nn.Module, method: str) -> None:
    panel.choose("Method", method)

    assert panel.method == method
    assert same(panel, model, method=method)


def test_targets_are_offered_only_where_the_method_asks_for_a_score(panel: Driver) -> None:
    assert not panel.is_shown("Target")

    panel.method = "grad-cam"
    assert panel.is_shown("Target")
    assert panel.words("Target") == ["predicted class", "true class", *NAMES]

    panel.method = "eigen-cam"
    assert not panel.is_shown("Target")


def test_a_class_and_a_contrast_are_chosen_by_name(panel: Driver, model: nn.Module) -> None:
    panel.method = "grad-cam"
    panel.choose("Target", 2)
    assert same(panel, model, method="grad-cam", target=2)
    assert "weighted by Grad-CAM for ship" in panel.sentence

    panel.choose("Rather than", 0)
    assert panel.target == Contrast(2, 0)
    assert same(panel, model, method="grad-cam", target=Contrast(2, 0))
    assert "for ship rather than cat" in panel.sentence


def test_a_target_set_by_code_is_shown_by_the_controls(panel: Driver, model: nn.Module) -> None:
    panel.method = "grad-cam"
    panel.target = Contrast("dog", "true")
    assert (panel.value("Target"), panel.value("Rather than")) == (1, "true")
    assert same(panel, model, method="grad-cam", target=Contrast(1, 0))

    panel.target = lambda output: output[0].sum()
    assert panel.value("Target") is panel.target
    assert "the target function" in panel.sentence


def test_a_contrast_of_a_class_with_itself_is_empty_and_says_so(panel: Driver) -> None:
    panel.method, panel.target = "grad-cam", Contrast("cat", "cat")

    assert panel.explanation is not None
    assert not panel.explanation.overall_map.any()
    assert "no channel carries any heat" in panel.sentence


def test_a_slow_method_keeps_the_old_picture_until_it_is_done(panel: Driver, gate: Gate) -> None:
    panel.method = "gated"
    assert gate.entered.wait(60)
    assert panel.explanation is None
    assert panel.stale
    assert panel.status.endswith(f"not shown · {panel.search_text}")
    assert panel.is_shown("Stop")

    gate.open.set()
    panel.wait()

    assert panel.explanation is not None
    assert panel.explanation.method == "gated"
    assert not panel.stale
    assert not panel.is_shown("Stop")
    assert panel.search_text == ""


def test_stop_ends_a_slow_method_and_run_again_begins_anew(panel: Driver, gate: Gate) -> None:
    panel.method = "gated"
    assert gate.entered.wait(60)
    panel.click("Stop")
    gate.open.set()
    panel.wait()
    assert "Stopped" in panel.message
    assert panel.explanation is None

    panel.refresh()
    panel.wait()

    assert panel.explanation is not None
    assert panel.message == ""


def test_a_change_meanwhile_is_shown_and_the_slow_result_is_not(panel: Driver, model: nn.Module, gate: Gate) -> None:
    panel.method = "gated"
    assert gate.entered.wait(60)
    panel.method = "grad-cam"
    gate.open.set()
    panel.wait()

    assert same(panel, model, method="grad-cam")
    assert not panel.stale


def test_a_slow_method_compared_runs_beside_as_well(panel: Driver, gate: Gate) -> None:
    panel.compare = "gated"
    assert gate.entered.wait(60)
    assert panel.stale
    assert panel.is_shown("Stop")

    gate.open.set()
    panel.wait()

    assert panel.difference == "channel mean − gated"
    assert not panel.stale


def test_what_a_slow_method_raises_is_shown(panel: Driver) -> None:
    def failing(activation: Activation) -> Weighing:
        raise ArithmeticError("no weights today")

    register("failing", failing, slow=True)
    panel.method = "failing"
    panel.wait()
    assert "no weights today" in panel.message


@pytest.mark.parametrize("method", ["score-cam", "ablation-cam"])
def test_the_slow_methods_show_what_explain_gives(panel: Driver, model: nn.Module, method: str) -> None:
    panel.method = method
    panel.wait()

    assert same(panel, model, method=method)

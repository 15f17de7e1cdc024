"""Methods and targets in the panel, and the slow ones beside it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import AttentionExplorer, Contrast, explain
from attn_widget.methods import METHODS, Activation, Weighing, register

from .panels import choose, controls, images, is_stale, message, search_text, sentence

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
def explorer(model: nn.Module) -> Iterator[AttentionExplorer]:
    explorer = AttentionExplorer(model, [(images(6), torch.tensor([0, 1, 2, 0, 1, 2]))], class_names=NAMES)
    yield explorer
    explorer.close()


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
    del METHODS["gated"]


def same(explorer: AttentionExplorer, model: nn.Module, **options: Any) -> bool:
    """Whether the panel shows what `explain` gives."""
    found = explain(model, images(6)[explorer.sample], layer=explorer.layer, **options)
    shown = explorer.explanation
    return shown is not None and np.array_equal(shown.overall_map, found.overall_map)


def finish_slow(explorer: AttentionExplorer) -> None:
    explorer._slow._thread.join(60)
    assert not explorer._slow.running


def test_every_method_that_can_read_the_model_is_offered_with_its_docstrings_first_line(
    explorer: AttentionExplorer,
) -> None:
    without_attention = [name for name, method in METHODS.items() if method.reads != "attention"]
    assert [name for _, name in controls(explorer).method.options] == without_attention
    choose(controls(explorer).method, "layer-cam")

    assert METHODS["layer-cam"].summary in controls(explorer).method.description.replace("&#x27;", "'")


@pytest.mark.parametrize("method", ["eigen-cam", "grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"])
def test_choosing_a_method_shows_what_explain_gives(explorer: AttentionExplorer, model: nn.Module, method: str) -> None:
    choose(controls(explorer).method, method)

    assert explorer.method == method
    assert same(explorer, model, method=method)


def test_targets_are_offered_only_where_the_method_asks_for_a_score(explorer: AttentionExplorer) -> None:
    assert controls(explorer).target.layout.display == "none"

    explorer.method = "grad-cam"
    assert controls(explorer).target.layout.display is None
    assert [label for label, _ in controls(explorer).target.options] == ["predicted class", "true class", *NAMES]

    explorer.method = "eigen-cam"
    assert controls(explorer).target.layout.display == "none"


def test_a_class_and_a_contrast_are_chosen_by_name(explorer: AttentionExplorer, model: nn.Module) -> None:
    explorer.method = "grad-cam"
    choose(controls(explorer).target, 2)
    assert same(explorer, model, method="grad-cam", target=2)
    assert "weighed by Grad-CAM for ship" in sentence(explorer)

    choose(controls(explorer).against, 0)
    assert explorer.target == Contrast(2, 0)
    assert same(explorer, model, method="grad-cam", target=Contrast(2, 0))
    assert "for ship rather than cat" in sentence(explorer)


def test_a_target_set_by_code_is_shown_by_the_controls(explorer: AttentionExplorer, model: nn.Module) -> None:
    explorer.method = "grad-cam"
    explorer.target = Contrast("dog", "true")
    assert (controls(explorer).target.value, controls(explorer).against.value) == (1, "true")
    assert same(explorer, model, method="grad-cam", target=Contrast(1, 0))

    explorer.target = lambda output: output[0].sum()
    assert controls(explorer).target.value is explorer.target
    assert "the target function" in sentence(explorer)


def test_a_contrast_of_a_class_with_itself_is_empty_and_says_so(explorer: AttentionExplorer) -> None:
    explorer.method, explorer.target = "grad-cam", Contrast("cat", "cat")

    assert explorer.explanation is not None
    assert not explorer.explanation.overall_map.any()
    assert "no channel carries any heat" in sentence(explorer)


def test_a_slow_method_keeps_the_old_picture_until_it_is_done(explorer: AttentionExplorer, gate: Gate) -> None:
    explorer.method = "gated"
    assert gate.entered.wait(60)
    assert explorer.explanation is None
    assert is_stale(explorer)
    assert controls(explorer).stop.layout.display is None

    gate.open.set()
    finish_slow(explorer)

    assert explorer.explanation is not None
    assert explorer.explanation.method == "gated"
    assert not is_stale(explorer)
    assert controls(explorer).stop.layout.display == "none"
    assert search_text(explorer) == ""


def test_stop_ends_a_slow_method_and_run_again_begins_anew(explorer: AttentionExplorer, gate: Gate) -> None:
    explorer.method = "gated"
    assert gate.entered.wait(60)
    controls(explorer).stop.click()
    gate.open.set()
    finish_slow(explorer)
    assert "Stopped" in message(explorer)
    assert explorer.explanation is None

    explorer.refresh()
    finish_slow(explorer)

    assert explorer.explanation is not None
    assert message(explorer) == ""


def test_a_change_meanwhile_is_shown_and_the_slow_result_is_not(
    explorer: AttentionExplorer, model: nn.Module, gate: Gate
) -> None:
    explorer.method = "gated"
    assert gate.entered.wait(60)
    slow = explorer._slow._thread
    explorer.method = "grad-cam"
    gate.open.set()
    slow.join(60)

    assert same(explorer, model, method="grad-cam")
    assert not is_stale(explorer)


def test_a_slow_method_compared_runs_beside_as_well(explorer: AttentionExplorer, gate: Gate) -> None:
    explorer.compare = "gated"
    assert gate.entered.wait(60)
    assert is_stale(explorer)
    assert controls(explorer).stop.layout.display is None

    gate.open.set()
    finish_slow(explorer)

    comparison = explorer._face.picture._comparison
    assert (comparison.first.method, comparison.second.method) == ("channel-mean", "gated")
    assert not is_stale(explorer)


def test_what_a_slow_method_raises_is_shown(explorer: AttentionExplorer) -> None:
    def failing(activation: Activation) -> Weighing:
        raise ArithmeticError("no weights today")

    register("failing", failing, slow=True)
    try:
        explorer.method = "failing"
        finish_slow(explorer)
        assert "no weights today" in message(explorer)
    finally:
        explorer.method = "channel-mean"
        del METHODS["failing"]


@pytest.mark.parametrize("method", ["score-cam", "ablation-cam"])
def test_the_slow_methods_show_what_explain_gives(explorer: AttentionExplorer, model: nn.Module, method: str) -> None:
    explorer.method = method
    finish_slow(explorer)

    assert same(explorer, model, method=method)

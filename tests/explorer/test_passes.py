"""One pass for each state shown, and none for colours."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import explain

from .panels import batches, images, net


@pytest.mark.parametrize("options", [{}, {"layer": "conv1"}, {"method": "eigen-cam"}])
def test_opening_costs_one_pass(opened, options):
    assert opened(**options).passes == 1


@pytest.mark.parametrize("options", [{"method": "grad-cam"}, {"layer": "relu", "call": 0}])
def test_opening_costs_one_more_where_gradients_or_another_call_are_asked_for(opened, options):
    assert opened(**options).passes == 2


class InPlace(nn.Module):
    """Changes in place what its last convolution gave."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(nn.functional.relu(self.conv(x), inplace=True).mean((2, 3)))


class Deep(nn.Module):
    """Has many modules behind its only layer with maps."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Sequential(*(nn.Linear(4, 4) for _ in range(40)))

    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)))


class Several(nn.Module):
    """Gives several tensors from its last layer, which runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = Split()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        first, _ = self.conv(x)
        return self.fc(self.conv(x + first.mean())[1].mean((2, 3)))


class Split(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        maps = self.conv(x)
        return maps.mean((1, 2, 3)), maps * 2


@pytest.mark.parametrize("kind", [net, InPlace, Deep, Several])
def test_the_first_picture_has_the_numbers_of_explain(opened, kind):
    model = kind().eval()
    shown = opened(model).explanation
    expected = explain(model, images()[0], label=0)
    assert (shown.layer, shown.call, shown.calls) == (expected.layer, expected.call, expected.calls)
    for name in ("channels", "weights", "shares", "maps", "overall_map", "logits"):
        assert (getattr(shown, name) == getattr(expected, name)).all(), name


@pytest.mark.parametrize(
    ("name", "value"),
    [("sample", 3), ("layer", "conv1"), ("top_k", 5), ("call", 0), ("target", "true"), ("target", 1)],
)
def test_a_change_of_what_is_computed_costs_one_pass(opened, name, value):
    panel = opened(layer="relu")
    before = panel.passes
    setattr(panel, name, value)
    assert panel.passes == before + 1


@pytest.mark.parametrize(("name", "value"), [("alpha", 0.1), ("cmap", "gray"), ("view", "raw"), ("view", "heatmap")])
def test_a_change_of_colours_costs_none(opened, name, value):
    panel = opened()
    before, explanation = panel.passes, panel.explanation
    setattr(panel, name, value)
    assert panel.passes == before
    assert panel.explanation is explanation


@pytest.mark.parametrize("name", ["sample", "layer", "top_k", "call", "method", "target", "alpha", "cmap", "view"])
def test_setting_what_is_set_already_costs_none(opened, name):
    panel = opened()
    before = panel.passes
    setattr(panel, name, getattr(panel, name))
    assert panel.passes == before


def test_a_control_that_moves_costs_one_pass(opened):
    panel = opened()
    for control, value in (("Sample", 2), ("Number", 4), ("Layer", "conv1"), ("Layer", "relu"), ("Call", 0)):
        before = panel.passes
        panel.choose(control, value)
        assert panel.passes == before + 1, control


def test_stepping_between_images_of_different_sizes_costs_one_pass(opened):
    panel = opened(loader=[(images(1), [0]), (images(1, (20, 10)), [1]), (images(1), [2])])
    for sample in (1, 2, 1):
        before = panel.passes
        panel.sample = sample
        assert panel.passes == before + 1
        assert panel.explanation.size == ((20, 10) if sample == 1 else (12, 12))
    assert "20×10" in panel.words("Layer")[0]


def test_several_changes_in_one_go_cost_one_pass(opened):
    panel = opened()
    before = panel.passes
    with panel.hold_trait_notifications():
        panel.sample, panel.layer, panel.top_k = 4, "conv1", 2
    assert panel.passes == before + 1


def test_the_layer_left_open_becomes_the_default_without_another_pass(opened):
    panel = opened()
    panel.layer = "conv1"
    before = panel.passes
    panel.layer = None
    assert (panel.layer, panel.explanation.layer) == ("relu", "relu")
    assert panel.passes == before + 1


def test_the_picture_has_the_numbers_of_explain(opened):
    model = net()
    panel = opened(model)
    panel.layer, panel.sample, panel.top_k = "conv1", 4, 2
    expected = explain(model, images()[4], layer="conv1", top_k=2, label=1)
    for name in ("channels", "weights", "shares", "maps", "overall_map", "logits", "heatmaps"):
        assert (getattr(panel.explanation, name) == getattr(expected, name)).all()
    assert panel.explanation.label == 1


# --- several threads


def test_a_change_made_during_a_pass_is_shown_after_it(opened):
    panel = opened()
    other = threading.Thread(target=setattr, args=(panel, "sample", 5))

    def change_meanwhile():
        panel.model.counter.before = lambda: None
        changed = threading.Event()
        panel.hear_first("sample", changed.set)
        other.start()
        assert changed.wait(60)

    panel.model.counter.before = change_meanwhile
    panel.layer = "conv1"
    other.join(60)
    assert panel.sample == 5
    assert (panel.explanation.logits == explain(panel.model, images()[5]).logits).all()
    assert "Sample 5 of 6" in panel.status


def test_many_threads_that_set_the_sample_end_on_the_last_state(opened):
    panel = opened()
    together = threading.Barrier(6)
    failures = []

    def step(start):
        together.wait(60)
        try:
            for i in range(5):
                panel.sample = (start + i) % 6
                panel.layer = ("conv1", "conv2")[i % 2]
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=step, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures
    expected = explain(panel.model, images()[panel.sample], layer=panel.layer)
    assert panel.explanation.layer == panel.layer
    assert (panel.explanation.logits == expected.logits).all()
    assert f"Sample {panel.sample} of 6" in panel.status
    assert panel.value("Sample") == panel.value("Number") == panel.sample


def test_a_callback_in_the_middle_of_a_change_may_change_again(opened):
    panel = opened()
    panel.observe(lambda change: setattr(panel, "sample", 5), "layer")
    panel.layer = "conv1"
    assert panel.sample == 5
    assert (panel.explanation.logits == explain(panel.model, images()[5]).logits).all()


# --- what is left behind


def test_the_model_is_left_as_it_was(opened):
    model = net().train()
    model.conv2.eval()
    model.fc.weight.requires_grad_(False)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    random = torch.get_rng_state()
    panel = opened(model)
    panel.sample, panel.layer, panel.view = 3, "conv1", "raw"
    panel.next_mistake()
    panel.refresh()
    panel.close()
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.fc.weight.requires_grad
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), random)


def test_two_panels_on_one_model_do_not_disturb_each_other(opened):
    model = net()
    first, second = opened(model), opened(model, batches(seed=5))
    first.sample, second.layer = 3, "conv1"
    assert (first.sample, first.layer, second.sample, second.layer) == (3, "relu", 0, "conv1")
    assert (first.explanation.logits == explain(model, images()[3]).logits).all()
    second.close()
    first.sample = 4
    assert (first.explanation.logits == explain(model, images()[4]).logits).all()


# --- after more training


def test_run_again_shows_the_models_new_numbers(opened):
    panel = opened()
    before = panel.explanation.logits
    with torch.no_grad():
        panel.model.fc.bias += 5
    assert (panel.explanation.logits == before).all()
    panel.click("Run again")
    assert panel.explanation.logits == pytest.approx(before + 5, abs=1e-4)


def test_run_again_lists_the_layers_anew(opened):
    panel = opened()
    panel.model.pool = torch.nn.Sequential(torch.nn.AvgPool2d(2))
    panel.refresh()
    assert "pool.0" in panel.offers("Layer")
    del panel.model.unused
    panel.refresh()
    assert "unused" not in panel.offers("Layer")


def test_run_again_after_the_layer_shown_was_taken_away_says_so_and_another_can_be_chosen(opened):
    panel = opened(layer="pool")
    panel.model.pool = torch.nn.Sequential(torch.nn.MaxPool2d(2))
    panel.refresh()
    panel.layer = "pool.0"
    assert panel.explanation.layer == "pool.0"
    del panel.model.pool
    panel.model.pool = torch.nn.MaxPool2d(2)
    panel.refresh()
    assert "pool.0" in panel.message
    assert panel.stale
    panel.choose("Layer", "conv1")
    assert (panel.message, panel.explanation.layer) == ("", "conv1")


def test_nothing_is_drawn_and_no_pass_is_made_after_closing(opened):
    panel = opened()
    panel.close()
    before = panel.passes
    panel.sample = 3
    panel.refresh()
    assert panel.passes == before


def test_nan_weights_are_shown_as_such(opened):
    model = net().eval()
    with torch.no_grad():
        model.conv1.weight.fill_(float("nan"))
    panel = opened(model)
    assert np.isnan(panel.explanation.maps).all()
    assert "NaN" in panel.status
    panel.sample = 2
    assert "NaN" in panel.status

"""One pass for each state shown, and none for colours."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import explain

from .panels import batches, choose, controls, images, is_stale, message, net, passes_of


@pytest.mark.parametrize("options", [{}, {"layer": "conv1"}, {"method": "eigen-cam"}])
def test_opening_costs_one_pass(opened, options):
    assert passes_of(opened(**options)) == 1


@pytest.mark.parametrize("options", [{"method": "grad-cam"}, {"layer": "relu", "call": 0}])
def test_opening_costs_one_more_where_gradients_or_another_call_are_asked_for(opened, options):
    assert passes_of(opened(**options)) == 2


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
    explorer = opened(layer="relu")
    before = passes_of(explorer)
    setattr(explorer, name, value)
    assert passes_of(explorer) == before + 1


@pytest.mark.parametrize(("name", "value"), [("alpha", 0.1), ("cmap", "gray"), ("view", "raw"), ("view", "heatmap")])
def test_a_change_of_colours_costs_none(opened, name, value):
    explorer = opened()
    before, explanation = passes_of(explorer), explorer.explanation
    setattr(explorer, name, value)
    assert passes_of(explorer) == before
    assert explorer.explanation is explanation


@pytest.mark.parametrize("name", ["sample", "layer", "top_k", "call", "method", "target", "alpha", "cmap", "view"])
def test_setting_what_is_set_already_costs_none(opened, name):
    explorer = opened()
    before = passes_of(explorer)
    setattr(explorer, name, getattr(explorer, name))
    assert passes_of(explorer) == before


def test_a_control_that_moves_costs_one_pass(opened):
    explorer = opened()
    for control, value in (("position", 2), ("number", 4), ("layer", "conv1"), ("layer", "relu"), ("call", 0)):
        before = passes_of(explorer)
        choose(getattr(controls(explorer), control), value)
        assert passes_of(explorer) == before + 1, control


def test_stepping_between_images_of_different_sizes_costs_one_pass(opened):
    explorer = opened(loader=[(images(1), [0]), (images(1, (20, 10)), [1]), (images(1), [2])])
    for sample in (1, 2, 1):
        before = passes_of(explorer)
        explorer.sample = sample
        assert passes_of(explorer) == before + 1
        assert explorer.explanation.size == ((20, 10) if sample == 1 else (12, 12))
    assert "20×10" in dict(map(reversed, controls(explorer).layer.options))["conv1"]


def test_several_changes_in_one_go_cost_one_pass(opened):
    explorer = opened()
    before = passes_of(explorer)
    with explorer.hold_trait_notifications():
        explorer.sample, explorer.layer, explorer.top_k = 4, "conv1", 2
    assert passes_of(explorer) == before + 1


def test_the_layer_left_open_becomes_the_default_without_another_pass(opened):
    explorer = opened()
    explorer.layer = "conv1"
    before = passes_of(explorer)
    explorer.layer = None
    assert (explorer.layer, explorer.explanation.layer) == ("relu", "relu")
    assert passes_of(explorer) == before + 1


def test_the_picture_has_the_numbers_of_explain(opened):
    model = net()
    explorer = opened(model)
    explorer.layer, explorer.sample, explorer.top_k = "conv1", 4, 2
    expected = explain(model, images()[4], layer="conv1", top_k=2, label=1)
    for name in ("channels", "weights", "shares", "maps", "overall_map", "logits", "heatmaps"):
        assert (getattr(explorer.explanation, name) == getattr(expected, name)).all()
    assert explorer.explanation.label == 1


# --- several threads


def test_states_that_were_overtaken_cost_no_pass(opened):
    explorer = opened()
    arrived, go_on = threading.Event(), threading.Event()

    def hold():
        explorer._model.counter.before = lambda: None
        arrived.set()
        assert go_on.wait(60)

    explorer._model.counter.before = hold
    before = passes_of(explorer)
    threads = [threading.Thread(target=setattr, args=(explorer, "sample", 1))]
    threads[0].start()
    assert arrived.wait(60)
    seen = threading.Semaphore(0)
    explorer._lock = Announcing(explorer._lock, seen)
    for sample in (2, 3, 4):
        threads.append(threading.Thread(target=setattr, args=(explorer, "sample", sample)))
        threads[-1].start()
        assert seen.acquire(timeout=60)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert (explorer.sample, passes_of(explorer)) == (4, before + 2)
    assert (explorer.explanation.logits == explain(explorer._model, images()[4]).logits).all()


class Announcing:
    """A lock that says when somebody comes to it."""

    def __init__(self, lock, seen):
        self._lock, self._seen = lock, seen

    def __enter__(self):
        self._seen.release()
        return self._lock.__enter__()

    def __exit__(self, *error):
        return self._lock.__exit__(*error)


def test_a_change_made_during_a_pass_is_shown_after_it(opened):
    explorer = opened()
    other = threading.Thread(target=setattr, args=(explorer, "sample", 5))

    def change_meanwhile():
        explorer._model.counter.before = lambda: None
        changed = threading.Event()
        explorer.observe(lambda change: changed.set(), "sample")
        explorer._trait_notifiers["sample"]["change"].reverse()  # the test hears of it before the panel waits
        other.start()
        assert changed.wait(60)

    explorer._model.counter.before = change_meanwhile
    explorer.layer = "conv1"
    other.join(60)
    assert explorer.sample == 5
    assert (explorer.explanation.logits == explain(explorer._model, images()[5]).logits).all()
    assert "Sample 5 of 6" in explorer.status


def test_many_threads_that_set_the_sample_end_on_the_last_state(opened):
    explorer = opened()
    together = threading.Barrier(6)
    failures = []

    def step(start):
        together.wait(60)
        try:
            for i in range(5):
                explorer.sample = (start + i) % 6
                explorer.layer = ("conv1", "conv2")[i % 2]
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=step, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures
    expected = explain(explorer._model, images()[explorer.sample], layer=explorer.layer)
    assert explorer.explanation.layer == explorer.layer
    assert (explorer.explanation.logits == expected.logits).all()
    assert f"Sample {explorer.sample} of 6" in explorer.status
    assert controls(explorer).position.value == controls(explorer).number.value == explorer.sample


def test_a_callback_in_the_middle_of_a_change_may_change_again(opened):
    explorer = opened()
    explorer.observe(lambda change: setattr(explorer, "sample", 5), "layer")
    explorer.layer = "conv1"
    assert explorer.sample == 5
    assert (explorer.explanation.logits == explain(explorer._model, images()[5]).logits).all()


# --- what is left behind


def test_the_model_is_left_as_it_was(opened):
    model = net().train()
    model.conv2.eval()
    model.fc.weight.requires_grad_(False)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    random = torch.get_rng_state()
    explorer = opened(model)
    explorer.sample, explorer.layer, explorer.view = 3, "conv1", "raw"
    explorer.next_mistake()
    explorer.refresh()
    explorer.close()
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
    explorer = opened()
    before = explorer.explanation.logits
    with torch.no_grad():
        explorer._model.fc.bias += 5
    assert (explorer.explanation.logits == before).all()
    controls(explorer).again.click()
    assert explorer.explanation.logits == pytest.approx(before + 5, abs=1e-4)


def test_run_again_lists_the_layers_anew(opened):
    explorer = opened()
    explorer._model.pool = torch.nn.Sequential(torch.nn.AvgPool2d(2))
    explorer.refresh()
    assert "pool.0" in [value for _, value in controls(explorer).layer.options]
    del explorer._model.unused
    explorer.refresh()
    assert "unused" not in [value for _, value in controls(explorer).layer.options]


def test_run_again_after_the_layer_shown_was_taken_away_says_so_and_another_can_be_chosen(opened):
    explorer = opened(layer="pool")
    explorer._model.pool = torch.nn.Sequential(torch.nn.MaxPool2d(2))
    explorer.refresh()
    explorer.layer = "pool.0"
    assert explorer.explanation.layer == "pool.0"
    del explorer._model.pool
    explorer._model.pool = torch.nn.MaxPool2d(2)
    explorer.refresh()
    assert "pool.0" in message(explorer)
    assert is_stale(explorer)
    choose(controls(explorer).layer, "conv1")
    assert (message(explorer), explorer.explanation.layer) == ("", "conv1")


def test_nothing_is_drawn_and_no_pass_is_made_after_closing(opened):
    explorer = opened()
    explorer.close()
    before = passes_of(explorer)
    explorer.sample = 3
    explorer.refresh()
    assert passes_of(explorer) == before


def test_nan_weights_are_shown_as_such(opened):
    model = net().eval()
    with torch.no_grad():
        model.conv1.weight.fill_(float("nan"))
    explorer = opened(model)
    assert np.isnan(explorer.explanation.maps).all()
    assert "NaN" in explorer.status
    explorer.sample = 2
    assert "NaN" in explorer.status

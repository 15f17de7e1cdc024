"""A look at a model leaves no trace on it, also where the pass fails, and none on training beside it."""

import copy
import functools
import gc
import random
import threading
import weakref

import numpy as np
import pytest
import torch
from models import Hidden, Noisy, Tiny
from torch import nn
from torch.nn.utils import parametrizations, spectral_norm
from torch.utils.data import DataLoader, TensorDataset

from attn_widget import explain, find_layers, review
from attn_widget.capture import state
from attn_widget.capture.shadow import copy_of, shadow_of
from attn_widget.predictions import predictor, verdicts
from attn_widget.samples import Samples

IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
BATCHES = [(torch.stack([IMAGE, IMAGE + 1]), torch.tensor([1, 2]))]


# --- models that a pass could leave a trace on


def in_mixed_modes():
    model = Noisy()
    model.bn.eval()
    return model


def frozen():
    return Noisy().requires_grad_(False)


def after_a_backward_pass():
    model = Noisy()
    model(torch.rand(2, 3, 8, 8)).sum().backward()
    return model


def with_(wrap, model=None):
    model = Noisy() if model is None else model
    model.conv = wrap(model.conv)
    return model


def with_user_hooks():
    model = Noisy()
    model.conv.register_forward_hook(lambda module, inputs, output: output + 1)
    model.head.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 2,))
    model.bn.register_full_backward_hook(lambda module, inputs, outputs: None)
    return model


def sharing_a_buffer():
    model = Noisy()
    model.bn.register_buffer("running_mean", model.bn.running_var)
    return model


class Remembering(Noisy):
    """Keeps what it has seen, deep in containers of its own."""

    def __init__(self):
        super().__init__()
        self.memory = {"means": [], "counts": {"passes": 0}, "history": (torch.zeros(3), [])}
        self.array = np.zeros(3)

    def forward(self, x):
        self.memory["means"].append(float(x.mean()))
        self.memory["counts"]["passes"] += 1
        self.memory["history"][0].add_(1)
        self.memory["history"][1].append(x)
        self.array += 1
        self.last = x
        return super().forward(x)


class Drawing(Noisy):
    """Draws from every global generator, also in evaluation mode."""

    def forward(self, x):
        return super().forward(x + torch.rand(()) + random.random() + np.random.rand())


class Storing(nn.Module):
    """Puts what it is given into a list that another module reads."""

    def __init__(self, store):
        super().__init__()
        self.store = store

    def forward(self, x):
        self.store.append(x)
        return x


class Skipping(Noisy):
    """Shares a list with one of its parts, as a decoder does with an encoder."""

    def __init__(self):
        super().__init__()
        self.store = []
        self.keep = Storing(self.store)

    def forward(self, x):
        self.keep(x)
        return super().forward(self.store.pop())


COPIED = {
    "in train mode": Noisy,
    "in evaluation mode": lambda: Noisy().eval(),
    "in mixed modes": in_mixed_modes,
    "frozen": frozen,
    "after a backward pass": after_a_backward_pass,
    "in half precision": lambda: Noisy().half(),
    "spectral norm": lambda: with_(parametrizations.spectral_norm),
    "spectral norm, the older kind": lambda: with_(spectral_norm),
    "weight norm": lambda: with_(parametrizations.weight_norm),
    "with hooks of its user": with_user_hooks,
    "sharing a buffer": sharing_a_buffer,
    "remembering": Remembering,
    "sharing a list": Skipping,
    "drawing": Drawing,
    "in DataParallel": lambda: nn.DataParallel(Noisy()),
    "compiled": lambda: torch.compile(Noisy()),
    "a part of it compiled": lambda: with_(torch.compile),
    "in a sequence twice": lambda: nn.Sequential(*[nn.BatchNorm2d(3)] * 2, Noisy()),
}


class ByMethod(Noisy):
    def __init__(self):
        super().__init__()
        self.step = self.conv.forward

    def forward(self, x):
        self.step(x)
        return super().forward(x)


def with_a_forward_of_its_own():
    model = Noisy()
    usual = model.forward
    model.forward = lambda x: usual(x)
    return model


def by_default_argument():
    model = Noisy()
    model.step = lambda x, part=model.bn: part(x)
    model.register_forward_hook(lambda module, inputs, output: module.step(torch.ones(2, 4, 8, 8)).sum() * 0 + output)
    return model


def in_a_list(model):
    holder = nn.Sequential()
    holder.body = Tiny()
    holder.extra = [model]
    holder.body.register_forward_pre_hook(functools.partial(run_beside, holder.extra))
    return holder


def run_beside(models, module, inputs):
    for model in models:
        model(inputs[0])


BY_OTHER_WAYS = {
    "a list of modules": Hidden,
    "a bound method": ByMethod,
    "a forward of its own": with_a_forward_of_its_own,
    "a partial": lambda: with_hook(functools.partial(run_beside, [nn.BatchNorm2d(3)])),
    "a default argument": by_default_argument,
    "modules that are not registered": lambda: in_a_list(Noisy()),
    "remembering, and a list of modules": lambda: in_a_list_of_its_own(Remembering()),
}


# --- models of which no copy can be had: their code reaches modules through globals

BESIDE: dict = {}


def by_name(model):
    """Have a hook of a model run a batch norm that is found by name."""
    BESIDE["bn"] = nn.BatchNorm2d(3)
    model.register_forward_pre_hook(lambda module, inputs: (inputs[0] + 0 * BESIDE["bn"](inputs[0]),))
    return model


NOT_COPIED = {
    "a module in a global": lambda: by_name(Noisy()),
    "a module in a global, and a list": lambda: by_name(Remembering()),
}


def with_hook(hook):
    model = Noisy()
    model.register_forward_pre_hook(hook)
    return model


def in_a_list_of_its_own(model):
    model.parts = [model.conv]
    return model


EVERY = COPIED | BY_OTHER_WAYS | NOT_COPIED


# --- what a trace would be seen in


def trace(model):
    """Everything that a pass could change: attributes and values of all modules, also of those in lists."""
    return [described(module.__dict__) for module in all_modules(model)], states()


def all_modules(model):
    hidden = [part for name in ("extra", "steps") for part in getattr(model, name, [])] + list(BESIDE.values())
    return [module for root in (model, *hidden) for module in root.modules()]


def described(value):
    if isinstance(value, torch.Tensor):
        grad = value.grad if value.is_leaf else None
        return id(value), value.requires_grad, value.dtype, value.tolist(), None if grad is None else grad.tolist()
    if isinstance(value, np.ndarray):
        return id(value), value.tolist()
    if isinstance(value, dict):
        return id(value), [(key, described(part)) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return id(value), [described(part) for part in value]
    return value if isinstance(value, bool | int | float | str) else id(value)


def states():
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state(legacy=False)["state"]["key"].tolist(),
        np.random.get_state(legacy=False)["state"]["pos"],
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
    )


LOOKS = {
    "explain": lambda model, **options: explain(model, IMAGE, label=1, **options),
    "explain with gradients": lambda model, **options: explain(model, IMAGE, label=1, method="grad-cam", **options),
    "find_layers": lambda model, **options: find_layers(model, IMAGE, **options),
    "review": lambda model, **options: review(model, list(BATCHES), progress=lambda *_: None, **options),
    "search": lambda model, **options: list(verdicts(model, Samples(list(BATCHES)), range(2), label_of=int, **options)),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
@pytest.mark.parametrize("make", list(EVERY.values()), ids=EVERY.keys())
def test_a_look_leaves_the_model_and_the_random_states_as_they_were(make, look):
    model = make()
    before, saved = trace(model), {name: value.clone() for name, value in model.state_dict().items()}
    look(model)
    look(model)
    assert trace(model) == before
    assert all(torch.equal(value, saved[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_a_look_leaves_no_copy_of_the_model_to_the_garbage_collector(look, monkeypatch):
    made = []

    def remembered(*given, **options):
        shadow = copy_of(*given, **options)
        made.append(shadow.tree)
        return shadow

    monkeypatch.setattr(state, "copy_of", remembered)
    monkeypatch.setattr(predictor, "shadow_of", lambda model, forward: remembered(model).tree)
    gc.collect()
    gc.disable()
    try:
        look(Noisy())
        copies = [weakref.ref(shadow) for shadow in made]
        made.clear()
        assert copies
        assert not any(copy() for copy in copies)
    finally:
        gc.enable()


@pytest.mark.parametrize("make", COPIED.values(), ids=COPIED.keys())
def test_the_pass_gives_what_the_model_gives_itself_in_evaluation_mode(make):
    if make is Drawing:
        torch.manual_seed(0), random.seed(0), np.random.seed(0)
    model = make()
    assert shadow_of(model) is not None
    e = explain(model, IMAGE)
    inner = copy.deepcopy(model.module if isinstance(model, nn.DataParallel) else getattr(model, "_orig_mod", model))
    inner.eval()
    inner.conv = getattr(inner.conv, "_orig_mod", inner.conv) if hasattr(inner, "conv") else None
    with torch.no_grad():
        expected = inner(IMAGE[None].to(next(inner.parameters()).dtype))[0]
    np.testing.assert_allclose(e.logits, expected.float(), atol=1e-5)


@pytest.mark.parametrize("make", (BY_OTHER_WAYS | NOT_COPIED).values(), ids=[*BY_OTHER_WAYS, *NOT_COPIED])
def test_what_reaches_modules_by_other_ways_is_copied_but_for_globals_and_gives_the_same(make):
    model = make()
    assert (shadow_of(model) is None) == (make in NOT_COPIED.values())
    e = explain(model, IMAGE)
    model.eval()
    with torch.no_grad():
        np.testing.assert_allclose(e.logits, model(IMAGE[None])[0], atol=1e-5)


class Failing(Noisy):
    """Raises at the end of a pass, when all traces have been left."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, x):
        super().forward(x)
        torch.rand(3), random.random(), np.random.rand()
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt(), SystemExit()], ids=repr)
@pytest.mark.parametrize("copied", [True, False], ids=["copied", "not copied"])
@pytest.mark.parametrize("name", [name for name in LOOKS if name not in ("search", "review")])
def test_a_pass_that_fails_leaves_no_trace_either(error, copied, name):
    model = Failing(error)
    if not copied:
        by_name(model)
    assert (shadow_of(model) is not None) == copied
    before = trace(model)
    with pytest.raises(type(error)):
        LOOKS[name](model)
    assert trace(model) == before
    assert not any(module._forward_hooks for module in model.modules())


def test_an_error_after_the_pass_leaves_no_trace_either():
    model = by_name(Noisy())
    before = trace(model)
    for options in ({"target": 99}, {"layer": "head"}, {"call": 5, "layer": "conv"}, {"layer": "nothing"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            explain(model, IMAGE, **options)
    assert trace(model) == before


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_the_callers_gradient_mode_stays(mode):
    model, failing = Noisy(), Failing(RuntimeError())
    with mode():
        before = states()
        explain(model, IMAGE)
        with pytest.raises(RuntimeError):
            explain(failing, IMAGE)
        assert states() == before


def test_the_users_hooks_run_and_are_kept_and_a_hook_that_is_removed_later_is_gone():
    model, seen = Tiny(), []
    handle = model.conv.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    model.conv.register_forward_hook(lambda module, inputs, output: torch.zeros_like(output))
    model.head.register_forward_hook(lambda module, inputs, output: output + len(seen))
    e = explain(model, IMAGE, layer="conv")
    assert not e.maps.any()
    np.testing.assert_allclose(e.logits, model.head.bias.detach() + 1, rtol=1e-6)
    assert seen == []  # the copy's hooks fill a list of the copy's
    model(IMAGE[None])
    assert seen == [(1, 4, 8, 8)]
    handle.remove()
    explain(model, IMAGE, layer="conv")
    assert len(seen) == 1
    assert len(model.conv._forward_hooks) == 1


def test_the_image_and_its_gradient_stay():
    image = IMAGE.clone().requires_grad_()
    explain(Noisy(), image)
    assert torch.equal(image, IMAGE)
    assert image.grad is None


def test_a_model_can_be_pickled_after_a_look(tmp_path):
    model = Tiny()
    explain(model, IMAGE)
    torch.save(model, tmp_path / "model.pt")
    loaded = torch.load(tmp_path / "model.pt", weights_only=False)
    assert torch.equal(loaded(IMAGE[None]), model(IMAGE[None]))


def test_a_pass_that_fails_while_another_module_of_the_tree_is_shared_frees_the_lock():
    model = by_name(Failing(RuntimeError()))
    with pytest.raises(RuntimeError):
        explain(model, IMAGE, layer="conv")
    done = threading.Thread(target=explain, args=(by_name(Noisy()), IMAGE), daemon=True)
    done.start()
    done.join(60)
    assert not done.is_alive()


# --- training beside it


def training(before_each_step):
    """Train for a while, shuffling and dropping out, and give the weights and buffers."""
    torch.manual_seed(0)
    data = TensorDataset(torch.rand(64, 3, 8, 8), torch.randint(0, 3, (64,)))
    model = Noisy()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        for x, y in DataLoader(data, batch_size=4, shuffle=True):
            before_each_step(model)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("look", LOOKS.keys())
def test_training_beside_many_looks_gives_the_same_weights_bit_for_bit(look):
    alone = training(lambda model: None)
    models, in_a_pass, ended, errors = [], threading.Event(), threading.Event(), []

    def forward(tree, images):
        in_a_pass.set()
        return tree(images)

    def keep_looking():
        try:
            while not ended.is_set():
                LOOKS[look](models[0], forward=forward)
        except BaseException as error:
            errors.append(error)
            in_a_pass.set()
            raise

    looking = threading.Thread(target=keep_looking)

    def step_inside_a_pass(model):
        if not models:
            models.append(model)
            looking.start()
        if not errors:
            in_a_pass.wait()
        in_a_pass.clear()

    try:
        beside = training(step_inside_a_pass)
    finally:
        ended.set()
        looking.join()
    assert not errors
    assert beside.keys() == alone.keys()
    assert all(torch.equal(value, alone[name]) for name, value in beside.items())

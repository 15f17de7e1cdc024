"""The pass keeps together what hooks, closures, attributes and globals share, and leaves all of it as it was."""

import collections
import copy
import functools
import itertools
import random
import threading
import types
import weakref

import numpy as np
import pytest
import torch
from models import Tiny
from torch import nn
from torch.nn import functional

from attn_widget import explain, find_layers, review
from attn_widget.capture import capture
from attn_widget.capture.shadow import copy_of, shadow_of

IMAGES = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
HOOKED = """
acts = {}
def get(name):
    def hook(module, inputs, output):
        acts[name] = output
    return hook
"""


def namespace(source, **variables):
    """Run source as a notebook's cell, with a module's globals of its own."""
    variables |= {"__name__": "__main__", "nn": nn, "torch": torch}
    exec(source, variables)
    return variables


def expected(model, image, *layers):
    """The model's own logits, and what layers give, in evaluation mode, on a model that is thrown away."""
    seen = {}
    for name in layers:
        model.get_submodule(name).register_forward_hook(lambda module, x, y, name=name: seen.update({name: y.clone()}))
    with torch.no_grad():
        logits = model.eval()(image[None])
    return logits[0], *(seen[name][0] for name in layers)


def assert_right(make, layer="conv"):
    """Two images one after another have their own logits and maps, and a review the same classes."""
    model, by_review = make(), make()
    for image in (*IMAGES, IMAGES[0]):
        logits, maps = expected(make(), image, layer)
        e = explain(model, image, layer=layer)
        np.testing.assert_allclose(e.logits, logits, atol=1e-5)
        np.testing.assert_allclose(capture(model, image, [layer])[0].tensors[0][0], maps, atol=1e-5)
    found = review(by_review, [(IMAGES, torch.tensor([0, 1]))], progress=lambda *_: None)
    assert found.predicted.tolist() == [expected(make(), image)[0].argmax().item() for image in IMAGES]


def seeded(make):
    torch.manual_seed(0)
    return make()


class Reading(Tiny):
    """Its head reads what a hook has kept."""

    def forward(self, x):
        self.conv(x)
        return self.head(self.kept().mean((2, 3)))


# --- hooks


class FromDict(Reading):
    def kept(self):
        return self.activations["1"]


class FromOwner(Reading):
    def kept(self):
        return self.recorder.outputs


def filled_by_a_closure():
    model = seeded(FromDict)
    acts = {}

    def get(name):
        def hook(module, inputs, output):
            acts[name] = output

        return hook

    model.conv.register_forward_hook(get("1"))
    model.activations = acts
    return model


def filled_through_a_global():
    model, cell = seeded(FromDict), namespace(HOOKED)
    model.conv.register_forward_hook(cell["get"]("1"))
    model.activations = cell["acts"]
    return model


class Recorder:
    """A hook with state."""

    outputs = None

    def __call__(self, module, inputs, output):
        self.outputs = output

    def save(self, module, inputs, output):
        self.outputs = output


class Slotted:
    """A hook with state in a slot."""

    __slots__ = ("outputs",)

    def __call__(self, module, inputs, output):
        self.outputs = output


def filled_by_an_object():
    model = seeded(FromOwner)
    model.recorder = Recorder()
    model.conv.register_forward_hook(model.recorder)
    return model


def filled_by_a_slotted_object():
    model = seeded(FromOwner)
    model.recorder = Slotted()
    model.conv.register_forward_hook(model.recorder)
    return model


def filled_by_a_bound_method():
    model = seeded(FromOwner)
    model.recorder = Recorder()
    model.conv.register_forward_hook(model.recorder.save)
    return model


def filled_by_a_partial():
    model = seeded(FromDict)
    model.activations = {}
    model.conv.register_forward_hook(
        functools.partial(lambda acts, *given: acts.update({"1": given[-1]}), model.activations)
    )
    return model


def filled_by_a_module_that_is_referred_to_weakly():
    model = seeded(FromDict)
    model.activations, parent = {}, weakref.ref(model)
    model.conv.register_forward_hook(lambda module, inputs, output: parent().activations.update({"1": output}))
    return model


def filled_by_setattr_on_a_global():
    model = seeded(FromOwner)
    cell = namespace("hook = lambda m, i, o: setattr(net.recorder, 'outputs', o)", net=model)
    model.recorder = Recorder()
    model.conv.register_forward_hook(cell["hook"])
    return model


def filled_through_a_default():
    model = seeded(FromDict)

    def hook(module, inputs, output, acts={}):  # noqa: B006  # which is what is meant
        acts["1"] = output

    model.conv.register_forward_hook(hook)
    model.activations = hook.__defaults__[0]
    return model


HOOKS = {
    "a closure and an attribute": filled_by_a_closure,
    "a global and an attribute": filled_through_a_global,
    "an object": filled_by_an_object,
    "a slotted object": filled_by_a_slotted_object,
    "a bound method": filled_by_a_bound_method,
    "a partial": filled_by_a_partial,
    "a weak reference": filled_by_a_module_that_is_referred_to_weakly,
    "an object of a model that a global names": filled_by_setattr_on_a_global,
    "a default": filled_through_a_default,
}


def kept_by(model):
    return model.recorder if hasattr(model, "recorder") else model.activations


@pytest.mark.parametrize("make", HOOKS.values(), ids=HOOKS.keys())
def test_what_a_hook_keeps_is_read_by_the_model_in_the_same_pass(make):
    assert_right(make)


@pytest.mark.parametrize("make", HOOKS.values(), ids=HOOKS.keys())
def test_what_a_hook_has_kept_of_the_users_last_image_stays(make):
    model = make()
    model(IMAGES[1:])
    kept = kept_by(model)
    before = kept["1"] if isinstance(kept, dict) else kept.outputs
    values = before.detach().clone()
    explain(model, IMAGES[0], layer="conv")
    explain(model, IMAGES[0], method="saliency")
    assert kept_by(model) is kept
    after = kept["1"] if isinstance(kept, dict) else kept.outputs
    assert after is before
    assert torch.equal(after, values)


# --- modules that are reached by name


def encoding(source):
    """A model that reaches a batch norm in train mode by what `source` makes of `encoder`."""
    torch.manual_seed(0)
    encoder, model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)), Tiny()
    model.first = namespace(source, encoder=encoder)["make"]()
    model.conv = nn.Conv2d(4, 4, 1)
    model.forward = types.MethodType(lambda self, x: Tiny.forward(self, self.first(x)), model)
    return model, encoder


LAMBDA = """
class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
    def forward(self, x):
        return self.function(x)
"""
NAMED = {
    "a lambda": LAMBDA + "make = lambda: Lambda(lambda x: encoder(x))",
    "a function that it calls": LAMBDA + "def encode(x): return encoder(x)\nmake = lambda: Lambda(lambda x: encode(x))",
    "a dict": LAMBDA + "parts = {'encoder': encoder}\nmake = lambda: Lambda(lambda x: parts['encoder'](x))",
    "a method": LAMBDA + "class One(Lambda):\n  def forward(self, x): return encoder(x)\nmake = lambda: One(None)",
    "another method": LAMBDA
    + "class One(Lambda):\n  def forward(self, x): return self.go(x)\n  def go(self, x): return encoder(x)\n"
    + "make = lambda: One(None)",
    "a class attribute": LAMBDA
    + "class One(Lambda):\n  held = [encoder]\n  def forward(self, x): return self.held[0](x)\n"
    + "make = lambda: One(None)",
    "a class that an attribute holds": LAMBDA
    + "class Kind:\n  def go(self, x): return encoder(x)\n"
    + "class One(Lambda):\n  def forward(self, x): return self.function().go(x)\n"
    + "make = lambda: One(Kind)",
    "globals()": LAMBDA + "make = lambda: Lambda(lambda x: globals()['encoder'](x))",
}


@pytest.mark.parametrize("source", NAMED.values(), ids=NAMED.keys())
def test_a_batch_norm_that_is_reached_by_name_is_evaluated_and_not_trained(source):
    model, encoder = encoding(source)
    norm = encoder[1]
    before = copy.deepcopy(norm.state_dict())
    own = copy.deepcopy(norm).eval()
    shown = [explain(model, image, layer="conv").logits for image in IMAGES]
    find_layers(model, IMAGES[0])
    found = review(model, [(IMAGES, torch.tensor([0, 1]))], progress=lambda *_: None)
    assert norm.training
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())
    encoder[1] = own
    with torch.no_grad():
        logits = model.eval()(IMAGES)
    np.testing.assert_allclose(shown, logits, atol=1e-5)
    assert found.predicted.tolist() == logits.argmax(1).tolist()


@pytest.mark.parametrize("closes", [True, False], ids=["closes over it", "names it"])
def test_a_batch_norm_that_forward_reaches_by_itself_is_evaluated_and_not_trained(closes):
    encoder, model = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5)), seeded(Tiny)
    own = namespace("own = lambda model, images: model(encoder(images))", encoder=encoder)["own"]
    forward = (lambda model, images: model(encoder(images))) if closes else own
    with torch.no_grad():
        expected = model(IMAGES / (1 + 1e-5) ** 0.5)
    for image, logits in zip(IMAGES, expected, strict=True):
        for method in ("channel-mean", "grad-cam", "saliency"):
            np.testing.assert_allclose(explain(model, image, method=method, forward=forward).logits, logits, atol=1e-5)
    found = review(model, [(IMAGES, torch.tensor([0, 1]))], progress=lambda *_: None, forward=forward)
    assert found.predicted.tolist() == expected.argmax(1).tolist()
    assert encoder[0].num_batches_tracked == 0
    assert not encoder[0].running_mean.any()
    assert encoder[1].training


def test_what_forward_keeps_for_its_writer_is_kept():
    seen = []
    explain(seeded(Tiny), IMAGES[0], layer="conv", forward=lambda model, images: (seen.append(1), model(images))[1])
    assert seen == [1]


def test_a_forward_of_a_notebook_that_names_the_model_runs():
    def make():
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), nn.Sequential(nn.Flatten(), nn.Linear(144, 3))
        )
        cell = namespace("def forward(x):\n    return model[1](model[0](x))", model=model)
        model.forward = cell["forward"]
        return model

    model = make()
    before = copy.deepcopy(model.state_dict())
    assert_right(make, "0")
    assert [layer.name for layer in find_layers(model, IMAGES[0])]
    explain(model, IMAGES[0], layer="0", method="grad-cam")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(module.training for module in model.modules())


def test_a_global_that_only_has_the_name_of_an_attribute_or_is_named_elsewhere_does_not_matter():
    source = LAMBDA + (
        "class Net(Lambda):\n"
        "  def __init__(self):\n    super().__init__(None)\n    self.conv = nn.Conv2d(3, 4, 3)\n"
        "  def forward(self, x): return self.encoder(x)\n"
        "  def encoder(self, x): return self.conv(x).relu().mean((2, 3))\n"
        "  def show(self): return model(encoder)\n"
        "encoder = model = nn.BatchNorm2d(3)\nacts = {}\n"
        "def helper(x): return acts\n"
    )
    assert shadow_of(namespace(source)["Net"]()) is not None


# --- globals that are bound anew, and data in them

COUNTING = {
    "a number": ("count = 0", "global count; count += 1", "count"),
    "a dict": ("count = {'n': [0]}", "count['n'][0] += 1", "count['n'][0]"),
    "a Counter": ("import collections; count = collections.Counter()", "count['n'] += 1", "count['n']"),
    "a tensor": ("count = torch.zeros(())", "count.add_(1)", "count.item()"),
    "an object": ("class C: n = 0\ncount = C()", "count.n += 1", "count.n"),
    "an attribute of a class": ("class C: n = 0", "C.n += 1", "C.n"),
    "an attribute of a function": ("def f(): f.n += 1\nf.n = 0", "f()", "f.n"),
    "an iterator": ("import itertools; it = itertools.count()", "next(it)", "int(repr(it)[6:-1])"),
    "a generator": ("rng = torch.Generator().manual_seed(0)", "torch.rand(1, generator=rng)", "rng.get_state().sum()"),
}


@pytest.mark.parametrize(("given", "step", "value"), COUNTING.values(), ids=COUNTING.keys())
def test_what_a_hook_changes_through_a_global_is_put_back(given, step, value):
    hook = f"def hook(module, inputs, output):\n    {step}\n"
    cell, model = namespace(f"{given}\n{hook}"), seeded(Tiny)
    model.conv.register_forward_hook(cell["hook"])
    before = eval(value, cell)
    for method in ("channel-mean", "grad-cam"):
        explain(model, IMAGES[0], layer="conv", method=method)
    review(model, [(IMAGES, torch.tensor([0, 1]))], progress=lambda *_: None)
    assert eval(value, cell) == before
    model(IMAGES)
    assert eval(value, cell) != before


# --- state beyond tensors


class Stateful(Tiny):
    """Takes a number from something that changes by that."""

    def __init__(self, state, take):
        super().__init__()
        self.state, self.take = state, take

    def forward(self, x):
        return super().forward(x) + float(self.take(self.state))


class Words(dict):
    """A subclass of dict with an attribute of its own."""

    def __init__(self, **words):
        super().__init__(**words)
        self.asked = 0

    def ask(self):
        self.asked += 1
        self["n"] = self.get("n", 0) + 1
        return self.asked + self["n"]


class Count:
    def __init__(self):
        self.inner = types.SimpleNamespace(n=[0])

    def step(self):
        self.inner.n[0] += 1
        return self.inner.n[0]


class SlottedCount:
    __slots__ = ("__dict__", "n")

    def __init__(self):
        self.n = 0

    def step(self):
        self.n += 1
        return self.n


def popped(deque):
    deque.rotate(1)
    return deque[0]


def put(mapping):
    mapping["a"].append(1)
    return len(mapping["a"])


def deepest(parts):
    parts[0]["a"][0][0].append(1)
    return len(parts[0]["a"][0][0])


def nonlocal_counter():
    n = 0

    def step():
        nonlocal n
        n += 1
        return n

    return step


STATES = {
    "a generator of torch": (lambda: torch.Generator().manual_seed(3), lambda g: torch.rand((), generator=g)),
    "a generator of NumPy": (lambda: np.random.default_rng(3), lambda g: g.random()),
    "an older generator of NumPy": (lambda: np.random.RandomState(3), lambda g: g.rand()),
    "a generator of Python": (lambda: random.Random(3), lambda g: g.random()),
    "a generator's method": (lambda: np.random.default_rng(3).random, lambda draw: draw()),
    "a Counter": (collections.Counter, lambda c: c.update("ab") or c["a"]),
    "a dict of a class of its own": (Words, Words.ask),
    "a count": (itertools.count, next),
    "a cycle": (lambda: itertools.cycle([1, 2, 3, 4, 5]), next),
    "an iterator": (lambda: iter([*range(100)]), next),
    "an object": (Count, Count.step),
    "a slotted object": (SlottedCount, SlottedCount.step),
    "a deque": (lambda: collections.deque([1, 2, 3, 4, 5, 6, 7], maxlen=9), popped),
    "a read-only mapping": (lambda: types.MappingProxyType({"a": []}), put),
    "containers four deep": (lambda: [{"a": ([[]],)}], deepest),
    "a closure": (nonlocal_counter, lambda step: step()),
    "a cached function": (lambda: functools.lru_cache(nonlocal_counter()), lambda step: step.__wrapped__()),
    "a bytearray": (lambda: bytearray(b"a"), lambda array: array.append(1) or len(array)),
}


@pytest.mark.parametrize(("state", "take"), STATES.values(), ids=STATES.keys())
def test_each_pass_begins_with_the_models_own_state_and_leaves_it(state, take):
    torch.manual_seed(0)
    model = Stateful(state(), take)
    held = model.state
    first = take(state())
    with torch.no_grad():
        plain = Tiny.forward(model.eval(), IMAGES[:1])[0] + float(first)
    for _ in range(2):
        np.testing.assert_allclose(explain(model, IMAGES[0], layer="conv").logits, plain, atol=1e-5)
    explain(model, IMAGES[0], layer="conv", method="grad-cam")
    assert model.state is held
    assert take(held) == first


@pytest.mark.parametrize(("state", "take"), STATES.values(), ids=STATES.keys())
def test_state_is_put_back_too_where_the_model_itself_must_run(state, take):
    model = Stateful(state(), take)
    normalised_by_name(model)
    explain(model, IMAGES[0], layer="conv")
    if not isinstance(held := model.state, types.BuiltinMethodType):
        assert take(held) == take(state())


def normalised_by_name(model):
    """Have the model itself run: a hook names a module."""
    cell = namespace("def hook(module, inputs, output):\n    return output + 0 * norm(output)", norm=nn.BatchNorm1d(3))
    model.head.register_forward_hook(cell["hook"])
    assert shadow_of(model) is None


def test_two_tensors_that_share_memory_share_it_in_the_copy():
    class Aliased(Tiny):
        def __init__(self):
            super().__init__()
            self.register_buffer("memory", torch.zeros(6))
            self.tail, self.turned = self.memory[4:], self.memory.view(2, 3).T

        def forward(self, x):
            self.memory += x.mean()
            return super().forward(x) + self.tail[0] + self.turned[2, 1]

    assert_right(lambda: seeded(Aliased))
    model = seeded(Aliased)
    explain(model, IMAGES[0], layer="conv")
    assert not model.memory.any()


def test_a_lock_is_the_copys_own():
    class Locked(Tiny):
        def __init__(self):
            super().__init__()
            self.lock = threading.Lock()

        def forward(self, x):
            with self.lock:
                return super().forward(x)

    model = seeded(Locked)
    with model.lock:
        explain(model, IMAGES[0], layer="conv")


def test_an_open_file_means_a_pass_on_the_model_itself(tmp_path):
    model = seeded(Tiny)
    with (tmp_path / "log").open("w") as model.log:
        assert shadow_of(model) is None
        explain(model, IMAGES[0], layer="conv")
        assert model.training


def test_functions_that_refer_to_themselves_and_objects_that_refer_to_each_other_end():
    def count(n):
        return 0 if n == 0 else 1 + count(n - 1)

    model = seeded(Tiny)
    model.count, model.ring, model.pair = count, [], types.SimpleNamespace()
    model.ring.append((model.ring, model))
    model.pair.other = types.SimpleNamespace(pair=model.pair)
    shadow = shadow_of(model)
    assert shadow.count(3) == 3
    assert shadow.count is not count
    assert shadow.ring[0][0] is shadow.ring
    assert shadow.ring[0][1] is shadow
    assert shadow.pair.other.pair is shadow.pair is not model.pair


# --- parameters


def doubled_in_place(module):
    module.weight.data.mul_(2)


def doubled_without_gradients(module):
    with torch.no_grad():
        module.weight.copy_(module.weight * 2)


def data_bound_anew(module):
    module.weight.data = module.weight.data * 2


def assigned(module):
    module.weight = nn.Parameter(module.weight * 2)


def an_element(module):
    with torch.no_grad():
        module.weight[:] = module.weight * 2


def with_a_factor(module):
    with torch.no_grad():
        module.weight *= 2


def all_of_them(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2)


WRITERS = [
    doubled_in_place,
    doubled_without_gradients,
    data_bound_anew,
    assigned,
    an_element,
    with_a_factor,
    all_of_them,
]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
@pytest.mark.parametrize("by_name", [False, True], ids=["copied", "by name"])
@pytest.mark.filterwarnings("error")
def test_a_forward_that_changes_its_weights_changes_the_copys(write, by_name):
    source = LAMBDA + (
        "class Writing(nn.Conv2d):\n  def forward(self, x):\n    write(self)\n    return super().forward(x)\n"
    )
    torch.manual_seed(0)
    model = Tiny()
    model.conv = namespace(source, write=write)["Writing"](3, 4, 3)
    if by_name:
        normalised_by_name(model)
    weight, before = model.conv.weight, copy.deepcopy(model.state_dict())
    address = weight.data_ptr()
    maps = functional.conv2d(IMAGES[:1], weight * 2, model.conv.bias * (2 if write is all_of_them else 1))
    for method in ("channel-mean", "grad-cam"):
        explain(model, IMAGES[0], layer="conv", method=method)
    np.testing.assert_allclose(capture(model, IMAGES[0], ["conv"])[0].tensors[0], maps.detach(), atol=1e-5)
    assert model.conv.weight is weight
    assert weight.data_ptr() == address
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.filterwarnings("error")
def test_a_method_that_changes_a_parameter_of_whatever_name_changes_the_copys():
    class Scaled(Tiny):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, x):
            self.grow()
            return super().forward(x) * self.scale

        def grow(self):
            with torch.no_grad():
                self.scale.add_(1)

    model = seeded(Scaled)
    logits = 2 * Tiny.forward(model, IMAGES[:1])[0].detach()
    for method in ("channel-mean", "grad-cam"):
        np.testing.assert_allclose(explain(model, IMAGES[0], layer="conv", method=method).logits, logits, atol=1e-5)
    assert model.scale == 1


@pytest.mark.filterwarnings("error")
def test_a_hook_that_changes_weights_changes_the_copys():
    model = seeded(Tiny)
    model.register_forward_pre_hook(lambda module, inputs: doubled_in_place(module.conv))
    before = copy.deepcopy(model.state_dict())
    explain(model, IMAGES[0], layer="conv")
    explain(model, IMAGES[0], layer="conv", method="grad-cam")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_write_that_could_not_be_foreseen_is_said_once():
    class Odd(Tiny):
        def forward(self, x):
            with torch.no_grad():
                getattr(self.head.bias, "".join(["add", "_"]))(1)
            return super().forward(x)

    model = seeded(Odd)
    before = model.head.bias.clone()
    with pytest.warns(UserWarning, match="changed values of its own parameters"):
        explain(model, IMAGES[0], layer="conv")
    after = model.head.bias.clone()
    assert torch.equal(after, before + 1)
    explain(model, IMAGES[0], layer="conv")
    assert torch.equal(model.head.bias, after)


def test_parameters_that_are_one_are_one_in_the_copy_and_share_their_values():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.LSTM(3, 3))
    model[1].weight = model[0].weight
    for frozen in (False, True):
        shadow = shadow_of(model, frozen=frozen)
        assert shadow[1].weight is shadow[0].weight is not model[0].weight
        assert shadow[0].weight.data_ptr() == model[0].weight.data_ptr()
        assert shadow[2]._flat_weights[0] is shadow[2].weight_ih_l0
        assert shadow[0].weight.requires_grad != frozen


# --- large buffers


class Banked(Tiny):
    """Has a large memory, which it writes to in some passes."""

    def __init__(self, writing):
        super().__init__()
        self.register_buffer("bank", torch.zeros(2**20))
        self.writing = writing

    def forward(self, x):
        if self.writing:
            self.bank[:3] += 1
        return super().forward(x) + self.bank[0]


def test_a_large_buffer_is_copied_only_when_it_is_written_to():
    address, private = torch._C._data_address, torch._C
    for writing in (False, True):
        model = seeded(lambda writing=writing: Banked(writing))
        place = address(model.bank)
        shadow = shadow_of(model)
        assert private._is_cow_tensor(shadow.bank)
        shadow(IMAGES)
        assert (address(shadow.bank) != place) == writing
        assert address(model.bank) == place
        assert not model.bank.any()


@pytest.mark.parametrize("writing", [False, True])
def test_a_large_buffer_and_a_view_of_it_in_numpy_stay_together_after_a_pass(writing):
    model = seeded(lambda: Banked(writing))
    view, address = model.bank.numpy(), model.bank.data_ptr()
    explain(model, IMAGES[0], layer="conv")
    assert not view.any()
    model.bank.add_(1)
    assert view[0] == 1
    assert model.bank.data_ptr() == address


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")  # which is deprecated
@pytest.mark.parametrize("kind", ["from NumPy", "in shared memory", "a view", "expanded", "sparse", "quantized"])
def test_large_buffers_of_every_kind_are_copied(kind):
    plain = torch.zeros(2**19)
    buffer = {
        "from NumPy": lambda: torch.from_numpy(np.zeros(2**19, np.float32)),
        "in shared memory": lambda: plain.clone().share_memory_(),
        "a view": lambda: torch.zeros(2**19 + 1)[1:],
        "expanded": lambda: torch.zeros(1).expand(2**19),
        "sparse": lambda: plain.to_sparse(),
        "quantized": lambda: torch.quantize_per_tensor(plain, 1.0, 0, torch.quint8),
    }[kind]()
    model = seeded(Tiny)
    model.register_buffer("bank", buffer)
    twin = shadow_of(model).bank
    assert twin is not buffer
    assert (twin.shape, twin.dtype, twin.layout) == (buffer.shape, buffer.dtype, buffer.layout)
    if kind not in ("sparse", "quantized", "expanded"):
        twin += 1
        assert not buffer.any()


# --- honest twins


def test_an_ordinary_model_is_copied_and_shares_nothing_with_others():
    for make in (Tiny, filled_by_a_closure, filled_by_an_object):
        shadow = copy_of(make())
        assert shadow.shared is None
    shadow = copy_of(filled_through_a_global())
    assert shadow.shared is not None

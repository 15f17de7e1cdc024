"""Whoever holds what a layer gave goes on with it: in a dict that a hook fills, or in the tensor that a ReLU changed.

The gradient of a layer's output counts all that, as plain autograd does on the untouched model.
"""

import numpy as np
import pytest
import torch
from plain import by_a_leaf, by_autograd, captured, score
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision import models as zoo

from attn_widget import explain, find_layers
from attn_widget.capture import capture, record

IMAGE = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))


def assert_same(ours, theirs):
    for mine, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, expected, atol=1e-6, rtol=1e-4)
    assert theirs[1].any()


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


class Parts(nn.Module):
    """Two convolutions with an activation between, which is put together by `forward` in the subclasses."""

    def __init__(self, activation=None):
        super().__init__()
        self.conv, self.next = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True) if activation is None else activation
        self.head = nn.Linear(4, 3)

    def classes(self, x):
        return self.head((x * x).mean((2, 3)))


# --- the caller reads the tensor that a module changed in place


class ReadsTheInput(Parts):
    """Its activation works in place, and it goes on with both names of the one tensor."""

    def forward(self, x):
        x = self.conv(x)
        y = self.act(x)
        return self.classes(self.next(y) + 3 * x)


class DropsTheResult(Parts):
    """Calls its activation for what it does in place."""

    def forward(self, x):
        x = self.conv(x)
        self.act(x)
        return self.classes(self.next(x))


class Residual(Parts):
    """An activation in place within a residual block, whose shortcut is the tensor that it changed."""

    def forward(self, x):
        x = self.conv(x)
        x = self.next(self.act(x)) + x
        return self.classes(self.act(x))


class ChangesAView(Parts):
    """Changes its features through a view of them."""

    def forward(self, x):
        x = self.conv(x)
        y = self.act(x.flatten(2))
        return self.classes(self.next(y.view_as(x)) + x)


ACTIVATIONS = {
    "relu": lambda: nn.ReLU(inplace=True),
    "silu": lambda: nn.SiLU(inplace=True),
    "hardswish": lambda: nn.Hardswish(inplace=True),
    "honest": nn.ReLU,
}


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
@pytest.mark.parametrize("kind", [ReadsTheInput, Residual])
def test_a_caller_that_reads_what_was_changed_in_place_counts(kind, activation):
    model = kind(activation())
    for layer in ("conv", "act", "next"):
        assert_same(captured(model, IMAGE, layer), by_autograd(model, IMAGE, layer))


def test_a_caller_that_drops_the_result_of_a_module_in_place_still_depends_on_it():
    model = DropsTheResult()
    assert_same(captured(model, IMAGE, "act"), by_autograd(model, IMAGE, "act"))


def test_a_change_through_a_view_counts_as_autograd_counts_it():
    model = ChangesAView()
    for layer in ("conv", "act"):
        assert_same(captured(model, IMAGE, layer), by_autograd(model, IMAGE, layer))


def test_the_first_call_of_a_module_in_place_is_told_from_the_last():
    model, found = Residual(), []
    for call in (0, 1):
        found.append(captured(model, IMAGE, "act", call=call))
    assert_same(found[1], by_autograd(model, IMAGE, "act"))
    twice = Residual()
    twice.load_state_dict(model.state_dict())
    twice.second = nn.ReLU(inplace=True)
    twice.forward = lambda x: (
        lambda features: twice.classes(twice.second(twice.next(twice.act(features)) + features))
    )(twice.conv(x))
    assert_same(found[0], captured(twice, IMAGE, "act"))


# --- what holds the output itself


def filled_by_a_hook():
    """Reads, at its end, what a hook on its convolution has put into a dict."""
    model, seen = Parts(), {}
    model.conv.register_forward_hook(lambda module, inputs, output: seen.update(features=output))

    class Reading(nn.Module):
        def forward(self, x):
            return x + seen["features"]

    model.reading = Reading()
    return nn.Sequential(model.conv, model.next, nn.Tanh(), model.reading, Pooled(model.head))


class Pooled(nn.Module):
    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, x):
        return self.head((x * x).mean((2, 3)))


class Remembers(nn.Module):
    """Gives its output, and has it as an attribute."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        self.last = self.conv(x).tanh()
        return self.last


class ReadsTheAttribute(Parts):
    def __init__(self):
        super().__init__()
        self.stem = Remembers()

    def forward(self, x):
        return self.classes(self.next(self.stem(x)) + self.stem.last)


class ReadsTheAttributeOfAView(ReadsTheAttribute):
    """What is remembered is a view of what is used as well: its own uses count, as with autograd."""

    def forward(self, x):
        tokens = self.stem(x)
        return self.classes(self.next(tokens) + self.stem.last)


HOLDERS = {
    "a hook's dict": (filled_by_a_hook, "0"),
    "an attribute": (ReadsTheAttribute, "stem"),
}


@pytest.mark.parametrize(("make", "layer"), HOLDERS.values(), ids=HOLDERS.keys())
def test_what_else_holds_the_output_counts(make, layer):
    model = make()
    assert_same(captured(model, IMAGE, layer), by_autograd(model, IMAGE, layer))


class GivesAView(nn.Module):
    """Gives tokens, and keeps the features that they are a view of."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        self.last = self.conv(x).tanh()
        return self.last.flatten(2).transpose(1, 2)


class ReadsTheBase(Parts):
    def __init__(self):
        super().__init__()
        self.stem = GivesAView()

    def forward(self, x):
        tokens = self.stem(x)
        return self.classes(self.next(tokens.transpose(1, 2).unflatten(2, x.shape[2:])) + self.stem.last)


def test_only_the_uses_of_a_view_count_not_those_of_its_base():
    model = ReadsTheBase()
    assert_same(captured(model, IMAGE, "stem"), by_autograd(model, IMAGE, "stem"))


# --- a layer that hands on what it was given


class Around(Parts):
    """A shortcut around a module that changes nothing."""

    def forward(self, x):
        x = self.conv(x)
        return self.classes(self.next(self.act(x)) + 2 * x)


class Permute(nn.Module):
    def forward(self, x):
        return x.permute(0, 1, 3, 2)


UNTOUCHING = {"identity": nn.Identity, "dropout": nn.Dropout, "permute": Permute, "empty": nn.Sequential}


@pytest.mark.parametrize("make", UNTOUCHING.values(), ids=UNTOUCHING.keys())
def test_of_a_layer_that_hands_on_its_input_only_the_outputs_own_uses_count(make):
    model = Around(make())
    assert_same(captured(model, IMAGE, "act"), by_a_leaf(model, IMAGE, "act"))
    assert_same(captured(model, IMAGE, "conv"), by_autograd(model, IMAGE, "conv"))


class AddsInPlace(Parts):
    """Changes in place what an identity gave it: the caller's tensor, too."""

    def forward(self, x):
        x = self.conv(x)
        y = self.act(x)
        y += 1
        return self.classes(self.next(y) * x)


def test_what_an_identity_gives_is_still_the_callers_tensor():
    model = AddsInPlace(nn.Identity())
    (found,) = capture(model, IMAGE, ["act"], score=score)
    with torch.no_grad():
        torch.testing.assert_close(found.output, model(IMAGE[None]))


# --- several layers in one pass


@pytest.mark.parametrize("kind", [ReadsTheInput, Residual, ReadsTheAttribute, ReadsTheBase])
def test_all_layers_of_one_pass_have_the_gradients_that_autograd_gives_each(kind):
    model = kind()
    layers = [layer.name for layer in find_layers(model, IMAGE) if layer.calls and layer.name not in ("", "head")]
    found = capture(model, IMAGE, layers, score=score)
    assert len(found) > 1
    for layer, each in zip(layers, found, strict=True):
        assert_same((each.tensors[0], each.gradients[0]), by_autograd(model, IMAGE, layer))


REAL = {
    "vgg": (lambda: nn.Sequential(zoo.vgg.make_layers([4, "M", 8, "M", 8]), Pooled(nn.Linear(8, 3))), "0.3"),
    "vgg's relu": (lambda: nn.Sequential(zoo.vgg.make_layers([4, "M", 8, 8]), Pooled(nn.Linear(8, 3))), "0.4"),
    "resnet": (lambda: zoo.resnet18(num_classes=3), "layer2.0"),
    "resnet's norm": (lambda: zoo.resnet18(num_classes=3), "layer2.0.bn2"),
    "resnet's relu": (lambda: zoo.resnet18(num_classes=3), "layer2.0.relu"),
    "densenet": (lambda: zoo.DenseNet(4, (2, 2), 8, num_classes=3), "features.denseblock1.denselayer1"),
    "densenet's features": (lambda: zoo.DenseNet(4, (2, 2), 8, num_classes=3), "features"),
    "squeezenet": (
        lambda: nn.Sequential(zoo.squeezenet1_1().features[:5], Pooled(nn.Linear(128, 3))),
        "0.3.squeeze_activation",
    ),
}


@pytest.mark.parametrize(("make", "layer"), REAL.values(), ids=REAL.keys())
def test_real_networks_that_work_in_place_have_autograds_gradients(make, layer):
    model = make().eval()
    image = torch.rand(3, 32, 32)
    assert_same(captured(model, image, layer), by_autograd(model, image, layer))


# --- what cannot be written in place


class Chunks(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x):
        return self.conv(x).chunk(2, 1)


class TakesChunks(Parts):
    def __init__(self):
        super().__init__()
        self.stem = Chunks()

    def forward(self, x):
        a, b = self.stem(x)
        return self.classes(self.next(a) * b)


class Expands(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, x):
        return self.conv(x).expand(-1, 4, -1, -1)


class TakesExpanded(Parts):
    def __init__(self):
        super().__init__()
        self.stem = Expands()

    def forward(self, x):
        x = self.stem(x)
        return self.classes(self.next(x) + x)


class GivesItsWeight(nn.Module):
    """Gives a parameter as it is, which a training loop may be changing."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(1, 4, 16, 16))

    def forward(self):
        return self.weight


class TakesAWeight(Parts):
    def __init__(self):
        super().__init__()
        self.position = GivesItsWeight()

    def forward(self, x):
        return self.classes(self.next(self.conv(x) * self.position()))


UNWRITABLE = {
    "chunks": (TakesChunks, lambda output: output[0]),
    "expanded": (TakesExpanded, lambda output: output),
}


@pytest.mark.parametrize(("make", "first"), UNWRITABLE.values(), ids=UNWRITABLE.keys())
def test_what_cannot_be_written_in_place_has_its_gradient_too(make, first):
    model = make()
    assert_same(captured(model, IMAGE, "stem"), by_autograd(model, IMAGE, "stem", first))


class Writes(TorchDispatchMode):
    """Notes where values are copied to."""

    def __init__(self):
        super().__init__()
        self.places = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.copy_.default:
            self.places.append(args[0].data_ptr())
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("layer", "written"), [("position", 0), ("conv", 1)])
def test_a_parameter_that_a_module_gives_is_not_written_to(layer, written):
    model, writes = TakesAWeight(), Writes()
    weight = model.position.weight

    def forward(tree, x):
        with writes:
            return tree(x)

    assert_same(captured(model, IMAGE, layer, forward=forward), by_autograd(model, IMAGE, layer))
    assert len(writes.places) == written
    assert weight.data_ptr() not in writes.places
    assert (weight.grad, weight.is_leaf, weight.requires_grad) == (None, True, True)


class Anchors(nn.Module):
    """Gives a tensor that nobody copies: its class has it."""

    tensor = torch.rand(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))

    def forward(self):
        return self.tensor


@pytest.mark.parametrize("method", ["grad-cam", "ablation-cam"])
def test_a_tensor_that_a_model_has_from_elsewhere_is_afterwards_what_it_was(method):
    model = TakesAWeight()
    model.position = Anchors()
    before, place = Anchors.tensor.clone(), Anchors.tensor.data_ptr()
    e = explain(model, IMAGE, layer="position", method=method, target=1)
    assert e.weights.any()
    assert (Anchors.tensor.requires_grad, Anchors.tensor.grad_fn) == (False, None)
    assert torch.equal(Anchors.tensor, before)
    assert Anchors.tensor.data_ptr() == place


class Mixing(nn.Module):
    """Multiplies what has a graph by what has none, and gives the latter: it was saved for the backward pass."""

    def forward(self, x, raw):
        plain = raw.tanh()
        self.mixed = x * plain
        return plain


class SavesFirst(Parts):
    def __init__(self):
        super().__init__()
        self.side, self.mix = nn.Conv2d(3, 4, 3, padding=1), Mixing()

    def forward(self, x):
        plain = self.mix(self.conv(x), self.side(x))
        return self.classes(self.next(self.mix.mixed) + plain)


def test_what_was_saved_for_the_backward_pass_before_it_was_kept_still_holds():
    model = SavesFirst()
    conv, mix = capture(model, IMAGE, ["conv", "mix"], score=score)
    assert_same((conv.tensors[0], conv.gradients[0]), by_autograd(model, IMAGE, "conv"))
    # of what it gave, the uses behind the module count, as with a plain hook
    assert_same((mix.tensors[0], mix.gradients[0]), by_a_leaf(model, IMAGE, "mix"))


# --- lists and dicts that a module changes


class Appending(nn.Module):
    """Appends to the list of features that it is given, in one of three ways."""

    def __init__(self, returns):
        super().__init__()
        self.conv, self.returns = nn.Conv2d(3, 4, 3, padding=1), returns

    def forward(self, features):
        features.append(self.conv(features[-1]).tanh())
        return {"itself": features, "nothing": None, "a list": list(features)}[self.returns]


class OfAList(Parts):
    """Hands a list through a module, and reads the list that it has."""

    def __init__(self, returns):
        super().__init__()
        self.stem = Appending(returns)

    def forward(self, x):
        features = [x]
        self.stem(features)
        return self.classes(self.next(features[-1]) + features[1])


class Refining(nn.Module):
    """Changes one of the tensors in the dict that it is given."""

    def __init__(self, in_place):
        super().__init__()
        self.conv, self.in_place = nn.Conv2d(4, 4, 3, padding=1), in_place

    def forward(self, *, state):
        if self.in_place:
            state["maps"].mul_(self.conv(state["maps"].clone()))
        else:
            state["maps"] = self.conv(state["maps"])
        return state


class OfADict(Parts):
    def __init__(self, in_place):
        super().__init__()
        self.stem = Refining(in_place)

    def forward(self, x):
        state = {"image": x, "maps": self.conv(x)}
        self.stem(state=state)
        return self.classes(self.next(state["maps"]) + state["maps"])


CHANGED = {
    "a list, returned": (lambda: OfAList("itself"), "stem", lambda output: output[-1]),
    "a list, copied": (lambda: OfAList("a list"), "stem", lambda output: output[-1]),
    "a dict's new tensor": (lambda: OfADict(in_place=False), "stem", lambda output: output["maps"]),
    "a dict's changed tensor": (lambda: OfADict(in_place=True), "stem", lambda output: output["maps"]),
}


@pytest.mark.parametrize(("make", "layer", "first"), CHANGED.values(), ids=CHANGED.keys())
def test_a_layer_that_changes_a_container_gave_what_is_new_in_it(make, layer, first):
    model = make()
    expected = by_autograd(model, IMAGE, layer, first)
    assert_same(captured(model, IMAGE, layer), expected)
    e = explain(model, IMAGE, layer=layer, top_k=4)
    np.testing.assert_allclose(e.maps[np.argsort(e.channels)], expected[0][0], atol=1e-6)
    assert record(model, IMAGE).ran[layer].shapes == [(1, 4, 16, 16)]


def test_a_layer_that_returns_nothing_gave_what_is_new_in_its_input():
    model, twin = OfAList("nothing"), OfAList("itself")
    twin.load_state_dict(model.state_dict())
    expected = by_autograd(twin, IMAGE, "stem", lambda output: output[-1])
    assert_same(captured(model, IMAGE, "stem"), expected)
    assert "stem" in [layer.name for layer in find_layers(model, IMAGE)]


class AppendingChunks(Appending):
    """Appends what cannot be written in place."""

    def forward(self, features):
        features += self.conv(features[-1]).chunk(2, 1)
        return None if self.returns == "nothing" else features


class OfChunks(Parts):
    def __init__(self, returns):
        super().__init__()
        self.stem = AppendingChunks(returns)

    def forward(self, x):
        features = [x]
        self.stem(features)
        return self.classes(self.next(torch.cat([features[1].tanh(), features[2]], 1)))


@pytest.mark.parametrize("returns", ["nothing", "itself"])
def test_a_caller_reads_from_its_list_what_took_the_place_of_what_cannot_be_written(returns):
    model, twin = OfChunks(returns), OfChunks("itself")
    twin.load_state_dict(model.state_dict())
    assert_same(captured(model, IMAGE, "stem"), by_autograd(twin, IMAGE, "stem", lambda output: output[1]))


class Handing(nn.Module):
    """Hands on a list as it is."""

    def forward(self, features):
        return features


class HandsAList(Parts):
    def __init__(self):
        super().__init__()
        self.stem = Handing()

    def forward(self, x):
        features = [self.conv(x), x]
        return self.classes(self.next(self.stem(features)[0]) + functional.relu(features[0]))


def test_a_layer_that_hands_on_a_list_as_it_is_gave_what_is_in_it():
    model = HandsAList()
    with torch.no_grad():
        expected = model.conv(IMAGE[None])
    (found,) = capture(model, IMAGE, ["stem"], score=score)
    assert [tuple(tensor.shape) for tensor in found.tensors] == [(1, 4, 16, 16), (1, 3, 16, 16)]
    torch.testing.assert_close(found.tensors[0], expected)
    assert found.gradients[0].any()


# --- a pass with the layer's output changed goes on with it in the same places


@pytest.mark.parametrize("make", [ReadsTheInput, ReadsTheAttribute, lambda: OfADict(in_place=False)])
def test_ablation_counts_whoever_holds_the_output(make):
    model = make()
    layer = "act" if isinstance(model, ReadsTheInput) else "stem"
    e = explain(model, IMAGE, layer=layer, method="ablation-cam", target=1, top_k=4)
    weights = dict(zip(e.channels, e.weights, strict=True))
    for channel in range(4):
        model_without = silenced(make, model, layer, channel)
        with torch.no_grad():
            full, without = (float(score(each(IMAGE[None]))) for each in (model, model_without))
        np.testing.assert_allclose(weights[channel], (full - without) / full, atol=1e-4)


def silenced(make, model, layer, channel):
    """The same model with a hook that sets a channel to zero in place."""
    other = make()
    other.load_state_dict(model.state_dict())

    def silence(module, inputs, output):
        maps = output["maps"] if isinstance(output, dict) else output
        maps[:, channel] = 0

    other.get_submodule(layer).register_forward_hook(silence)
    return other

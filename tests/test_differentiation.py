"""Gradients are those of the whole model, whatever parts of it do against being differentiated.

The reference is plain autograd on the same model without that: no context manager, no decorator, no checkpoint.
"""

import threading

import numpy as np
import pytest
import timm
import torch
from plain import by_autograd, captured, score
from torch import nn
from torch.utils import checkpoint
from torchvision import models as zoo

from attn_widget import explain
from attn_widget.capture import capture, differentiation

IMAGE = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def assert_same(ours, theirs):
    for mine, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, expected, atol=1e-6, rtol=1e-4)
    assert theirs[1].any()


def switches():
    """What tells of gradients in torch: for the whole process, and on this thread."""
    names = "CheckpointFunction", "_checkpoint_hook"
    replaced = [torch.inference_mode.__enter__, *(getattr(checkpoint, name) for name in names)]
    modes = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch._C._len_torch_function_stack()
    return replaced, modes


@pytest.fixture(autouse=True)
def untouched():
    """Torch itself is afterwards what it was."""
    before = switches()
    yield
    assert switches() == before


# --- parts of the forward in a mode of their own


class Backbone(nn.Module):
    """Two convolutions, each with what is put around it, and a head."""

    def __init__(self, around=None, *, hidden=False):
        super().__init__()
        self.conv, self.next = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, 3)
        self.around = around
        if hidden:
            self.parts = [self.conv, self.next]  # so that no shadow can be had

    def features(self, x):
        return self.next(self.conv(x).tanh())

    def forward(self, x):
        if self.around is None:
            x = self.features(x)
        else:
            with self.around():
                x = self.features(x)
        return self.head((x * x).mean((2, 3)))


class Switching(Backbone):
    """Switches gradients off by a call, and on again."""

    def features(self, x):
        torch.set_grad_enabled(False)
        x = self.conv(x)
        torch.set_grad_enabled(True)
        with torch.no_grad(), torch.enable_grad():
            x = x.tanh()
        with torch.set_grad_enabled(False):
            return self.next(x)


MODES = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "set_grad_enabled(False)": lambda: torch.set_grad_enabled(False),
    "enable_grad": torch.enable_grad,
    "none": None,
}


@pytest.mark.parametrize("hidden", [False, True], ids=["a shadow", "the model itself"])
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
@pytest.mark.parametrize("layer", ["conv", "next"])
def test_a_part_in_a_mode_of_its_own_has_its_gradient(mode, layer, hidden):
    model, plain = Backbone(mode, hidden=hidden), Backbone()
    plain.load_state_dict(model.state_dict())
    assert_same(captured(model, IMAGE, layer), by_autograd(plain, IMAGE, layer))
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_a_model_that_switches_gradients_off_and_on_has_them():
    model, plain = Switching(), Backbone()
    plain.load_state_dict(model.state_dict())
    for layer in ("conv", "next"):
        assert_same(captured(model, IMAGE, layer), by_autograd(plain, IMAGE, layer))


class Decorated(Backbone):
    """What `decorate` makes of its forward, and of a method of it."""

    @staticmethod
    def by(decorate):
        class OfThis(Decorated):
            forward = decorate(Backbone.forward)
            features = decorate(Backbone.features)

        return OfThis()


METHODS = ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam", "saliency", "integrated-gradients"]
DECORATORS = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode(),
    "set_grad_enabled": lambda forward: torch.set_grad_enabled(False)(forward),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("decorator", DECORATORS.values(), ids=DECORATORS.keys())
def test_every_gradient_method_sees_through_a_decorated_forward(decorator, method):
    model, plain = Decorated.by(decorator), Backbone()
    plain.load_state_dict(model.state_dict())
    layer = {} if method in ("saliency", "integrated-gradients") else {"layer": "next"}
    ours, expected = (explain(each, IMAGE, method=method, target=1, **layer) for each in (model, plain))
    np.testing.assert_allclose(ours.overall_map, expected.overall_map, atol=1e-6)
    assert expected.overall_map.any()


def test_a_forward_that_the_caller_decorates_is_seen_through():
    model = Backbone()
    expected = by_autograd(model, IMAGE, "next")
    for mode in (torch.no_grad(), torch.inference_mode()):
        assert_same(captured(model, IMAGE, "next", forward=mode(lambda tree, x: tree(x))), expected)


class Counting(Backbone):
    """Makes arrays of its features, and keeps a mean in a buffer, where gradients are disabled."""

    def __init__(self, **options):
        super().__init__(**options)
        self.register_buffer("mean", torch.zeros(4))
        self.seen = []

    def features(self, x):
        x = self.conv(x).tanh()
        with torch.no_grad():
            self.seen.append(x.mean((0, 2, 3)).numpy())
            self.mean.mul_(0.9).add_(x.mean((0, 2, 3)))
        return self.next(x)


@pytest.mark.parametrize("hidden", [False, True], ids=["a shadow", "the model itself"])
def test_what_a_model_counts_without_gradients_does_not_fail_and_leaves_no_trace(hidden):
    model = Counting(hidden=hidden)
    expected = by_autograd(model, IMAGE, "conv")
    assert_same(captured(model, IMAGE, "conv"), expected)
    assert not model.mean.any()
    assert (model.mean.requires_grad, model.seen) == (False, [])


class Doubling(torch.autograd.Function):
    """Runs without gradients, and enables them for a derivative that it needs at once."""

    @staticmethod
    def forward(ctx, x):
        inner = x.detach()
        with torch.enable_grad():
            inner.requires_grad_()
            (two,) = torch.autograd.grad((2 * inner).sum(), inner)
        assert not torch.is_grad_enabled()
        return x * two

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


class WithAFunction(Backbone):
    def features(self, x):
        x = Doubling.apply(self.conv(x))
        with torch.no_grad():
            return self.next(x)


def test_a_function_that_torch_runs_without_gradients_may_enable_them_for_a_while():
    class Plain(Backbone):
        def features(self, x):
            return self.next(2 * self.conv(x))

    model, plain = WithAFunction(), Plain()
    plain.load_state_dict(model.state_dict())
    assert_same(captured(model, IMAGE, "conv"), by_autograd(plain, IMAGE, "conv"))


def test_another_thread_keeps_its_own_modes_while_a_pass_runs():
    seen = []

    def beside():
        x = torch.ones(1, requires_grad=True)
        with torch.no_grad():
            seen.append((x * 2).requires_grad)
        with torch.inference_mode():
            seen.append((x * 2).is_inference())
        y = checkpoint.checkpoint(lambda x: x * 2, x, use_reentrant=True)
        seen.append(type(y.grad_fn).__name__)
        try:
            (x * 2).numpy()
        except RuntimeError as error:
            seen.append("requires grad" in str(error))

    def forward(tree, x):
        thread = threading.Thread(target=beside)
        thread.start()
        thread.join()
        return tree(x)

    captured(Backbone(torch.no_grad), IMAGE, "conv", forward=forward)
    assert seen == [False, True, "CheckpointFunctionBackward", True]


def test_passes_that_overlap_on_two_threads_each_have_their_gradient():
    model, found = Backbone(torch.inference_mode), []
    meeting = threading.Barrier(2)

    def forward(tree, x):
        meeting.wait(60)
        y = tree(x)
        meeting.wait(60)
        return y

    def one():
        found.append(captured(model, IMAGE, "conv", forward=forward))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    plain = Backbone()
    plain.load_state_dict(model.state_dict())
    expected = by_autograd(plain, IMAGE, "conv")
    assert len(found) == 2
    for each in found:
        assert_same(each, expected)


def test_a_pass_that_fails_puts_torch_back():
    class Failing(Backbone):
        def features(self, x):
            torch.set_grad_enabled(False)
            raise ArithmeticError("no")

    with pytest.raises(ArithmeticError):
        captured(Failing(), IMAGE, "head")


def noting(note, seen):
    """A `forward=` that notes something of what `conv` gives."""

    def forward(tree, x):
        tree.conv.register_forward_hook(lambda module, inputs, output: seen.append(note(output)))
        return tree(x)

    return forward


def test_a_pass_without_gradients_records_none_but_what_the_model_asks_for():
    found, expected = [], {None: False, torch.enable_grad: True, torch.no_grad: False}
    for mode in expected:
        capture(Backbone(mode), IMAGE, ["next"], forward=noting(lambda output: torch.is_grad_enabled(), found))
    assert found == list(expected.values())


def test_what_lies_before_the_layer_has_no_graph():
    seen = []
    captured(Backbone(), IMAGE, "next", forward=noting(lambda output: output.requires_grad, seen))
    assert seen == [False]


# --- modules that run again in the backward pass


class Checkpointed(nn.Module):
    """Always keeps nothing of its block for the backward pass."""

    def __init__(self, block, **options):
        super().__init__()
        self.block, self.options = block, options

    def forward(self, x):
        return checkpoint.checkpoint(self.block, x, **self.options)


def block():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3, padding=1))


KINDS = {
    "reentrant": {"use_reentrant": True},
    "not reentrant": {"use_reentrant": False},
    "not reentrant, without random states": {"use_reentrant": False, "preserve_rng_state": False},
}


@pytest.mark.parametrize("layer", ["0.block.0", "0.block.1", "0"])
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS.keys())
def test_a_block_that_is_always_checkpointed_has_its_gradients(options, layer):
    rest = [nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)]
    model, plain = nn.Sequential(Checkpointed(block(), **options), *rest), nn.Sequential(block(), *rest)
    plain[0].load_state_dict(model[0].block.state_dict())
    assert_same(captured(model, IMAGE, layer), by_autograd(plain, IMAGE, layer.replace(".block", "")))


VIT = {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 3, "num_heads": 2, "num_classes": 3}
OF_ATTENTION = {
    "attention-rollout": {},
    "legrad": {},
    "grad-cam": {"layer": "blocks.1"},
    "hires-cam": {"layer": "blocks.1.attn"},
    "saliency": {},
}


@pytest.mark.parametrize("method", OF_ATTENTION)
def test_a_checkpointed_transformer_is_seen_as_it_is_without(method):
    model, image = timm.models.VisionTransformer(**VIT), torch.rand(3, 32, 32)
    found = []
    for on in (False, True):
        model.set_grad_checkpointing(on)
        found.append(explain(model, image, method=method, target=1, **OF_ATTENTION[method]).overall_map)
    np.testing.assert_array_equal(found[1], found[0])
    assert found[0].any()


def test_all_the_attention_of_a_checkpointed_transformer_is_kept_once():
    model = timm.models.VisionTransformer(**VIT)
    model.set_grad_checkpointing()
    (found,) = capture(model, torch.rand(3, 32, 32), [None], score=score)
    assert [tuple(each.shape) for each in found.tensors] == [(1, 2, 17, 17)] * 3
    assert all(gradient.any() for gradient in found.gradients)


def test_a_densenet_that_saves_memory_has_the_gradients_of_one_that_does_not():
    model = zoo.DenseNet(4, (2, 2), 8, num_classes=3, memory_efficient=True)
    plain = zoo.DenseNet(4, (2, 2), 8, num_classes=3)
    plain.load_state_dict(model.state_dict())
    image = torch.rand(3, 32, 32)
    for layer in ("features.denseblock1.denselayer1", "features.denseblock1.denselayer2.conv1", "features.pool0"):
        assert_same(captured(model, image, layer), by_autograd(plain, image, layer))


class RunsAgain(torch.autograd.Function):
    """A checkpoint of somebody's own, which runs its module again in the backward pass."""

    @staticmethod
    def forward(ctx, module, x):
        ctx.module = module
        ctx.save_for_backward(x)
        return module(x)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return None, torch.autograd.grad(ctx.module(x), x, gradient)[0]


class Attending(nn.Module):
    """Mixes the places of its maps by their own attention."""

    def forward(self, x):
        tokens = x.flatten(2).transpose(1, 2)[None]
        mixed = (tokens @ tokens.transpose(-2, -1)).softmax(-1) @ tokens
        return mixed[0].transpose(1, 2).view_as(x) + x


class RunsItsBlockAgain(Backbone):
    def __init__(self):
        super().__init__()
        self.attend = Attending()

    def features(self, x):
        return RunsAgain.apply(self.attend, self.conv(x))


def test_what_runs_again_in_the_backward_pass_is_not_kept():
    model, plain = RunsItsBlockAgain(), RunsItsBlockAgain()
    plain.load_state_dict(model.state_dict())
    plain.features = lambda x: plain.attend(plain.conv(x))
    image = IMAGE[:, :6, :6]
    layer, whole = capture(model, image, ["conv", None], score=score)
    expected = by_autograd(model, image, "conv")
    assert_same((layer.tensors[0], layer.gradients[0]), expected)
    assert len(whole.tensors) == 1
    (attending,) = capture(model, image, ["attend"], score=score)
    assert (attending.calls, attending.attention) == (1, 1)


# --- recurrent heads


class Recurrent(nn.Module):
    """Reads the rows of its maps one after the other."""

    def __init__(self, kind):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.rnn = kind(4, 5, num_layers=2, batch_first=True, dropout=0.5, bidirectional=True)
        self.head = nn.Linear(10, 3)

    def forward(self, x):
        rows = self.conv(x).mean(3).transpose(1, 2)
        return self.head(self.rnn(rows)[0][:, -1])


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_head_is_differentiated_in_training_mode_where_cudnn_asks_for_it(kind, monkeypatch):
    model = Recurrent(kind)
    expected = by_autograd(model, IMAGE, "conv")
    assert_same(captured(model, IMAGE, "conv"), expected)
    monkeypatch.setattr(differentiation, "_runs_on_cudnn", lambda module: True)
    seen = []
    ours = captured(model, IMAGE, "conv", forward=lambda tree, x: (seen.append(flags(tree)), tree(x))[1])
    assert_same(ours, expected)
    assert seen == [(False, True, 0.0)]
    assert flags(model) == (True, True, 0.5)
    explain(model, IMAGE, method="saliency", target=1, forward=lambda tree, x: (seen.append(flags(tree)), tree(x))[1])
    assert seen[-1] == (False, True, 0.0)
    explain(model, IMAGE, layer="conv", forward=lambda tree, x: (seen.append(flags(tree)), tree(x))[1])
    assert seen[-1] == (False, False, 0.5)


def test_a_recurrent_head_of_a_model_without_a_shadow_is_put_back(monkeypatch):
    monkeypatch.setattr(differentiation, "_runs_on_cudnn", lambda module: True)
    model = Recurrent(nn.GRU).eval()
    model.parts = [model.conv]
    assert_same(captured(model, IMAGE, "conv"), by_autograd(model, IMAGE, "conv"))
    assert flags(model) == (False, False, 0.5)


def flags(model):
    return model.training, model.rnn.training, model.rnn.dropout

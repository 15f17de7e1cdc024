"""How much of the heat moves between two classes, against plain autograd, and where it cannot be said."""

import math

import numpy as np
import pytest
import torch
from explorer.panels import Counter
from models import images, trained
from torch import nn

from attn_widget import Contrast, demo, explain, explain_many
from attn_widget.capture import FurtherScore, capture
from attn_widget.explorer.session.shift_budget import ShiftBudget
from attn_widget.methods import METHODS, Weighing, register

GRADIENTS = ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"]


class Pooled(nn.Module):
    """A convolution, the mean over the grid, and one linear layer."""

    def __init__(self, classes=4):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.conv, self.head = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, classes)
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        return self.head(self.conv(x).relu().mean((2, 3)))


IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))


def plain_map(model, layer, image, score, method):
    """The overall map of a class by hooks and autograd alone."""
    kept = []
    hook = model.get_submodule(layer).register_forward_hook(lambda _module, _given, output: kept.append(output))
    try:
        output = model(image[None])
    finally:
        hook.remove()
    maps = kept[-1]
    (gradient,) = torch.autograd.grad(score(output[0]), maps)
    maps, gradient = maps.detach().double()[0], gradient.double()[0]
    factors = {
        "grad-cam": gradient.mean((1, 2), keepdim=True),
        "hires-cam": gradient,
        "layer-cam": gradient.clamp(min=0),
    }
    return (factors[method] * maps).sum(0)


def plain_shift(first, second):
    one, other = (map_.clamp(min=0) / map_.clamp(min=0).sum() for map_ in (first, second))
    return float((one - other).abs().sum() / 2)


def likeliest(model, image):
    with torch.no_grad():
        return model(image[None])[0].topk(2).indices.tolist()


@pytest.mark.parametrize("method", ["grad-cam", "hires-cam", "layer-cam"])
@pytest.mark.parametrize("layer", ["layer3", "layer2"])
def test_on_real_images_it_is_what_plain_autograd_gives_for_the_two_likeliest_classes(layer, method, cifar10):
    model, data = trained(cifar10, "resnet20").eval(), images(cifar10, "resnet20")
    for position in range(8):
        image = data[position][0]
        classes = likeliest(model, image)
        maps = [plain_map(model, layer, image, lambda scores, c=c: scores[c], method) for c in classes]
        e = explain(model, image, layer=layer, method=method)
        assert e.shift_classes == tuple(classes)
        if all((map_ > 0).any() for map_ in maps):
            assert e.class_shift == pytest.approx(plain_shift(*maps), abs=2e-4)
        else:
            assert math.isnan(e.class_shift)


def test_on_the_demos_networks_heat_moves_and_the_second_class_may_be_asked_for_instead():
    for name, layer in (("cnn", "block4"), ("vit", "blocks.2.norm1")):
        model, loader, _ = demo.load(name)
        image = next(iter(loader))[0][0]
        model = model.eval()
        layer = layer if name == "vit" else [n for n, m in model.named_modules() if isinstance(m, nn.Conv2d)][-1]
        first, second = likeliest(model, image)
        e = explain(model, image, layer=layer, method="layer-cam", target=first)
        turned = explain(model, image, layer=layer, method="layer-cam", target=second)
        assert e.shift_classes == (first, second)
        assert turned.shift_classes == (second, first)
        assert 0 < e.class_shift <= 1
        assert turned.class_shift == pytest.approx(e.class_shift, abs=1e-5)
    legrad = explain(model, image, method="legrad", target=first)
    other = explain(model, image, method="legrad", target=second)
    maps = [torch.tensor(each.overall_map) for each in (legrad, other)]
    assert legrad.class_shift == pytest.approx(plain_shift(*maps), abs=1e-5)


@pytest.mark.parametrize("method", GRADIENTS)
def test_a_class_that_is_not_among_the_two_likeliest_is_compared_with_the_likeliest(method):
    model = Pooled().eval()
    *_, last = model(IMAGE[None])[0].argsort(descending=True).tolist()
    first = likeliest(model, IMAGE)[0]
    one, other = (explain(model, IMAGE, layer="conv", method=method, target=target) for target in (last, first))
    assert one.shift_classes == (last, first)
    maps = [torch.tensor(each.overall_map) for each in (one, other)]
    if all((map_ > 0).any() for map_ in maps):
        assert one.class_shift == pytest.approx(plain_shift(*maps), abs=1e-5)
    else:
        assert math.isnan(one.class_shift)


@pytest.mark.parametrize("method", ["grad-cam", "layer-cam"])
def test_of_a_contrast_each_class_counts_by_itself(method):
    model = Pooled().eval()
    e = explain(model, IMAGE, layer="conv", method=method, target=Contrast(2, 1))
    maps = [plain_map(model, "conv", IMAGE, lambda scores, c=c: scores[c], method) for c in (2, 1)]
    assert e.shift_classes == (2, 1)
    assert e.class_shift == pytest.approx(plain_shift(*maps), abs=1e-4)
    assert explain(model, IMAGE, layer="conv", method=method, target=Contrast(2, 2)).shift_classes is None


def test_methods_that_ignore_the_class_ask_for_passes_or_have_no_second_class_have_no_number():
    model = Pooled().eval()
    blind = [name for name, method in METHODS.items() if not method.class_specific and method.reads == "layer"]
    assert {"channel-mean", "eigen-cam"} <= set(blind)
    for method in [*blind, "score-cam", "ablation-cam", "saliency"]:
        e = explain(model, IMAGE, layer="conv", method=method)
        assert (math.isnan(e.class_shift), e.shift_classes) == (True, None), method
    for target in (lambda output: output[0, 1],):
        e = explain(model, IMAGE, layer="conv", method="grad-cam", target=target)
        assert (math.isnan(e.class_shift), e.shift_classes) == (True, None)
    value = explain(Pooled(1).eval(), IMAGE, layer="conv", method="grad-cam", label=2.5)
    assert (math.isnan(value.class_shift), value.shift_classes) == (True, None)


def test_where_one_class_has_no_heat_the_classes_are_named_without_a_number():
    model = Pooled().eval()
    with torch.no_grad():
        model.head.weight[0], model.head.weight[1] = 1.0, -1.0
        model.conv.bias += 5  # no map is negative
    e = explain(model, IMAGE, layer="conv", method="grad-cam", target=Contrast(0, 1))
    assert e.shift_classes == (0, 1)
    assert math.isnan(e.class_shift)


def test_classes_with_one_map_do_not_move_and_those_apart_move_as_a_whole():
    class Halves(Pooled):
        def forward(self, x):
            maps = self.conv(x).relu() + 1
            left, right = maps[..., :4].sum(), maps[..., 4:].sum()
            return torch.stack([left, left * 2, right]).reshape(1, 3)

    def shift(of, against):
        target = Contrast(of, against)
        return explain(Halves().eval(), IMAGE, layer="conv", method="layer-cam", target=target).class_shift

    assert shift(0, 1) == pytest.approx(0, abs=1e-6)
    assert shift(0, 2) == pytest.approx(1)


def test_all_comes_from_one_pass_and_a_model_is_left_as_it_was():
    model = Pooled().train()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(3)
    random = torch.random.get_rng_state()
    found = explain_many(model, IMAGE, layers=["conv"], methods=GRADIENTS)
    assert model.counter.passes == 1
    assert all(e.shift_classes is not None for e in found)
    assert torch.equal(torch.random.get_rng_state(), random)
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_method_of_ones_own_that_uses_gradients_has_a_number_unless_it_wants_more_of_the_other_class():
    def own(activation):
        weights = activation.gradients.max(axis=(1, 2))
        return Weighing(weights, factors=weights)

    def greedy(activation):
        activation.scores_with([activation.maps])
        return own(activation)

    for weigh, has_one in ((own, True), (greedy, False)):
        register("own", weigh, gradients=True)
        e = explain(Pooled().eval(), IMAGE, layer="conv", method="own")
        assert (e.shift_classes is not None) is has_one
        assert e.overall_map.any()


def test_a_second_score_is_differentiated_only_where_the_first_one_was_cheap():
    model, told = Pooled().eval(), []

    def gradients(affords):
        further = FurtherScore(lambda output: output[0, 1], affords)
        (found,) = capture(model, IMAGE, ["conv"], score=lambda output: output[0, 0], further=further)
        return found

    refused = gradients(lambda seconds, passes: told.append((seconds, passes)))
    assert refused.further is None
    assert all(each >= 0 for each in told[0])
    (first,), (second,) = refused.gradients, gradients(None).further
    (plain,) = capture(model, IMAGE, ["conv"], score=lambda output: output[0, 1])
    assert torch.equal(second, plain.gradients[0])
    assert not torch.equal(first, second)


def test_a_graph_that_is_spent_by_one_backward_pass_costs_the_number_alone():
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.left = 1
            return x.clone()

        @staticmethod
        def backward(context, gradient):
            context.left -= 1
            if context.left < 0:
                raise RuntimeError("used twice")
            return gradient

    class Spent(Pooled):
        def forward(self, x):
            return self.head(Once.apply(self.conv(x)).mean((2, 3)))

    e = explain(Spent().eval(), IMAGE, layer="conv", method="grad-cam")
    assert e.overall_map.any()
    assert e.shift_classes is None


def test_the_panels_budget_goes_by_the_least_that_a_layer_has_taken():
    budget = ShiftBudget()
    assert budget.at("late")(0.02, 0.1)
    assert budget.refused("late") is None
    assert not budget.at("early")(0.02, 0.8)
    assert budget.refused("early") == 0.8
    assert budget.at("early")(0.02, 0.2)  # the first time was a busy moment
    assert budget.at("early")(0.02, 0.8)
    assert budget.at("small")(0.004, 3.0)  # nobody notices
    budget.forget()
    assert not budget.at("early")(0.02, 0.8)


def test_total_variation_does_not_depend_on_scale():
    model = Pooled().eval()
    found = [explain(model, IMAGE, layer="conv", method="layer-cam").class_shift]
    with torch.no_grad():
        model.head.weight[likeliest(model, IMAGE)[1]] *= 0.5
    found.append(explain(model, IMAGE, layer="conv", method="layer-cam").class_shift)
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(found[1], abs=1e-5)

"""The default layer lies on the way from the image to what is explained, and the call shown saw this image."""

import numpy as np
import pytest
import torch
from models import Thrice, Tiny, Wrapping
from torch import nn
from torch.nn import functional
from torchvision import models as zoo

from attn_widget import AttentionExplorer, explain, explain_many, find_layers
from attn_widget.capture import record
from attn_widget.layers import default_layer
from attn_widget.words import reasons

SIDE = 16
IMAGE = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def seeded(make, *args, **options):
    """A model whose weights are drawn from the same seed each time, in evaluation mode."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make(*args, **options).eval()


def default_of(model, target="predicted", image=IMAGE, method="channel-mean", **options):
    return explain(model, image, target=target, method=method, **options).layer


def gradients(model, target, image=IMAGE, call=-1):
    """The greatest gradient on what each module gave, by plain hooks and autograd; 0 where none reaches it."""
    given = {}

    def keep(name):
        return lambda module, inputs, output: given.setdefault(name, []).append(output)

    hooks = [module.register_forward_hook(keep(name)) for name, module in model.named_modules()]
    output = model(image[None])
    for hook in hooks:
        hook.remove()
    tensors = {name: calls[call] for name, calls in given.items() if isinstance(calls[call], torch.Tensor)}
    found = torch.autograd.grad(target(output), list(tensors.values()), allow_unused=True)
    return {name: 0.0 if one is None else float(one.abs().max()) for name, one in zip(tensors, found, strict=True)}


def check_by_gradient(model, target, expected, image=IMAGE):
    """Check that a target's default is as expected, that gradients reach it, and no later layer that is skipped for it.

    Later layers are only skipped where no gradient reaches them, or where they pass on what is there already.
    """
    assert default_of(model, target, image, method="grad-cam") == expected
    reached = gradients(model, target, image)
    assert reached[expected] > 0
    names = [layer.name for layer in find_layers(model, image) if layer.usable]
    passing = {layer.name for layer in find_layers(model, image) if layer.passes_on}
    return {name for name in names[names.index(expected) + 1 :] if reached[name] > 0} - passing


# --- the way to the target


def segmenter(make, **options):
    return seeded(make, weights=None, weights_backbone=None, num_classes=4, **options)


@pytest.mark.parametrize(
    ("make", "main", "aux"),
    [
        (zoo.segmentation.fcn_resnet50, "classifier.2", "aux_classifier.2"),
        (zoo.segmentation.deeplabv3_mobilenet_v3_large, "classifier.3", "aux_classifier.2"),
    ],
)
def test_a_segmenter_with_an_auxiliary_head_takes_the_head_that_is_explained(make, main, aux):
    model = segmenter(make, aux_loss=True)
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert check_by_gradient(model, lambda output: output["out"][0, 1].mean(), main, image) == set()
    assert default_of(model, lambda output: output["aux"][0, 1].mean(), image) == aux
    assert default_layer(find_layers(model, image)).name == main  # the output calls the other one auxiliary


def test_logits_that_are_summed_resized_and_returned_are_the_models_own_output():
    model = segmenter(zoo.segmentation.lraspp_mobilenet_v3_large)
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert check_by_gradient(model, lambda output: output["out"][0, 1].mean(), "classifier.cbr", image) == set()


def test_auxiliary_classifiers_that_run_in_evaluation_mode_too_are_passed_by():
    class Auxiliary(nn.Module):
        def __init__(self):
            super().__init__()
            self.early, self.late = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)
            self.main, self.aux = nn.Linear(5, 3), nn.Sequential(nn.Conv2d(4, 6, 3), nn.Flatten(), nn.LazyLinear(3))

        def forward(self, x):
            early = self.early(x)
            logits = self.main(self.late(early).mean((2, 3)))
            return {"logits": logits, "aux": self.aux(early)}

    model = seeded(Auxiliary)
    model(IMAGE[None])
    assert default_layer(find_layers(model, IMAGE)).name == "late"
    assert check_by_gradient(model, lambda output: output["logits"][0, 1], "late") == set()
    assert check_by_gradient(model, lambda output: output["aux"][0, 1], "aux.0") == set()
    assert default_of(model, 1) == "late"


class Forked(nn.Module):
    """A stem and two branches; `join` makes the output of what they give."""

    def __init__(self, join):
        super().__init__()
        self.stem, self.left, self.right = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3), nn.Conv2d(4, 6, 3)
        self.of_left, self.of_right = nn.Linear(5, 3), nn.Linear(6, 2)
        self.join = join

    def forward(self, x):
        x = self.stem(x)
        left, right = self.left(x), self.right(x)
        return self.join(self, left, right)


def scores(self, left, right):
    return self.of_left(left.mean((2, 3))), self.of_right(right.mean((2, 3)))


def test_a_model_with_two_heads_takes_the_branch_whose_head_is_explained():
    model = seeded(Forked, scores)
    assert check_by_gradient(model, lambda output: output[0][0, 1], "left") == set()
    assert check_by_gradient(model, lambda output: output[1][0, 1], "right") == set()
    assert check_by_gradient(model, lambda output: output[0][0, 1] - output[1][0, 0], "right") == set()
    assert default_of(model, 2) == "left"  # the first scores are the classes'


@pytest.mark.parametrize(
    "join",
    [
        lambda self, left, right: {"features": right, "pred": self.of_left(left.mean((2, 3)))},
        lambda self, left, right: (right, self.of_left(left.mean((2, 3)))),
    ],
    ids=["mapping", "tuple"],
)
def test_features_beside_the_class_scores_do_not_lead_to_them(join):
    model = seeded(Forked, join)
    assert default_of(model, 1, method="grad-cam") == "left"
    assert {layer.name for layer in find_layers(model, IMAGE) if layer.on_the_way} == {"stem", "left", "of_left"}


def test_features_that_are_given_beside_the_scores_which_they_lead_to_are_the_default():
    model = seeded(Forked, lambda self, left, right: (left, self.of_left(left.mean((2, 3)))))
    assert default_of(model, 1) == "left"


def joined_by(write):
    def join(self, left, right):
        kept = torch.zeros(1, 8, 12, 12)
        write(kept, left, right)
        return self.of_left(kept[:, :5].mean((2, 3)))

    return join


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


def in_place(self, left, right):
    right.narrow(1, 0, 5).mul_(0).add_(left)
    return self.of_right(right.mean((2, 3)))


LEFT_ONLY = {
    "setitem": joined_by(lambda kept, left, right: kept.__setitem__((slice(None), slice(0, 5)), left)),
    "copy_ to a view": joined_by(lambda kept, left, right: kept[:, :5].copy_(left)),
    "out=": joined_by(lambda kept, left, right: torch.add(left, 1, out=kept[:, :5])),
    "a list": lambda self, left, right: self.of_left(torch.stack([left, left]).sum(0).mean((2, 3))),
    "vmap": lambda self, left, right: self.of_left(torch.vmap(lambda one: one.mean((1, 2)))(left)),
    "an own function": lambda self, left, right: self.of_left(Doubled.apply(left).mean((2, 3))),
    "a side branch that is logged": lambda self, left, right: (
        setattr(self, "logged", right.mean().detach()) or self.of_left(left.mean((2, 3)))
    ),
    "a detached side": lambda self, left, right: self.of_left((left * right.mean().detach()).mean((2, 3))),
    "a detached copy": lambda self, left, right: self.of_left((left * right.data[:, :1].clone()).mean((2, 3))),
    "an index": lambda self, left, right: self.of_left(left.flatten(2)[:, :, right.flatten().argmax() % 9]),
    "a shape": lambda self, left, right: self.of_left((left + torch.zeros_like(right)[:, :1]).mean((2, 3))),
}


@pytest.mark.parametrize("join", LEFT_ONLY.values(), ids=LEFT_ONLY.keys())
def test_only_the_branch_that_reaches_the_score_is_on_the_way(join):
    model = seeded(Forked, join)
    assert default_layer(find_layers(model, IMAGE)).name == "left"


BOTH = {
    "in place": in_place,
    "setitem": joined_by(
        lambda kept, left, right: (kept.__setitem__(slice(None), right.mean()), kept[:, :5].mul_(left))
    ),
    "a product": lambda self, left, right: self.of_left((left * right[:, :1]).mean((2, 3))),
    "vmap": lambda self, left, right: self.of_left(torch.vmap(lambda a, b: a.mean((1, 2)) * b.mean())(left, right)),
    "an own function": lambda self, left, right: self.of_left((left * Doubled.apply(right).mean()).mean((2, 3))),
}


@pytest.mark.parametrize("join", BOTH.values(), ids=BOTH.keys())
def test_where_both_branches_reach_the_score_the_last_is_the_default(join):
    model = seeded(Forked, join)
    way = {layer.name for layer in find_layers(model, IMAGE) if layer.on_the_way}
    assert {"stem", "left", "right"} <= way
    assert default_layer(find_layers(model, IMAGE)).name == "right"


def test_what_cannot_be_followed_leads_everywhere():
    def detour(self, left, right):
        return self.of_left(torch.from_numpy(left.detach().numpy()).mean((2, 3)))

    layers = find_layers(seeded(Forked, detour), IMAGE)
    assert all(layer.on_the_way for layer in layers if layer.calls)
    assert default_layer(layers).name == "right"


def test_a_module_that_computes_unheard_counts_as_computed_from_its_inputs():
    class Unheard(nn.Module):
        def forward(self, x):
            return torch.from_numpy(x.detach().numpy() * 2)

    def join(self, left, right):
        return self.of_left(self.unheard(left).mean((2, 3)))

    model = seeded(Forked, join)
    model.unheard = Unheard()
    assert default_layer(find_layers(model, IMAGE)).name == "unheard"
    assert not {layer.name: layer for layer in find_layers(model, IMAGE)}["right"].on_the_way


def test_a_module_that_gives_several_tensors_is_on_the_way_by_the_one_whose_maps_are_read():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 5, 3)

        def forward(self, x):
            return {"one": self.one(x), "two": self.two(x)}

    class Picking(nn.Module):
        def __init__(self):
            super().__init__()
            self.both, self.head = Both(), nn.LazyLinear(3)

        def forward(self, x):
            return self.head(self.both(x)["two"].mean((2, 3)))

    model = seeded(Picking)
    model(IMAGE[None])
    way = {layer.name: layer.on_the_way for layer in find_layers(model, IMAGE)}
    assert way == {"both": False, "both.one": False, "both.two": True, "head": True}
    assert default_layer(find_layers(model, IMAGE)).name == "both.two"


def test_a_branch_that_never_saw_the_image_is_not_the_default():
    class Conditioned(Tiny):
        def __init__(self):
            super().__init__()
            self.prior = nn.Conv2d(1, 4, 1)
            self.register_buffer("grid", torch.rand(1, 1, 8, 8))

        def forward(self, x):
            seen = self.conv(x).mean((2, 3))
            return self.head(seen * self.prior(self.grid).mean((2, 3)))

    assert default_layer(find_layers(seeded(Conditioned), IMAGE)).name == "conv"


def test_a_target_that_raises_or_takes_nothing_from_the_image_leads_to_the_class_scores():
    model = seeded(Forked, scores)
    question = record(model, IMAGE)

    def failing(output):
        raise IndexError("no detection")

    for target in (failing, lambda output: torch.zeros(())):
        way = question.origins.way_to(question.output, target, lambda output: output[0])
        assert [name for name in ("left", "right") if way.passes(question.ran[name].outputs[0])] == ["left"]


# --- what is never the default


class Ending(nn.Module):
    """Convolution, ReLU, and something at the end."""

    def __init__(self, end, head=None):
        super().__init__()
        self.conv, self.relu, self.end = nn.Conv2d(3, 4, 3), nn.ReLU(), end
        self.head = head or nn.Sequential(nn.Flatten(), nn.LazyLinear(3))

    def forward(self, x):
        return self.head(self.end(self.relu(self.conv(x))))


PASSING = {
    "pooling": Wrapping(lambda x: functional.max_pool2d(x, 2)),
    "of two poolings": Wrapping(lambda x: functional.avg_pool2d(functional.max_pool2d(x, 2), 2)),
    "softmax": nn.Softmax(1),
    "softmax of a function": Wrapping(lambda x: x.softmax(1)),
    "over the places": Wrapping(lambda x: x.flatten(2).softmax(-1).reshape(x.shape)),
    "resizing": nn.Upsample(scale_factor=2),
    "resizing by a function": Wrapping(lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear")),
    "turning": Wrapping(lambda x: x.flip(-1)),
}


@pytest.mark.parametrize("end", PASSING.values(), ids=PASSING.keys())
def test_what_only_pools_resizes_or_takes_a_softmax_is_not_the_default(end):
    model = seeded(Ending, end)
    model(IMAGE[None])
    assert "end" in {layer.name for layer in find_layers(model, IMAGE) if layer.usable}
    assert default_layer(find_layers(model, IMAGE)).name == "relu"


DOING = {
    "a convolution that pools": nn.Conv2d(4, 4, 2, stride=2),
    "pooling and more": Wrapping(lambda x: functional.avg_pool2d(x, 2) + functional.max_pool2d(x, 2)),
    "joined": Wrapping(lambda x: torch.cat([x, x.square()], 1)),
    "a sigmoid in place": Wrapping(lambda x: x.sigmoid_()),
}


@pytest.mark.parametrize("end", DOING.values(), ids=DOING.keys())
def test_what_does_more_is_the_default(end):
    model = seeded(Ending, end)
    model(IMAGE[None])
    assert default_layer(find_layers(model, IMAGE)).name == "end"


OUTPUTS = {
    "as they are": lambda maps: maps,
    "resized": lambda maps: functional.interpolate(maps, size=(SIDE, SIDE), mode="bilinear"),
    "probabilities": lambda maps: {"masks": maps.softmax(1)},
    "one mask": lambda maps: maps[:, 0].sigmoid() * 2 - 1,
    "scaled": lambda maps: (maps / 0.07).tanh(),
    "as boxes": lambda maps: torch.cat([maps.flatten(2), maps[..., ::2].flatten(2)], -1).transpose(1, 2).sigmoid(),
    "written": lambda maps: torch.zeros(1, 3, 14, 14).copy_(maps),
}


@pytest.mark.parametrize("dressed", OUTPUTS.values(), ids=OUTPUTS.keys())
def test_maps_that_the_model_returns_are_its_own_output_however_they_are_dressed(dressed):
    model = seeded(Ending, nn.Conv2d(4, 3, 1), Wrapping(dressed))
    assert default_layer(find_layers(model, IMAGE)).name == "relu"


# --- harmless


def test_following_changes_no_output_and_leaves_no_mode_behind_also_when_the_model_raises():
    depth = torch._C._len_torch_function_stack()
    model = seeded(Forked, scores)
    with torch.no_grad():
        plain = model(IMAGE[None])
    assert all(map(torch.equal, record(model, IMAGE).output, plain))
    for error in (RuntimeError, KeyboardInterrupt):

        def failing(self, left, right, error=error):
            raise error("here")

        with pytest.raises(error, match="here"):
            find_layers(seeded(Forked, failing), IMAGE)
        assert torch._C._len_torch_function_stack() == depth


def test_what_following_cannot_handle_is_none_of_the_models_concern(monkeypatch):
    def broken(*args):
        raise RuntimeError("no storage")

    monkeypatch.setattr("attn_widget.capture.origins.tensors_among", broken)
    model = seeded(Forked, scores)
    assert default_of(model, 1) == "right"


def test_tensors_without_a_storage_are_followed_too():
    def sparse(self, left, right):
        return self.of_left(torch.sparse.mm(left.mean((2, 3)).to_sparse(), torch.eye(5)))

    model = seeded(Forked, sparse)
    assert default_layer(find_layers(model, IMAGE)).name == "left"


# --- the call that saw this image


class Compared(nn.Module):
    """One encoder for an image and a reference, which runs first or last."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        self.head = nn.Linear(4, 3)

    def forward(self, x, other):
        return self.head((self.encoder(x) - self.encoder(other)).mean((2, 3)))


REFERENCE = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam", "ablation-cam"])
@pytest.mark.parametrize("layer", [None, "encoder.0"])
def test_of_two_calls_the_one_that_saw_this_image_is_shown(layer, method):
    model = seeded(Compared)
    first, last = (
        explain(model, IMAGE, layer=layer, method=method, target=1, top_k=4, forward=forward)
        for forward in (lambda m, x: m(x, REFERENCE), lambda m, x: m(REFERENCE, x))
    )
    assert (first.call, first.calls) == (0, 2)
    assert (last.call, last.calls) == (1, 2)
    assert reasons.not_the_last_call(0, 2) in first.notes
    assert reasons.not_the_last_call(0, 2) not in last.notes
    asked = explain(
        model, IMAGE, layer=first.layer, call=0, method=method, target=1, top_k=4, forward=lambda m, x: m(x, REFERENCE)
    )
    assert reasons.not_the_last_call(0, 2) not in asked.notes
    for name in ("maps", "channels", "weights", "overall_map"):
        np.testing.assert_array_equal(getattr(first, name), getattr(asked, name))
    with torch.no_grad():
        plain = (model.encoder if first.layer == "encoder" else model.encoder[0])(IMAGE[None])[0].numpy()
    for one in (first, last):
        np.testing.assert_allclose(one.maps, plain[one.channels], atol=1e-6)


def test_the_gradient_is_that_of_the_call_that_saw_this_image():
    model = seeded(Compared)
    e = explain(
        model, IMAGE, layer="encoder", method="grad-cam", target=1, top_k=4, forward=lambda m, x: m(x, REFERENCE)
    )
    maps = model.encoder(IMAGE[None]).detach().requires_grad_()
    score = model.head((maps - model.encoder(REFERENCE)).mean((2, 3)))[0, 1]
    (gradient,) = torch.autograd.grad(score, maps)
    np.testing.assert_allclose(e.weights, gradient.mean((2, 3))[0].numpy()[e.channels], atol=1e-7)


def test_several_layers_from_one_pass_each_have_their_own_call():
    found = explain_many(
        seeded(Compared),
        IMAGE,
        layers=["encoder.0", "encoder"],
        methods=["channel-mean", "grad-cam"],
        target=1,
        forward=lambda m, x: m(x, REFERENCE),
    )
    assert [(one.layer, one.call) for one in found] == [("encoder.0", 0)] * 2 + [("encoder", 0)] * 2


def test_a_reference_that_is_explained_the_image_itself_or_another_size_changes_nothing():
    model = seeded(Compared)
    e = explain(model, IMAGE, layer="encoder", forward=lambda m, x: m(x, x))
    assert (e.call, e.notes) == (1, ())
    e = explain(model, IMAGE, layer="encoder", forward=lambda m, x: m(x, REFERENCE.expand(1, 3, SIDE, SIDE) + 0 * x))
    assert (e.call, e.notes) == (1, ())


def test_a_model_whose_calls_all_saw_the_image_shows_the_last():
    e = explain(seeded(Thrice), IMAGE, layer="conv")
    assert (e.call, e.calls, e.notes) == (2, 3, ())


def test_a_module_that_runs_once_costs_one_pass_and_one_that_runs_twice_two():
    for model, layer, passes in ((seeded(Tiny), "conv", 1), (seeded(Thrice), "conv", 2)):
        ran = []
        explain(model, IMAGE, layer=layer, forward=lambda m, x, ran=ran: ran.append(1) or m(x))
        assert len(ran) == passes


# --- the panel


def panel(model, **options):
    loader = [(torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2)), torch.tensor([0, 1]))]
    return AttentionExplorer(model, loader, **options)


def test_the_panel_shows_the_call_that_saw_this_image():
    explorer = panel(seeded(Compared), forward=lambda m, x: m(x, REFERENCE))
    for sample in (0, 1):
        explorer.sample = sample
        e = explorer.explanation
        assert (e.layer, e.call) == ("encoder", 0)
        assert reasons.not_the_last_call(0, 2) in e.notes
    explorer.method = "grad-cam"
    assert explorer.explanation.call == 0
    explorer.close()


def test_the_panels_default_follows_a_target_that_another_layer_leads_to():
    def left(output):
        return output[0][0, 1]

    def right(output):
        return output[1][0, 1]

    explorer = panel(seeded(Forked, scores), method="grad-cam", target=right)
    assert explorer.layer == "right"
    explorer.target = left
    assert (explorer.layer, explorer.explanation.layer) == ("left", "left")
    explorer.target = right
    assert explorer.layer == "right"
    explorer.target = 2
    assert explorer.layer == "left"
    explorer.target = right
    explorer.reset()
    assert (explorer.layer, explorer.target) == ("right", right)
    explorer.layer = "stem"
    explorer.target = left
    assert explorer.layer == "stem"  # chosen by hand
    explorer.close()

"""`explain_batch` gives what `explain` gives for each image, whatever the model makes of a batch."""

import random
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from models import Noisy, Thrice, Tiny, Witness, Wrapping, images, trained
from torch import nn

from attn_widget import Contrast, NoMap, Refusal, demo, explain, explain_batch, register
from attn_widget.methods import METHODS, Weighing
from attn_widget.words import reasons

IMAGES = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def agree(found, expected, *, note=""):
    """Hold an Explanation from a batch against that of `explain`, field by field."""
    for name in [field.name for field in fields(expected)]:
        one, other = getattr(found, name), getattr(expected, name)
        if name in ("class_shift", "shift_classes"):
            continue  # they take a second backward pass
        if name == "notes":
            assert one == (*other, note) if note else one == other
        elif isinstance(other, np.ndarray):
            assert (one.dtype, one.shape) == (other.dtype, other.shape), name
            assert not one.flags.writeable, name
            scale = np.abs(other[np.isfinite(other)]).max(initial=0)
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * scale, err_msg=name)
        elif isinstance(other, float):
            assert one == pytest.approx(other, rel=1e-5, abs=1e-6, nan_ok=True), name
        else:
            assert one == other, name


def each_agrees(model, batch, *, targets=None, labels=None, note="", **options):
    """Explain images in a batch and alone, hold them against each other, and give what the batch gave."""
    targets, labels = targets or ["predicted"] * len(batch), labels or [None] * len(batch)
    found = explain_batch(model, batch, targets=targets, labels=labels, **options)
    assert len(found) == len(batch)
    for one, image, target, label in zip(found, batch, targets, labels, strict=True):
        agree(one, explain(model, image, target=target, label=label, **options), note=note)
    return found


# --- the numbers


SLOW = [name for name, method in METHODS.items() if method.slow or method.reads == "image"]
OTHERS = [name for name, method in METHODS.items() if name not in SLOW and method.reads == "layer"]


@pytest.mark.parametrize("method", OTHERS)
def test_real_images_have_the_numbers_that_each_has_alone(method, cifar10):
    folder = images(cifar10, "resnet20")
    pairs = [folder[at] for at in range(0, len(folder), len(folder) // 7)]
    batch, labels = torch.stack([image for image, _ in pairs]), [label for _, label in pairs]
    targets = ["true", "predicted", 3, Contrast("predicted", 5)] * 5
    each_agrees(
        *(trained(cifar10, "resnet20"), batch),
        **{"layer": "layer3", "method": method, "targets": targets[: len(batch)], "labels": labels, "top_k": 5},
    )


@pytest.mark.parametrize("method", SLOW)
def test_methods_of_further_passes_take_them_for_each_image(method):
    torch.manual_seed(0)  # some weights have positive contributions so small that shares are all rounding
    each_agrees(Tiny(), IMAGES[:3], method=method, targets=[0, Contrast(1, 2), "predicted"])


@pytest.mark.parametrize(
    ("name", "layer", "method"),
    [
        *[("cnn", None, method) for method in ("channel-mean", "grad-cam++", "eigen-cam")],
        *[("vit", layer, "layer-cam") for layer in (None, "blocks.2.attention", "blocks.1")],
        *[("vit", None, method) for method in ("attention-rollout", "legrad")],
    ],
)
def test_the_demos_networks_too(name, layer, method):
    model, loader, _ = demo.load(name)
    shown, labels = next(iter(loader))
    each_agrees(model, shown[:3], layer=layer, method=method, labels=labels[:3].tolist(), targets=["true", 0, 1])


class Giving(nn.Module):
    """`Tiny`, with its scores given in another way."""

    def __init__(self, give, classes=3):
        super().__init__()
        self.tiny, self.give = Tiny(classes), give

    def forward(self, x):
        return self.give(self.tiny(x))


ANSWERS = {
    "one value": (lambda scores: scores[:, :1], [0, 1, 0, 1, 1]),
    "one value without its axis": (lambda scores: scores[:, 0], [0.5, 1.0, 2.5, 0.0, 0.1]),
    "a squeezed value": (lambda scores: scores[:, 0].squeeze(), [0.5] * 5),
    "probabilities": (lambda scores: scores.softmax(1), [0, 1, 2, (0, 1), None]),
    "scores of several labels": (lambda scores: scores, [(0, 1), (), (2,), 1, 1.0]),
    "scores with features": (lambda scores: {"features": scores.repeat(1, 3), "logits": scores}, [0] * 5),
    "two candidates": (lambda scores: (scores, scores * 2), [0] * 5),
    "an object": (lambda scores: [scores, scores.new_ones(4, 2)], [1] * 5),
    "NaN for some": (lambda scores: torch.where(scores[:, :1] > scores[:, :1].median(), torch.nan, scores), [2] * 5),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_scores_and_labels_of_all_kinds_are_read_for_each_image(answer):
    give, labels = ANSWERS[answer]
    torch.manual_seed(1)
    each_agrees(Giving(give), IMAGES, layer="tiny.conv", method="grad-cam", labels=labels)


def test_callables_are_given_the_output_of_one_image():
    targets = [lambda output: output[0, 1] ** 2, 2, "predicted", lambda output: output.sum(), Contrast(0, 1)]
    each_agrees(Tiny(), IMAGES, method="layer-cam", targets=targets)
    each_agrees(Giving(lambda scores: scores.T), IMAGES, method="grad-cam", targets=[lambda output: output[2, 0]] * 5)
    (first, *_) = explain_batch(Tiny(), IMAGES, targets=targets[0])
    assert first.target is targets[0]


def test_maps_that_are_not_numbers_are_noted_for_their_image_alone():
    batch = IMAGES.clone()
    batch[1, 0, 0, 0], batch[3, 0, 4, 4] = torch.nan, torch.inf
    found = each_agrees(Tiny(), batch, method="grad-cam", targets=[0, 1, 2, 0, 1])
    assert [one.notes[:1] == (reasons.NAN_IN_MAPS,) for one in found] == [False, True, False, False, False]
    assert [one.notes[:1] == (reasons.INFINITE_IN_MAPS,) for one in found] == [False, False, False, True, False]


def test_arrays_of_bytes_a_call_and_smoothing_are_taken_as_explain_takes_them():
    batch = (IMAGES * 255).byte().numpy()
    each_agrees(Thrice(), batch, layer="conv", call=0, method="xgrad-cam")
    each_agrees(Thrice(), batch[:2], layer="conv", method="grad-cam", smooth=2)


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_a_blank_heatmap_says_why_as_alone(method):
    torch.manual_seed(3)
    model = nn.Sequential(Tiny().conv, nn.ReLU(), Wrapping(lambda x: x.mean((2, 3))), nn.Linear(4, 3))
    with torch.no_grad():
        model[0].weight.abs_()
        model[0].bias.fill_(-1)
        model[3].weight[1] = -1
    batch = IMAGES * torch.tensor([1.0, 0.0, 1.0, 0.0, 1.0])[:, None, None, None]
    found = each_agrees(model, batch, layer="1", method=method, targets=[0, 0, 1, 1, Contrast(2, 2)])
    assert len({one.empty for one in found}) > 1


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_silenced_channels_are_silenced_for_each_image(method):
    found = each_agrees(Tiny(), IMAGES, layer="conv", method=method, silence=[1, 2], fill=np.arange(4.0))
    assert {one.silenced.channels for one in found} == {(1, 2)}


# --- the passes


class Counting(nn.Module):
    """`Tiny`, which notes the size of each batch."""

    def __init__(self):
        super().__init__()
        self.tiny, self.sizes = Tiny(), Witness()

    def forward(self, x):
        self.sizes.append(len(x))
        return self.tiny(x)


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam", "eigen-cam"])
def test_a_batch_is_one_pass_beside_one_images_own(method):
    model = Counting()
    explain_batch(model, IMAGES, layer="tiny.conv", method=method)
    assert model.sizes == [1, 5]
    assert explain_batch(model, IMAGES[:0]) == []


def test_large_batches_are_split_and_progress_can_end_them():
    model, told = Counting(), []

    def stop(done):
        told.append(done)
        if done == 129:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        explain_batch(model, IMAGES.repeat(60, 1, 1, 1), layer="tiny.conv", progress=stop)
    assert model.sizes == [1, 128, 128]
    assert told == list(range(1, 130))


def test_a_method_of_ones_own_is_given_one_activation_per_image():
    def peak(activation):
        """The channel with the highest peak."""
        assert activation.maps.ndim == 3
        weights = activation.maps.max((1, 2)) * activation.gradients.mean((1, 2))
        return Weighing(weights, factors=weights)

    register("peak", peak, gradients=True)
    each_agrees(Tiny(), IMAGES, method="peak")


# --- models that do not take each image of a batch as they take it alone


def less_their_mean(x):
    return x - x.mean(0, keepdim=True)


def scaled_by_those_before(x):
    return x * x.cumsum(0).mean((1, 2, 3), keepdim=True)


def scaled_by_those_after(x):
    return scaled_by_those_before(x.flip(0)).flip(0)


ODD = {
    "the mean of the batch is subtracted": (less_their_mean, None),
    "what came before counts": (scaled_by_those_before, None),
    "what follows counts": (scaled_by_those_after, None),
    "the first image is taken for all": (lambda x: x[:1].expand_as(x), None),
    "norms are those of the batch": (nn.BatchNorm2d(3, track_running_stats=False), None),
    "it gives one dict for each image": (None, lambda scores: [{"scores": row.softmax(0)} for row in scores]),
    "it gives the first image's scores alone": (None, lambda scores: scores[0]),
    "it gives an object": (None, lambda scores: SimpleNamespace(logits=scores)),
}


class Odd(nn.Module):
    """`Tiny`, with something odd before or after it."""

    def __init__(self, before, after):
        super().__init__()
        self.before, self.tiny, self.after = before or nn.Identity(), Tiny(), after or nn.Identity()

    def forward(self, x):
        return self.after(self.tiny(self.before(x)))


@pytest.mark.parametrize("kind", ODD)
def test_a_model_that_looks_across_the_batch_is_noticed_and_asked_for_each_image(kind):
    torch.manual_seed(0)
    model = Odd(*(part if part is None or isinstance(part, nn.Module) else Wrapping(part) for part in ODD[kind]))
    targets = [lambda output: next(iter(output[0].values()))[0]] * 5 if "dict" in kind else None
    each_agrees(model, IMAGES, layer="tiny.conv", method="grad-cam", targets=targets, note=reasons.TAKEN_ALONE)


def only_one(x):
    if len(x) > 1:
        raise RuntimeError("one at a time")
    return x


def test_a_model_that_raises_for_a_batch_or_draws_is_asked_for_each_image():
    note = reasons.raised_for_a_batch(RuntimeError("one at a time"))
    each_agrees(Odd(Wrapping(only_one), None), IMAGES, layer="tiny.conv", note=note)
    drawing = Odd(Wrapping(lambda x: x + torch.rand(1)), None)
    found = explain_batch(drawing, IMAGES, layer="tiny.conv")
    assert all(one.notes == (reasons.DRAWN_ALONE,) for one in found)


def test_a_layer_without_a_batch_axis_is_read_for_each_image():
    model = Odd(None, None)
    model.tiny = nn.Sequential(Wrapping(lambda x: x[0]), nn.Conv2d(3, 4, 3), Wrapping(lambda x: x.mean((1, 2))[None]))
    each_agrees(model, IMAGES, layer="tiny.1", note=reasons.TAKEN_ALONE)


def test_an_image_whose_score_depends_on_nothing_is_refused_as_alone():
    targets = [0, 1, lambda output: output.new_ones(()), 2, 0]
    with pytest.raises(NoMap, match=r"^images\[2\]: layer 'conv' gives no gradient"):
        explain_batch(Tiny(), IMAGES, layer="conv", method="grad-cam", targets=targets)


# --- what goes wrong


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam", "eigen-cam"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"targets": [0, 1, 7, 0, 1]}, r"^images\[2\]: target must be a class index from 0 to 2, got 7"),
        ({"targets": "true", "labels": [0, 1, 2, 1, None]}, r"^images\[4\]: target 'true' needs an integer label"),
    ],
)
def test_a_target_that_makes_no_sense_for_one_image_is_refused_by_its_name(method, options, said):
    with pytest.raises(Refusal, match=said):
        explain_batch(Tiny(), IMAGES, method=method, **options)


def test_an_image_that_the_model_raises_for_is_named():
    def check(x):
        if (x > 1).any():
            raise RuntimeError("overexposed")
        return x

    batch = IMAGES.clone()
    batch[3] += 1
    with pytest.raises(RuntimeError, match="overexposed") as caught:
        explain_batch(Odd(Wrapping(check), None), batch, layer="tiny.conv")
    assert caught.value.__notes__[-1] == "This happened for images[3]."


@pytest.mark.parametrize(
    ("batch", "options", "error", "said"),
    [
        (IMAGES[0], {}, ValueError, r"images must be of shape \[N, C, H, W\], got \[3, 8, 8\]"),
        ("cat.png", {}, TypeError, r"images must be a tensor \[N, C, H, W\], got str"),
        (IMAGES, {"targets": [0, 1]}, ValueError, "targets must be one target, or one for each of the 5 images, got 2"),
        (IMAGES, {"labels": [0, 1]}, ValueError, "labels must be a sequence with one for each of the 5 images, got 2"),
        (IMAGES, {"labels": 1}, ValueError, "labels must be a sequence with one for each of the 5 images, got 1"),
        (IMAGES, {"method": "gradcam"}, ValueError, "method must be one of"),
        (IMAGES, {"top_k": 0}, ValueError, "top_k must be a whole number of at least 1, got 0"),
        (IMAGES, {"layer": "head"}, NoMap, r"^images\[0\]: layer 'head' gives no map: one vector"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(batch, options, error, said):
    with pytest.raises(error, match=said):
        explain_batch(Tiny(), batch, **options)


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_a_batch_leaves_no_trace(method):
    model = Noisy().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    batch, drawn = IMAGES.clone(), (torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate())
    explain_batch(model, batch, layer="bn", method=method)
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(each.grad is None and each.requires_grad for each in model.parameters())
    assert model.seen == []
    assert torch.equal(batch, IMAGES)
    assert not batch.requires_grad
    assert torch.equal(torch.get_rng_state(), drawn[0])
    assert (np.random.get_state()[1] == drawn[1]).all()
    assert random.getstate() == drawn[2]

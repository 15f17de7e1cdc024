"""A layout on which loader and model agree reaches the model as it is: in the panel, in a search and in a review."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.transforms import v2

from attn_widget import explain, review
from attn_widget.layout_trial import Trial, tried
from attn_widget.predictions import verdicts
from attn_widget.samples import Samples
from attn_widget.words import reasons

LABELS = torch.arange(7) % 3


def made(*shape):
    return torch.rand(7, *shape, generator=torch.Generator().manual_seed(0))


class Given:
    """The shapes of what a model is given, its shadows among them."""

    def __init__(self):
        self.shapes = []

    def __deepcopy__(self, memo):
        return self


class Counting(nn.Module):
    """A small network that notes the shapes of what it is given."""

    def __init__(self, channels):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.conv, self.head = nn.Conv2d(channels, 4, 3, padding=1), nn.Linear(4, 3)
        self.given = Given()

    def forward(self, x):
        self.given.shapes.append(tuple(x.shape))
        x = self.conv(self.turned(x))
        assert x.ndim == 4
        return self.head(x.relu().mean((2, 3)))

    def turned(self, x):
        return x


class Unsqueezing(Counting):
    def turned(self, x):
        return x.unsqueeze(1)


class Permuting(Counting):
    def turned(self, x):
        return x.permute(0, 3, 1, 2)


class Viewing(Counting):
    """Needs channels last in one piece."""

    def turned(self, x):
        assert x.shape[-1] == 3
        return x.view(len(x), -1).view(len(x), 8, 9, 3).permute(0, 3, 1, 2)


AGREED = {
    "planes": (lambda: Unsqueezing(1), made(8, 9)),
    "channels last": (lambda: Permuting(3), made(8, 9, 3)),
    "channels last in one piece": (lambda: Viewing(3), made(8, 9, 3)),
    "whole numbers, channels last": (lambda: Permuting(3), (made(8, 9, 3) * 9).int()),
}
TURNED = {
    "planes": (lambda: Counting(1), made(8, 9)),
    "channels last": (lambda: Counting(3), made(8, 9, 3)),
}
BOTH = {**{f"{name}, agreed": case for name, case in AGREED.items()}, **{f"{n}, turned": c for n, c in TURNED.items()}}
LOADERS = {
    "a loader": lambda images: DataLoader(TensorDataset(images, LABELS), 3),
    "a list of batches": lambda images: list(DataLoader(TensorDataset(images, LABELS), 3)),
    "arrays": lambda images: [(images.numpy(), LABELS.numpy())],
    "a stream": lambda images: (batch for batch in DataLoader(TensorDataset(images, LABELS), 2)),
}


def expected(model, images):
    """What the model says of the images in its own layout."""
    with torch.no_grad():
        own = images.float()
        if type(model) is Counting:
            own = own.unsqueeze(1) if own.ndim == 3 else own.permute(0, 3, 1, 2)
        return model(own).argmax(1).tolist()


@pytest.mark.parametrize(("make", "images"), BOTH.values(), ids=BOTH.keys())
@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS.keys())
def test_panel_search_and_review_agree_with_the_model_on_its_own_layout(opened, make, images, loader):
    model = make()
    predicted = expected(model, images)
    panel = opened(model, loader(images))
    for position in range(7):
        panel.sample = position
        assert panel.explanation.predicted == predicted[position]
        assert panel.explanation.size == (8, 9)
        assert panel.explanation.overall.shape == (8, 9)
        assert panel.explanation.calls == 1
    found = review(model, loader(images), progress=lambda done, total: None)
    assert found.predicted.tolist() == predicted
    assert not found.errors
    batches = verdicts(model, Samples(loader(images)), range(7), label_of=lambda label: label)
    rights = [verdict.right for batch in batches for verdict in batch]
    assert rights == [guess == label for guess, label in zip(predicted, LABELS.tolist(), strict=True)]


@pytest.mark.parametrize(("make", "images"), AGREED.values(), ids=AGREED.keys())
@pytest.mark.parametrize("method", ["grad-cam", "score-cam", "ablation-cam"])
def test_methods_of_every_family_give_what_they_give_for_the_same_network_on_channels_first(
    opened, make, images, method
):
    panel = opened(make(), LOADERS["a loader"](images))
    panel.sample, panel.method = 4, method
    panel.wait()
    plain = Counting(1 if images.ndim == 3 else 3)
    own = images[4].float()[None] if images.ndim == 3 else images[4].float().permute(2, 0, 1)
    same = explain(plain, own, layer="conv", method=method)
    np.testing.assert_allclose(panel.explanation.overall, same.overall, atol=1e-5)


def test_a_layout_on_which_they_agree_costs_no_second_call(opened):
    model = Unsqueezing(1)
    panel = opened(model, LOADERS["a loader"](made(8, 9)))
    model.given.shapes.clear()
    panel.sample = 3
    assert model.given.shapes == [(1, 8, 9)]


def test_images_that_the_loader_gives_as_they_are_shown_are_never_tried_otherwise(opened):
    model = Counting(3)
    panel = opened(model, LOADERS["a loader"](made(3, 8, 9)))
    model.given.shapes.clear()
    panel.sample = 3
    assert model.given.shapes == [(1, 3, 8, 9)]
    model.given.shapes.clear()
    review(model, LOADERS["a loader"](made(3, 8, 9)), progress=lambda done, total: None)
    assert model.given.shapes == [(3, 3, 8, 9), (3, 3, 8, 9), (1, 3, 8, 9)]


def test_each_sample_is_tried_for_itself(opened):
    items = [(made(8, 9, 3)[0], 0), (made(3, 8, 9)[1], 1), (made(8, 9, 3)[2], 2)]
    panel = opened(Counting(3), DataLoader(items))
    for position in (0, 1, 2, 0):
        panel.sample = position
        assert panel.explanation is not None
    assert not review(Counting(3), DataLoader(items), progress=lambda done, total: None).errors


def test_a_review_gives_each_of_unlike_images_in_its_own_layout_to_a_model_that_takes_any():
    class Any(nn.Module):
        def forward(self, x):
            return torch.eye(2)[torch.tensor([int(x.shape[-1] == 3)] * len(x))]

    items = [(made(8, 9, 3)[0], 1), (made(3, 8, 9)[1], 0), (made(8, 9, 3)[2], 1)]
    found = review(Any(), DataLoader(items, 3, collate_fn=list), progress=lambda done, total: None)
    assert found.predicted.tolist() == [1, 0, 1]


def test_pictures_and_arrays_that_somebody_must_make_tensors_of_are_given_channels_first(opened):
    model = Permuting(3)
    panel = opened(model, [(made(8, 9, 3)[0].numpy(), 0)])
    assert model.given.shapes[-1] == (1, 3, 8, 9)
    assert panel.explanation is None


def test_a_model_that_takes_neither_says_what_was_tried_and_names_forward(opened):
    panel = opened(Counting(5), LOADERS["a loader"](made(8, 9, 3)))
    said = panel.message
    assert "neither as the loader gives them, [1, 8, 9, 3] (RuntimeError: " in said
    assert "nor as [1, 3, 8, 9] (RuntimeError: " in said
    assert "pass forward=lambda model, images: model(" in said
    with pytest.raises(ValueError, match=r"takes the images neither as .* pass forward=lambda model, images"):
        review(Counting(5), LOADERS["a loader"](made(8, 9, 3)), progress=lambda done, total: None)


def test_the_users_own_forward_gets_channels_first_alone(opened):
    given = []

    def forward(model, images):
        given.append(tuple(images.shape))
        return model(images.permute(0, 2, 3, 1))

    panel = opened(Permuting(3), LOADERS["a loader"](made(8, 9, 3)), forward=forward)
    assert panel.explanation is not None
    assert set(given) == {(1, 3, 8, 9)}


def test_the_panels_code_calls_the_model_as_the_panel_did(opened):
    for name, (make, images) in BOTH.items():
        model, loader = make(), LOADERS["a loader"](images)
        panel = opened(model, loader, target="true")
        space = {"model": model, "loader": loader}
        exec("\n".join(panel.code.splitlines()[:-1]), space)
        np.testing.assert_array_equal(space["explanation"].overall, panel.explanation.overall)
        assert ("forward=lambda" in panel.code) == name.endswith("agreed")


def test_bytes_that_reach_the_model_unscaled_are_noted_once(opened):
    images = (made(3, 8, 9) * 255).byte()
    panel = opened(Counting(3), LOADERS["a loader"](images))
    assert panel.status.count(reasons.BYTES) == 1
    panel.sample = 1
    assert panel.status.count(reasons.BYTES) == 1
    assert reasons.BYTES not in opened(Counting(3), LOADERS["a loader"](images.float())).status
    scaled = opened(Counting(3), LOADERS["a loader"](images), forward=lambda model, images: model(images / 255))
    assert reasons.BYTES not in scaled.status
    scaling = nn.Sequential(v2.ToDtype(torch.float32, scale=True), Counting(3))
    panel = opened(scaling, LOADERS["a loader"](images))
    assert reasons.BYTES not in panel.status
    with torch.no_grad():
        expected = scaling(images[:1])[0]
    np.testing.assert_allclose(panel.explanation.logits, expected, rtol=1e-5)


def test_what_is_given_to_explain_in_another_layout_fails_with_a_word_about_forward():
    with pytest.raises(RuntimeError) as caught:
        explain(Permuting(3), made(3, 8, 9)[0], layer="conv")
    assert any("pass forward=lambda model, images" in note for note in caught.value.__notes__)
    with pytest.raises(ValueError, match=r"got shape \[8, 9\].*forward=lambda model, images"):
        explain(Unsqueezing(1), made(8, 9)[0], layer="conv")


# --- a trial by itself


def refusing(*shapes):
    class Refusing(nn.Module):
        def forward(self, x):
            if tuple(x.shape) in shapes:
                raise RuntimeError("not this one")
            return x

    return Refusing()


def test_what_fails_once_the_model_has_taken_the_images_is_not_tried_again():
    done = []

    def work(forward):
        forward(refusing(), torch.zeros(1, 3, 8, 9))
        done.append(forward.axes)
        raise LookupError("something else")

    with pytest.raises(LookupError, match="something else"):
        tried("HWC", None, work)
    assert done == ["HWC"]


def test_images_that_break_a_model_which_took_others_are_no_reason_to_turn_them():
    asked = []

    def work(forward):
        asked.append(forward.axes)
        forward(refusing((2, 8, 9, 3)), torch.zeros(1, 3, 8, 9))
        forward(refusing((2, 8, 9, 3)), torch.zeros(2, 3, 8, 9))

    with pytest.raises(RuntimeError, match=r"^not this one$"):
        tried("HWC", None, work)
    assert asked == ["HWC"]


def test_an_interrupt_comes_through_the_first_trial():
    class Interrupted(nn.Module):
        def forward(self, x):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tried("HW", None, lambda forward: forward(Interrupted(), torch.zeros(1, 1, 8, 9)))


def test_the_second_trial_is_given_channels_first():
    found = tried("HWC", None, lambda forward: forward(refusing((1, 8, 9, 3)), torch.zeros(1, 3, 8, 9)))
    assert found.shape == (1, 3, 8, 9)
    assert Trial("HW")(nn.Identity(), torch.zeros(2, 1, 8, 9)).shape == (2, 8, 9)

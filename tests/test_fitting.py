"""The image goes into the model as the loader gives it, and is cast only where the model cannot take it."""

import copy

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from models import Thrice, Tiny
from torch import nn
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from attn_widget import explain, explain_many, find_layers, review
from attn_widget.capture import Notes, RecentPass, capture, record
from attn_widget.predictions import verdicts
from attn_widget.refusal import Refusal
from attn_widget.samples import Samples
from attn_widget.words import reasons

EVERY = 10**6
CUT = torch.randn(3, generator=torch.Generator().manual_seed(2))


def byte_image(seed=0, side=8):
    return torch.randint(0, 256, (3, side, side), generator=torch.Generator().manual_seed(seed)).byte()


def seeded(make):
    """What `make` gives, with strong weights, the same at each run."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make().eval()


class Scaling(Tiny):
    """Scales bytes itself, and floats not, as torchvision's `ToDtype` does."""

    def forward(self, x):
        return super().forward(v2.functional.to_dtype(x, torch.float32, scale=True))


class Dividing(Tiny):
    """Divides by 255, whatever it gets."""

    def forward(self, x):
        return super().forward(x / 255)


class Embedding(nn.Module):
    """Looks up each pixel of one channel."""

    def __init__(self):
        super().__init__()
        self.table, self.conv, self.head = nn.Embedding(256, 3), nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.conv(self.table(x[:, 0]).permute(0, 3, 1, 2)).mean((2, 3)))


class HalfInside(Tiny):
    """Weights of half precision behind a parameter that is not, as open_clip has them."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.conv.half()

    def forward(self, x):
        return self.head(self.conv(x).float().mean((2, 3)) * self.scale)


class CastingItself(HalfInside):
    """The same, with the weights' precision taken care of."""

    def forward(self, x):
        return super().forward(x.to(self.conv.weight.dtype))


AS_GIVEN = {
    "bytes that are scaled inside": (
        lambda: nn.Sequential(v2.ToDtype(torch.float32, scale=True), Tiny()),
        byte_image(),
    ),
    "bytes that are scaled in forward": (Scaling, byte_image()),
    "bytes that are divided": (Dividing, byte_image()),
    "numbers that are looked up": (Embedding, byte_image().long()),
    "half precision behind a float": (
        HalfInside,
        torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0)).half(),
    ),
    "floats that are cast inside": (CastingItself, torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))),
    "doubles": (lambda: Tiny().double(), torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0)).double()),
}
"""Models, and an image that each takes as it is."""

AS_CAST = {
    "bytes": (Tiny, byte_image(), torch.float32),
    "doubles": (Tiny, byte_image().double() / 255, torch.float32),
    "floats": (lambda: Tiny().bfloat16(), byte_image() / 255, torch.bfloat16),
    "NumPy's short numbers": (Tiny, byte_image().numpy().astype(np.uint16), torch.float32),
    "bytes for half precision behind a float": (HalfInside, byte_image(), torch.float16),
    "floats for half precision behind a float": (HalfInside, byte_image() / 255, torch.float16),
}
"""Models that take their own dtype alone, or one of their own."""


def layer_of(model):
    """The name of its convolution."""
    return next(name for name, module in model.named_modules() if isinstance(module, nn.Conv2d))


def by_hand(model, batch, layer):
    """Scores, and the layer's output with the gradient of class 1, by a plain hook on a copy."""
    model, kept = copy.deepcopy(model), []
    model.get_submodule(layer).register_forward_hook(lambda module, inputs, output: kept.append(output))
    scores = model(batch)
    (gradient,) = torch.autograd.grad(scores[0, 1], kept[0])
    return scores[0].detach().float(), kept[0][0].detach().float().numpy(), gradient[0].float().numpy()


def assert_as_by_hand(model, image, batch):
    layer = layer_of(model)
    scores, maps, gradient = by_hand(model, batch, layer)
    mean, cam = explain_many(model, image, layers=[layer], methods=["channel-mean", "grad-cam"], target=1, top_k=EVERY)
    np.testing.assert_allclose(mean.logits, scores, rtol=1e-5)
    np.testing.assert_array_equal(mean.maps[np.argsort(mean.channels)], maps)
    expected = np.einsum("k,khw->hw", gradient.mean((1, 2)), maps)
    np.testing.assert_allclose(cam.overall_map, expected, atol=1e-2 * np.abs(expected).max())
    assert explain(model, image).logits.tolist() == mean.logits.tolist()  # which finds the layer first
    assert [one.name for one in find_layers(model, image) if one.usable][-1] == layer


@pytest.mark.parametrize(("make", "image"), AS_GIVEN.values(), ids=AS_GIVEN.keys())
def test_an_image_that_the_model_takes_goes_in_as_it_is(make, image):
    model, seen = seeded(make), []
    assert_as_by_hand(model, image, image[None])
    explain(model, image, layer=layer_of(model), forward=lambda m, x: (seen.append(x.dtype), m(x))[1])
    assert seen == [image.dtype]  # at the first attempt


@pytest.mark.parametrize(("make", "image", "dtype"), AS_CAST.values(), ids=AS_CAST.keys())
def test_an_image_that_it_does_not_take_is_cast_to_what_it_takes(make, image, dtype):
    assert_as_by_hand(
        seeded(make),
        image,
        torch.as_tensor(image.astype(np.int32) if isinstance(image, np.ndarray) else image)[None].to(dtype),
    )


@pytest.mark.parametrize(
    ("make", "image"),
    [each[:2] for each in (*AS_GIVEN.values(), *AS_CAST.values())],
    ids=[*AS_GIVEN, *(f"cast: {name}" for name in AS_CAST)],
)
def test_a_review_and_a_search_predict_what_an_explanation_predicts(make, image):
    model, images = seeded(make), [torch.as_tensor(np.roll(np.asarray(image), by, axis=2)) for by in range(3)]
    expected = [explain(model, one) for one in images]
    found = review(model, DataLoader([(one, 0) for one in images], batch_size=2), progress=lambda done, total: None)
    assert [e.predicted for e in expected] == found.predicted.tolist()
    right = Samples([(one, e.predicted) for one, e in zip(images, expected, strict=True)])
    assert [v.right for batch in verdicts(model, right, range(3), label_of=int) for v in batch] == [True] * 3
    probabilities = [e.probabilities.max() for e in expected]
    np.testing.assert_allclose(found.confidence, probabilities, rtol=1e-3)


def test_what_an_attempt_saw_that_failed_is_forgotten():
    class CastingLate(Thrice):
        """Counts a call of its first module before it finds that bytes do not do."""

        def __init__(self):
            super().__init__()
            self.first = nn.Identity()

        def forward(self, x):
            return super().forward(self.first(self.first(x)))

    model, image = seeded(CastingLate), byte_image()
    assert record(model, image).ran["first"].calls == record(model, image.float()).ran["first"].calls == 2
    assert RecentPass(model, image, "first", None).capture("first").calls == 2
    found = capture(model, image, ["first", "conv"], score=lambda output: output[0, 0])
    assert [one.calls for one in found] == [2, 3]
    assert found[0].tensors[0].dtype == found[0].dtype == torch.float32
    notes = Notes()
    capture(model, image, ["conv"], notes=notes)
    assert notes.recording((8, 8)).ran["first"].calls == 2
    assert find_layers(model, image)[0].calls == find_layers(model, image.float())[0].calls


def test_an_image_of_the_models_dtype_costs_one_attempt_also_where_the_model_fails():
    seen = []

    def failing(model, x):
        seen.append(x.dtype)
        raise TypeError("unsupported operand type(s) for +: 'int' and 'NoneType'")

    with pytest.raises(TypeError, match="unsupported operand"):
        explain(Tiny(), byte_image().float(), layer="conv", forward=failing)
    assert seen == [torch.float32]


def test_an_error_that_is_not_of_dtypes_is_no_reason_to_cast():
    seen = []

    def failing(model, x):
        seen.append(x.dtype)
        raise RuntimeError("there is no face in this image")

    with pytest.raises(RuntimeError, match="no face"):
        explain(Scaling(), byte_image(), layer="conv", forward=failing)
    assert seen == [torch.uint8]


def test_where_no_dtype_does_the_last_error_is_raised_with_the_first_as_its_context():
    with pytest.raises(RuntimeError, match=r"Float") as caught:
        explain(seeded(Embedding), byte_image(), layer="conv")  # bytes are no indices
    assert "Byte" in str(caught.value.__context__)


def test_a_bare_assertion_about_floats_is_understood():
    class Asserting(Tiny):
        def forward(self, x):
            if not x.is_floating_point():
                raise AssertionError
            return super().forward(x)

    model = seeded(Asserting)
    np.testing.assert_allclose(explain(model, byte_image()).logits, model(byte_image().float()[None])[0].detach())


def test_the_image_is_left_as_it_was_by_a_model_that_writes_to_it():
    class Destructive(Tiny):
        def forward(self, x):
            return super().forward(x.zero_().float())

    image = byte_image()
    explain(seeded(Destructive), image, method="occlusion")
    assert torch.equal(image, byte_image())


# --- bytes that are masked, made noisy, differentiated


def rounded(images):
    return images.round().clamp(0, 255).byte()


def test_score_cam_shows_the_model_bytes_where_it_takes_bytes():
    model, image = seeded(Scaling), byte_image(side=12)
    e = explain(model, image, layer="conv", method="score-cam", target=1, top_k=EVERY)
    maps = e.maps[np.argsort(e.channels)]
    spans = [(map_ - map_.min()) / np.ptp(map_) for map_ in maps]
    with torch.no_grad():
        scores = torch.stack([model(rounded(image * torch.from_numpy(span))[None])[0, 1] for span in spans])
    np.testing.assert_allclose(e.weights[np.argsort(e.channels)], scores.double().softmax(0), rtol=1e-5)


def test_ablation_of_a_model_that_takes_bytes_runs_on_the_bytes():
    class Around(Scaling):
        """Its image goes around the layer as well."""

        def forward(self, x):
            return super().forward(x) + v2.functional.to_dtype(x, torch.float32, scale=True).mean((2, 3))

    model, image = seeded(Around), byte_image()
    e = explain(model, image, layer="conv", method="ablation-cam", target=1, top_k=EVERY)
    score = model(image[None])[0, 1].item()
    means = model.conv(image[None] / 255).mean((2, 3))[0]
    drops = (model.head.weight[1] * means).detach().numpy() / abs(score)
    np.testing.assert_allclose(e.weights[np.argsort(e.channels)], drops, atol=1e-4)


def test_noisy_copies_of_bytes_are_bytes():
    model, image, seen = seeded(Scaling), byte_image(), []
    e = explain(
        model,
        image,
        layer="conv",
        method="grad-cam",
        target=1,
        smooth=3,
        forward=lambda m, x: (seen.append(x.clone()), m(x))[1],
    )
    assert [x.dtype for x in seen] == [torch.uint8] * 4
    assert all((x.float() - image).abs().max() > 1 for x in seen[1:])
    assert all(((x.float() - image).abs() < 200).all() for x in seen[1:])  # none has gone round
    assert e.score == pytest.approx(model(image[None])[0, 1].item())


def test_occlusion_covers_bytes():
    model, image = seeded(Scaling), byte_image(side=16)
    e = explain(model, image, method="occlusion", target=1)
    expected = Occlusion(lambda x: model(rounded(x))[:, 1]).attribute(image[None].float(), (3, 2, 2), strides=(3, 1, 1))
    np.testing.assert_allclose(e.overall_map, expected[0].mean(0).detach(), atol=1e-6)


@pytest.mark.parametrize("method", ["saliency", "integrated-gradients"])
def test_pixels_that_the_model_takes_as_bytes_have_no_gradients_unless_floats_are_the_same_to_it(method):
    image = byte_image()
    for make, given in ((Scaling, image), (Embedding, image.long())):
        with pytest.raises(Refusal) as caught:
            explain(seeded(make), given, method=method)
        assert str(caught.value) == reasons.no_gradients_of_pixels(given.dtype)
        assert explain(seeded(make), given, method="occlusion").overall_map.any()
    for make in (Dividing, Tiny):
        as_bytes, as_floats = (explain(seeded(make), one, method=method) for one in (image, image.float()))
        np.testing.assert_allclose(as_bytes.overall_map, as_floats.overall_map, rtol=1e-5)


def test_only_bytes_that_are_cast_are_noted():
    image = byte_image()
    assert explain(seeded(Tiny), image).notes == (reasons.BYTES,)
    assert explain(seeded(Tiny), image, method="saliency").notes == (reasons.BYTES,)
    for make, given in ((Scaling, image), (Dividing, image), (Tiny, image.float()), (Tiny, image.double())):
        assert reasons.BYTES not in explain(seeded(make), given).notes
    assert reasons.BYTES not in explain(seeded(Tiny), image, forward=lambda m, x: m(x / 255)).notes

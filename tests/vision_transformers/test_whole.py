"""Rollout and LeGrad are what their papers' equations make of the library's own attention."""

import numpy as np
import pytest
import torch
from methods.networks import confident, plain_cnn, random_image, seeded
from models import Witness
from torchcam.methods import LeGrad
from torchvision.models import VisionTransformer

from attn_widget import explain, explain_many
from attn_widget.capture import capture
from attn_widget.methods import Attentions
from attn_widget.methods.attention_methods import attention_rollout
from attn_widget.words import reasons
from vision_transformers.kinds import CLASSES, HEADS, KINDS, WINDOWED, Encoder, lively

ALL_HEADS = 10**6
RANDOM = torch.Generator().manual_seed(0)


def by_head(explanation):
    return explanation.maps[np.argsort(explanation.channels)]


def rolled_out(weights):
    """The rollout ``[N, N]`` of weights ``[1, heads, N, N]``, row by row."""
    total = torch.eye(weights[0].shape[-1], dtype=torch.float64)
    for one in weights:
        mixed = one[0].double().mean(0) + torch.eye(len(total))
        total = torch.stack([row / row.sum() for row in mixed]) @ total
    return total.detach()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_the_rollout_is_that_of_the_librarys_attention(kind):
    model, image = kind.make(), kind.image()
    expected = kind.read(rolled_out(kind.weights(model, image)[0])[None, None])[0]
    e = explain(model, image, method="attention-rollout", top_k=ALL_HEADS)
    assert (e.layer, e.channel_count, e.size) == ("", HEADS, kind.size)
    assert np.ptp(e.overall_map) > 0.01
    np.testing.assert_allclose(e.overall_map, expected, atol=1e-5)
    np.testing.assert_allclose(e.maps.mean(0), e.overall_map, atol=1e-6)
    np.testing.assert_allclose(e.shares.sum(), 1, atol=1e-6)
    assert (np.diff(e.shares) <= 0).all()


def test_the_rollout_of_a_patch_is_its_row():
    kind = KINDS["timm ViT"]
    model, image = kind.make(), kind.image()
    expected = rolled_out(kind.weights(model, image)[0])[1 + 7, 1:].reshape(4, 4)
    e = explain(model, image, method="attention-rollout", at=(20, 63))
    np.testing.assert_allclose(e.overall_map, expected, atol=1e-5)


def test_rows_of_a_rollout_sum_to_one():
    weights = [torch.randn(3, 7, 7, generator=RANDOM).softmax(-1).numpy() for _ in range(4)]
    found = attention_rollout(Attentions(weights, list))
    assert found.shape == (3, 7, 7)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_legrad_is_made_of_the_gradients_in_the_librarys_own_graph(kind):
    model, image = confident(kind.make()), kind.image()
    weights, logits = kind.weights(model, image)
    gradients = torch.autograd.grad(logits[3] - logits[1], weights)
    expected = torch.stack([gradient[0].clamp(min=0).mean(1) for gradient in gradients]).mean(0)
    maps = expected[:, kind.prefix :].reshape(HEADS, *kind.grid).numpy()
    target = lambda output: getattr(output, "logits", output)[0] @ torch.tensor([0.0, -1, 0, 1, 0])  # noqa: E731
    e = explain(model, image, method="legrad", target=target, top_k=ALL_HEADS)
    assert maps.max() > 0
    np.testing.assert_allclose(by_head(e), maps, atol=1e-5 * maps.max())
    np.testing.assert_allclose(e.overall_map, maps.mean(0), atol=1e-5 * maps.max())
    assert e.score == pytest.approx(float((logits[3] - logits[1]).detach()), rel=1e-4)


def torchcams(model, image, block):
    """Torchcam's LeGrad of one block, by the score that the model itself makes of the class token."""

    def projected(tokens):
        return model.heads(model.encoder.ln(tokens)[:, 0])

    with LeGrad(model, block, score_projection=projected) as extractor:
        return extractor(2, model(image[None]), normalized=False)[0][0].detach().numpy()


def test_legrad_is_torchcams_where_there_is_one_layer():
    model = confident(lively(lambda: VisionTransformer(64, 16, 1, HEADS, 32, 64, num_classes=CLASSES))())
    image = random_image(64)
    expected = torchcams(model, image, "encoder.layers.encoder_layer_0")
    e = explain(model, image, method="legrad", target=2)
    assert expected.max() > 0
    np.testing.assert_allclose(e.overall_map, expected, atol=1e-5 * expected.max())


def test_of_several_layers_legrad_is_torchcams_at_the_last_whose_score_is_the_models():
    kind = KINDS["torchvision ViT"]
    model, image = confident(kind.make()), kind.image()
    blocks = [f"encoder.layers.encoder_layer_{i}" for i in range(3)]
    (found,) = capture(model, image, [None], score=lambda output: output[0, 2])
    ours = [gradient[0].clamp(min=0).mean((0, 1))[1:].reshape(4, 4) for gradient in found.gradients]
    theirs = [torchcams(model, image, block) for block in blocks]
    close = [np.allclose(one, other, atol=1e-5 * other.max()) for one, other in zip(ours, theirs, strict=True)]
    assert close == [False, False, True]


def test_layers_and_the_whole_come_from_one_pass():
    class Counting(Encoder):
        def forward(self, x):
            self.passes.append(1)
            return super().forward(x)

    model, image = lively(lambda: Counting(True, True))(), KINDS["TransformerEncoder"].image()
    model.passes = Witness()
    layers = ["encoder.layers.1.self_attn", "encoder.layers.1"]
    methods = ["legrad", "grad-cam", "attention-rollout", "channel-mean"]
    singly = [explain(model, image, layer=layer, method=method) for layer in layers for method in methods]
    model.passes.clear()
    together = explain_many(model, image, layers=layers, methods=methods)
    assert model.passes == [1]
    for one, many in zip(singly, together, strict=True):
        assert (one.layer, one.method) == (many.layer, many.method)
        np.testing.assert_allclose(one.overall_map, many.overall_map, atol=1e-5)


def test_smoothed_legrad_is_near_the_one_of_the_image():
    kind = KINDS["timm ViT"]
    model, image = kind.make(), kind.image()
    plain, smooth = (explain(model, image, method="legrad", target=2, smooth=count).overall_map for count in (0, 3))
    assert not np.allclose(plain, smooth)
    assert np.corrcoef(plain.ravel(), smooth.ravel())[0, 1] > 0.5


@pytest.mark.parametrize("method", ["attention-rollout", "legrad"])
def test_a_model_in_half_precision_gives_nearly_the_same(method):
    kind = KINDS["Hugging Face ViT"]
    model, image = kind.make(), kind.image()
    single = explain(model, image, method=method, target=2).overall_map
    half = explain(model.to(torch.bfloat16), image, method=method, target=2).overall_map
    np.testing.assert_allclose(half, single, atol=0.2 * single.max())


REFUSED = {
    "no attention": (lambda: seeded(plain_cnn), 32, ["attention-rollout", "legrad"], reasons.NO_ATTENTION),
    "windows": (WINDOWED["torchvision Swin"].make, 64, ["attention-rollout", "legrad"], reasons.ATTENTION_IN_PARTS),
}


@pytest.mark.parametrize(("make", "side", "methods", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_model_without_attention_between_all_patches_is_refused_with_the_reason(make, side, methods, words):
    for method in methods:
        with pytest.raises(ValueError, match=f"method '{method}' has nothing to read: {words}"):
            explain(make(), random_image(side), method=method)

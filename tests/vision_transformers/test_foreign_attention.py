"""Rollout and LeGrad over models with attention that does not lie between the image's tokens: the rest is read."""

import copy

import numpy as np
import pytest
import torch
import transformers as hf
from methods.networks import seeded
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from torch.nn import functional

from attn_widget import explain
from attn_widget.words import reasons
from vision_transformers.kinds import CLASSES, HEADS, HF, KINDS, TIMM, Encoder, by_timm, lively
from vision_transformers.test_whole import by_head, rolled_out

ALL_HEADS = 10**6
VISION = {**HF, "image_size": 64, "patch_size": 16}
TEXT = {**HF, "vocab_size": 30, "max_position_embeddings": 12, "eos_token_id": 29, "bos_token_id": 1, "pad_token_id": 0}
IMAGE = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
WORDS = torch.randint(2, 29, (3, 10), generator=torch.Generator().manual_seed(2))
WORDS[:, -1] = 29


def siglip():
    return hf.SiglipVisionModel(hf.SiglipVisionConfig(**VISION))


def siglip_classifier():
    config = hf.SiglipConfig(vision_config=VISION, text_config=TEXT, num_labels=CLASSES)
    return hf.SiglipForImageClassification(config)


def clip():
    return hf.CLIPModel(hf.CLIPConfig(vision_config=VISION, text_config=TEXT, projection_dim=16))


def attention_pooled():
    return VisionTransformer(img_size=(64, 64), global_pool="map", class_token=False, **TIMM)


class WithText(Encoder):
    """Its class token is shifted by what attention makes of eleven words, one sequence of them."""

    def __init__(self):
        super().__init__(batch_first=True, class_token=True)
        self.words = nn.Parameter(torch.randn(1, 11, 32))
        self.reader = nn.MultiheadAttention(32, 2, batch_first=True)

    def forward(self, x):
        words = self.reader(self.words, self.words, self.words)[0].mean(1)
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = self.norm(torch.cat([self.token + words, x], 1) + self.positions)
        return self.head(self.encoder(x)[:, 0])


class Windowed(nn.Module):
    """Blocks of attention between 16 patches, `windowed` of them within windows of 2x2."""

    def __init__(self, whole, windowed):
        super().__init__()
        self.patches, self.head = nn.Conv2d(3, 32, 16, 16), nn.Linear(32, CLASSES)
        self.whole = nn.ModuleList(nn.MultiheadAttention(32, HEADS, batch_first=True) for _ in range(whole))
        self.windowed = nn.ModuleList(nn.MultiheadAttention(32, HEADS, batch_first=True) for _ in range(windowed))

    def forward(self, x):
        x = self.patches(x).permute(0, 2, 3, 1)  # [1, 4, 4, 32]
        for attend in self.windowed:
            windows = x.reshape(2, 2, 2, 2, 32).transpose(1, 2).reshape(4, 4, 32)
            windows = attend(windows, windows, windows)[0]
            x = x + windows.reshape(2, 2, 2, 2, 32).transpose(1, 2).reshape(1, 4, 4, 32)
        x = x.reshape(1, 16, 32)
        for attend in self.whole:
            x = x + attend(x, x, x)[0]
        return self.head(x.mean(1))


# --- what plain autograd says: weights [1, heads, N, N] of the image's layers, and the score that is differentiated


def eager(model, attentions_of, score, **inputs):
    model = copy.deepcopy(model)
    model.set_attn_implementation("eager")
    output = model(pixel_values=IMAGE[None], output_attentions=True, **inputs)
    return attentions_of(output), score(output)


def by_multi_head(model):
    """The square weights of `nn.MultiheadAttention`, computed by hand, of those that see the image whole."""
    model, found = copy.deepcopy(model), []

    def attend(module, query, key, value, **options):
        q, k, v = functional.linear(query, module.in_proj_weight, module.in_proj_bias).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (module.num_heads, -1)).transpose(1, 2) for part in (q, k, v))
        weights = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
        if weights.shape[0] == 1 and weights.shape[-1] in (16, 17):
            found.append(weights)
        return module.out_proj((weights @ v).transpose(1, 2).flatten(2)), None

    for module in model.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.forward = lambda *given, own=module, **options: attend(own, *given, **options)
    return found, model(IMAGE[None])[0, 1]


CASES = {
    "SigLIP": (
        siglip,
        lambda model: eager(model, lambda output: output.attentions, lambda output: output.pooler_output[0, 1]),
        {"target": lambda output: output.pooler_output[0, 1]},
        (0, 4, 16, "1 from 1 query to 16 tokens"),
    ),
    "a classifier that does not use SigLIP's head": (
        siglip_classifier,
        lambda model: eager(model, lambda output: output.attentions, lambda output: output.logits[0, 1]),
        {"target": 1},
        (0, 4, 16, "1 from 1 query to 16 tokens"),
    ),
    "CLIP with texts": (
        clip,
        lambda model: eager(
            model,
            lambda output: output.vision_model_output.attentions,
            lambda output: output.logits_per_image[0, 1],
            input_ids=WORDS,
        ),
        {
            "target": lambda output: output.logits_per_image[0, 1],
            "forward": lambda model, x: model(pixel_values=x, input_ids=WORDS),
        },
        (1, 6, 17, "3 within 3 groups of 10"),
    ),
    "CLIP with one text": (
        clip,
        lambda model: eager(
            model,
            lambda output: output.vision_model_output.attentions,
            lambda output: output.logits_per_image[0, 0],
            input_ids=WORDS[:1],
        ),
        {
            "target": lambda output: output.logits_per_image[0, 0],
            "forward": lambda model, x: model(pixel_values=x, input_ids=WORDS[:1]),
        },
        (1, 6, 17, "3 between 10 others"),
    ),
    "timm's attention pooling": (
        attention_pooled,
        lambda model: (lambda found: (found[0], found[1][1]))(by_timm(model, IMAGE)),
        {"target": 1},
        (0, 4, 16, "1 from 1 query to 16 tokens"),
    ),
    "a reader of words": (WithText, by_multi_head, {"target": 1}, (1, 4, 17, "1 between 11 others")),
    "one block in windows": (
        lambda: Windowed(3, 1),
        by_multi_head,
        {"target": 1},
        (0, 4, 16, "1 within 4 groups of 4"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_images_own_attention_is_read_and_a_note_names_what_was_left_out(name):
    make, by_hand, asked, (prefix, total, count, kinds) = CASES[name]
    model = lively(make)()
    weights, score = by_hand(model)
    assert {tuple(one.shape[-2:]) for one in weights} == {(count, count)}
    rows = rolled_out(weights)
    row = rows[0] if prefix else rows.mean(0)
    rollout = explain(model, IMAGE, method="attention-rollout", top_k=ALL_HEADS, **asked)
    np.testing.assert_allclose(rollout.overall_map, row[prefix:].reshape(4, 4), atol=1e-5)

    gradients = torch.autograd.grad(score, weights)
    expected = torch.stack([gradient[0].clamp(min=0).mean(1) for gradient in gradients]).mean(0)[:, prefix:]
    legrad = explain(model, IMAGE, method="legrad", top_k=ALL_HEADS, **asked)
    assert expected.max() > 0
    np.testing.assert_allclose(by_head(legrad), expected.reshape(HEADS, 4, 4), atol=1e-4 * float(expected.max()))
    left = total - len(weights)
    do, are = ("does", "is") if left == 1 else ("do", "are")
    others = f"{left} of {total} attention layers {do} not attend between the image's {count} tokens"
    said = f"{others} and {are} left out: {kinds}."
    assert said in rollout.notes
    assert said in legrad.notes


@pytest.mark.parametrize("name", ["timm ViT", "Hugging Face ViT", "TransformerEncoder, batch second"])
def test_where_all_attention_is_the_images_nothing_is_noted(name):
    for method in ("attention-rollout", "legrad"):
        e = explain(KINDS[name].make(), IMAGE, method=method)
        assert not [note for note in e.notes if "left out" in note]


@pytest.mark.parametrize("method", ["attention-rollout", "legrad"])
@pytest.mark.parametrize(("whole", "windowed"), [(0, 2), (1, 2)])
def test_where_more_of_it_is_within_windows_it_is_refused(method, whole, windowed):
    with pytest.raises(ValueError, match=reasons.ATTENTION_IN_PARTS):
        explain(lively(lambda: Windowed(whole, windowed))(), IMAGE, method=method)


class Merging(nn.Module):
    """Attends between 16x16 patches and, once they are merged, between 8x8."""

    def __init__(self, before, behind):
        super().__init__()
        self.patches, self.merge, self.head = nn.Conv2d(3, 32, 8, 8), nn.Conv2d(32, 32, 2, 2), nn.Linear(32, CLASSES)
        self.before = nn.ModuleList(nn.MultiheadAttention(32, HEADS, batch_first=True) for _ in range(before))
        self.behind = nn.ModuleList(nn.MultiheadAttention(32, HEADS, batch_first=True) for _ in range(behind))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        for attend in self.before:
            x = x + attend(x, x, x)[0]
        x = self.merge(x.transpose(1, 2).unflatten(2, (8, 8))).flatten(2).transpose(1, 2)
        for attend in self.behind:
            x = x + attend(x, x, x)[0]
        return self.head(x.mean(1))


def test_of_several_grids_the_one_of_most_layers_is_read_unless_the_others_have_more():
    e = explain(lively(lambda: Merging(1, 2))(), IMAGE, method="attention-rollout")
    assert e.overall_map.shape == (4, 4)
    assert reasons.attention_left_out({(1, 64, 64): 1}, 3, 16) in e.notes
    assert explain(lively(lambda: Merging(2, 1))(), IMAGE, method="attention-rollout").overall_map.shape == (8, 8)

    class Twice(Merging):
        def __init__(self):
            super().__init__(2, 2)
            self.again = nn.Conv2d(32, 32, 2, 2)

        def forward(self, x):
            super().forward(x)
            x = self.again(self.merge(self.patches(x))).flatten(2).transpose(1, 2)  # 2x2
            for attend in self.behind[:1]:
                x = x + attend(x, x, x)[0]
            return self.head(x.mean(1))

    with pytest.raises(ValueError, match=reasons.ATTENTION_IN_PARTS):
        explain(lively(Twice)(), IMAGE, method="attention-rollout")


class OtherHeads(Encoder):
    """Its last layer has fewer heads."""

    def __init__(self):
        super().__init__(True, True)
        self.encoder.layers[-1].self_attn = nn.MultiheadAttention(32, 2, batch_first=True)


def test_layers_that_differ_in_their_heads_are_each_averaged_over_their_own():
    model = seeded(OtherHeads)
    weights, score = by_multi_head(model)
    assert [one.shape[1] for one in weights] == [HEADS, HEADS, 2]
    gradients = torch.autograd.grad(score, weights)
    expected = torch.stack([gradient[0].clamp(min=0).mean((0, 1)) for gradient in gradients]).mean(0)[1:].reshape(4, 4)
    e = explain(model, IMAGE, method="legrad", target=1, top_k=ALL_HEADS)
    assert e.channel_count == 1
    np.testing.assert_allclose(e.overall_map, expected, atol=1e-4 * float(expected.max()))


def test_a_smoothed_legrad_leaves_out_the_same_layers():
    e = explain(lively(attention_pooled)(), IMAGE, method="legrad", target=1, smooth=2)
    assert reasons.attention_left_out({(1, 1, 16): 1}, 4, 16) in e.notes
    assert e.overall_map.shape == (4, 4)

"""A head's map is what the library itself says the head attends to, and the pass is the same with it and without."""

import copy

import numpy as np
import pytest
import torch
from methods.networks import confident, seeded
from torch import nn
from torch.nn import functional

from attn_widget import explain, explain_many, find_layers
from attn_widget.capture import capture
from vision_transformers.kinds import HEADS, KINDS, WINDOWED, Encoder, logits_of

HEADS_KEPT = 10**6
TIMM = KINDS["timm ViT"]
TORCHVISION = KINDS["torchvision ViT"]


def by_head(explanation):
    return explanation.maps[np.argsort(explanation.channels)]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_heads_attend_where_the_library_says_and_the_output_stays(kind):
    model, image = kind.make(), kind.image()
    expected, logits = kind.weights(model, image)
    with torch.no_grad():
        plain = logits_of(model(image[None]))
    found = explain_many(model, image, layers=kind.attention, methods=["channel-mean"], top_k=HEADS_KEPT)
    for e, weights in zip(found, expected, strict=True):
        assert e.channel_count == HEADS
        assert np.ptp(e.maps) > 0.01
        np.testing.assert_allclose(by_head(e), kind.read(weights), atol=1e-5)
        np.testing.assert_allclose(e.logits, logits.detach(), atol=1e-5)
        np.testing.assert_allclose(e.logits, plain, atol=1e-5)


@pytest.mark.parametrize("name", ["timm ViT", "Hugging Face ViT"])
def test_attention_without_a_fused_kernel_is_seen_too(name):
    kind = KINDS[name]
    fused, image = kind.make(), kind.image()
    unfused = copy.deepcopy(fused)
    if name == "timm ViT":
        for block in unfused.blocks:
            block.attn.fused_attn = False
    else:
        unfused.set_attn_implementation("eager")
    for layer in kind.attention:
        maps = [by_head(explain(model, image, layer=layer, top_k=HEADS_KEPT)) for model in (fused, unfused)]
        np.testing.assert_allclose(*maps, atol=1e-6)
    assert {layer.name: layer.shape for layer in find_layers(unfused, image)}[kind.attention[0]] == (4, 4, 4)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.class_token])
def test_gradients_with_respect_to_attention_are_those_of_the_librarys_own_graph(name):
    kind = KINDS[name]
    model, image = confident(kind.make()), kind.image()
    weights, logits = kind.weights(model, image)
    gradients = torch.autograd.grad(logits[2], weights)
    methods = ["grad-cam", "hires-cam"]
    found = explain_many(model, image, layers=kind.attention, methods=methods, target=2, top_k=HEADS_KEPT)
    for place, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        grad_cam, hires_cam = found[2 * place : 2 * place + 2]
        maps, slopes = kind.read(weight), kind.read(gradient)
        scale = float(slopes.abs().max())
        assert scale > 0
        np.testing.assert_allclose(
            grad_cam.weights[np.argsort(grad_cam.channels)], slopes.mean((1, 2)), atol=1e-5 * scale
        )
        np.testing.assert_allclose(hires_cam.overall_map, (maps * slopes).sum(0), atol=1e-5 * scale)


def test_without_a_class_token_a_gradient_is_that_of_all_patches_attending_more():
    kind = KINDS["timm, registers and no class token"]
    model, image = confident(kind.make()), kind.image()
    weights, logits = kind.weights(model, image)
    (gradient,) = torch.autograd.grad(logits[2], weights[1])
    e = explain(model, image, layer=kind.attention[1], method="grad-cam", target=2, top_k=HEADS_KEPT)
    expected = gradient[0, :, 4:, 4:].sum(1).mean(1)
    np.testing.assert_allclose(e.weights[np.argsort(e.channels)], expected, atol=1e-5 * float(expected.abs().max()))


def test_the_patch_under_a_place_says_where_it_attends_itself():
    kind = KINDS["timm, not square"]
    model, image = kind.make(), kind.image()
    weights = kind.weights(model, image)[0][1].detach()[0]
    for place, cell in (((0, 0), 0), ((15, 95), 5), ((16, 0), 6), ((31, 40), 8)):
        e = explain(model, image, layer="blocks.1.attn", at=place, top_k=HEADS_KEPT)
        np.testing.assert_allclose(by_head(e), weights[:, 1 + cell, 1:].reshape(HEADS, 2, 6), atol=1e-6)
        assert e.at == place
        assert (np.diff(e.shares) <= 0).all()


@pytest.mark.parametrize("kind", WINDOWED.values(), ids=WINDOWED.keys())
def test_attention_within_windows_is_not_read_as_heads(kind):
    layers = find_layers(kind.make(), kind.image())
    assert not [layer for layer in layers if layer.group == "attention"]


def test_only_the_layer_that_is_asked_for_leaves_the_fused_kernel():
    model, image = TIMM.make(), TIMM.image()
    seen = []

    class Counting(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            seen.append(func.__name__)
            return func(*args, **(kwargs or {}))

    def pass_with(**asked):
        seen.clear()
        with Counting():
            explain(model, image, **asked)
        return sum("softmax" in name for name in seen), sum("scaled_dot_product" in name for name in seen)

    assert pass_with(layer="blocks.1.norm1") == (1, 3)  # one softmax is that of the probabilities
    assert pass_with(layer="blocks.1.attn") == (2, 2)
    assert pass_with(method="attention-rollout") == (4, 0)


def test_a_failure_inside_attention_leaves_no_mode_behind():
    model = TIMM.make()
    model.blocks[1].attn.proj = nn.Linear(7, 32)
    with pytest.raises(RuntimeError):
        explain(model, TIMM.image(), layer="blocks.1.attn")
    assert not torch.overrides._is_torch_function_mode_enabled()
    assert "forward" not in model.blocks[1].attn.__dict__


def test_a_model_that_no_shadow_can_be_had_of_is_left_without_a_trace():
    model = TIMM.make()
    expected = by_head(explain(model, TIMM.image(), layer="blocks.1.attn", top_k=HEADS_KEPT))
    model.also = [model.blocks]
    before = [dict(module.__dict__) for module in model.modules()]
    np.testing.assert_array_equal(
        by_head(explain(model, TIMM.image(), layer="blocks.1.attn", top_k=HEADS_KEPT)), expected
    )
    find_layers(model, TIMM.image())
    assert [dict(module.__dict__) for module in model.modules()] == before


def test_calls_of_an_attention_layer_are_told_apart():
    class Twice(Encoder):
        def forward(self, x):
            x = self.norm(self.patches(x).flatten(2).transpose(1, 2))
            for _ in "12":
                x = x + self.encoder.layers[0].self_attn(x, x, x)[0]
            return self.head(x.mean(1))

    model, image = seeded(lambda: Twice(True, False)), TIMM.image()
    attention = model.encoder.layers[0].self_attn
    with torch.no_grad():
        tokens = model.norm(model.patches(image[None]).flatten(2).transpose(1, 2))
        for call in range(2):
            for method in ("channel-mean", "hires-cam"):
                e = explain(
                    model, image, layer="encoder.layers.0.self_attn", call=call, method=method, top_k=HEADS_KEPT
                )
                expected = attention(tokens, tokens, tokens, average_attn_weights=False)[1][0].mean(1)
                np.testing.assert_allclose(by_head(e), expected.reshape(HEADS, 4, 4), atol=1e-6)
                assert (e.call, e.calls) == (call, 2)
            tokens = tokens + attention(tokens, tokens, tokens)[0]


# --- what fused kernels take


class Attends(nn.Module):
    """Patches that attend to each other once, by `attend` of query, key and value ``[B, heads, N, d]``."""

    def __init__(self, attend, heads=4, key_heads=4):
        super().__init__()
        self.patches, self.core = nn.Conv2d(3, 8 * heads, 8, 8), _Core(attend, heads, key_heads)
        self.head = nn.Linear(8 * heads, 5)

    def forward(self, x):
        return self.head(self.core(self.patches(x).flatten(2).transpose(1, 2)).mean(1))


class _Core(nn.Module):
    def __init__(self, attend, heads, key_heads):
        super().__init__()
        self.attend, self.heads, self.key_heads = attend, heads, key_heads
        self.query, self.pair = nn.Linear(8 * heads, 8 * heads), nn.Linear(8 * heads, 16 * key_heads)

    def parts(self, x):
        query = self.query(x).unflatten(-1, (self.heads, 8)).transpose(1, 2)
        pair = self.pair(x).unflatten(-1, (2, self.key_heads, 8)).permute(2, 0, 3, 1, 4)
        return 6 * query, pair[0], pair[1]

    def forward(self, x):
        return self.attend(*self.parts(x)).transpose(1, 2).flatten(2)


MASK = torch.rand(16, 16, generator=torch.Generator().manual_seed(0)) > 0.4
MASK[3] = False  # a patch that may look at nothing
BIAS = torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(0))
sdpa = functional.scaled_dot_product_attention

FUSED = {
    "plain": ({}, 4, torch.float32),
    "a mask": ({"attn_mask": MASK}, 4, torch.float32),
    "a bias for each head": ({"attn_mask": BIAS}, 4, torch.float32),
    "causal": ({"is_causal": True}, 4, torch.float32),
    "a scale": ({"scale": 0.1}, 4, torch.float32),
    "grouped queries": ({"enable_gqa": True}, 2, torch.float32),
    "half precision": ({}, 4, torch.float16),
    "bfloat16 and a mask": ({"attn_mask": MASK}, 4, torch.bfloat16),
    "double precision": ({"is_causal": True}, 4, torch.float64),
}


@pytest.mark.parametrize(("options", "key_heads", "dtype"), FUSED.values(), ids=FUSED.keys())
def test_the_weights_of_fused_attention_are_what_it_does_to_a_unit_matrix(options, key_heads, dtype):
    model = seeded(lambda: Attends(lambda *parts: sdpa(*parts, **options), key_heads=key_heads)).to(dtype)
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        plain = model(image[None].to(dtype))[0]
        tokens = model.patches(image[None].to(dtype)).flatten(2).transpose(1, 2)
        query, key, _ = (part.double() for part in model.core.parts(tokens))
        unit = torch.eye(16, dtype=torch.float64).expand(1, key_heads, 16, 16)
        wide = options | ({"attn_mask": BIAS.double()} if options.get("attn_mask") is BIAS else {})
        weights = sdpa(query, key, unit, **wide)
    e = explain(model, image, layer="core", top_k=HEADS_KEPT)
    within = 1e-5 if dtype in (torch.float32, torch.float64) else 0.02
    np.testing.assert_allclose(by_head(e), weights[0].mean(1).reshape(4, 4, 4), atol=within)
    np.testing.assert_allclose(e.logits, plain.float(), atol=within)
    (found,) = capture(model, image, ["core"])
    np.testing.assert_allclose(found.tensors[0].double(), weights, atol=within)


MULTI_HEAD = {
    "a mask of keys": {"key_padding_mask": torch.arange(16)[None] > 11},
    "a mask": {"attn_mask": ~MASK},
    "a bias": {"attn_mask": BIAS[0]},
    "weights asked for": {"need_weights": True},
    "weights of each head asked for": {"need_weights": True, "average_attn_weights": False},
}


@pytest.mark.parametrize("options", MULTI_HEAD.values(), ids=MULTI_HEAD.keys())
@pytest.mark.parametrize(
    "layer", [{}, {"kdim": 24, "vdim": 20}, {"bias": False}], ids=["plain", "other widths", "no bias"]
)
def test_multi_head_attention_is_seen_through_all_its_options(options, layer):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.attend = nn.Conv2d(3, 32, 8, 8), nn.MultiheadAttention(32, 4, batch_first=True, **layer)
            self.head = nn.Linear(32, 5)

        def tokens(self, x):
            query = 4 * self.patches(x).flatten(2).transpose(1, 2)
            return query, query[..., : layer.get("kdim", 32)], query[..., : layer.get("vdim", 32)]

        def forward(self, x):
            mixed, weights = self.attend(*self.tokens(x), **({"need_weights": False} | options))
            return self.head(mixed.mean(1)) + (0 if weights is None else weights[..., 0].sum())

    model, image = seeded(Model), torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))
    if model.attend.in_proj_bias is not None:
        nn.init.normal_(model.attend.in_proj_bias, generator=torch.Generator().manual_seed(2))
    asked = options | {"need_weights": True, "average_attn_weights": False}
    with torch.no_grad():
        plain, (_, weights) = model(image[None])[0], model.attend(*model.tokens(image[None]), **asked)
    if not options.get("need_weights"):
        weights = weights.nan_to_num(0)  # the fused kernel lets a patch that may look at nothing be zero
    for method in ("channel-mean", "grad-cam"):
        e = explain(model, image, layer="attend", method=method, top_k=HEADS_KEPT)
        np.testing.assert_allclose(by_head(e), weights[0].mean(1).reshape(4, 4, 4), atol=1e-5)
        np.testing.assert_allclose(e.logits, plain, atol=1e-5)


def test_a_single_query_that_pools_the_patches_reads_as_its_attention():
    class Pooling(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.pool = nn.Conv2d(3, 32, 8, 8), nn.MultiheadAttention(32, 4, batch_first=True)
            self.probe, self.head = nn.Parameter(torch.randn(1, 1, 32)), nn.Linear(32, 5)

        def forward(self, x):
            tokens = self.patches(x).flatten(2).transpose(1, 2)
            return self.head(self.pool(self.probe, tokens, tokens, need_weights=False)[0][:, 0])

    model, image = seeded(Pooling), torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        tokens = model.patches(image[None]).flatten(2).transpose(1, 2)
        weights = model.pool(model.probe, tokens, tokens, average_attn_weights=False)[1]
    e = explain(model, image, layer="pool", top_k=HEADS_KEPT)
    np.testing.assert_allclose(by_head(e), weights[0, :, 0].reshape(4, 4, 4), atol=1e-6)


def test_dropout_inside_the_kernel_stays_out_of_the_weights():
    model = seeded(lambda: Attends(lambda *parts: sdpa(*parts, dropout_p=0.5)))
    silent = seeded(lambda: Attends(sdpa))
    silent.load_state_dict(model.state_dict())
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(1))
    maps = [by_head(explain(one, image, layer="core", top_k=HEADS_KEPT)) for one in (model, silent)]
    np.testing.assert_array_equal(*maps)


def test_a_softmax_whose_arguments_are_named_is_seen_like_any_other():
    class Named(nn.Module):
        def forward(self, x):
            pairs = x.flatten(2).transpose(1, 2) @ x.flatten(2)
            return torch.softmax(input=pairs[:, None], dim=-1)

    (kept,) = capture(Named(), torch.rand(3, 4, 4), [""])
    assert kept.attention == 1
    assert torch.equal(kept.tensors[0], kept.output)

"""Every CAM method reads token layers and heads as it does maps, and says where nothing is left to see."""

import copy
import threading

import numpy as np
import pytest
import torch
from methods import peers
from methods.networks import confident

from attn_widget import explain, explain_many, find_layers
from attn_widget.layers import default_layer
from attn_widget.methods import METHODS
from attn_widget.words import reasons
from vision_transformers.kinds import HEADS, KINDS, logits_of

EVERY = 10**6
OF_LAYERS = [name for name, method in METHODS.items() if method.reads == "layer"]


def by_channel(explanation, values):
    return values[np.argsort(explanation.channels)]


def close(found, expected, within=1e-4):
    return np.allclose(found, expected, atol=within * np.abs(expected).max())


def score(output):
    return logits_of(output)[2]


# --- tokens


TOKENS = {
    "torchvision ViT": "encoder.layers.encoder_layer_2.ln_1",
    "timm, registers": "blocks.2.norm1",
    "timm, not square": "blocks.1",
    "Hugging Face DINOv2": "dinov2.encoder.layer.2.norm1",
    "TransformerEncoder, batch second": "encoder.layers.1",
}


class Tokens:
    """A deep copy of a model whose layer's patches can be read and set, all by hand."""

    def __init__(self, name):
        self.kind = KINDS[name]
        self.model, self.layer = confident(self.kind.make()), TOKENS[name]
        self.image = self.kind.image()

    def run(self, hook, image=None):
        model = copy.deepcopy(self.model)
        model.get_submodule(self.layer).register_forward_hook(hook)
        return score(model((self.image if image is None else image)[None]))

    def patches(self, tensor):
        """The patches ``[h * w, C]`` of tokens, whichever side the batch is on."""
        return (tensor[0] if tensor.shape[0] == 1 else tensor[:, 0])[self.kind.prefix :]

    def as_maps(self, tensor):
        return self.patches(tensor).T.reshape(-1, *self.kind.grid).double().numpy()

    def maps_and_gradients(self):
        kept = []

        def put(module, inputs, output):
            kept.append(output.detach().clone().requires_grad_())
            return kept[0].clone()

        (gradient,) = torch.autograd.grad(self.run(put), kept[0])
        return self.as_maps(kept[0].detach()), self.as_maps(gradient)

    def without(self, channels):
        def silence(module, inputs, output):
            output = output.clone()
            self.patches(output)[:, channels] = 0
            return output

        with torch.no_grad():
            return float(self.run(silence))


@pytest.mark.parametrize("name", TOKENS)
def test_every_method_reads_tokens_as_it_does_maps(name):
    by_hand = Tokens(name)
    maps, gradients = by_hand.maps_and_gradients()
    value = by_hand.without([])
    drops = np.array([value - by_hand.without([channel]) for channel in range(len(maps))]) / abs(value)
    through = np.array([peers.score_through(by_hand.model, by_hand.image, score, map_) for map_ in maps])
    softmax = np.exp(through - through.max()) / np.exp(through - through.max()).sum()
    expected = {method: formula(maps, gradients) for method, formula in peers.FORMULAS.items()}
    expected |= {"ablation-cam": np.tensordot(drops, maps, 1), "score-cam": np.tensordot(softmax, maps, 1)}
    asked = {"layers": [by_hand.layer], "methods": OF_LAYERS, "target": 2, "top_k": EVERY}
    for e in explain_many(by_hand.model, by_hand.image, **asked):
        assert close(by_channel(e, e.maps), maps), e.method
        if e.method in expected:
            assert close(e.overall_map, expected[e.method], 1e-3), e.method


# --- heads


@pytest.mark.parametrize("name", ["timm ViT", "timm, registers and no class token"])
def test_a_head_that_is_ablated_attends_to_no_patch(name):
    kind = KINDS[name]
    model, image, first = confident(kind.make()), kind.image(), kind.prefix
    rows = slice(0, 1) if kind.class_token else slice(first, None)

    def value(heads):
        changed = copy.deepcopy(model)
        changed.blocks[1].attn.fused_attn = False

        def silence(module, inputs, output):
            output = output.clone()
            output[:, heads, rows, first:] = 0
            return output

        changed.blocks[1].attn.attn_drop.register_forward_hook(silence)
        with torch.no_grad():
            return float(score(changed(image[None])))

    e = explain(model, image, layer="blocks.1.attn", method="ablation-cam", target=2, top_k=EVERY)
    drops = np.array([value([]) - value([head]) for head in range(HEADS)]) / abs(value([]))
    assert np.abs(drops).max() > 1e-3
    assert close(by_channel(e, e.weights), drops, 1e-3)


@pytest.mark.parametrize("name", ["torchvision ViT", "TransformerEncoder, batch second", "Hugging Face ViT"])
def test_every_method_reads_heads(name):
    kind = KINDS[name]
    model, image = confident(kind.make()), kind.image()
    maps = kind.read(kind.weights(model, image)[0][1]).double().numpy()
    through = np.array([peers.score_through(model, image, score, map_) for map_ in maps])
    softmax = np.exp(through - through.max()) / np.exp(through - through.max()).sum()
    asked = {"layers": [kind.attention[1]], "methods": OF_LAYERS, "target": 2, "top_k": EVERY}
    found = {e.method: e for e in explain_many(model, image, **asked)}
    assert all(e.channel_count == HEADS and e.overall_map.any() for e in found.values())
    assert close(found["score-cam"].overall_map, np.tensordot(softmax, maps, 1), 1e-3)


# --- why is it blank


BLANK = {
    "torchvision ViT": ("encoder.layers.encoder_layer_2", "encoder.layers.encoder_layer_2.ln_1"),
    "timm ViT": ("norm", "blocks.2.norm1"),
    "Hugging Face ViT": ("vit.layers.2.mlp", "vit.layers.2.layernorm_before"),
    "TransformerEncoder": ("encoder", "encoder.layers.1"),
}


@pytest.mark.parametrize(("name", "layer", "better"), [(name, *layers) for name, layers in BLANK.items()])
def test_where_only_the_class_token_is_read_on_a_note_says_so_and_names_the_layer_that_works(name, layer, better):
    kind = KINDS[name]
    model, image = kind.make(), kind.image()
    e = explain(model, image, layer=layer, method="grad-cam")
    assert not e.overall_map.any()
    assert e.notes == (reasons.patches_unreached(layer, better),)
    e = explain(model, image, layer=better, method="grad-cam")
    assert e.overall_map.any()
    assert reasons.patches_unreached(better, better) not in e.notes
    assert default_layer(find_layers(model, image)).name == better


def test_where_a_patch_attends_in_the_last_block_is_blank_for_the_same_reason():
    kind = KINDS["timm ViT"]
    model, image = kind.make(), kind.image()
    e = explain(model, image, layer="blocks.2.attn", method="grad-cam", at=(40, 40))
    assert e.notes == (reasons.patches_unreached("blocks.2.attn", "blocks.2.norm1"),)
    assert explain(model, image, layer="blocks.2.attn", method="grad-cam").notes != e.notes


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("TransformerEncoder, batch second", "encoder"),
        ("Hugging Face DINOv2", "dinov2.layernorm"),
        ("timm ViT", "blocks.1"),
    ],
)
def test_where_patches_are_read_there_is_no_such_note(name, layer):
    kind = KINDS[name]
    e = explain(kind.make(), kind.image(), layer=layer, method="grad-cam")
    assert e.overall_map.any()
    assert not [note for note in e.notes if "class token" in note]


def test_a_score_that_depends_on_nothing_is_not_blamed_on_the_class_token():
    kind = KINDS["timm ViT"]
    model = kind.make()
    torch.nn.init.zeros_(model.head.weight)
    e = explain(model, kind.image(), layer="norm", method="grad-cam")
    assert e.notes == (reasons.WHY_EMPTY["unread"],)


def test_activations_alone_are_not_blank():
    kind = KINDS["timm ViT"]
    e = explain(kind.make(), kind.image(), layer="norm")
    assert e.overall_map.any()
    assert e.notes == ()


# --- nothing stays


@pytest.mark.parametrize("asked", [{"layer": "blocks.1.attn", "method": "grad-cam"}, {"method": "legrad"}], ids=str)
@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_caller_may_be_in_any_mode_and_the_model_is_as_it_was(asked, around):
    kind = KINDS["timm ViT"]
    model, image = kind.make().train(), kind.image()
    expected = explain(model, image, **asked, target=2).overall_map
    model.requires_grad_(False)
    before = {name: (module.training, dict(module.__dict__)) for name, module in model.named_modules()}
    random_state = torch.get_rng_state()
    with around():
        found = explain(model, image, **asked, target=2).overall_map
    assert close(found, expected)
    assert {name: (module.training, dict(module.__dict__)) for name, module in model.named_modules()} == before
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), random_state)


def test_attention_on_another_thread_meanwhile_is_not_seen():
    kind = KINDS["timm ViT"]
    model, image = kind.make(), kind.image()
    expected = explain(model, image, layer="blocks.1.attn", top_k=EVERY)
    model.also = [model.blocks]  # no shadow can be had: the pass runs on the model itself

    def beside(model, batch):
        other = threading.Thread(target=lambda: model(torch.zeros_like(batch)))
        other.start()
        other.join()
        return model(batch)

    e = explain(model, image, layer="blocks.1.attn", top_k=EVERY, forward=beside)
    assert e.calls == 1
    np.testing.assert_array_equal(e.maps, expected.maps)

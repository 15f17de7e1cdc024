"""The default layer is one on whose patches the score depends: gradients tell where tokens lie beside the patches."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from attn_widget import explain, find_layers
from attn_widget.layers import default_layer
from attn_widget.words import reasons

IMAGE = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))


class Attention(nn.Module):
    """Attends with weights that can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)

    def attended(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return (q @ k.transpose(1, 2)).softmax(-1) @ v

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.proj(self.attended(*self.qkv(x).chunk(3, 2)))


class Factorised(Attention):
    """Makes no weights between tokens."""

    def attended(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return q @ (k.softmax(1).transpose(1, 2) @ v)


class Normed(Attention):
    """Has its norm inside."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(self.norm(x))


class Block(nn.Module):
    def __init__(self, attention: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.attn = attention()
        self.norm1 = nn.Identity() if isinstance(self.attn, Normed) else nn.LayerNorm(8)
        self.norm2, self.mlp = nn.LayerNorm(8), nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def of_class_token(tokens: torch.Tensor) -> torch.Tensor:
    return tokens[:, 0]


def of_patches(tokens: torch.Tensor) -> torch.Tensor:
    return tokens[:, 1:].mean(1)


def of_both(tokens: torch.Tensor) -> torch.Tensor:
    return tokens[:, 0] + tokens[:, 1:].mean(1)


class Transformer(nn.Module):
    """Two blocks over a class token and 4x4 patches, of which the head reads what `read` gives."""

    def __init__(self, attention: Callable[[], nn.Module], read: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.patches, self.cls_token = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.rand(1, 1, 8))
        self.blocks = nn.Sequential(Block(attention), Block(attention))
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 5)
        self.read = read

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = torch.cat([self.cls_token, self.patches(x).flatten(2).transpose(1, 2)], 1)
        return self.head(self.read(self.norm(self.blocks(tokens))))


def seeded(make: Callable[..., nn.Module], *given: Any) -> nn.Module:
    torch.manual_seed(0)
    return make(*given).eval()


def reached(model: nn.Module, name: str) -> bool:
    """Whether the first score's plain gradient is anything but zero on the patches of what a module gives."""
    kept = []
    handle = model.get_submodule(name).register_forward_hook(lambda module, inputs, output: kept.append(output))
    try:
        score = model(IMAGE[None])[0].max()
    finally:
        handle.remove()
    return bool(torch.autograd.grad(score, kept[0])[0][:, 1:].any())


@pytest.mark.parametrize(
    ("attention", "read", "layer"),
    [
        (Attention, of_class_token, "blocks.1.norm1"),
        (Attention, of_patches, "norm"),
        (Attention, of_both, "norm"),
        (Factorised, of_class_token, "blocks.1.norm1"),
        (Factorised, of_both, "norm"),
        (Normed, of_class_token, "blocks.1.attn.norm"),
        (Normed, of_patches, "norm"),
    ],
)
def test_the_default_is_the_last_layer_whose_patches_reach_the_score(attention, read, layer):
    model = seeded(Transformer, attention, read)
    found = explain(model, IMAGE, method="grad-cam")
    assert found.layer == layer
    assert found.overall_map.any()
    assert reached(model, layer)
    assert reached(model, "norm") == (layer == "norm")


@pytest.mark.parametrize("attention", [Attention, Normed])
def test_without_a_question_attention_of_a_class_token_tells_the_default(attention):
    layers = find_layers(seeded(Transformer, attention, of_class_token), IMAGE)
    assert default_layer(layers).name == explain(seeded(Transformer, attention, of_class_token), IMAGE).layer


def test_a_note_names_a_layer_whose_patches_count_where_no_attention_is_seen():
    model = seeded(Transformer, Factorised, of_class_token)
    found = explain(model, IMAGE, layer="norm", method="grad-cam")
    assert found.notes == (reasons.patches_unreached("norm", "blocks.1.norm1"),)


def test_a_target_that_reads_other_tokens_has_another_default():
    model = seeded(Transformer, Attention, lambda tokens: tokens)
    assert explain(model, IMAGE, target=lambda output: output[0, 0, 1]).layer == "blocks.1.norm1"
    assert explain(model, IMAGE, target=lambda output: output[0, 1:, 1].sum()).layer == "norm"


def test_where_nothing_can_be_differentiated_the_last_attention_tells():
    model = seeded(Transformer, Attention, lambda tokens: of_both(tokens).detach())
    assert explain(model, IMAGE).layer == "blocks.1.norm1"


def test_a_transformer_that_also_sees_a_reference_is_asked_in_the_call_that_saw_the_image():
    class Siamese(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = Transformer(Attention, of_both)
            self.head = nn.Linear(5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.embed(x) - self.embed(torch.ones(1, 3, 16, 16)).detach())

    assert explain(seeded(Siamese), IMAGE, method="grad-cam").layer == "embed.norm"


def test_the_model_is_left_as_it_was():
    model = seeded(Transformer, Attention, of_both)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    explain(model, IMAGE)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(one.grad is None and one.requires_grad for one in model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


class Convolved(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.conv(x).relu().mean((2, 3)))


@pytest.mark.parametrize(("given", "passes"), [((Convolved,), 2), ((Transformer, Attention, of_both), 3)])
def test_only_a_model_with_tokens_beside_the_patches_takes_a_pass_more(given, passes):
    taken = []

    def forward(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
        taken.append(len(images))
        return model(images)

    explain(seeded(*given), IMAGE, forward=forward)
    assert taken == [1] * passes


# --- what is no layer of features


class Weighed(nn.Module):
    """Pools places by the weights that one channel gives them."""

    def __init__(self, classes: int, product: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.conv, self.relu, self.gate = nn.Conv2d(3, 8, 4, 4), nn.ReLU(), nn.Conv2d(8, 1, 1)
        self.head, self.product = nn.Linear(8, classes), product

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.conv(x))
        return self.head(self.product(x.flatten(2), self.gate(x).flatten(2)))


def softly(x: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
    return (x @ gate.softmax(-1).transpose(1, 2))[..., 0]


def summed(x: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
    return torch.einsum("bkn,bn->bk", x, gate[:, 0].softmax(-1))


def scaled(x: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
    return (x * gate.sigmoid()).mean(2)


@pytest.mark.parametrize("product", [softly, summed, scaled])
@pytest.mark.parametrize("classes", [1, 5])
def test_a_channel_that_weighs_the_others_is_no_default(product, classes):
    assert explain(seeded(Weighed, classes, product), IMAGE).layer == "relu"


def test_a_single_channel_that_is_the_score_is_one():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 1, 1), nn.ReLU(), nn.Flatten(), nn.Linear(196, 1))
    assert explain(model, IMAGE).layer == "3"


class Gated(nn.Module):
    """Hands what no module made to one that does nothing in eval mode."""

    def __init__(self, last: nn.Module) -> None:
        super().__init__()
        self.conv, self.gate, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 1), last

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return self.last(x * self.gate(x).sigmoid())


@pytest.mark.parametrize(
    ("last", "layer"), [(nn.Identity(), "0"), (nn.Dropout(), "0"), (nn.MaxPool2d(2), "0.gate"), (nn.ReLU(True), "0")]
)
def test_what_hands_on_a_tensor_that_no_module_made_leaves_it_to_the_block_around_it(last, layer):
    model = nn.Sequential(Gated(last), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)).eval()
    assert explain(model, IMAGE).layer == layer


class Crossing(nn.Module):
    """Attends to others with projections of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor]:
        q, k, v = self.q(queries), self.k(keys), self.v(values)
        return (nn.functional.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0],)


class Queried(nn.Module):
    """A few object queries attend to the patches, and only they are read on."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.patches, self.encoder, self.decoder = nn.Conv2d(3, 8, 4, 4), Block(Attention), decoder
        self.queries, self.head = nn.Parameter(torch.rand(1, 3, 8)), nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.encoder(self.patches(x).flatten(2).transpose(1, 2))
        return self.head(self.decoder(self.queries, tokens, tokens)[0].mean(1))


@pytest.mark.parametrize("decoder", [Crossing, lambda: nn.MultiheadAttention(8, 2, batch_first=True)])
def test_keys_and_values_for_object_queries_are_no_default(decoder):
    model = seeded(lambda: Queried(decoder()))
    assert explain(model, IMAGE, method="grad-cam").layer == "encoder"

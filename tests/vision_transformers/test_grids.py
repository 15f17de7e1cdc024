"""Tokens lie on the grid that the model's own patches make of the image, whatever comes before them."""

import numpy as np
import pytest
import torch
from methods.networks import seeded
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from attn_widget import explain, explain_many, find_layers
from attn_widget.layers import default_layer
from attn_widget.words import reasons
from vision_transformers.kinds import KINDS, WINDOWED, Encoder

EVERY = KINDS | WINDOWED


def by_channel(explanation):
    return explanation.maps[np.argsort(explanation.channels)]


def change_by_patch(model, kind, layer, row, column):
    """How much each cell of a layer changes when one patch of a black image is painted white."""
    height, width = (side // cells for side, cells in zip(kind.size, kind.grid, strict=True))
    black = torch.zeros(3, *kind.size)
    white = black.clone()
    white[:, row * height : (row + 1) * height, column * width : (column + 1) * width] = 1
    before, after = (by_channel(explain(model, image, layer=layer, top_k=10**6)) for image in (black, white))
    return np.abs(after - before).sum(0)


@pytest.mark.parametrize("kind", EVERY.values(), ids=EVERY.keys())
def test_a_patch_that_is_painted_white_changes_its_own_cell(kind):
    model = kind.make()
    height, width = kind.grid
    for row, column in ((0, 0), (0, width - 1), (height - 1, 1), (1, 2)):
        change = change_by_patch(model, kind, kind.embedded, row, column)
        assert change.shape == kind.grid
        assert change[row, column] > 0
        change[row, column] = 0
        assert change.max() == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_attention_layers_are_listed_with_their_heads_on_the_patches_grid(kind):
    layers = find_layers(kind.make(), kind.image())
    attention = [layer for layer in layers if layer.group == "attention"]
    assert [layer.name for layer in attention] == list(kind.attention)
    assert {layer.shape for layer in attention} == {(4, *kind.grid)}
    assert all(layer.usable and layer.calls == 1 for layer in attention)


def test_layers_are_grouped_by_what_they_are():
    groups = {layer.name: layer.group for layer in find_layers(Encoder(True, True), torch.rand(3, 64, 64))}
    assert groups["patches"] == "convolution"
    assert groups["encoder"] == groups["encoder.layers.0"] == "block"
    assert groups["encoder.layers.0.self_attn"] == "attention"
    assert groups["encoder.layers.0.norm1"] == groups["encoder.layers.0.linear1"] == "other"


@pytest.mark.parametrize("kind", EVERY.values(), ids=EVERY.keys())
def test_the_score_depends_on_the_patches_of_the_default_layer(kind):
    model, image = kind.make(), kind.image()
    default = default_layer(find_layers(model, image))
    e = explain(model, image, layer=default.name, method="hires-cam", target=1)
    assert np.count_nonzero(e.overall_map) > e.overall_map.size / 2
    assert e.empty == ""


def test_an_image_that_is_padded_inside_the_model_has_the_padded_grid():
    model = VisionTransformer(64, 16, embed_dim=16, depth=1, num_heads=2, dynamic_img_size=True, dynamic_img_pad=True)
    assert {layer.name: layer.shape for layer in find_layers(model, torch.rand(3, 50, 100))}["blocks.0"] == (16, 4, 7)


def test_patches_are_those_of_the_patch_convolution_behind_a_stem_of_others():
    class Stemmed(Encoder):
        def __init__(self):
            super().__init__(True, False)
            self.patches = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1), nn.Conv2d(32, 32, 8, 8))
            self.positions = nn.Parameter(torch.zeros(1, 21, 32))

        def forward(self, x):
            x = self.patches(x).flatten(2).transpose(1, 2)
            return self.head(self.norm(torch.cat([x.new_zeros(1, 5, 32), x], 1) + self.positions)[:, 0])

    layers = {layer.name: layer for layer in find_layers(Stemmed(), torch.rand(3, 64, 64))}
    assert layers["norm"].shape == (32, 4, 4)


def test_a_convolution_that_gives_more_than_a_tensor_disturbs_nothing():
    class Partial(nn.Conv2d):
        def forward(self, x):
            return super().forward(x), x

    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.head = Partial(3, 4, 3, stride=2), nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.first(x)[0].mean((2, 3)))

    assert [layer.shape for layer in find_layers(Masked(), torch.rand(3, 9, 9)) if layer.usable] == [(4, 4, 4)]


# --- where no convolution tells


class Unfolded(nn.Module):
    """Cuts patches without a convolution; before them go `before` tokens, behind them `behind`."""

    def __init__(self, before=1, behind=0):
        super().__init__()
        self.before, self.behind = before, behind
        self.embed, self.block, self.head = nn.Linear(3 * 8 * 8, 6), nn.LayerNorm(6), nn.Linear(6, 4)

    def forward(self, x):
        tokens = self.embed(nn.functional.unfold(x, 8, stride=8).transpose(1, 2))
        before, behind = (tokens.new_zeros(len(x), count, 6) for count in (self.before, self.behind))
        return self.head(self.block(torch.cat([before, tokens, behind], 1)).mean(1))


IMAGE = torch.rand(3, 32, 48, generator=torch.Generator().manual_seed(0))


def patches_of(model):
    """The normed patches ``[6, 4, 6]``, taken by hand."""
    cells = IMAGE.unfold(1, 8, 8).unfold(2, 8, 8).permute(1, 2, 0, 3, 4).flatten(2)
    with torch.no_grad():
        return model.block(model.embed(cells)).permute(2, 0, 1).numpy()


def test_a_sequence_that_could_be_several_grids_offers_them_and_is_refused_with_the_way_out():
    layer = {layer.name: layer for layer in find_layers(Unfolded(), IMAGE)}["block"]
    assert not layer.usable
    assert layer.grids == ((4, 6),)
    with pytest.raises(
        ValueError, match=r"layer 'block' gives no map: 25 tokens could be a grid of 4x6; pass grid=\(4, 6\)"
    ):
        explain(Unfolded(), IMAGE, layer="block")


@pytest.mark.parametrize(
    ("before", "behind", "prefix"), [(1, 0, None), (0, 0, None), (3, 0, None), (0, 2, 0), (1, 2, 1)]
)
def test_grid_and_prefix_settle_it(before, behind, prefix):
    model = seeded(lambda: Unfolded(before, behind))
    options = {"grid": (4, 6), "prefix": prefix}
    layers = {layer.name: layer for layer in find_layers(model, IMAGE, **options)}
    assert (layers["block"].shape, layers["block"].grids) == ((6, 4, 6), ())
    (e,) = explain_many(model, IMAGE, layers=["block"], methods=["channel-mean"], top_k=6, **options)
    np.testing.assert_allclose(by_channel(e), patches_of(model), atol=1e-6)
    np.testing.assert_array_equal(explain(model, IMAGE, layer="block", **options).overall_map, e.overall_map)


def test_where_every_layer_waits_for_a_grid_the_error_names_it():
    with pytest.raises(ValueError, match=r"25 tokens could be a grid of .*; pass grid=\(\d+, \d+\)"):
        explain(seeded(Unfolded), IMAGE)


def test_the_default_layer_is_found_with_the_grid():
    assert explain(seeded(Unfolded), IMAGE, grid=(4, 6)).layer == "block"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"grid": (5, 6)}, "layer 'block' gives no map: 25 tokens do not form a grid of 5x6"),
        (
            {"grid": (4, 6), "prefix": 2},
            "gives no map: 25 tokens do not form a grid of 4x6 with 2 before it",
        ),
        ({"grid": 24}, r"grid must be two whole numbers of patches \(rows, columns\), got 24"),
        ({"grid": (4, 0)}, r"grid must be two whole numbers of patches \(rows, columns\), got \(4, 0\)"),
        ({"grid": (4, 6.0)}, r"grid must be two whole numbers of patches \(rows, columns\), got \(4, 6.0\)"),
        ({"prefix": -1}, "prefix must be a whole number of tokens before the patches, 0 or more, got -1"),
        ({"prefix": True}, "prefix must be a whole number of tokens before the patches, 0 or more, got True"),
    ],
)
def test_a_grid_or_prefix_that_cannot_be_is_an_error_in_one_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        explain(Unfolded(), IMAGE, layer="block", **options)


@pytest.mark.parametrize("size", [32, 40])
def test_the_queries_and_keys_of_heads_are_no_maps(size):
    model = VisionTransformer(img_size=size, patch_size=8, embed_dim=24, depth=1, num_heads=3, num_classes=2)
    layers = {layer.name: layer for layer in find_layers(model, torch.zeros(3, size, size))}
    for name in ("blocks.0.attn.q_norm", "blocks.0.attn.k_norm"):
        assert (layers[name].usable, layers[name].reason) == (False, reasons.BY_HEAD)
    assert layers["blocks.0.norm1"].shape == (24, size // 8, size // 8)


def test_maps_whose_side_could_count_tokens_are_still_maps():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())  # 10 might be a class token and a grid of 3x3
    assert [layer.shape for layer in find_layers(model, torch.zeros(3, 12, 12))] == [(4, 10, 10)] * 2

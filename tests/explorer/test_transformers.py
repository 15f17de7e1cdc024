"""A vision transformer in the panel: layers in groups, heads by number, a patch's own attention, a choice of grids."""

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import AttentionExplorer, demo, explain
from attn_widget.explorer.controls import NOTHING, SEPARATOR
from attn_widget.words import captions

from .panels import choose, controls, images, message, sentence

ATTENTION = "blocks.2.attention"


@pytest.fixture(scope="module")
def vit() -> demo.Demo:
    return demo.load("vit")


@pytest.fixture
def explorer(vit: demo.Demo):
    explorer = AttentionExplorer(vit.model, vit.loader, class_names=vit.class_names)
    yield explorer
    explorer.close()


class Unpatched(nn.Module):
    """Mixes 24 tokens that no convolution has made: a grid of 4x6 or of others."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(12, 8)
        self.mix = nn.Linear(8, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        tokens = nn.functional.unfold(x, 2, stride=2).transpose(1, 2)
        return self.head(self.mix(self.embed(tokens)).relu().mean(1))


class Read(nn.Module):
    """A block over a class token and 4x4 patches; the head reads the class token, or all of them."""

    def __init__(self, pooled: bool) -> None:
        super().__init__()
        self.pooled, self.patches, self.cls_token = pooled, nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.rand(1, 1, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 3)

    def forward(self, x):
        tokens = torch.cat([self.cls_token, self.patches(x).flatten(2).transpose(1, 2)], 1)
        tokens = self.norm(self.block(tokens))
        return self.head(tokens.mean(1) if self.pooled else tokens[:, 0])


def groups(explorer: AttentionExplorer) -> dict[str, list[str]]:
    """Read the layers under each line of the dropdown."""
    found: dict[str, list[str]] = {}
    for text, value in controls(explorer).layer.options:
        if value == SEPARATOR:
            found[text] = []
        else:
            found[next(reversed(found))].append(value)
    return found


def titles(explorer: AttentionExplorer) -> list[str]:
    return [text.get_text() for text in explorer.figure.texts if text.get_visible()]


def test_layers_stand_in_groups(explorer: AttentionExplorer) -> None:
    found = groups(explorer)
    assert found[captions.GROUPS["attention"]] == [f"blocks.{number}.attention" for number in range(3)]
    assert {"blocks.0", "blocks.1", "blocks.2"} <= {*found[captions.GROUPS["block"]]}
    assert "patches" in found[captions.GROUPS["convolution"]]


def test_the_first_picture_is_of_a_layer_whose_patches_still_count(explorer: AttentionExplorer) -> None:
    explorer.method = "grad-cam"
    assert explorer.explanation is not None
    assert explorer.explanation.overall.any()


@pytest.mark.parametrize(("pooled", "layer"), [(True, "norm"), (False, "block.norm1")])
def test_opening_takes_one_pass_more_to_tell_whether_patches_count(pooled: bool, layer: str) -> None:
    torch.manual_seed(0)
    taken = []

    def forward(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
        taken.append(len(batch))
        return model(batch)

    explorer = AttentionExplorer(Read(pooled), [(images(2, (16, 16)), torch.tensor([0, 1]))], forward=forward)
    assert (explorer.layer, taken) == (layer, [1, 1])
    explorer.sample = 1
    assert (explorer.layer, taken) == (layer, [1, 1, 1])
    explorer.close()


def test_heads_stand_where_channels_do(explorer: AttentionExplorer, vit: demo.Demo) -> None:
    explorer.layer = ATTENTION
    e = explain(vit.model, vit.loader.dataset[0][0], layer=ATTENTION)
    assert np.array_equal(explorer.explanation.overall, e.overall)
    assert f"head {e.channels[0]}" in titles(explorer)
    assert "all heads" in titles(explorer)
    assert "4 heads on a 16×16 grid" in sentence(explorer)


def test_a_place_shows_where_its_patch_attends(explorer: AttentionExplorer, vit: demo.Demo) -> None:
    explorer.layer = ATTENTION
    explorer.at = (20, 41)
    e = explain(vit.model, vit.loader.dataset[0][0], layer=ATTENTION, at=(20, 41))
    assert np.array_equal(explorer.explanation.heatmaps, e.heatmaps)
    assert "where the patch at row 20, column 41 attends" in sentence(explorer)
    assert not any("here" in title for title in titles(explorer))


@pytest.mark.parametrize("method", ["attention-rollout", "legrad"])
def test_methods_of_all_layers_leave_the_layer_alone(explorer: AttentionExplorer, vit: demo.Demo, method: str) -> None:
    explorer.method = method
    image, label = vit.loader.dataset[0]
    assert np.array_equal(explorer.explanation.overall, explain(vit.model, image, method=method, label=label).overall)
    assert controls(explorer).layer.disabled
    assert "all layers" in explorer.status
    assert sentence(explorer).startswith("All layers, 4 heads")


def test_a_layer_behind_the_last_attention_says_why_it_is_blank_and_which_is_not(explorer: AttentionExplorer) -> None:
    explorer.method, explorer.layer = "grad-cam", "blocks.2"
    assert "no longer depends on the patches" in explorer.status
    named = explorer.status.split("Layer '")[1].split("'")[0]
    explorer.layer = named
    assert explorer.explanation.overall.any()


def test_the_code_of_a_patchs_attention_gives_the_same_view(
    explorer: AttentionExplorer, vit: demo.Demo, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    explorer.layer = ATTENTION
    explorer.at = (20, 41)
    space = {"model": vit.model, "loader": vit.loader, "class_names": vit.class_names}
    exec(explorer.code, space)
    assert np.array_equal(space["explanation"].heatmaps, explorer.explanation.heatmaps)


def test_where_the_grid_is_not_shown_it_can_be_chosen() -> None:
    explorer = AttentionExplorer(Unpatched(), [(images(2, (8, 12)), torch.tensor([0, 1]))])
    grid = controls(explorer).grid
    offered = [value for _, value in grid.options if value != NOTHING]
    assert (4, 6) in offered
    assert grid.layout.display is None
    assert message(explorer)

    choose(grid, (4, 6))
    explorer.layer = "mix"
    assert explorer.explanation.maps.shape[1:] == (4, 6)
    assert "grid=(4, 6)" in explorer.code
    choose(grid, NOTHING)
    assert explorer.grid is None
    explorer.close()


def test_the_choice_of_a_grid_is_hidden_where_nothing_is_ambiguous(explorer: AttentionExplorer) -> None:
    assert controls(explorer).grid.layout.display == "none"

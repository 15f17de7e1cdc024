"""A vision transformer in the panel: layers in groups, heads by number, a patch's own attention, a choice of grids."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import demo, explain
from attn_widget.words import captions

from .driver import LINE, Driver
from .panels import images

ATTENTION = "blocks.2.attention"


@pytest.fixture(scope="module")
def vit() -> demo.Demo:
    return demo.load("vit")


@pytest.fixture
def panel(opened: Callable[..., Driver], vit: demo.Demo) -> Driver:
    return opened(vit.model, vit.loader, class_names=vit.class_names)


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


def groups(panel: Driver) -> dict[str, list[str]]:
    """Read the layers under each line of the dropdown."""
    found: dict[str, list[str]] = {}
    for text, value in zip(panel.words("Layer"), panel.offers("Layer"), strict=True):
        if value == LINE:
            found[text] = []
        else:
            found[next(reversed(found))].append(value)
    return found


def test_layers_stand_in_groups(panel: Driver) -> None:
    found = groups(panel)
    assert found[captions.GROUPS["attention"]] == [f"blocks.{number}.attention" for number in range(3)]
    assert {"blocks.0", "blocks.1", "blocks.2"} <= {*found[captions.GROUPS["block"]]}
    assert "patches" in found[captions.GROUPS["convolution"]]


def test_the_first_picture_is_of_a_layer_whose_patches_still_count(panel: Driver) -> None:
    panel.method = "grad-cam"
    assert panel.explanation is not None
    assert panel.explanation.overall.any()


@pytest.mark.parametrize(("pooled", "layer"), [(True, "norm"), (False, "block.norm1")])
def test_opening_takes_one_pass_more_to_tell_whether_patches_count(
    opened: Callable[..., Driver], pooled: bool, layer: str
) -> None:
    torch.manual_seed(0)
    taken = []

    def forward(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
        taken.append(len(batch))
        return model(batch)

    panel = opened(Read(pooled), [(images(2, (16, 16)), torch.tensor([0, 1]))], forward=forward)
    assert (panel.layer, taken) == (layer, [1, 1])
    panel.sample = 1
    assert (panel.layer, taken) == (layer, [1, 1, 1])


def test_heads_stand_where_channels_do(panel: Driver, vit: demo.Demo) -> None:
    panel.layer = ATTENTION
    e = explain(vit.model, vit.loader.dataset[0][0], layer=ATTENTION)
    assert np.array_equal(panel.explanation.overall, e.overall)
    assert f"head {e.channels[0]}" in panel.titles
    assert "overall heatmap" in panel.titles
    assert "4 heads on a 16×16 grid" in panel.sentence


def test_a_place_shows_where_its_patch_attends(panel: Driver, vit: demo.Demo) -> None:
    panel.layer = ATTENTION
    panel.at = (20, 41)
    e = explain(vit.model, vit.loader.dataset[0][0], layer=ATTENTION, at=(20, 41))
    assert np.array_equal(panel.explanation.heatmaps, e.heatmaps)
    assert "where the patch at row 20, column 41 attends" in panel.sentence
    assert not any(title.startswith("here") for title in panel.titles)


@pytest.mark.parametrize("method", ["attention-rollout", "legrad"])
def test_methods_of_all_layers_leave_the_layer_alone(panel: Driver, vit: demo.Demo, method: str) -> None:
    panel.method = method
    image, label = vit.loader.dataset[0]
    assert np.array_equal(panel.explanation.overall, explain(vit.model, image, method=method, label=label).overall)
    assert panel.is_disabled("Layer")
    assert "all layers" in panel.status
    assert panel.sentence.startswith("All layers, 4 heads")


def test_a_layer_behind_the_last_attention_says_why_it_is_blank_and_which_is_not(panel: Driver) -> None:
    panel.method, panel.layer = "grad-cam", "blocks.2"
    assert "no longer depends on the patches" in panel.status
    named = panel.status.split("Layer '")[1].split("'")[0]
    panel.layer = named
    assert panel.explanation.overall.any()


def test_the_code_of_a_patchs_attention_gives_the_same_view(panel: Driver, vit: demo.Demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel.layer = ATTENTION
    panel.at = (20, 41)
    space = {"model": vit.model, "loader": vit.loader, "class_names": vit.class_names}
    exec(panel.code, space)
    assert np.array_equal(space["explanation"].heatmaps, panel.explanation.heatmaps)


def test_where_the_grid_is_not_shown_it_can_be_chosen(opened: Callable[..., Driver]) -> None:
    panel = opened(Unpatched(), [(images(2, (8, 12)), torch.tensor([0, 1]))])
    assert panel.is_shown("Grid")
    assert (4, 6) in panel.offers("Grid")
    assert panel.message

    panel.choose("Grid", (4, 6))
    panel.layer = "mix"
    assert panel.explanation.maps.shape[1:] == (4, 6)
    assert "grid=(4, 6)" in panel.code
    panel.choose("Grid", None)
    assert panel.grid is None


def test_the_choice_of_a_grid_is_hidden_where_nothing_is_ambiguous(panel: Driver) -> None:
    assert not panel.is_shown("Grid")

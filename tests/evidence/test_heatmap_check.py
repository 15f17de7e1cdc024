"""A heatmap checked beside maps with the same heat elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import Refusal, explain
from attn_widget.evidence import check_heatmap, deletion, images_of_check


class Spot(nn.Module):
    """Sees whether the image is bright in one cell of its grid, and nothing else."""

    def __init__(self):
        super().__init__()
        self.cells = nn.AvgPool2d(4)

    def forward(self, x):
        seen = self.cells(x)[:, :, 1, 2].mean(1)
        return torch.stack([torch.zeros_like(seen), 8 * seen - 4], 1)


IMAGE = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.2
IMAGE[:, 4:8, 8:12] = 1
DRAWS = 7


@pytest.fixture(scope="module")
def explained():
    return explain(Spot(), IMAGE, layer="cells", method="grad-cam")


def with_map(explained, cells):
    return replace(explained, overall_map=np.asarray(cells, np.float32))


def one_cell(row, column):
    cells = np.zeros((4, 4))
    cells[row, column] = 1
    return cells


@pytest.fixture(scope="module")
def good(explained):
    return check_heatmap(Spot(), IMAGE, with_map(explained, one_cell(1, 2) + 0.01 * one_cell(0, 0)), draws=DRAWS)


def test_a_map_of_what_the_model_sees_does_better_than_its_shuffled_cells(good):
    assert good.beaten_by_deletion >= DRAWS - 1
    assert good.beaten_by_insertion >= DRAWS - 1
    assert good.clean == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-4)
    assert f"{good.deletion.area:.2f}" in good.verdict()
    assert f"{good.centred[0].area:.2f}" in good.verdict()


def test_a_map_of_what_it_does_not_see_is_said_to_be_no_better(explained):
    wrong = check_heatmap(Spot(), IMAGE, with_map(explained, one_cell(3, 0) + 0.5 * one_cell(3, 1)), draws=DRAWS)
    assert "no better than a random map" in wrong.verdict()
    assert "better than all" not in wrong.verdict()


def test_the_controls_have_the_maps_own_heat_and_the_score_is_its_class(explained, good):
    centred = with_map(explained, one_cell(1, 1) + 0.01 * one_cell(1, 2))
    assert good.centred[0].scores.tolist() == deletion(Spot(), IMAGE, centred).scores.tolist()
    assert len({pair[0].area for pair in good.random}) > 1
    again = check_heatmap(Spot(), IMAGE, with_map(explained, one_cell(1, 2) + 0.01 * one_cell(0, 0)), draws=DRAWS)
    assert again.random[0][0].scores.tolist() == good.random[0][0].scores.tolist()


def test_as_many_images_are_scored_as_announced(explained):
    told = []
    check_heatmap(Spot(), IMAGE, with_map(explained, one_cell(1, 2)), draws=3, steps=7, progress=told.append)
    assert told[-1] == images_of_check((16, 16), 3, 7)


def test_a_map_without_an_order_is_refused(explained):
    for cells, reason in (
        (np.zeros((4, 4)), "blank"),
        (-np.ones((4, 4)), "blank"),
        (np.ones((4, 4)), "same everywhere"),
    ):
        with pytest.raises(Refusal, match=reason):
            check_heatmap(Spot(), IMAGE, with_map(explained, cells))


def test_an_array_is_not_checked():
    with pytest.raises(TypeError, match="explanation must be an Explanation, got ndarray"):
        check_heatmap(Spot(), IMAGE, np.ones((8, 8)))

"""Several methods by several measures: a table with its intervals, beside maps that know nothing."""

import csv

import numpy as np
import pytest
import torch

from attn_widget import demo, explain
from attn_widget.evidence import Table, compare_methods, deletion, energy_inside, insertion, pointing_game
from attn_widget.evidence.bootstrap import bootstrap_intervals
from attn_widget.explanation import to_heatmap

METHODS = ("channel-mean", "layer-cam")
GAMES = ("pointing_game", "energy_inside")


@pytest.fixture(scope="module")
def shapes():
    model, loader, _ = demo.load()
    return model, loader


@pytest.fixture(scope="module")
def table(shapes):
    model, loader = shapes
    return compare_methods(model, loader, "conv3", METHODS, [*GAMES, darkness], 12, regions=loader.dataset.mask)


def darkness(case):
    """A measure of one's own: of what is explained alone."""
    return float("nan") if case.explanation is None else float(1 - case.heatmap.mean())


def test_it_holds_what_each_method_reaches_on_each_sample(shapes, table):
    model, loader = shapes
    assert table.rows == (*METHODS, "random map", "centred map")
    assert table.columns == (*GAMES, "darkness")
    assert table.values.shape == (4, 3, 12)
    assert len(set(table.positions.tolist())) == 12
    for number, position in enumerate(table.positions.tolist()):
        image, mask = loader.dataset[position][0], loader.dataset.mask(position)
        for row, method in enumerate(METHODS):
            one = explain(model, image, layer="conv3", method=method)
            expected = [float(pointing_game(one, mask)), energy_inside(one, mask), 1 - one.overall.mean()]
            assert table.values[row, :, number] == pytest.approx(expected)


def test_a_method_that_finds_the_object_is_far_above_the_controls(table):
    energy = dict(zip(table.rows, table.means[:, 1], strict=True))
    assert energy["layer-cam"] > 2 * energy["random map"]
    assert energy["layer-cam"] > 2 * energy["centred map"]


def test_the_areas_of_the_curves_are_those_for_each_heatmap(shapes):
    model, loader = shapes
    found = compare_methods(model, loader, "conv3", ["layer-cam"], ["deletion", "insertion"], 2)
    for number, position in enumerate(found.positions.tolist()):
        image, size = loader.dataset[position][0], (64, 64)
        random = to_heatmap(np.random.default_rng([0, position]).random((16, 16)), size)
        for row, heatmap in ((0, explain(model, image, layer="conv3", method="layer-cam")), (1, random)):
            expected = [curve(model, image, heatmap).area for curve in (deletion, insertion)]
            assert found.values[row, :, number] == pytest.approx(expected, abs=1e-6)


def test_the_class_shift_is_the_explanations_and_nothing_for_the_controls(shapes):
    model, loader = shapes
    found = compare_methods(model, loader, "conv3", METHODS, ["class_shift"], 2)
    (position, _), values = found.positions.tolist(), found.values[:, 0, 0]
    expected = [
        explain(model, loader.dataset[position][0], layer="conv3", method=method).class_shift for method in METHODS
    ]
    assert values.tolist() == pytest.approx([*expected, np.nan, np.nan], nan_ok=True)
    assert values[1] > 0


def test_the_intervals_hold_the_means_and_are_the_bootstraps(table):
    low, high = table.intervals[..., 0], table.intervals[..., 1]
    known = ~np.isnan(table.means)
    assert (low[known] <= table.means[known] + 1e-12).all()
    assert (table.means[known] <= high[known] + 1e-12).all()
    assert np.isnan(table.means[2:, 2]).all()  # the controls are not dark
    assert np.isnan(low[2:, 2]).all()


def test_a_sample_without_a_number_counts_for_nothing():
    values = np.array([[[1.0, np.nan, 3.0], [np.nan] * 3]])
    table = Table("conv3", ("grad-cam",), ("one", "none"), values, np.arange(3), 0)
    assert table.means[0, 0] == 2
    assert table.intervals[0, 0].tolist() == [1, 3]
    assert np.isnan(table.means[0, 1])
    assert repr(table).splitlines()[-1].split() == ["grad-cam", "2.000", "(1.000", "to", "3.000)", "–"]


def test_the_same_seed_gives_the_same_table_and_another_one_other_samples(shapes, table):
    model, loader = shapes
    again, other = (
        compare_methods(model, loader, "conv3", METHODS, GAMES, 12, regions=loader.dataset.mask, seed=seed)
        for seed in (0, 1)
    )
    assert np.array_equal(again.values, table.values[:, :2])
    assert np.array_equal(again.intervals, table.intervals[:, :2])
    assert (other.positions != table.positions).any()


def test_its_text_is_a_table(table):
    caption, heading, *lines = repr(table).splitlines()
    assert caption == "Methods at conv3 on 12 samples: mean (95 % interval)"
    assert heading.split("  ")[0] == "method"
    assert "pointing game ↑" in heading
    assert "darkness" in heading
    assert [line.split("  ")[0] for line in lines] == list(table.rows)
    low, high = table.intervals[1, 1]
    assert f"{table.means[1, 1]:.3f} ({low:.3f} to {high:.3f})" in lines[1]
    assert lines[2].endswith("–")
    assert len({len(line) for line in (heading, *lines)}) == 1


def test_its_file_has_a_line_for_each_cell(table, tmp_path):
    table.to_csv(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["method"], line["measure"]) for line in lines] == [
        (row, column) for row in table.rows for column in table.columns
    ]
    assert [float(line["mean"] or "nan") for line in lines] == pytest.approx(table.means.ravel(), nan_ok=True)
    assert [float(line["high"] or "nan") for line in lines] == pytest.approx(
        table.intervals[..., 1].ravel(), nan_ok=True
    )
    assert {line["samples"] for line in lines} == {"12", "0"}


def test_its_plot_has_a_panel_for_each_measure(table):
    panels = table.plot().axes
    assert [panel.get_title() for panel in panels] == ["pointing game ↑", "energy inside ↑", "darkness"]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == list(table.rows)
    assert panels[1].lines[0].get_xdata() == pytest.approx(table.means[:, 1])


def test_the_default_layer_is_the_first_samples_and_a_few_samples_are_all(shapes):
    model, loader = shapes
    images = torch.stack([loader.dataset[position][0] for position in range(3)])
    found = compare_methods(model, images, None, ["grad-cam", "saliency"], [darkness], 5, controls=False)
    assert found.layer == "conv3"
    assert found.rows == ("grad-cam", "saliency")
    assert found.positions.tolist() == [0, 1, 2]
    assert compare_methods(model, images, None, ["saliency"], [darkness], 1).layer == ""


def test_of_a_stream_the_first_samples_are_taken(shapes):
    model, loader = shapes
    rows = [(loader.dataset[position][0][None], torch.tensor([0])) for position in range(3)]
    found = compare_methods(model, (row for row in rows), "conv3", ["channel-mean"], [darkness], 2)
    assert found.positions.tolist() == [0, 1]
    found = compare_methods(model, (row for row in rows), "conv3", ["channel-mean"], [darkness], 9)
    assert found.positions.tolist() == [0, 1, 2]


def test_progress_is_told_of_each_sample_and_what_it_raises_ends_the_work(shapes):
    model, loader = shapes
    told = []
    compare_methods(model, loader, "conv3", ["channel-mean"], [darkness], 3, progress=told.append)
    assert told == [1, 2, 3]

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_methods(model, loader, "conv3", ["channel-mean"], [darkness], 3, progress=stop)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"methods": ["guess"]}, "method must be one of"),
        ({"methods": "grad-cam"}, "methods must be a list of names, got 'grad-cam'"),
        ({"measures": "deletion"}, "measures must be a list of names, got 'deletion'"),
        ({"methods": []}, "methods must be at least one, each once"),
        ({"measures": ["beauty"]}, "'pointing_game'.* or functions of a Case.*got 'beauty'"),
        ({"measures": [3]}, "measures must be names or functions"),
        ({"measures": [darkness, darkness]}, "measures must be at least one, each once"),
        ({"measures": ["energy_inside"]}, "measure 'energy_inside' needs regions="),
        ({"n": 0}, "n must be a number of samples"),
        ({"loader": []}, "sample"),
        ({"layer": "conv33"}, "conv33"),
    ],
)
def test_what_makes_no_table_is_an_error(shapes, changed, told):
    model, loader = shapes
    given = {"loader": loader, "layer": "conv3", "methods": ["grad-cam"], "measures": [darkness], "n": 1} | changed
    with pytest.raises((TypeError, ValueError), match=told):
        compare_methods(model, **given)


def test_bootstrap_intervals_are_narrower_for_more_and_for_equal_samples():
    draw = np.random.default_rng(0)
    few, many = draw.normal(size=20), draw.normal(size=2000)
    (low, high), (lowest, highest) = bootstrap_intervals(few), bootstrap_intervals(many)
    assert high - low == pytest.approx(2 * 1.96 * few.std() / np.sqrt(20), rel=0.15)
    assert highest - lowest == pytest.approx(2 * 1.96 * many.std() / np.sqrt(2000), rel=0.1)
    assert bootstrap_intervals(np.ones(5)).tolist() == [1, 1]
    some = np.array([[1.0, np.nan, 1.0], [np.nan] * 3])
    assert np.array_equal(bootstrap_intervals(some), [[1, 1], [np.nan, np.nan]], equal_nan=True)

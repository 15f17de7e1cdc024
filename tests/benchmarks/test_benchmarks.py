"""The benchmarks' commands work; what they measure is for people to read."""

import io
import runpy
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch

from tests.benchmarks.shortcuts.planted_cues import KINDS, Cue

ROOT = Path(__file__).parents[2]


def rows_in(printed):
    """Give the rows of the tables that a benchmark printed, by their first cells."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines() if "|" in line]
    return {name: rest for name, *rest in cells}


def rows_of(benchmark, *options):
    """Give the rows that a benchmark prints."""
    return rows_in(printed_by(benchmark, *options))


def printed_by(benchmark, *options):
    """Run a benchmark as its documentation says, but in this process, which has its peers imported already."""
    threads, printed = torch.get_num_threads(), io.StringIO()
    try:
        with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(), redirect_stdout(printed):
            patch.syspath_prepend(ROOT)
            patch.setenv("TQDM_DISABLE", "1")
            patch.setattr(sys, "argv", [benchmark, *map(str, options)])
            runpy.run_module(f"tests.benchmarks.{benchmark}", run_name="__main__")
    finally:
        torch.set_num_threads(threads)
    return printed.getvalue()


@pytest.mark.parametrize("program", ["attn_widget", "torchcam", "pytorch-grad-cam", "Captum"])
@pytest.mark.parametrize("layer", ["layer4", "layer1"])
def test_the_methods_are_timed_beside_the_peers(program, layer, timed):
    took, multiple = map(float, timed[f"grad-cam at {layer}: {program}"])
    assert took > 0
    assert multiple > 0


def test_methods_of_many_passes_are_timed_too(timed):
    assert {
        "ablation-cam at layer4: attn_widget",
        "ablation-cam at layer4: pytorch-grad-cam",
        "score-cam at layer4: attn_widget",
        "score-cam at layer4: torchcam",
        "all five gradient methods at layer4: attn_widget",
    } <= timed.keys()
    assert timed["bare forward pass"][1] == "1.00"


@pytest.fixture(scope="module")
def timed():
    return rows_of("methods", "--runs", 1, "--slow-runs", 1, "--size", 64, "--score-size", 64)


def test_a_batch_is_timed_beside_torchcams_and_a_loop(cifar10):
    rows = rows_of("batching", "--runs", 1, "--count", 8, "--size", 64, "--images", cifar10)
    for program in ("channel-mean at layer3: explain_batch", "grad-cam at layer4: torchcam"):
        assert all(float(multiple) > 0 for multiple in rows[program])
    assert sum("explain" in program for program in rows) == 3 * 4


def test_the_pointing_game_is_played_by_every_method():
    rows = rows_of("pointing", "--samples", 3, "--slow-samples", 1)
    methods = ["channel-mean", "eigen-cam", "grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"]
    for name in [*methods, "centred Gaussian", "random map"]:
        *shares, samples = rows[name]
        assert all(0 <= float(share.removesuffix(" %")) <= 100 for share in shares)
        assert samples == "3"
    assert rows["score-cam"][-1] == rows["ablation-cam"][-1] == "1"


def test_the_object_is_covered_beside_as_much_background():
    rows = rows_of("covering", "--samples", 12)
    assert len(rows) == 2 + 2 * 4
    for fill in ("blur", "mean", "noise"):
        flips, _, elsewhere, _ = (float(share.removesuffix(" %")) for share in rows[f"rectangle, {fill}"][:4])
        assert flips > 50 > 2 * elsewhere


def test_channels_of_a_class_are_silenced_beside_random_ones():
    rows = rows_of("silencing", "--samples", 5, "--draws", 2)
    assert len(rows) == 2 + 2 * 2 * 5
    for name in ("cnn, conv3, to zero: 8", "cnn, conv3, to mean: 8"):
        flips, random, before, without, others = (float(share.removesuffix(" %")) for share in rows[name][:5])
        assert flips > random
        assert before > others > without


def test_average_drop_stands_beside_torchcams(cifar10):
    rows = rows_of("average_drop", "--samples", 20, "--images", cifar10)
    for method in ("grad-cam", "layer-cam"):  # torchcam's Grad-CAM++ is another one: tests/methods
        drop, increase, *theirs = map(float, rows[f"{method}, logit"])
        assert [drop, increase] == pytest.approx(theirs, abs=1e-3)
    assert len(rows["grad-cam++, probability"]) == 4
    assert rows["random map"][2:] == ["–", "–"]


def test_heatmaps_are_ranked_beside_random_ones_by_what_taking_them_away_does(cifar10):
    rows = rows_of("evidence", "--samples", 1, "--steps", 2, "--images", cifar10)
    assert {"grad-cam", "layer-cam", "the object's mask", "centred", "random", "4x4 random"} <= rows.keys()
    drop, _ = rows["grad-cam"]
    assert drop.endswith(" %")


def test_the_methods_are_compared_beside_maps_that_know_nothing(cifar10):
    options = ("--methods", "channel-mean", "grad-cam", "--samples", 2, "--grids", 1, "--random", 1)
    rows = rows_of("comparing", *options, "--images", cifar10)
    share, peaks, cut, *_ = rows["channel-mean"]
    assert (share, peaks) == ("25.0 % (25.0 to 25.0)",) * 2
    assert cut == "75.0 % (75.0 to 75.0)"
    assert {"grad-cam", "random map", "centred map"} <= rows.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_cue_changes_the_pixels_that_it_covers_and_no_others(kind):
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    painted, covered = Cue(kind, seed=1).paint(images, torch.Generator().manual_seed(2))
    assert torch.equal((painted != images).any(1), covered)
    assert 0 <= painted.min() < painted.max() <= 1


def test_a_review_is_timed_beside_a_bare_loop_and_its_memory_measured(cifar10):
    rows = rows_of(
        *("reviewing", "--runs", 1, "--workers", 0, 1, "--samples", 64, "--batch", 32),
        *("--large", 20_000, "--images", cifar10),
    )
    for workers in ("0 workers", "1 workers"):
        assert all(float(value) > 0 for value in rows[workers])
    *_, kept = rows["20,000 generated samples"]
    assert float(kept) <= 40


def test_a_survey_is_timed_beside_bare_passes_and_its_memory_measured(cifar10):
    rows = rows_of(
        *("surveying", "--runs", 1, "--large-images", 0, "--samples", 16, "--batch", 8),
        *("--generated", 2000, "--images", cifar10),
    )
    for method in ("channel-mean", "grad-cam"):
        took, loops = map(float, rows[f"ResNet-20 at 32, layer3: {method}"])
        assert took > 0
        assert loops > 0
    kept = float(rows["2,000 generated samples"][1])
    assert 0 < kept <= 64


def test_a_step_is_timed_and_weighed_and_leaves_nothing():
    # In a process of its own: it chooses Matplotlib's backend, and counts what is left behind.
    options = "--runs 1 --steps 8 --cells 2 --imports 1 --size 64 --large 1200 --threads 1"
    command = [sys.executable, "-m", "tests.benchmarks.stepping", *options.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = rows_in(done.stdout)
    for name in (
        "a step, in bare forward passes",
        "bytes of a step's frame, in stock ipympl's",
        "the tutorial's function, in steps",
        "a change of alpha, in bare forward passes",
        "a step at 32x32, in stock draw and PNG of an equal figure",
        "a step with 12 channels, in steps with 3",
        "constructing and first picture, less a first draw, in passes",
        "opening on 10,000,000 samples, in openings on 1,000",
    ):
        assert float(rows[name][0]) > 0, name
    assert rows["a step at 1200x900, beyond reading and pass"][0].endswith(" ms")
    assert rows["memory that it takes beyond theirs"][0].endswith(" MB")
    assert rows["import, beyond its dependencies'"][0].endswith(" %")
    assert rows["widgets, threads and hooks left"][0] == "none"
    assert rows["panels left by 2 runs of a cell without close(), history cleared"][0] == "none but the last"


def test_the_grids_of_photographs_are_played_by_every_method_beside_the_peers():
    printed = printed_by("grids", "--grids", 1, "--slow-grids", 0, "--layers", "conv_head", "--size", 112)
    assert "24 heatmaps of 4 targets, against plain autograd: 0 wrong" in printed
    rows = rows_in(printed)
    blind, seeing = (rows[name][-1].split(" / ") for name in ("`channel-mean`", "`grad-cam`"))
    assert blind == ["25", "25"]
    assert float(seeing[0]) > 50
    for peer in ("torchcam", "pytorch-grad-cam"):  # which define the same
        assert rows[f"`grad-cam`, {peer}"] == rows["`grad-cam`"]
        assert rows[f"`layer-cam`, {peer}"] == rows["`layer-cam`"]


def test_planted_failures_are_grouped_beside_shuffled_ones_and_the_time_is_taken():
    rows = rows_of(
        *("grouping", "--each", 6, "--alone", 0, "--seeds", 1, "--second", "star"),
        *("--mistakes", 8, "--size", 64, "--threads", 1),
    )
    groups, planted, whole, _ = rows["planted causes, seed 0"]
    assert 3 <= int(groups) <= 10
    assert float(planted) > 0.5
    assert float(whole) <= float(planted)
    assert rows["the same shuffled, seed 0"][0] == "0"
    assert all(float(value) > 0 for value in rows["survey"])

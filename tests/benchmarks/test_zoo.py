"""A twentieth of the zoo, another one with every commit; and the judge itself, who must see what is wrong."""

import datetime
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import explain
from attn_widget.refusal import Refusal
from tests.benchmarks.zoo import judging
from tests.benchmarks.zoo.__main__ import line, main, part_of, table
from tests.benchmarks.zoo.catalogue import SOURCES, Specimen, catalogue
from tests.benchmarks.zoo.judging import judge
from tests.benchmarks.zoo.reference import Axes, Unreadable, axes_of, grad_cam, watch

TWENTIETHS = 20


def todays_twentieth() -> int:
    """Choose by the commit's digest or, where there is none, by the date."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        said = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True).stdout
        return int(said, 16) % TWENTIETHS
    except (OSError, subprocess.CalledProcessError):
        return datetime.date.today().toordinal() % TWENTIETHS


def test_of_a_twentieth_of_the_zoo_none_is_wrong_and_none_has_changed() -> None:
    number = todays_twentieth()
    found = [judge(specimen) for specimen in part_of(catalogue(), number, TWENTIETHS)]
    failing = [one for one in found if one.verdict in ("wrong", "broken") or one.traces]
    alone = " ".join(one.specimen.name for one in failing)
    assert not failing, "\n".join(
        [
            f"of part {number} of {TWENTIETHS}:",
            *map(line, failing),
            f"alone: python -m tests.benchmarks.zoo --only {alone}",
        ]
    )


def test_the_twentieths_are_the_whole_zoo() -> None:
    whole = catalogue()
    parts = [one for number in range(TWENTIETHS) for one in part_of(whole, number, TWENTIETHS)]
    assert sorted(map(repr, parts)) == sorted(map(repr, whole))
    assert {one.source for one in whole} == set(SOURCES)


def test_the_command_says_what_it_found_beside_the_peers(monkeypatch, capsys) -> None:
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)  # which would outlast the test
    monkeypatch.setattr(sys, "argv", ["zoo", "--peers", "--only", "test_resnet", "test_vit"])
    main()
    *_, last = (row for row in capsys.readouterr().out.splitlines() if row.startswith("| all"))
    assert last == "| all | 2 | 2 | 0 | 0 | 0 | 0 | 1 | 1 | 1 |"


# --- the judge


class Striped(nn.Module):
    """A small network whose last layer lies before a ReLU in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 8, 8)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.norm(self.conv(x)).relu_().mean((2, 3)))


SPECIMEN = Specimen(SOURCES[0], "striped", lambda size: Striped(), (16, 24), (24, 40))


def test_what_is_as_plain_hooks_and_autograd_say_is_right() -> None:
    found = judge(SPECIMEN)
    assert (found.verdict, found.layer, found.traces) == ("right", "norm", ())


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (lambda one: replace(one, maps=one.maps.transpose(0, 2, 1)), "the maps of channel-mean at 'norm': the shape"),
        (lambda one: replace(one, maps=one.maps[:, ::-1]), "the maps of channel-mean at 'norm': off"),
        (lambda one: replace(one, maps=np.maximum(one.maps, 0)), "the maps of channel-mean at 'norm': off"),
        (lambda one: replace(one, weights=one.weights * 1.01), "Grad-CAM's weights at 'norm': off"),
        (lambda one: replace(one, channels=one.channels[::-1]), "off by"),
        (
            lambda one: replace(one, overall_map=np.maximum(one.overall_map, 0)),
            "map of Grad-CAM at 'norm': off",
        ),
        (lambda one: replace(one, layer="head"), "'head' gives no maps"),
    ],
    ids=["transposed", "upside down", "overwritten by the ReLU", "weights", "order", "overall", "layer"],
)
def test_what_is_not_so_is_wrong(spoilt, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "explain", lambda *given, **asked: spoilt(explain(*given, **asked)))
    found = judge(SPECIMEN)
    assert found.verdict == "wrong"
    assert said in found.reason


def hooked(model: nn.Module) -> None:
    model.conv.register_forward_hook(lambda module, given, output: None)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda model: model.eval(), "the mode of 'norm'"),
        (hooked, "the hooks of 'conv'"),
        (lambda model: setattr(model.norm, "kept", 1), "the attributes of 'norm'"),
        (lambda model: model.norm.running_mean.add_(1e-6), "the tensor 'norm.running_mean'"),
        (lambda model: model.conv.weight.data.mul_(1.5), "the tensor 'conv.weight'"),
        (lambda model: setattr(model.conv.bias, "grad", torch.zeros(4)), "the tensor 'conv.bias'"),
        (lambda model: torch.rand(1), "torch's random state"),
        (lambda model: np.random.rand(), "NumPy's random state"),
    ],
    ids=["mode", "hook", "attribute", "buffer", "rewritten", "gradient", "draw", "NumPy's draw"],
)
def test_what_is_left_behind_is_seen(spoil, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaving(model, image, **asked):
        found = explain(model, image, **asked)
        spoil(model)
        return found

    monkeypatch.setattr(judging, "explain", leaving)
    assert said in judge(SPECIMEN).traces


@pytest.mark.parametrize(("error", "verdict"), [(Refusal("no"), "refused"), (TypeError("no"), "wrong")])
def test_a_refusal_is_a_sentence_and_all_else_that_is_raised_is_wrong(
    error: Exception, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(*given, **asked):
        raise error

    monkeypatch.setattr(judging, "explain", raising)
    assert judge(SPECIMEN).verdict == verdict


def test_a_model_that_cannot_run_is_not_tried_and_ends_nothing() -> None:
    found = judge(replace(SPECIMEN, make=lambda size: nn.Linear(1, 1)))
    assert found.verdict == "broken"
    assert "| all | 1 | 0 | 0 | 0 | 1 | 0 |" in table([found])


# --- what the judge goes by


@pytest.mark.parametrize(
    ("shape", "larger", "axes"),
    [
        ((1, 5, 4, 6), (1, 5, 6, 8), Axes(1, (2, 3), 4, 6)),
        ((1, 4, 6, 6), (1, 6, 8, 6), Axes(3, (1, 2), 4, 6)),
        ((1, 24, 5), (1, 48, 5), Axes(2, (1,), 4, 6)),
        ((1, 29, 24), (1, 53, 24), Axes(2, (1,), 4, 6, 5)),
        ((25, 1, 8), (49, 1, 8), Axes(2, (0,), 4, 6, 1)),
        ((1, 8, 24), (1, 8, 48), Axes(1, (2,), 4, 6)),
    ],
)
def test_the_axes_that_follow_the_image_are_the_grid(shape, larger, axes: Axes) -> None:
    assert axes_of(torch.Size(shape), (64, 96), torch.Size(larger), (96, 128)) == axes
    read = axes.read(torch.arange(np.prod(shape)).reshape(shape))
    assert read.shape == (shape[axes.channels], 4, 6)
    first = [0] * len(shape)
    first[axes.grid[0]] = axes.prefix
    assert read[0, 0, 0] == torch.arange(np.prod(shape)).reshape(shape)[tuple(first)]


@pytest.mark.parametrize(
    ("shape", "larger"), [((1, 6, 32), (1, 6, 32)), ((1, 4, 25, 25), (1, 4, 49, 49)), ((1, 24, 12, 5), (1, 48, 12, 5))]
)
def test_queries_attention_and_heads_are_no_maps(shape, larger) -> None:
    with pytest.raises(Unreadable):
        axes_of(torch.Size(shape), (64, 96), torch.Size(larger), (96, 128))


def test_the_reference_sees_what_a_relu_in_its_place_overwrites() -> None:
    torch.manual_seed(0)
    model, image = Striped().eval(), torch.rand(3, 16, 24)
    seen = watch(model, "norm", image, lambda model, batch: model(batch))
    ((maps,), (edge,)) = seen.calls[0]
    torch.testing.assert_close(maps, model.norm(model.conv(image[None])).detach())
    weights, _ = grad_cam(seen.output[0, 1], edge, Axes(1, (2, 3), 2, 3), maps[0])
    torch.testing.assert_close(weights, model.head.weight[1].double() * (maps[0] > 0).double().mean((1, 2)) / 6)

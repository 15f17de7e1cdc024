"""Deletion and insertion: against plain loops and the peers, and what they say of maps that are right or wrong."""

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import Refusal, demo, explain
from attn_widget.evidence import Curve, deletion, insertion
from tests.evidence.peer_measures import quantus_flipped, torchcams_areas
from tests.models import images, trained

STEPS = 8


@pytest.fixture(scope="module")
def real(cifar10):
    return trained(cifar10, "resnet20").eval(), images(cifar10, "resnet20")


class Corner(nn.Module):
    """The score of class 1 is the sum of the top left quarter."""

    def forward(self, x):
        total = x[:, :, : x.shape[2] // 2, : x.shape[3] // 2].mean((1, 2, 3))
        return torch.stack([torch.zeros_like(total), 8 * total - 4], 1)


BRIGHT = torch.ones(3, 8, 8)
WHERE_IT_LOOKS = np.pad(np.ones((4, 4)), ((0, 4), (0, 4))) * np.linspace(1, 2, 8)
ELSEWHERE = WHERE_IT_LOOKS[::-1, ::-1]
BLACK = torch.zeros_like(BRIGHT)


def areas(model, image, heatmap, **options):
    return deletion(model, image, heatmap, **options).area, insertion(model, image, heatmap, **options).area


def test_a_map_of_where_the_model_looks_is_best_and_its_negative_is_not():
    deleted, inserted = areas(Corner(), BRIGHT, WHERE_IT_LOOKS, fill=BLACK)
    for worse in (ELSEWHERE, 2 - WHERE_IT_LOOKS):
        by_deletion, by_insertion = areas(Corner(), BRIGHT, worse, fill=BLACK, target=1)
        assert by_deletion > deleted + 0.25
        assert by_insertion < inserted - 0.25


def test_a_map_that_is_the_same_everywhere_goes_row_by_row():
    even, rows = (deletion(Corner(), BRIGHT, one, fill=BLACK, steps=8) for one in (np.ones((8, 8)), downwards()))
    assert even.scores.tolist() == rows.scores.tolist()


def downwards():
    return np.arange(64, 0, -1).reshape(8, 8)


def plainly(model, image, heatmap, chosen, fill, counts, inserted):
    """Score one version after the other."""
    order = sorted(range(heatmap.size), key=lambda pixel: -heatmap.flat[pixel])
    found = []
    for count in counts:
        changed = (fill if inserted else image).clone().flatten(1)
        changed[:, order[:count]] = (image if inserted else fill).flatten(1)[:, order[:count]]
        with torch.no_grad():
            found.append(float(model(changed.reshape(1, *image.shape)).softmax(1)[0, chosen]))
    return found


@pytest.mark.parametrize("measure", [deletion, insertion])
def test_a_curve_is_what_plain_loops_give_for_the_class_of_the_whole_image(measure, real):
    model, folder = real
    image, _ = folder[700]
    explained = explain(model, image, layer="layer3", method="layer-cam")
    fill = torch.zeros_like(image)
    curve = measure(model, image, explained, fill=fill, steps=STEPS)
    counts = [128 * step for step in range(STEPS + 1)]
    assert curve.fractions.tolist() == [count / 1024 for count in counts]
    expected = plainly(model, image, explained.overall, explained.predicted, fill, counts, measure is insertion)
    assert curve.scores == pytest.approx(expected, abs=1e-5)
    assert curve.area == pytest.approx((sum(expected) - (expected[0] + expected[-1]) / 2) / STEPS, abs=1e-5)


def test_areas_are_torchcams_also_where_the_steps_do_not_divide_the_pixels(real):
    model, folder = real
    for position, steps in ((3, 20), (900, 7)):
        image, _ = folder[position]
        heatmap = explain(model, image, layer="layer3", method="grad-cam").overall
        for baseline in (torch.zeros_like(image), image.mean((1, 2), keepdim=True).expand_as(image)):
            theirs = torchcams_areas(model, image, heatmap, baseline, steps)
            assert areas(model, image, heatmap, fill=baseline, steps=steps) == pytest.approx(theirs, abs=1e-4)


def test_deletion_is_quantus_pixel_flipping_less_the_whole_image():
    # For one channel: of more, Quantus ranks each channel's value by itself, not the pixel.
    torch_draw, draw = torch.Generator().manual_seed(0), np.random.default_rng(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3)).eval().requires_grad_(False)
    model[1].weight.copy_(torch.randn(3, 64, generator=torch_draw))
    image, heatmap = torch.randn(1, 8, 8, generator=torch_draw), draw.permutation(64).reshape(8, 8) + 1.0
    curve = deletion(model, image, heatmap, target=1, fill=torch.zeros_like(image), steps=16)
    assert curve.scores[1:] == pytest.approx(quantus_flipped(model, image, heatmap, 1, each=4), abs=1e-4)


def test_on_the_demo_layer_cam_beats_a_random_map_on_most_pictures():
    model, loader, _ = demo.load()
    draw, better = np.random.default_rng(0), []
    for position in range(0, 600, 60):
        image, _ = loader.dataset[position]
        ours = explain(model, image, layer="conv3", method="layer-cam")
        random = draw.random((8, 8)).repeat(8, 0).repeat(8, 1)
        ours, random = (areas(model, image, one, fill="blur", steps=STEPS) for one in (ours, random))
        better.append([ours[0] < random[0], ours[1] > random[1]])
    assert (np.mean(better, axis=0) >= 0.8).all()


def test_another_target_is_scored_by_what_it_gives():
    curve = deletion(Corner(), BRIGHT, WHERE_IT_LOOKS, target=lambda output: output[0, 1], fill=BLACK, steps=4)
    assert curve.scores[[0, -1]].tolist() == [4, -4]


def test_progress_is_told_of_each_batch_and_can_stop_the_work():
    told = []
    deletion(Corner(), BRIGHT, WHERE_IT_LOOKS, steps=64, progress=told.append)
    assert told == [32, 64, 65]

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deletion(Corner(), BRIGHT, WHERE_IT_LOOKS, progress=stop)


def test_an_invalid_argument_is_an_error_and_an_altered_models_map_is_refused(real):
    with pytest.raises(ValueError, match=r"image's size \[8, 8\], got \[4, 4\]"):
        deletion(Corner(), BRIGHT, np.ones((4, 4)))
    with pytest.raises(ValueError, match="steps must be"):
        deletion(Corner(), BRIGHT, WHERE_IT_LOOKS, steps=0)
    model, folder = real
    altered = explain(model, folder[0][0], layer="layer3", silence=[0])
    with pytest.raises(Refusal, match="silenced"):
        deletion(model, folder[0][0], altered)


def test_several_curves_are_drawn_on_the_same_axes():
    curves = [measure(Corner(), BRIGHT, WHERE_IT_LOOKS, steps=4) for measure in (deletion, insertion)]
    axes = curves[0].plot(label="deletion")
    assert curves[1].plot(axes, label="insertion") is axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [curve.scores.tolist() for curve in curves]
    assert "share of the image" in axes.get_xlabel()


def test_the_area_is_the_mean_over_the_curves_own_width():
    assert Curve(np.array([0, 0.5]), np.array([1.0, 0.5]), "road").area == 0.75

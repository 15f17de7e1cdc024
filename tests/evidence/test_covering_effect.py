"""Covering a region, beside the same shape elsewhere: which pixels, which places, and what it does on the demo."""

import numpy as np
import pytest
import torch
from matplotlib.path import Path
from torch import nn

from attn_widget import Refusal, Samples, demo
from attn_widget.evidence import Cover, cover, covering_effect
from attn_widget.words import forms

BOW = [(1.0, 1.2), (9.0, 9.1), (9.3, 1.0), (1.0, 9.0)]
RING = [(8 + 6 * np.cos(turn), 8 + 5 * np.sin(turn)) for turn in np.linspace(0, 6, 40)]


@pytest.mark.parametrize("points", [BOW, RING, [(0, 0), (30, 3), (5, 30)]])
def test_a_polygon_covers_the_pixels_whose_centres_it_goes_round(points):
    rows, columns = np.mgrid[:16, :16] + 0.5
    inside = Path([*points, points[0]]).contains_points(np.c_[columns.ravel(), rows.ravel()]).reshape(16, 16)
    assert np.array_equal(Cover.polygon(points).mask((16, 16)), inside)
    assert inside.any()


def test_covers_are_compared_by_value():
    assert Cover.rectangle(1, 2, 3, 4) == Cover.rectangle(1, 2, 3, 4)
    assert len({Cover.rectangle(1, 2, 3, 4), Cover.rectangle(1, 2, 3, 4, "mean"), Cover.rectangle(1, 2, 3, 5)}) == 3


def test_a_sample_is_covered_in_image_and_picture_and_stays_as_it_was():
    sample, other = (Samples(demo.load().loader)[position] for position in (0, 1))
    before = sample.image.clone(), sample.picture.copy()
    covered = Cover.rectangle(8, 4, 40, 24, "sample", 1).on(sample, other)
    mask = Cover.rectangle(8, 4, 40, 24).mask((64, 64))
    assert mask.sum() == 32 * 20
    assert torch.equal(covered.image, cover(sample.image, mask, other.image))
    np.testing.assert_array_equal(covered.picture, np.where(mask[..., None], other.picture, before[1]))
    assert torch.equal(sample.image, before[0])
    np.testing.assert_array_equal(sample.picture, before[1])


def test_what_cannot_be_covered_is_refused():
    sample = Samples(torch.rand(1, 3, 8, 8))[0]
    with pytest.raises(Refusal, match="No pixel of this image of 8x8"):
        Cover.polygon([(1, 1), (1.1, 1), (1, 1.1)]).on(sample)
    with pytest.raises(Refusal, match=r"Sample 0 has the shape \[3, 4, 4\] and this one \[3, 8, 8\]"):
        Cover.rectangle(1, 1, 3, 3, "sample", 0).on(sample, Samples(torch.rand(1, 3, 4, 4))[0])
    with pytest.raises(ValueError, match="other must be the sample"):
        Cover.rectangle(1, 1, 3, 3, "sample", 0).on(sample)


class Corner(nn.Module):
    """Is sure of class 0 if the upper left quarter is bright, and of class 1 if it is not."""

    def forward(self, images):
        bright = images[:, 0, :4, :4].mean((1, 2))
        return torch.stack([20 * (bright - 0.5), 20 * (0.5 - bright)], 1)


def corner():
    image = torch.zeros(3, 8, 8)
    image[:, :4, :4] = 1
    return image


def test_covering_what_decides_flips_and_the_same_shape_elsewhere_does_not():
    effect = covering_effect(Corner(), corner(), [(0, 0, 4, 4)], "mean")
    assert effect.before.argmax() == 0
    assert effect.flips
    assert effect.others_flip == 0
    np.testing.assert_allclose(effect.after, Corner()(torch.full((1, 3, 8, 8), 0.25)).softmax(1)[0], atol=1e-6)
    np.testing.assert_allclose(effect.others, np.tile(effect.before, (8, 1)), atol=1e-6)


def test_covering_what_does_not_matter_changes_nothing_and_the_same_shape_elsewhere_does():
    effect = covering_effect(Corner(), corner(), [(4, 4, 8, 8)], "mean", places=30)
    assert not effect.flips
    np.testing.assert_allclose(effect.after, effect.before, atol=1e-6)
    assert 0 < effect.others_flip < 1


def test_the_other_places_are_of_the_same_shape_and_beside_the_region():
    mask = Cover.polygon([(1, 1), (6, 1), (1, 5)]).mask((12, 10))
    places = covering_effect(Corner(), torch.rand(3, 12, 10), mask, places=400).places
    assert not (places & mask).any()
    shapes = {tuple(map(tuple, np.argwhere(one) - np.argwhere(one).min(0))) for one in places}
    assert shapes == {tuple(map(tuple, np.argwhere(mask) - np.argwhere(mask).min(0)))}
    assert len({one.tobytes() for one in places}) == len(places) > 20


def test_a_shape_without_room_beside_it_goes_on_at_the_opposite_edge():
    mask = Cover.rectangle(1, 1, 7, 7).mask((8, 8))
    assert len(covering_effect(Corner(), corner(), mask).places) == 0
    mask = Cover.rectangle(1, 2, 6, 6).mask((8, 8))
    places = covering_effect(Corner(), corner(), mask).places
    assert len(places) > 0
    assert (places.sum((1, 2)) == mask.sum()).all()
    assert ((places & mask).sum((1, 2)) <= mask.sum() / 4).all()


def test_the_places_are_the_same_each_time_and_the_global_random_state_is_left_alone():
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    first, second = (covering_effect(Corner(), corner(), [(0, 0, 2, 2)], "noise") for _ in range(2))
    other = covering_effect(Corner(), corner(), [(0, 0, 2, 2)], "noise", seed=1)
    assert np.array_equal(first.places, second.places)
    assert np.array_equal(first.others, second.others)
    assert not np.array_equal(first.places, other.places)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])


def test_a_model_without_class_scores_is_refused():
    with pytest.raises(Refusal, match="no class scores"):
        covering_effect(nn.Sequential(nn.Flatten(), nn.Linear(192, 1)), corner(), [(0, 0, 4, 4)], label=0.7)


def test_an_effect_is_written_as_the_panel_says_it():
    model, loader, _ = demo.load()
    region = np.zeros((64, 64), bool)
    region[8:40, 4:24] = True
    found = covering_effect(model, loader.dataset[0][0], region)
    before, after = (forms.percent(float(one[found.before.argmax()])) for one in (found.before, found.after))
    assert repr(found).startswith(f"CoveringEffect: class {found.before.argmax()} {before} → {after}; ")
    assert len(repr(found)) < 200

"""A region of the image covered in the panel: by mouse, by code, before and after, and how to take it back."""

import numpy as np
import pytest
import torch

from attn_widget.evidence import Cover, cover, covering_effect
from attn_widget.words import forms

from .panels import images

NAMES = ["cat", "dog", "ship"]
SQUARE = Cover.rectangle(3, 2, 8, 6)


def by_hand(model, covered):
    """What the model says of the first image with a part of it changed."""
    with torch.no_grad():
        return model.eval()(covered[None]).softmax(1)[0].numpy()


def test_a_rectangle_drawn_on_the_image_covers_each_pixel_that_it_touches(opened):
    panel = opened()
    image = panel.picture
    panel.cover_rectangle(3.2, 2.9, 7.4, 5.1)
    assert panel.cover == SQUARE
    mask = np.zeros((12, 12), bool)
    mask[2:6, 3:8] = True
    covered = cover(images()[0], mask, "blur")
    np.testing.assert_allclose(panel.explanation.probabilities, by_hand(panel.model, covered), atol=1e-6)
    changed = (panel.picture != image).any(-1)
    assert changed[mask].all()
    assert not changed[~mask].any()


def test_a_lasso_covers_what_it_goes_round_on_the_heatmap_as_well(opened):
    panel = opened()
    panel.cover_lasso((2, 2), (9, 2), (9, 9), (2, 9), panel=1)
    expected = np.zeros((12, 12), bool)
    expected[2:9, 2:9] = True
    assert np.array_equal(panel.cover.mask((12, 12)), expected)


def test_while_a_region_is_drawn_a_line_shows_it(opened):
    panel = opened()
    panel.switch("Rectangle", True)
    before = panel.pixels
    for kind, place in (("button_press", (2, 2)), ("motion_notify", (8, 8))):
        x, y = panel.panels[0].transData.transform(place)
        panel.press(kind, x, panel.figure.bbox.height - y)
    assert (panel.pixels != before).any()


def test_while_drawing_is_on_a_click_chooses_no_place_and_pan_and_zoom_are_off(opened):
    panel = opened()
    panel.switch("Pan", True)
    panel.switch("Lasso", True)
    assert (panel.value("Pan"), panel.tool) == (False, "")
    panel.click_image(4, 4)
    assert (panel.at, panel.cover) == (None, None)
    panel.switch("Rectangle", True)
    assert not panel.value("Lasso")
    panel.click_image(4, 4)
    assert (panel.at, panel.cover) == (None, None)
    panel.switch("Zoom", True)
    assert (panel.value("Rectangle"), panel.tool) == (False, "zoom")
    panel.switch("Zoom", False)
    panel.click_image(4, 4)
    assert panel.at == (4, 4)


def test_another_page_ends_drawing_and_nothing_of_it_stays_on_the_figure(opened):
    panel = opened()
    parts = [len(axes.get_children()) for axes in panel.panels]
    panel.switch("Lasso", True)
    panel.switch("Rectangle", True)
    panel.open_page("Look")
    assert [len(axes.get_children()) for axes in panel.panels] == parts
    panel.click_image(4, 4)
    assert panel.at == (4, 4)
    assert not panel.value("Rectangle")


def test_one_click_takes_it_back(opened):
    panel = opened(class_names=NAMES)
    clean, bars, image = panel.explanation, panel.bars, panel.picture
    panel.cover_rectangle(3, 2, 8, 6)
    assert panel.chips == ["region covered"]
    assert panel.status.startswith("region covered")
    assert "A region of the image is blurred" in panel.notes
    assert {name: share.split(" → ")[0] for name, _, share in panel.bars} == {name: share for name, _, share in bars}
    panel.take_back("region covered")
    assert (panel.cover, panel.chips, panel.bars, panel.covering_text) == (None, [], bars, "")
    assert np.array_equal(panel.picture, image)
    assert np.array_equal(panel.explanation.overall_map, clean.overall_map)


@pytest.mark.parametrize("how", ["Uncover", "Reset"])
def test_a_button_takes_it_back(opened, how):
    panel = opened()
    panel.cover_rectangle(3, 2, 8, 6)
    panel.click(how)
    assert panel.cover is None


def test_another_sample_is_not_covered_unless_code_says_so(opened):
    panel = opened(cover=SQUARE)
    assert panel.cover == SQUARE
    panel.click("Next")
    assert (panel.sample, panel.cover, panel.chips) == (1, None, [])
    with panel.hold_trait_notifications():
        panel.sample, panel.cover = 2, SQUARE
    assert (panel.sample, panel.cover) == (2, SQUARE)


def test_the_patch_of_another_sample_covers_it(opened):
    panel = opened(cover=SQUARE)
    panel.choose("Cover with", "sample")
    assert panel.cover == Cover.rectangle(3, 2, 8, 6, "sample", 1)
    panel.choose("Of sample", 4)
    expected = images()[0].clone()
    expected[:, 2:6, 3:8] = images()[4][:, 2:6, 3:8]
    np.testing.assert_allclose(panel.explanation.probabilities, by_hand(panel.model, expected), atol=1e-6)
    panel.choose("Cover with", "mean")
    assert panel.cover == Cover.rectangle(3, 2, 8, 6, "mean")
    assert not panel.is_shown("Of sample")


def test_what_covering_does_stands_beside_the_same_shape_elsewhere(opened):
    panel = opened(class_names=NAMES, cover=SQUARE)
    effect = covering_effect(panel.model, images()[0], SQUARE.mask((12, 12)))
    predicted = int(effect.before.argmax())
    before, after = (forms.percent(values[predicted]) for values in (effect.before, effect.after))
    mean = forms.percent(effect.others[:, predicted].mean())
    assert panel.covering_text == (
        f"{NAMES[predicted]} {before} → {after}; the same shape elsewhere: {before} → {mean} (mean of 8 places)."
    )
    panel.cover = Cover.rectangle(0, 0, 12, 12)
    assert panel.covering_text.endswith("there is nothing to compare with.")


def test_covered_and_silenced_at_once_is_what_both_do(opened):
    panel = opened(layer="conv2", cover=SQUARE)
    panel.silence = range(40)
    blank = opened(layer="conv2", silence=range(40))
    assert panel.chips == ["model altered: 40 channels of conv2 silenced", "region covered"]
    np.testing.assert_allclose(panel.explanation.probabilities, blank.explanation.probabilities, atol=1e-6)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ((1, 2, 3, 4), TypeError, "cover must be a Cover, such as Cover.rectangle"),
        (Cover(((1, 2),)), ValueError, "two or more corners"),
        (Cover.rectangle(1, 1, 4, float("nan")), ValueError, "finite numbers"),
        (Cover.rectangle(1, 1, 4, 4, "blurr"), ValueError, "did you mean 'blur'"),
        (Cover.rectangle(1, 1, 4, 4, "sample"), ValueError, "cover.other must be the position"),
        (Cover.rectangle(1, 1, 4, 4, "sample", 99), IndexError, "from 0 to 5"),
    ],
)
def test_a_wrong_value_raises_and_leaves_the_panel(opened, value, error, message):
    panel = opened(cover=SQUARE)
    with pytest.raises(error, match=message):
        panel.cover = value
    assert panel.cover == SQUARE


def test_a_region_beside_the_image_is_said_in_the_panel(opened):
    panel = opened()
    panel.cover = Cover.rectangle(20, 20, 30, 30)
    assert panel.message.startswith("No pixel of this image of 12x12 lies in the region")
    panel.cover = None
    assert panel.message == ""

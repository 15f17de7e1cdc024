"""An explanation shown by itself, without the panel."""

import io

import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from attn_widget import Samples
from attn_widget.explanation import Comparison
from attn_widget.figure import Style
from attn_widget.words import summaries

from .making import drawn, explained, picture, shown


def test_it_is_the_figure_that_the_panel_shows_also_of_bytes_and_of_a_sample():
    explanation = explained(predicted=1)
    style = Style("raw", 0.3, "viridis")
    expected = drawn(shown(explanation, style, 500, name_of=["cat", "dog", "cow"].__getitem__).figure)
    options = {"view": "raw", "alpha": 0.3, "cmap": "viridis", "class_names": ["cat", "dog", "cow"], "width": 500}
    assert np.array_equal(drawn(explanation.show(picture(), **options)), expected)
    coarse = np.round(picture() * 255).astype(np.uint8)
    as_floats = explanation.show(coarse / 255)
    assert np.array_equal(drawn(explanation.show(coarse)), drawn(as_floats))
    sample = Samples([(torch.from_numpy(coarse).permute(2, 0, 1)[None], torch.zeros(1))])[0]
    assert np.array_equal(drawn(explanation.show(sample)), drawn(as_floats))


def test_two_are_shown_side_by_side():
    first, second = explained(3), explained(2)
    expected = shown(first, name_of="class {}".format, comparison=Comparison(first, second)).figure
    assert np.array_equal(drawn(first.show(picture(), compare=second, width=680)), drawn(expected))


def test_without_a_picture_the_heatmaps_stand_alone_and_it_says_how_to_give_one():
    explanation = explained()
    figure = explanation.show()
    assert [text.get_text() for text in figure.axes[0].texts] == [summaries.NO_PICTURE]
    grey = np.full((*explanation.size, 3), 0.93, np.float32)
    plain = explanation.show(grey, view="heatmap")
    figure.axes[0].texts[0].remove()
    assert np.array_equal(drawn(figure), drawn(plain))


@pytest.mark.parametrize("shape", [(16, 16), (8, 16, 3), (3, 16, 16)])
def test_a_picture_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"picture must be a Sample or an array \[16, 16, 3\] in \[0, 1\], got shape"):
        explained().show(np.zeros(shape))


@pytest.mark.parametrize("shows", [lambda e: e, lambda e: e.show(picture(), width=400)], ids=["itself", "its figure"])
def test_a_notebook_shows_it_as_a_picture_of_twice_as_many_pixels(shows):
    data, metadata = DisplayFormatter().format(shows(explained()))
    size = metadata["image/png"]["width"], metadata["image/png"]["height"]
    assert Image.open(io.BytesIO(data["image/png"])).size == tuple(2 * side for side in size)

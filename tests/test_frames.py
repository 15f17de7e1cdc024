"""Frames: any decoder gives the very pixels back, and sees through where nothing has changed."""

import io
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from attn_widget import frames

SIZES = [(1, 1), (1, 9), (9, 1), (5, 4), (60, 83)]


@pytest.fixture(autouse=True, params=["with ISA-L", "without"])
def encoder(request, monkeypatch):
    frames._deflate.cache_clear()
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "isal", None)
    assert isinstance(frames._deflate()(), type(zlib.compressobj())) == (request.param == "without")
    yield
    frames._deflate.cache_clear()


def random_frame(size, seed=0):
    colours = np.random.default_rng(seed).integers(0, 2**24, size, dtype=np.uint32)
    return colours | np.uint32(0xFF000000)


def decoded(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return np.array(image.convert("RGBA")).view(np.uint32)[..., 0]


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_frame_comes_back_as_it_was(size):
    frame = random_frame(size)
    assert (decoded(frames.encoded(frame)) == frame).all()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_a_difference_laid_over_the_frame_before_gives_the_frame(size, share):
    before, frame = random_frame(size), random_frame(size, 1)
    frame = np.where(np.random.default_rng(2).random(size) < share, frame, before)
    difference = decoded(frames.encoded(frame, before))
    seen = (difference >> 24) > 0
    assert (seen == (frame != before)).all()
    assert (np.where(seen, difference, before) == frame).all()


def test_no_colour_of_the_frame_is_taken_for_transparent():
    colours = np.array([frames._RARE, *range(0xFF000000, 0xFF000000 + 40)], np.uint32)
    frame = np.tile(colours, (3, 1))
    before = frame ^ np.uint32(0x00FFFFFF)
    assert (decoded(frames.encoded(frame, before)) == frame).all()


def test_a_frame_of_photographs_is_about_as_small_as_pillows():
    from tests.benchmarks.rivals import photographs, stock_encoding

    one, two = (np.asarray(photographs(2, 224)[i].permute(1, 2, 0) * 255).round().astype(np.uint8) for i in (0, 1))
    rgba = [np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]) for picture in (one, two)]
    before, frame = (np.ascontiguousarray(picture).view(np.uint32)[..., 0] for picture in rgba)
    assert len(frames.encoded(frame, before)) < 1.3 * len(stock_encoding(rgba[1], rgba[0]))

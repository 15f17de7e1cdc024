"""Frames: any decoder gives the very pixels back."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from attn_widget import frames

SIZES = [(1, 1), (1, 9), (9, 1), (5, 4), (60, 83)]


@pytest.fixture(autouse=True, params=["with ISA-L", "without"])
def encoder(request, monkeypatch):
    frames.codec.cache_clear()
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "isal", None)
    assert (frames.codec() is frames.ZLIB) == (request.param == "without")
    yield
    frames.codec.cache_clear()


def random_frame(size):
    return np.random.default_rng(0).integers(0, 256, (*size, 4), dtype=np.uint8)


def decoded(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return np.array(image)


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_comes_back_as_it_was_and_opaque(size):
    frame = random_frame(size)
    assert (decoded(frames.encoded(frame)) == frame[..., :3]).all()


def test_a_frame_of_photographs_is_about_as_small_as_pillows():
    from tests.benchmarks.rivals import photographs, stock_encoding

    frame = (photographs(1, 224)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    frame = np.dstack([frame, np.full_like(frame[..., 0], 255)])
    assert len(frames.encoded(frame)) < 1.3 * len(stock_encoding(frame, 255 - frame))

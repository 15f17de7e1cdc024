"""Images and labels are found in batches of every form."""

from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import tv_tensors

from attn_widget.samples import SampleError, Samples

X = torch.rand(3, 3, 5, 6)
Y = torch.tensor([7, 8, 9])
PIL = Image.fromarray(np.full((5, 6, 3), 51, np.uint8))
Named = namedtuple("Named", ["x", "y"])


@dataclass
class Batch:
    images: torch.Tensor
    target: torch.Tensor


FORMS = {
    "(x, y)": (X, Y),
    "[x, y]": [X, Y],
    "(x, y, path)": (X, Y, ["a", "b", "c"]),
    "(index, x, y)": (torch.arange(3), X, Y),
    "(x, mask, y)": (X, torch.zeros(3, 5, 6), Y),
    "(x, view, y)": (X, X + 1, Y),
    "([x, view], y)": ([X, X + 1], Y),
    "a dict": {"label": Y, "image": X},
    "a dict with a mask first": {"mask": torch.zeros(3, 1, 5, 6), "pixel_values": X, "labels": Y},
    "a dict with unknown image key": {"path": ["a", "b", "c"], "photo": X, "fine_label": Y},
    "a nested dict": {"inputs": {"pixel_values": X}, "target": Y},
    "a dict in a list": [{"data": X, "label": Y}],
    "(x, dict with the label)": (X, {"label": Y, "boxes": torch.zeros(3, 2, 4)}),
    "a named tuple": Named(X, Y),
    "a dataclass": Batch(X, Y),
    "an object": SimpleNamespace(pixel_values=X, labels=Y),
    "samples": [(X[0], 7), (X[1], 8), (X[2], 9)],
    "samples as dicts": [{"image": x, "label": int(y)} for x, y in zip(X, Y, strict=True)],
    "columns": (tuple(X), (7, 8, 9)),
    "columns with targets": (list(X), [{"labels": y, "masks": torch.zeros(2, 5, 6)} for y in Y]),
    "channels last": (X.permute(0, 2, 3, 1), Y),
    "an array, channels last": (X.permute(0, 2, 3, 1).numpy(), Y.numpy()),
    "several targets": (X, [Y, Y + 1]),
}


@pytest.mark.parametrize("batch", FORMS.values(), ids=FORMS.keys())
def test_each_form_of_batch_is_read(batch):
    samples = Samples([batch])
    assert len(samples) == 3
    for i in range(3):
        assert torch.equal(samples[i].image, X[i])
        assert samples[i].label == 7 + i


ITEMS = {
    "(x, y)": ((X[0], 7), 7),
    "(x, mask)": ((X[0], torch.zeros(1, 5, 6)), None),
    "(x, mask of torchvision)": ((X[0], tv_tensors.Mask(torch.zeros(5, 6))), None),
    "(x, several targets)": ((X[0], (7, "cat")), 7),
    "(x, captions)": ((X[0], ["a cat", "a dog"]), None),
    "two views": (([X[0], X[1]], 7), 7),
    "a dict": ({"image": X[0], "label": 7}, 7),
    "a dict with boxes": ({"image": X[0], "boxes": torch.zeros(2, 4)}, None),
    "an object": (SimpleNamespace(x=X[0], y=7), 7),
}


@pytest.mark.parametrize(("item", "label"), ITEMS.values(), ids=ITEMS.keys())
@pytest.mark.parametrize("collate", [lambda items: items, lambda items: items[0]], ids=["list", "first"])
def test_each_form_of_item_is_read_uncollated(item, label, collate):
    sample = Samples(DataLoader([item], collate_fn=collate))[0]
    assert torch.equal(sample.image, X[0])
    assert sample.label == label


@pytest.mark.parametrize("item", [(X[0], 7), (PIL, 7), (X[0], {"boxes": torch.zeros(2, 4), "label": 7})])
def test_each_form_of_item_is_read_in_columns(item):
    sample = Samples(DataLoader([item], collate_fn=lambda items: tuple(zip(*items, strict=True))))[0]
    assert sample.image.shape == (3, 5, 6)
    assert sample.label == 7


def test_planes_without_channels_are_grey_images():
    assert Samples(DataLoader([(torch.rand(5, 6), 1)]))[0].image.shape == (1, 5, 6)
    samples = Samples([(torch.rand(4, 5, 6), torch.arange(4))])
    assert len(samples) == 4
    assert samples[3].image.shape == (1, 5, 6)
    assert samples[3].label == 3


@pytest.mark.parametrize("batch", [(torch.rand(3, 784), Y), {"text": ["a"]}, "abc", 3, [[1, 2], [3]]])
def test_a_batch_without_an_image_says_what_was_expected(batch):
    with pytest.raises(SampleError, match=r"no image found in .*; expected .*collate_fn"):
        Samples(iter([batch]))[0]


# --- kinds of image


@pytest.mark.parametrize(
    ("picture", "channels"),
    [
        (PIL, 3),
        (PIL.convert("L"), 1),
        (PIL.convert("P"), 3),
        (PIL.convert("RGBA"), 4),
        (np.full((5, 6, 3), 51, np.uint8), 3),
        (np.full((3, 5, 6), 51, np.uint8), 3),
        (np.full((5, 6, 3), 0.2), 3),
        (np.full((15, 16, 13), 51, np.uint8), 13),
        (np.full((5, 6, 3), 51, np.uint8)[::-1], 3),
    ],
)
def test_pil_images_and_arrays_become_floats_as_to_tensor_makes_them(picture, channels):
    sample = Samples(DataLoader([(picture, 1)], collate_fn=list))[0]
    assert sample.image.dtype == torch.float32
    assert sample.image.shape[0] == channels
    assert sample.image[:3].numpy() == pytest.approx(0.2)
    assert sample.label == 1


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float64, torch.int32, torch.bool])
def test_a_tensor_is_given_as_the_loader_gives_it(dtype):
    stack = (torch.rand(2, 3, 5, 6) * 200).to(dtype)
    image = Samples(stack)[1].image
    assert image.dtype == dtype
    assert torch.equal(image, stack[1])


def test_a_small_image_of_many_channels_is_not_turned():
    assert Samples(torch.rand(2, 13, 4, 4))[0].image.shape == (13, 4, 4)


# --- labels


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3, 3),
        (True, 1),
        (np.int64(3), 3),
        (torch.tensor(3), 3),
        (torch.tensor([3]), 3),
        (torch.tensor([[3]]), 3),
        (2.5, 2.5),
        (np.float32(2.5), 2.5),
        (torch.tensor([1.0]), 1.0),
        ("cat", "cat"),
        (b"cat", "cat"),
        (torch.tensor([0, 0, 1, 0]), 2),
        (torch.tensor([0.0, 0.0, 1.0]), 2),
        (torch.tensor([0, 1, 0, 1]), (1, 3)),
        (torch.tensor([True, False, True]), (0, 2)),
        (torch.zeros(4), ()),
        (torch.tensor([0.1, 0.7, 0.2]), 1),
        (torch.tensor([0.1, 0.7, 0.2], dtype=torch.bfloat16), 1),
        (torch.tensor([4, 7]), (4, 7)),
        (torch.tensor([1.5, -2.0]), None),
        (torch.zeros(5, 6, dtype=torch.long), None),
        ({"label": 3}, 3),
        ({"labels": torch.tensor(3)}, 3),
        ({"boxes": torch.zeros(2, 4), "labels": torch.tensor([3, 4])}, None),
        ({"boxes": torch.zeros(2, 4)}, None),
        (None, None),
        (object(), None),
    ],
    ids=str,
)
def test_labels_of_every_kind(given, expected):
    sample = Samples([[(X[0], given), (X[1], given)]])[1]
    assert sample.label == expected
    assert type(sample.label) is type(expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (torch.eye(5)[2], 2),
        (torch.tensor([1, 0, 1]), (0, 2)),
        ("dog", "dog"),
        (2.5, 2.5),
        (4, 4),
        ({"label": 4}, 4),
    ],
)
def test_labels_survive_the_default_collation(given, expected):
    assert Samples(DataLoader([(X[0], given)] * 2, batch_size=2))[1].label == expected
    assert Samples(list(DataLoader([(X[0], given)] * 2, batch_size=2)))[1].label == expected

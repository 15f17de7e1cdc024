"""Images and labels are found in batches of every form."""

from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors

from attn_widget.capture import image_names
from attn_widget.samples import Pair, SampleError, Samples, read_label
from attn_widget.samples.batch_reading import read_rows

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


# --- several images in one item


def image_in(item, *prefer):
    return read_rows(item, one=True, prefer=prefer).at(0)[0]


@pytest.mark.parametrize("other", ["image", "img", "x", "input"])
def test_what_was_made_for_the_model_comes_before_the_picture_that_it_was_made_of(other):
    for item in ({other: PIL, "pixel_values": X[0], "label": 7}, {"pixel_values": X[0], other: X[1], "label": 7}):
        sample = Samples(DataLoader([item], collate_fn=list))[0]
        assert torch.equal(sample.image, X[0])
        assert sample.label == 7


def test_a_tensor_under_a_usual_name_comes_before_a_picture_of_pil():
    assert torch.equal(image_in({"image": PIL, "x": X[0]}), X[0])
    assert torch.equal(read_rows({"image": [PIL] * 3, "inputs": X}).at(2)[0], X[2])
    assert image_in({"image": PIL}) is PIL


def test_the_field_that_the_models_forward_names_comes_first():
    item = {"image": X[0], "pixel_values": X[1], "rgb": X[2], "mask": torch.zeros(1, 5, 6)}
    assert torch.equal(image_in(item), X[1])
    assert torch.equal(image_in(item, "rgb"), X[2])
    assert torch.equal(image_in(item, "ids", "image"), X[0])
    assert torch.equal(image_in(item, "x", "mask"), X[1])
    assert torch.equal(image_in({"depth": X[0], "image": X[1]}, "depth"), X[0])


def test_a_context_that_the_models_forward_names_beside_the_image_is_no_image():
    assert torch.equal(image_in({"context": torch.rand(1, 7, 5), "image": X[0]}, "x", "context"), X[0])


class Two(nn.Module):
    def forward(self, pixel_values, mask=None, **more):
        return pixel_values


class Any(nn.Module):
    def forward(self, *args, **kwargs):
        return args[0]


def test_the_names_of_a_models_arguments_are_those_of_the_model_inside_its_wrappers():
    assert image_names(Two()) == ("pixel_values", "mask")
    assert image_names(nn.DataParallel(Two())) == ("pixel_values", "mask")
    assert image_names(torch.compile(Two())) == ("pixel_values", "mask")
    assert image_names(Any()) == ()


# --- items that know more than themselves


class Owner:
    """Knows its items, and keeps an image of its own."""

    def __init__(self):
        self.cache = {0: torch.zeros(3, 5, 6)}
        self.items = [Owned(self, i) for i in range(3)]


class Owned:
    def __init__(self, owner, i):
        self.owner, self.photo, self.label = owner, X[i], 7 + i


class Nested:
    def __init__(self, owner, i):
        self.owner, self.content, self.y = owner, SimpleNamespace(photo=X[i]), 7 + i


class OwnedBySet(Dataset):
    def __init__(self):
        self.images = torch.zeros(9, 3, 5, 6)

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return SimpleNamespace(data=self, photo=X[i], label=7 + i)


OWNERS = {
    "an object that knows its owner": lambda: Owner().items,
    "an object whose content is an object": lambda: [Nested(Owner(), i) for i in range(3)],
    "an object that knows its data set": OwnedBySet,
}


@pytest.mark.parametrize("make", OWNERS.values(), ids=OWNERS.keys())
def test_an_item_that_knows_its_owner_has_its_own_image(make):
    samples = Samples(DataLoader(make(), collate_fn=list))
    for i in range(3):
        assert torch.equal(samples[i].image, X[i])
        assert samples[i].label == 7 + i


def around(kind):
    """Containers that hold themselves, and no image."""
    if kind is SimpleNamespace:
        value = SimpleNamespace(label=3)
        value.itself = value
        return value
    value = kind()
    if kind is dict:
        value["itself"] = value
    else:
        value.append(value)
    return value


@pytest.mark.parametrize("kind", [dict, list, SimpleNamespace])
def test_what_leads_back_to_itself_is_looked_at_once(kind):
    with pytest.raises(SampleError, match="no image found"):
        Samples(iter([around(kind)]))[0]
    for item in ({"image": X[0], "label": around(kind)}, (X[0], around(kind))):
        sample = Samples(DataLoader([item], collate_fn=list))[0]
        assert torch.equal(sample.image, X[0])


def test_a_long_chain_of_objects_is_followed_a_few_steps_only():
    chain = None
    for _ in range(5_000):
        chain = SimpleNamespace(before=chain)
    with pytest.raises(SampleError, match="no image found"):
        Samples(iter([chain]))[0]
    chain.photo = X[0]
    assert torch.equal(Samples(iter([[chain]]))[0].image, X[0])


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
        pytest.param(object(), None, id="an object"),
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


# --- lists of classes, and one-hot vectors


@pytest.mark.parametrize(
    ("given", "classes", "expected"),
    [
        ([0, 1], 10, (0, 1)),
        ([1, 0], 10, (1, 0)),
        ([0, 1], 2, 1),
        ([1, 0], 2, 0),
        (torch.tensor([0, 1]), 10, (0, 1)),
        (torch.tensor([0, 1]), 2, 1),
        (np.array([1, 0]), 10, (1, 0)),
        ([0, 1], None, (0, 1)),
        (torch.tensor([0, 1]), None, 1),
        (torch.tensor([0.0, 1.0]), 10, 1),
        (torch.tensor([False, True]), 10, 1),
        ([False, True], 10, 1),
        ([0, 0, 1, 0], None, 2),
        ([0, 1, 1], 3, (1, 2)),
        ([1, 1], 2, (0, 1)),
        ([4, 7], 10, (4, 7)),
        ([0, 1, 2], 10, (0, 1, 2)),
        ([1], 10, 1),
        ([0], None, 0),
        ([0.0, 1.0, 1.0], 3, (1, 2)),
    ],
    ids=str,
)
def test_the_number_of_classes_decides_between_a_list_of_classes_and_a_one_hot_vector(given, classes, expected):
    label = read_label(given)
    label = label.read(classes) if isinstance(label, Pair) else label
    assert label == expected
    assert type(label) is type(expected)


class Listed(Dataset):
    """Items as Hugging Face gives those of a Sequence(ClassLabel)."""

    def __init__(self, labels, classes=None):
        self.labels = labels
        if classes:
            self.classes = [f"kind {i}" for i in range(classes)]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return {"pixel_values": X[0], "labels": self.labels[i]}


LABELS = [[0, 1], [1, 2], [0, 2]]


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("collate", [None, list])
def test_a_list_of_classes_under_a_fields_name_is_read_whole_however_it_was_collated(batch_size, collate):
    loader = DataLoader(Listed(LABELS, 10), batch_size, collate_fn=collate)
    assert [Samples(loader)[i].label for i in range(3)] == [(0, 1), (1, 2), (0, 2)]
    assert [Samples(list(loader))[i].label for i in range(3)] == [(0, 1), (1, 2), (0, 2)]


def test_where_the_number_of_classes_is_not_known_a_note_says_how_a_label_was_read():
    listed, array = Samples(Listed([[0, 1]]))[0], Samples(Listed([torch.tensor([0, 1])]))[0]
    assert (listed.label, array.label) == ((0, 1), 1)
    assert "the label [0, 1] is read as the classes 0 and 1" in listed.notes
    assert "the label [0, 1] is read as class 1" in array.notes
    assert array.pair == read_label(torch.tensor([0, 1])) == Pair((0, 1), listed=False)
    for classes, label in ((2, 1), (10, (0, 1))):
        sample = Samples(Listed([[0, 1]], classes))[0]
        assert sample.label == label
        assert not sample.notes


@pytest.mark.parametrize(("given", "label"), [([0.1, 0.9], 1), ([1.5, 2.5], None), ([0.0, 1.0], 1)])
def test_a_list_of_values_under_a_fields_name_is_read_whole_too(given, label):
    assert Samples(DataLoader(Listed([given])))[0].label == label

"""What a sample and its classes are called."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

from attn_widget.samples import Samples


class Data(Dataset):
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.zeros(1, 2, 2), index


@pytest.mark.parametrize(
    "attributes",
    [
        {"samples": [(f"/data/cat/{i}.jpg", 0) for i in range(4)]},
        {"imgs": [Path(f"/data/cat/{i}.jpg") for i in range(4)]},
    ],
)
def test_a_file_is_named_by_its_last_two_parts(attributes):
    assert Samples(Data(**attributes))[2].name == "cat/2.jpg"
    assert Samples(DataLoader(Data(**attributes), sampler=[3, 1]))[0].name == "cat/3.jpg"


def test_without_files_the_name_is_the_index_in_the_data_set():
    assert Samples(DataLoader(Data(), shuffle=True))[3].name == "#3"
    assert Samples(Subset(Subset(Data(), [3, 2]), [1]))[0].name == "#2"
    assert Samples(ConcatDataset([Data(), Data()]))[5].name == "#5"


def test_a_wrapper_that_may_reorder_keeps_its_own_index():
    inner = Data(samples=[(f"cat/{i}.jpg", 0) for i in range(4)])
    assert Samples(Data(dataset=inner))[2].name == "#2"


def test_lists_and_streams_have_no_names():
    assert Samples([torch.zeros(2, 1, 2, 2)])[1].name == ""
    assert Samples(iter([torch.zeros(2, 1, 2, 2)]))[1].name == ""


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (Data(classes=["cat", "dog"]), ("cat", "dog")),
        (Data(classes=[("tench", "Tinca tinca"), ("goldfish",)]), ("tench", "goldfish")),
        (Subset(Data(classes=["cat", "dog"]), [0]), ("cat", "dog")),
        (ConcatDataset([Data(), Subset(Data(classes=["cat", "dog"]), [0])]), ("cat", "dog")),
        (Data(dataset=Data(classes=["cat", "dog"])), ("cat", "dog")),
        (Data(features={"image": object(), "label": SimpleNamespace(names=["cat", "dog"])}), ("cat", "dog")),
        (Data(), None),
        (Data(classes=10), None),
        (Data(classes=[1, 2]), None),
    ],
)
def test_class_names_are_found_in_the_data_set(data, names):
    assert Samples(data).class_names == names
    assert Samples(DataLoader(data)).class_names == names


def test_joined_sets_that_disagree_on_their_classes_have_no_names():
    joined = ConcatDataset([Data(classes=["cat", "dog"]), Data(classes=["dog", "cat"])])
    assert Samples(joined).class_names is None


def test_a_data_set_that_refers_to_itself_does_no_harm():
    data = Data()
    data.dataset = data.other = data
    assert Samples(data)[1].name == "#1"
    assert Samples(data).class_names is None

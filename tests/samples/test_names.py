"""What a sample and its classes are called."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

from attn_widget.samples import Samples


class CategoryMap:
    """As in fastai 2.8.12: neither a list nor a mapping."""

    def __init__(self, items):
        self.items, self.o2i = items, {item: index for index, item in enumerate(items)}

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]

    def __iter__(self):
        return iter(self.items)


class ClassLabel:
    """As in Hugging Face's datasets 5.2.0, where a `Sequence` or `List` of it has it as its `feature`."""

    def __init__(self, names):
        self.names = names


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


def test_a_sample_says_in_one_line_what_it_is():
    files = Data(samples=[(f"cat/{i}.jpg", 0) for i in range(4)])
    assert repr(Samples(files)[2]) == "Sample 2 (cat/2.jpg): image [1, 2, 2] float32, label 2"
    assert repr(Samples([torch.zeros(2, 1, 2, 2)])[1]) == "Sample 1: image [1, 2, 2] float32, no label"


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (Data(classes=["cat", "dog"]), ("cat", "dog")),
        (Data(classes=[("tench", "Tinca tinca"), ("goldfish",)]), ("tench", "goldfish")),
        (Subset(Data(classes=["cat", "dog"]), [0]), ("cat", "dog")),
        (ConcatDataset([Data(), Subset(Data(classes=["cat", "dog"]), [0])]), ("cat", "dog")),
        (Data(dataset=Data(classes=["cat", "dog"])), ("cat", "dog")),
        (Data(features={"image": object(), "label": ClassLabel(["cat", "dog"])}), ("cat", "dog")),
        (Data(classes=np.array(["cat", "dog"])), ("cat", "dog")),
        (Data(classes=np.array([b"cat", "dog"], dtype=object)), ("cat", "dog")),
        (Data(classes=pandas.Index(["cat", "dog"])), ("cat", "dog")),
        (Data(classes=pandas.Categorical(["dog", "cat", "dog"])), ("cat", "dog")),
        (Data(classes=pandas.Series(["dog", "cat", "dog"], dtype="category")), ("cat", "dog")),
        (Data(classes=pandas.Categorical([7, 3, 7])), ("3", "7")),
        (Data(classes={1: "dog", 0: "cat"}), ("cat", "dog")),
        (Data(classes={"dog": 1, "cat": 0}), ("cat", "dog")),
        (Data(class_to_idx={"cat": 0, "dog": 1, "hound": 1}), ("cat", "dog")),
        (Data(class_to_idx={"1": 0, "0": 1}), ("1", "0")),
        (Data(idx_to_class={0: "cat", 1: "dog"}), ("cat", "dog")),
        (Data(id2label={"0": "cat", "1": "dog"}), ("cat", "dog")),
        (Data(vocab=CategoryMap(["cat", "dog"])), ("cat", "dog")),
        (Data(vocab=CategoryMap([3, 7])), ("3", "7")),
        (Data(vocab=[CategoryMap(["cat", "dog"]), CategoryMap(["big", "small", "tiny"])]), ("cat", "dog")),
        (Data(vocab=["cat", "dog"]), ("cat", "dog")),
        (Data(features={"labels": SimpleNamespace(feature=ClassLabel(["cat", "dog"]))}), ("cat", "dog")),
        (Data(features={"coarse": ClassLabel(["pet"]), "cls": ClassLabel(["cat", "dog"])}), ("cat", "dog")),
        (Data(info={"label": {"0": "cat", "1": "dog"}, "task": "multi-class"}), ("cat", "dog")),
        (Data(), None),
        (Data(classes=10), None),
        (Data(classes=[1, 2]), None),
        (Data(classes=np.array([1, 2])), None),
        (Data(classes=np.array([["cat", "dog"]])), None),
        (Data(classes={"cat", "dog"}), None),
        (Data(class_to_idx={"cat": 0, "dog": 281}), None),
        (Data(info={"label": 3}), None),
    ],
)
def test_class_names_are_found_in_the_data_set(data, names):
    assert Samples(data).class_names == names
    assert Samples(DataLoader(data)).class_names == names


def test_joined_sets_that_disagree_on_their_classes_have_no_names():
    joined = ConcatDataset([Data(classes=["cat", "dog"]), Data(classes=["dog", "cat"])])
    assert Samples(joined).class_names is None


class Wrapper:
    """A loader that gives what another one gives, as the Jovian course's `DeviceDataLoader` and prefetchers do."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 1


class Lazy(Wrapper):
    """Asks what it wraps for what it lacks itself, as fastai 2.8.12 and accelerate 1.15.0 do."""

    def __getattr__(self, name):
        if name.startswith("_") or "dataset" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.dataset, name)


class HubDataset:
    """As Hugging Face's `Dataset`, which is none of torch's: its features are a property."""

    def __init__(self):
        self._info = SimpleNamespace(features={"label": ClassLabel(["cat", "dog"])})

    features = property(lambda self: dict(self._info.features))

    def __len__(self):
        return 4

    def __iter__(self):
        return map(self.__getitem__, range(4))

    def __getitem__(self, index):
        return {"image": torch.zeros(1, 2, 2), "label": index}


NAMED = Data(classes=["cat", "dog"])


@pytest.mark.parametrize(
    "loader",
    [
        Wrapper(dl=DataLoader(NAMED)),
        Wrapper(any_name=DataLoader(Subset(NAMED, [1]))),
        Wrapper(any_name=NAMED),
        Wrapper(dl=Wrapper(dl=Wrapper(dl=DataLoader(NAMED)))),
        Wrapper(any_name=Wrapper(another=DataLoader(NAMED))),
        Wrapper(_iterables={"a": DataLoader(NAMED), "b": DataLoader(NAMED)}),  # Lightning 2.6.6's CombinedLoader
        Wrapper(base_dataloader=DataLoader(NAMED), device=None),
        Wrapper(several=[Wrapper(dataset=NAMED), Wrapper(dataset=NAMED)]),
        Lazy(dataset=Wrapper(vocab=CategoryMap(["cat", "dog"]))),
        Wrapper(dl=Lazy(dataset=Wrapper(vocab=CategoryMap(["cat", "dog"])))),
        Wrapper(several=[Lazy(dataset=Wrapper(vocab=CategoryMap(["cat", "dog"])))]),
        Wrapper(datasets=[SimpleNamespace(classes=["cat", "dog"]) for _ in range(40)]),
        iter(DataLoader(NAMED)),
        HubDataset(),
        DataLoader(HubDataset()),
        DataLoader(Data(any_name=HubDataset())),
    ],
)
def test_class_names_are_found_through_what_wraps_a_loader(loader):
    assert Samples(loader).class_names == ("cat", "dog")


def test_loaders_beside_each_other_that_disagree_have_no_names():
    other = DataLoader(Data(classes=["dog", "cat"]))
    assert Samples(Wrapper(train=DataLoader(NAMED), test=other)).class_names is None


def test_what_fails_when_it_is_asked_for_names_has_none():
    class Broken(Data):
        @property
        def classes(self):
            raise OSError("no file")

        vocab = features = classes

    assert Samples(Broken()).class_names is None
    assert Samples(Broken(class_to_idx={"cat": 0})).class_names == ("cat",)


def test_no_other_property_runs_in_the_search():
    class Guarded(Data):
        @property
        def expensive(self):
            raise AssertionError("a property was asked for")

        dl = dataset = loader = info = datasets = expensive

    assert Samples(Guarded()).class_names is None


def test_the_label_of_a_web_data_set_is_read_from_cls():
    assert Samples([{"__key__": "a", "png": torch.zeros(1, 2, 2), "cls": 3}])[0].label == 3


def test_a_data_set_that_refers_to_itself_does_no_harm():
    data = Data()
    data.dataset = data.other = data
    assert Samples(data)[1].name == "#1"
    assert Samples(data).class_names is None


def test_data_sets_that_know_one_another_are_each_asked_once():
    asked = []

    class Knowing(Data):
        @property
        def classes(self):
            asked.append(self)

    sets = [Knowing() for _ in range(12)]
    for data in sets:
        data.__dict__.update({f"other_{i}": other for i, other in enumerate(sets)}, all=sets)
    assert Samples(sets[0]).class_names is None
    assert len(asked) == len(set(map(id, asked))) == 12
    assert Samples(sets[0])[1].name == "#1"


def test_a_loader_and_a_learner_that_know_each_other_are_read():
    images = [(torch.zeros(2, 1, 2, 2), torch.tensor([0, 1]))]

    class Loaders(Wrapper):
        def __iter__(self):
            return iter(images)

    loader = Loaders(dl=DataLoader(Data(classes=["cat", "dog"])))
    loader.learn = SimpleNamespace(dls=loader, model=torch.nn.Identity())
    loader.dl.dataset.owner = loader
    samples = Samples(loader)
    assert samples.class_names == ("cat", "dog")
    assert samples[1].label == 1


FOUND = [("cat/1.jpg", 0, 1), ("1.JPG", -1, 1), ("jpg", 1, 2), ("jpg", 3, 0), ("cat/0.jpg", 2, 0), ("dog", -1, None)]


@pytest.mark.parametrize(("name", "after", "position"), FOUND)
def test_a_position_is_found_by_the_whole_name_or_the_next_that_holds_a_part_of_it(name, after, position):
    samples = Samples(Data(samples=[(f"/data/cat/{i}.jpg", 0) for i in range(4)]))
    assert samples.named
    assert samples.find(name, after) == position


def test_a_whole_name_with_or_without_its_folder_comes_before_one_that_holds_it():
    samples = Samples(
        DataLoader(Data(samples=[(f"/data/a/{name}", 0) for name in ("11", "1", "2", "3")]), sampler=[0, 1])
    )
    assert samples.find("a/1") == samples.find("1") == 1


@pytest.mark.parametrize("loader", [Data(), [torch.zeros(4, 1, 2, 2)]])
def test_samples_without_files_have_no_names_to_be_found_by(loader):
    samples = Samples(loader)
    assert not samples.named
    assert samples.find("0") is None

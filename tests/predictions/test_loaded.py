"""A review is of what the loader gives: all of it, and nothing else."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from attn_widget import Review, Reviewing
from attn_widget.predictions.ray_workers import predict_block
from attn_widget.refusal import Refusal
from attn_widget.samples import Samples, open_portions

from .making import Naming, Shades, reviewed, same

EXPECTED = [index % 4 for index in range(30)]


class Shifted(DataLoader):
    """Adds one to every image."""

    shift = 1

    def __iter__(self):
        return ((images + self.shift, labels) for images, labels in super().__iter__())


class Lost(DataLoader):
    def __iter__(self):
        raise RuntimeError("no device")


@pytest.mark.parametrize("options", [{"batch_size": 8}, {"batch_size": 8, "num_workers": 2}, {"batch_size": 30}])
def test_what_a_loaders_own_iter_makes_of_a_batch_is_reviewed(options):
    found = reviewed(Naming(), Shifted(Shades(30, broken=(7,)), **options))
    assert found.predicted.tolist() == [-1 if index == 7 else (index + 1) % 4 for index in range(30)]
    assert list(found.errors) == [7]
    assert found.notes == ()


def test_where_that_cannot_be_had_the_review_says_so(tmp_path):
    with pytest.warns(UserWarning, match="Lost, has an __iter__ of its own") as warned:
        found = reviewed(Naming(), Lost(Shades(30), batch_size=8))
    assert found.predicted.tolist() == EXPECTED
    (note,) = found.notes
    assert [str(warning.message) for warning in warned] == [note]
    assert "RuntimeError: no device" in note
    found.save(tmp_path / "review.npz")
    assert Review.load(tmp_path / "review.npz").notes == (note,)


@pytest.mark.parametrize("workers", [0, 1])
def test_whole_batches_of_the_data_set_are_reviewed(workers):
    class Whole(Shades):
        def __getitems__(self, indices):
            images = torch.tensor(indices).view(-1, 1, 1, 1).expand(-1, 3, 8, 8).float()
            return {"image": images, "label": torch.tensor(indices) % 3}

    found = reviewed(Naming(), DataLoader(Whole(30), 8, collate_fn=lambda batch: batch, num_workers=workers))
    assert found.predicted.tolist() == EXPECTED
    assert found.labels.tolist() == [index % 3 for index in range(30)]


# --- items that hold several images


class Bags(Dataset):
    """Items that hold as many images as they are told to, filled with their position."""

    def __init__(self, sizes):
        self.ends = np.cumsum(sizes).tolist()
        self.sizes = sizes

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, index):
        stop = self.ends[index]
        labels = torch.arange(stop - self.sizes[index], stop)
        return labels.view(-1, 1, 1, 1).expand(-1, 3, 8, 8).float(), labels % 3


def joined(items):
    return torch.cat([images for images, _ in items]), torch.cat([labels for _, labels in items])


UNEVEN = {"of the first": [4, 5, 1, 12, 8], "of a later one": [1] * 11 + [19], "of the last": [1] * 25 + [5]}


@pytest.mark.parametrize("sizes", UNEVEN.values(), ids=UNEVEN.keys())
@pytest.mark.parametrize(
    "make",
    [
        lambda data: data,
        lambda data: DataLoader(data, batch_size=None),
        lambda data: DataLoader(data, batch_size=4, collate_fn=joined),
        lambda data: DataLoader(data, batch_size=4, collate_fn=joined, num_workers=2),
    ],
    ids=["data set", "not collated", "collated", "collated by workers"],
)
def test_a_review_of_items_of_several_images_is_complete(make, sizes):
    samples = Samples(make(Bags(sizes)))
    found = reviewed(Naming(), samples)
    assert found.complete
    assert len(found) == found.count == samples.count == 30
    assert found.predicted.tolist() == EXPECTED
    assert found.labels.tolist() == [index % 3 for index in range(30)]
    assert found.stale(Naming(), samples) is None
    assert found.stale(Naming(), Samples(make(Bags(sizes)))) is None


def test_one_that_was_stopped_is_gone_on_with_where_the_positions_are_not_known_yet(tmp_path):
    sizes = [1] * 10 + [40, 1, 1, 40] + [1] * 30
    data = DataLoader(Bags(sizes), batch_size=4, collate_fn=joined)
    whole = reviewed(Naming(), data)
    work = Reviewing(Naming(), data)
    for progress in work.steps():
        if progress.done > 60:
            break
    work.review.save(tmp_path / "review.npz")
    again = Reviewing(
        Naming(), DataLoader(Bags(sizes), 4, collate_fn=joined), review=Review.load(tmp_path / "review.npz")
    )
    list(again.steps())
    assert again.review.complete
    assert same(again.review, whole)


def test_ray_refuses_items_of_several_images():
    data = DataLoader(Bags(UNEVEN["of a later one"]), batch_size=4, collate_fn=joined)
    work = Reviewing(Naming(), data)
    reader = open_portions(work.samples).reader()
    assert predict_block(work.predictor(), reader, range(4)).classes == 4
    refused = predict_block(work.predictor(), reader, range(8, 12)).refusal
    assert isinstance(refused, Refusal)
    assert "each item is one image" in str(refused)


def test_a_tensor_data_set_is_reviewed_in_batches_as_before():
    images = torch.arange(30.0).view(-1, 1, 1, 1).expand(-1, 3, 8, 8)
    portions = open_portions(Samples(DataLoader(TensorDataset(images, torch.arange(30)), batch_size=8)))
    assert [(portion.start, portion.stop) for portion in portions.read_from(8)] == [(8, 16), (16, 24), (24, 30)]

"""A review by Ray's workers is the review that is made here."""

import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from models import Wrapping, images, trained
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.transforms import Compose, RandomHorizontalFlip

from attn_widget import Reviewing, review
from attn_widget.predictions.ray_workers import predict_block
from attn_widget.refusal import Refusal

from .making import Naming, Shades, reviewed, silent

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cluster(monkeypatch):
    """Start a cluster of one processor, whose worker finds the tests' own modules."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR", object_store_memory=10**8)
    yield
    ray.shutdown()


class WithoutOne(Dataset):
    """A data set of which item 7 is broken."""

    def __init__(self, inner):
        self.inner = inner

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, index):
        if index == 7:
            raise OSError("truncated file")
        return self.inner[index]


def test_rays_review_is_the_local_one_bit_for_bit(cluster, cifar10):
    data = images(cifar10, "resnet20")
    data.transform = Compose([RandomHorizontalFlip(), data.transform])
    batches = DataLoader(WithoutOne(Subset(data, range(0, 1000, 4))), batch_size=64, shuffle=True)
    model, told = trained(cifar10, "resnet20"), []
    there = review(model, batches, engine="ray", progress=lambda *progress: told.append(progress))
    here = reviewed(model, batches)
    assert told == [(64, 250), (128, 250), (192, 250), (250, 250)]
    assert np.array_equal(there.labels, here.labels)
    assert np.array_equal(there.predicted, here.predicted)
    for name in ("confidence", "margin", "loss", "true_probability"):
        np.testing.assert_allclose(there.columns[name], here.columns[name], atol=1e-6)
    assert np.array_equal(there.confusion(), here.confusion())
    assert list(there.errors) == [7]
    assert there.errors == here.errors
    assert there.class_names == here.class_names
    assert there.fingerprint == here.fingerprint
    assert model.training


def test_what_a_worker_refuses_is_given_back():
    work = Reviewing(Wrapping(lambda x: {"out": x}), DataLoader(Shades(8), batch_size=4))
    refusal = pickle.loads(pickle.dumps(predict_block(work.predictor(), work.portions.reader(), range(4)))).refusal
    assert isinstance(refusal, Refusal)
    assert "class scores, but the model's output has none" in str(refusal)


def test_without_ray_there_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"needs Ray Data, which is not installed: pip install 'attn-widget\[ray\]'"):
        reviewed(Naming(), DataLoader(Shades(4)), engine="ray")


def test_what_cannot_be_reached_by_index_is_refused():
    with pytest.raises(Refusal, match="needs a DataLoader that collates the items of a data set with __getitem__"):
        review(Naming(), Shades(4), engine="ray", progress=silent)

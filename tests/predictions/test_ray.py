"""A review, or a survey, by Ray's workers is the one that is made here."""

import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from models import Wrapping, images, trained
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.transforms import Compose, RandomHorizontalFlip

from attn_widget import Reviewing, review, survey
from attn_widget.predictions.ray_workers import predict_block
from attn_widget.refusal import Refusal

from .making import Naming, Shades, reviewed, silent

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster():
    """Start a cluster of one processor, whose worker finds the tests' own modules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        ray.init(
            num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR", object_store_memory=10**8
        )
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


def test_rays_survey_is_the_local_one(cluster, cifar10):
    batches = DataLoader(WithoutOne(Subset(images(cifar10, "resnet20"), range(0, 1000, 10))), batch_size=20)
    model = trained(cifar10, "resnet20")
    there, here = (survey(model, batches, mistakes=9, engine=engine, progress=silent) for engine in ("ray", "local"))
    assert there.layer == here.layer == "layer3"
    assert there.by_activation == here.by_activation
    assert [[one.position for one in each] for each in there.by_contribution] == [
        [one.position for one in each] for each in here.by_contribution
    ]
    for name in ("channel_means", "right_shares", "wrong_shares", "strongest"):
        np.testing.assert_allclose(getattr(there, name), getattr(here, name), atol=1e-5)
    for name in ("true_maps", "predicted_maps", "mistakes", "right"):
        for part, array in vars(getattr(here, name)).items():
            np.testing.assert_allclose(getattr(getattr(there, name), part), array, atol=1e-5)
    assert there.errors == here.errors
    assert list(there.errors) == [7]
    assert there.complete
    assert there.review.complete
    assert np.array_equal(there.review.predicted, here.review.predicted)


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

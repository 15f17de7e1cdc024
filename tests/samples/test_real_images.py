"""The real images of CIFAR-10, as a user loads them."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import ConcatDataset, DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import ImageFolder

from attn_widget.samples import Samples

NORMALISED = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))]
)


@pytest.fixture(scope="module")
def folder(cifar10):
    return ImageFolder(cifar10 / "test", transform=NORMALISED)


def test_the_picture_is_the_file(folder, cifar10):
    samples = Samples(DataLoader(folder, batch_size=64, shuffle=True, num_workers=2))
    assert len(samples) == 1_000
    assert samples.class_names[:3] == ("airplane", "automobile", "bird")
    for position in range(0, 1_000, 37):
        sample = samples[position]
        path, label = folder.samples[position]
        assert sample.name == "/".join(path.split("/")[-2:])
        assert sample.label == label
        assert sample.notes == ()
        assert torch.equal(sample.image, folder[position][0])
        assert sample.picture == pytest.approx(np.asarray(Image.open(path)) / 255, abs=1e-6)


def test_names_and_classes_are_found_through_subsets_and_concatenations(folder):
    cats = Subset(folder, range(300, 400))
    joined = ConcatDataset([Subset(cats, [3, 5]), folder])
    samples = Samples(DataLoader(joined, batch_size=4))
    assert [samples[position].name for position in (0, 1, 2)] == [
        "cat/0003.jpg",
        "cat/0005.jpg",
        "airplane/0000.jpg",
    ]
    assert samples.class_names == tuple(folder.classes)


def test_an_augmented_sample_stays_the_same(cifar10):
    augmented = transforms.Compose([transforms.RandomCrop(32, 8), transforms.RandomHorizontalFlip(), NORMALISED])
    folder = ImageFolder(cifar10 / "test", transform=augmented)
    samples = Samples(DataLoader(folder, batch_size=64, shuffle=True))
    before = torch.get_rng_state()
    images = {position: samples[position].image for position in (0, 500, 999)}
    for position in (999, 0, 500):
        assert torch.equal(samples[position].image, images[position])
    assert torch.equal(torch.get_rng_state(), before)

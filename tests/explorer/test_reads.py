"""What the panel reads from a data set, and how often."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from .panels import images


class Remote(Dataset):
    """Notes what is read; an item takes long, so that nobody wants it twice."""

    def __init__(self, count=6):
        self.images, self.read = images(count), []

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        self.read.append(index)
        return self.images[index], index % 3


class Anew(Remote):
    """Each read draws from a generator that nobody else can find."""

    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return image + torch.from_numpy(np.random.default_rng().random(image.shape)).float(), label


@pytest.mark.parametrize(
    ("trait", "value"),
    [("layer", "conv1"), ("method", "grad-cam"), ("target", 1), ("top_k", 5), ("at", (3, 4)), ("compare", "grad-cam")],
)
def test_nothing_is_read_again_for_another(opened, trait, value):
    data = Remote()
    panel = opened(loader=DataLoader(data))
    data.read.clear()
    setattr(panel, trait, value)
    assert panel.explanation is not None
    assert data.read == []


def test_a_step_back_reads_nothing_and_run_again_reads_anew(opened):
    data = Remote()
    panel = opened(loader=DataLoader(data))
    for position in (1, 2, 1, 0):
        panel.sample = position
    assert sorted(data.read) == [0, 1, 2]
    data.images[0] = 0.5
    panel.refresh()
    assert data.read[3:] == [0]
    assert len(np.unique(panel.picture[..., :3])) == 1


def test_one_position_stays_one_picture_while_it_is_looked_at(opened):
    panel = opened(loader=DataLoader(Anew()))
    panel.sample = 3
    seen = panel.picture
    panel.layer, panel.sample = "conv1", 4
    panel.sample = 3
    assert np.array_equal(panel.picture, seen)
    panel.refresh()
    assert not np.array_equal(panel.picture, seen)

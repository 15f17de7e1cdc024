"""What holds several loaders is refused in one sentence that says which one to pass."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from attn_widget.samples import Samples

LOADER = DataLoader(TensorDataset(torch.zeros(2, 1, 2, 2), torch.arange(2)))


class DataLoaders:
    """As in fastai 2.8.12."""

    def __init__(self, *loaders):
        self.loaders = list(loaders)

    train = property(lambda self: self.loaders[0])
    valid = property(lambda self: self.loaders[1])

    def __getitem__(self, index):
        return self.loaders[index]

    def __len__(self):
        return len(self.loaders)


class Learner(SimpleNamespace):
    def fit(self):
        """Train."""


class CatsAndDogs:
    """A data module, as in Lightning 2.6.6."""

    def val_dataloader(self):
        """Give no loader before its `setup`."""


@pytest.mark.parametrize(
    ("loader", "text"),
    [
        (DataLoaders(LOADER, LOADER), r"a DataLoaders, which holds 2 loaders; .* Pass loader\.valid$"),
        (Learner(dls=DataLoaders(LOADER, LOADER), model=nn.Identity()), r"a Learner, .* Pass loader\.dls\.valid$"),
        (CatsAndDogs(), r"a CatsAndDogs, a data module .* Pass loader\.val_dataloader\(\), after loader\.setup"),
    ],
)
def test_what_holds_several_loaders_names_the_one_to_pass(loader, text):
    with pytest.raises(TypeError, match=text) as caught:
        Samples(loader)
    assert "\n" not in str(caught.value)


def test_one_of_several_loaders_is_read():
    assert Samples(DataLoaders(LOADER, LOADER).valid)[1].label == 1


class Both(SimpleNamespace):
    def __iter__(self):
        return (batch for loader in self.loaders for batch in loader)


def test_a_loader_that_merely_holds_others_is_read():
    assert Samples(Both(loaders=[LOADER, LOADER]))[3].label == 1

"""What the tests of exports have in common: a small network, images with file names, and samples that fail."""

import torch
from models import Tiny
from torch.utils.data import Dataset

TROUBLE = 2
"""The position of the sample that cannot be read, in a data set that has one."""


class Named(Dataset):
    """Images of one size, each with a file and one of three classes; some cannot be read."""

    classes = ("cat", "dog", "bird")

    def __init__(self, names, broken=(), size=(6, 8)):
        self.samples = [(name, at % 3) for at, name in enumerate(names)]
        self.images = torch.rand(len(names), 3, *size, generator=torch.Generator().manual_seed(0))
        self.broken = broken

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, at):
        if at in self.broken:
            raise OSError("truncated file")
        return self.images[at], self.samples[at][1]


def tiny():
    """A network with one layer to look at, always with the same weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Tiny().eval()


def files(count):
    """Names of files."""
    return [f"photos/cat/{at:04}.jpg" for at in range(count)]


def names_in(folder):
    """The names of the files in a folder, in order."""
    return sorted(path.name for path in folder.iterdir())


def quiet(done, total):
    """Report no progress."""

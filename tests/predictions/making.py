"""Reviews of small data sets, and reviews made of columns of one's own."""

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from attn_widget import Review, review
from attn_widget.predictions.batch_scores import Scored
from attn_widget.predictions.columns import empty_columns
from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.predictions.review_growth import grown, nothing_known


class Shades(Dataset):
    """Item i is an image filled with i, labelled i % 3; some items are broken."""

    def __init__(self, count, broken=(), sizes=(8,)):
        self.count, self.broken, self.sizes = count, broken, sizes

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index in self.broken:
            raise OSError("truncated file")
        side = self.sizes[index % len(self.sizes)]
        return torch.full((3, side, side), float(index)), index % 3


class Naming(nn.Module):
    """Predicts class i % 4 for an image filled with i: right where i % 3 and i % 4 are the same."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x):
        classes = x.mean((1, 2, 3)).round().long() % 4
        return nn.functional.one_hot(classes, 4) * self.scale


def silent(done, total):
    pass


def reviewed(model, loader, **options) -> Review:
    return review(model, loader, **{"progress": silent, **options})


def made(labels, predicted, classes=None, **columns: Any) -> Review:
    """Make a review of these labels and predictions; other columns are NaN unless given."""
    found = empty_columns(len(labels))
    for name, column in {"labels": labels, "predicted": predicted, **columns}.items():
        found[name][:] = column
    whole = Review(nothing_known(len(labels), Fingerprint("", len(labels), None, "", "")))
    classes = classes or int(max(*labels, *predicted)) + 1
    whole.become(partial(grown, scored=Scored(0, found, {}, classes)))
    return whole


def same(a: Review, b: Review) -> bool:
    """Whether two reviews say the same of every position, bit for bit."""
    return all(np.array_equal(a.columns[name], b.columns[name], equal_nan=True) for name in a.columns)

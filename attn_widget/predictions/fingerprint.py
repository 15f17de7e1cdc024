"""Of which model and which data set a review is, to say later that it is out of date."""

import hashlib
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from attn_widget.capture import named_modules
from attn_widget.samples import Samples
from attn_widget.words import reviews

_WHOLE_NUMBERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


@dataclass(frozen=True)
class Fingerprint:
    """What tells one model and one data set from others, without reading any sample.

    Attributes
    ----------
    model : str
        Of the names, shapes and types of all parameters and buffers, and of their values: the sum of their bits, so
        that any step of training shows, but not values that have only changed places.
    count : int or None
        How many samples there are.
    class_names : tuple of str or None
        What the data set calls its classes.
    first, last : str
        The files (or data-set indices) of the first sample and of the last.
    """

    model: str
    count: int | None
    class_names: tuple[str, ...] | None
    first: str
    last: str


def fingerprint(model: nn.Module, samples: Samples) -> Fingerprint:
    """Take the fingerprint of a model and of the samples that it is to predict."""
    count = samples.count
    ends = ("", "") if count is None else (samples.place(0).name, samples.place(count - 1).name)
    return Fingerprint(of_model(model), count, samples.class_names, *ends)


def of_model(model: nn.Module) -> str:
    """Take the model's part of a fingerprint."""
    found = hashlib.blake2b(digest_size=16)
    for name, module in named_modules(model):
        for own, tensor in (*module._parameters.items(), *module._buffers.items()):
            if tensor is not None:
                found.update(f"{name}.{own} {tuple(tensor.shape)} {tensor.dtype} {_sum_of_bits(tensor)}\n".encode())
    return found.hexdigest()


def why_stale(before: Fingerprint, model: nn.Module | None, samples: Samples | None) -> str | None:
    """Say in a sentence why a review with this fingerprint is out of date; None where it is not."""
    if model is not None and of_model(model) != before.model:
        return reviews.MODEL_CHANGED
    if samples is None:
        return None
    if samples.count is not None and before.count is not None and samples.count != before.count:
        return reviews.count_changed(before.count, samples.count)
    if samples.class_names != before.class_names:
        return reviews.CLASSES_CHANGED
    if samples.count is not None and before.count is not None:
        for position, name in ((0, before.first), (samples.count - 1, before.last)):
            if samples.place(position).name != name:
                return reviews.place_changed(position, name, samples.place(position).name)
    return None


def same_data(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two fingerprints are of one data set, as far as they know it: of a stream there may be no count."""
    if a.class_names != b.class_names:
        return False
    return a.count is None or b.count is None or (a.count, a.first, a.last) == (b.count, b.first, b.last)


def _sum_of_bits(tensor: torch.Tensor) -> Any:
    """Add up a tensor's values read as whole numbers: the same in any order, on any device."""
    plain = tensor.detach()
    try:
        bits = plain.contiguous().view(_WHOLE_NUMBERS[plain.element_size()])
        return int(bits.sum(dtype=torch.int64))
    except (KeyError, RuntimeError, NotImplementedError):  # complex, sparse or quantised: names and shapes must do
        return "?"

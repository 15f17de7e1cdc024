"""Fingerprints of a model and a data set: they tell whether a review is still up to date."""

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
    """What distinguishes a model and a data set from others, without reading any sample.

    `model` is a hash of the names, shapes and dtypes of all parameters and buffers, and of the sum of the bits of
    their values: any training step shows, but not values that merely changed places. `first` and `last` name the files
    (or data-set indices) of the first and the last sample.
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
    return Fingerprint(_of_model(model), count, samples.class_names, *ends)


def _of_model(model: nn.Module) -> str:
    found = hashlib.blake2b(digest_size=16)
    for name, module in named_modules(model):
        for own, tensor in (*module._parameters.items(), *module._buffers.items()):
            if tensor is not None:
                found.update(f"{name}.{own} {tuple(tensor.shape)} {tensor.dtype} {_sum_of_bits(tensor)}\n".encode())
    return found.hexdigest()


def why_stale(before: Fingerprint, model: nn.Module | None, samples: Samples | None) -> str | None:
    """Say in a sentence why a review with this fingerprint is out of date; None where it is not."""
    if model is not None and _of_model(model) != before.model:
        return reviews.MODEL_CHANGED
    if samples is None:
        return None
    count, counted = samples.count, before.count
    if count is not None and counted is not None and count != counted:
        return reviews.count_changed(counted, count)
    if samples.class_names != before.class_names:
        return reviews.CLASSES_CHANGED
    if count is not None and counted is not None:
        for position, name in ((0, before.first), (count - 1, before.last)):
            if samples.place(position).name != name:
                return reviews.place_changed(position, name, samples.place(position).name)
    return None


def same_data(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two fingerprints are of the same data set, as far as can be told: a stream may have no count."""
    if a.class_names != b.class_names:
        return False
    return a.count is None or b.count is None or (a.count, a.first, a.last) == (b.count, b.first, b.last)


def _sum_of_bits(tensor: torch.Tensor) -> Any:
    """Sum a tensor's values, read as integers: the same in any order and on any device."""
    plain = tensor.detach()
    try:
        bits = plain.contiguous().view(_WHOLE_NUMBERS[plain.element_size()])
        return int(bits.sum(dtype=torch.int64))
    except (KeyError, RuntimeError, NotImplementedError):  # complex, sparse or quantised: names and shapes must do
        return "?"

"""Mean and standard deviation with which images were normalised: given, or found in the transforms."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from attn_widget.samples.graph import reachable

Numbers = float | Sequence[float] | Tensor | np.ndarray[Any, Any]

NAMES = (("mean", "std"), ("image_mean", "image_std"))
"""What torchvision, kornia and albumentations call the two, and what Hugging Face does."""


@dataclass(frozen=True)
class Normalisation:
    """``(image - mean) / std``, one number for each channel, or a single one for all."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def fits(self, channels: int) -> bool:
        """Whether it can have been used on an image of so many channels."""
        return all(len(numbers) in (1, channels) for numbers in (self.mean, self.std))

    @property
    def to_bytes(self) -> bool:
        """Whether it was made for values of 0 to 255, as Caffe's means were."""
        return max(*self.mean, *self.std) > 1


def given_normalisation(mean: Numbers | None, std: Numbers | None) -> Normalisation | None:
    """Check the arguments `mean` and `std`.

    Raises
    ------
    TypeError, ValueError
        Where only one is given, or one is no finite number or sequence of them, or `std` is not above 0.
    """
    if mean is None and std is None:
        return None
    if mean is None or std is None:
        missing = "mean" if mean is None else "std"
        raise ValueError(f"{missing} is missing; expected mean and std together. Give both, or none")
    normalisation = Normalisation(_numbers("mean", mean), _numbers("std", std))
    if min(normalisation.std) <= 0:
        raise ValueError(f"std is {std!r}; expected numbers above 0. Leave mean and std out if you do not know them")
    return normalisation


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    numbers = _as_numbers(value)
    if numbers is None:
        raise TypeError(
            f"{name} is {value!r}; expected a number or one for each channel, such as (0.485, 0.456, 0.406)"
        )
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise ValueError(f"{name} is {value!r}; expected finite numbers, one or as many as the image has channels")
    return numbers


def _as_numbers(value: Any) -> tuple[float, ...] | None:
    if isinstance(value, bool | str):
        return None
    if isinstance(value, Tensor):
        value = value.detach().cpu().double().numpy()
    try:
        return tuple(float(number) for number in np.asarray(value, dtype=float).reshape(-1))
    except (TypeError, ValueError):
        return None


def check_length(normalisation: Normalisation, channels: int) -> None:
    """Raise a `ValueError` where a given mean or std does not fit an image of so many channels."""
    for name, numbers in (("mean", normalisation.mean), ("std", normalisation.std)):
        if len(numbers) not in (1, channels):
            raise ValueError(
                f"{name} has {len(numbers)} numbers, but the image has {channels} "
                f"channel{'s' if channels > 1 else ''}; expected one number, or {channels}"
            )


def find_normalisation(sources: Iterable[object]) -> Normalisation | None:
    """The first ``Normalize`` among the transforms of data sets and collate functions; None without one.

    Parameters
    ----------
    sources : iterable of object
        Data sets from the outermost inwards, or functions; transforms are found by their kind, not by the
        name of the attribute that holds them, in lists, ``Compose``, ``nn.Sequential`` and closures too.
    """
    for source in sources:
        for value in reachable(source):
            found = _normalisation_of(value)
            if found is not None:
                return found
    return None


def _normalisation_of(value: Any) -> Normalisation | None:
    attributes = {**getattr(value, "__dict__", {})}
    attributes.update(attributes.get("_buffers") or {})
    for mean_name, std_name in NAMES:
        if mean_name not in attributes or std_name not in attributes or not _normalises(value, mean_name):
            continue
        mean, std = _as_numbers(attributes[mean_name]), _as_numbers(attributes[std_name])
        if mean and std:
            return Normalisation(mean, std)
    return None


def _normalises(value: Any, mean_name: str) -> bool:
    """A ``Normalize``, one of torchvision's presets (they crop too), or an image processor."""
    return type(value).__name__ == "Normalize" or "crop_size" in vars(value) or mean_name == "image_mean"

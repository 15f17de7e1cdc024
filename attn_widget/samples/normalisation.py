"""The mean and standard deviation that images were normalised by: given, or found in the transforms."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from attn_widget.samples.dataset_parts import reachable
from attn_widget.user_code import own_attributes
from attn_widget.words import sample_notes

Numbers = float | Sequence[float] | Tensor | np.ndarray[Any, Any]

NAMES = (("mean", "std"), ("image_mean", "image_std"))
"""What torchvision, kornia and albumentations call the two, and what Hugging Face does."""


@dataclass(frozen=True)
class Normalisation:
    """``(image - mean) / std``, with one number per channel or a single one for all."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def fits(self, channels: int) -> bool:
        """Whether it can be used on an image of so many channels."""
        return all(len(numbers) in (1, channels) for numbers in (self.mean, self.std))

    @property
    def to_bytes(self) -> bool:
        """Whether it was made for values of 0 to 255, as Caffe's means were."""
        return max(*self.mean, *self.std) > 1

    @property
    def width(self) -> float:
        """One unit of a normalised image as a fraction of the picture's range, averaged over channels."""
        return sum(self.std) / len(self.std) / (255 if self.to_bytes else 1)

    def undo(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Turn normalised values [C, ...] into a picture in [0, 1]; extra numbers of mean and std are ignored."""
        mean, std = (
            np.asarray(numbers[: len(values)], dtype=values.dtype).reshape(-1, *[1] * (values.ndim - 1))
            for numbers in (self.mean, self.std)
        )
        picture: npt.NDArray[Any] = values * std + mean
        return picture / 255 if self.to_bytes else picture


def given_normalisation(mean: Numbers | None, std: Numbers | None) -> Normalisation | None:
    """Check the arguments `mean` and `std`: finite numbers or sequences of them, both or neither, `std` above 0."""
    if mean is None and std is None:
        return None
    if mean is None or std is None:
        missing = "mean" if mean is None else "std"
        raise ValueError(f"{missing} is missing; expected mean and std together. Give both, or neither")
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
    """Raise a `ValueError` if a given mean or std does not fit an image of so many channels."""
    for name, numbers in (("mean", normalisation.mean), ("std", normalisation.std)):
        if len(numbers) not in (1, channels):
            raise ValueError(sample_notes.numbers_do_not_fit(name, len(numbers), channels))


def find_normalisations(sources: Iterable[object]) -> tuple[Normalisation, ...]:
    """Find each ``Normalize`` among the transforms of data sets, loaders (outermost first) and collate functions.

    Transforms are found by their kind, not by the attribute that holds them: in lists, ``Compose``, ``nn.Sequential``
    and closures, too. Which of them ran, if any, only an image's values can tell: see `normalisation_choice`.
    """
    found = (_normalisation_of(value, source) for source in sources for value in reachable(source))
    return tuple(dict.fromkeys(normalisation for normalisation in found if normalisation is not None))


def _normalisation_of(value: Any, source: object) -> Normalisation | None:
    attributes = own_attributes(value)
    if not attributes:
        return None
    for inner in ("_buffers", "flags"):  # where kornia keeps the two
        attributes.update(attributes[inner] if isinstance(attributes.get(inner), dict) else {})
    if attributes.get("do_normalize") is False or str(attributes.get("normalization", "standard")) != "standard":
        return None  # it uses neither: an image processor told not to, or albumentations' min_max and the like
    for mean_name, std_name in NAMES:
        if mean_name not in attributes or std_name not in attributes:
            continue
        if not (value is source or mean_name == "image_mean" or _normalises(value)):
            continue
        mean, std = _as_numbers(attributes[mean_name]), _as_numbers(attributes[std_name])
        if mean and std and 0 <= min(mean) < math.inf and 0 < min(std) < math.inf:  # an inverse has a mean below 0
            return Normalisation(mean, std)
    return None


def _normalises(value: Any) -> bool:
    """A ``Normalize`` of any library, or one of torchvision's presets (they crop too)."""
    return "normali" in type(value).__name__.lower() or "crop_size" in own_attributes(value)

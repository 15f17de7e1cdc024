"""How pictures are prepared for a model whose transform is not known: the first that it takes."""

from collections.abc import Iterator
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms import CenterCrop, Compose, Grayscale, Normalize, Resize, ToTensor

from attn_widget.shell.outcome import WrongUse, one_line
from attn_widget.words import forms, shell_words

_USUAL_SIZES = (224, 32, 28, 64, 96, 128, 256, 299, 384, 448, 512)
_LARGE = 512
"""Pictures with a longer side are made smaller, even where the model takes them as they are."""

Size = int | tuple[int, int] | None
"""The side of a square in the middle, ``(H, W)`` of the whole picture squeezed to that, or as it is."""


def prepared(
    model: nn.Module,
    picture: Image.Image,
    size: Size,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
) -> tuple[Compose, str]:
    """Find a preparation after which the model takes a picture, and say in a sentence what it is.

    What is not given is tried: colours before grey, and the picture as it is before the usual sizes.

    Raises
    ------
    WrongUse
        Where the model takes none; the message has its error for the first.
    """
    refused = ""
    for channels in _channels(mean, std):
        for one in (size,) if size is not None else _sizes(picture):
            transform = _transform(channels, one, mean, std)
            error = refusal(model, transform(picture))
            if error is None:
                return transform, shell_words.assumed(channels, one, normalised=mean is not None)
            refused = refused or one_line(forms.error_text(error))
    raise WrongUse(f"the model takes the pictures at none of the usual sizes ({refused}): give --size, or a transform")


def refusal(model: nn.Module, image: Any) -> Exception | None:
    """Give what a model raises for an image ``[C, H, W]``; None where it takes it."""
    if not isinstance(image, Tensor) or image.ndim != 3:
        return TypeError(f"expected a tensor [C, H, W] for each picture, got {type(image).__name__}")
    like = next(model.parameters(), image)
    try:
        with torch.no_grad():
            model(image[None].to(like.device, like.dtype))
    except Exception as error:
        return error
    return None


def _transform(channels: int, size: Size, mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> Compose:
    grey = [Grayscale()] if channels == 1 else []
    square = isinstance(size, int)
    fitted = [] if size is None else [Resize(size), CenterCrop(size)] if square else [Resize(size)]
    normalised = [] if mean is None or std is None else [Normalize(mean, std)]
    return Compose([*grey, *fitted, ToTensor(), *normalised])


def _channels(mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> tuple[int, ...]:
    """Give the numbers of channels to try; three means, or deviations, leave no doubt."""
    return (3,) if max(len(mean or ()), len(std or ())) == 3 else (3, 1)


def _sizes(picture: Image.Image) -> Iterator[Size]:
    if max(picture.size) <= _LARGE:
        yield None
    yield from _USUAL_SIZES

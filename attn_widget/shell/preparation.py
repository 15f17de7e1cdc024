"""How pictures are prepared for a model whose transform is not known: the first way in which it takes them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from PIL import Image
from torch import nn
from torchvision.transforms import CenterCrop, Compose, Grayscale, Normalize, Resize, ToTensor

from attn_widget.shell.outcome import WrongUse, one_line
from attn_widget.words import forms, shell_words

_USUAL_SIZES = (224, 32, 28, 64, 96, 128, 256, 299, 384, 448, 512)
_MOST = 512
"""The longer side, in pixels, of the pictures that go to a model of any size as they are."""
_OTHER = 32
"""So many pixels more on each side make another size."""

Size = int | tuple[int, int] | None
"""The side of a square in the middle, ``(H, W)`` of the whole picture squeezed to that, or as it is."""


@dataclass(frozen=True)
class Shrunk:
    """Makes a picture smaller if its longer side has more than `most` pixels."""

    most: int

    def __call__(self, picture: Image.Image) -> Image.Image:
        """Give the picture, or a smaller one of the same shape."""
        longer = max(picture.size)
        if longer <= self.most:
            return picture
        width, height = (max(round(side * self.most / longer), 1) for side in picture.size)
        return picture.resize((width, height), Image.Resampling.BICUBIC)


def prepared(
    model: nn.Module,
    picture: Image.Image,
    size: Size,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
) -> tuple[Compose, str]:
    """Find a preparation after which the model takes pictures, tried on one, and say in a sentence what it is.

    What is not given is tried: colours before grey; as they are, for a model that takes any size; then a picture's own
    size, and the usual ones.

    Raises
    ------
    WrongUse
        Where the model takes none; the message has its error for the first.
    """
    refused = ""
    for channels in _channels(mean, std):
        for one in (size,) if size is not None else _sizes(picture):
            transform = _transform(channels, one, mean, std)
            error = _refusal(model, transform, picture, any_size=one is None)
            if error is None:
                return transform, shell_words.pictures_prepared(channels, one, _MOST, normalised=mean is not None)
            refused = refused or one_line(forms.error_text(error))
    raise WrongUse(
        f"the model does not take the pictures ({refused}): give --size, or let the function give a transform"
    )


def _refusal(model: nn.Module, transform: Compose, picture: Image.Image, *, any_size: bool) -> Exception | None:
    """Give what a model raises for a picture, or also for one of another size; None where it takes it."""
    larger = picture.resize((picture.width + _OTHER, picture.height + _OTHER))
    try:
        for one in (picture, larger) if any_size else (picture,):
            image = transform(one)
            like = next(model.parameters(), image)
            with torch.no_grad():
                model(image[None].to(like.device, like.dtype))
    except Exception as error:
        return error
    return None


def _transform(channels: int, size: Size, mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> Compose:
    grey = [Grayscale()] if channels == 1 else []
    fitted = [Shrunk(_MOST) if size is None else Resize(size)]
    cut = [CenterCrop(size)] if isinstance(size, int) else []
    normalised = [] if mean is None or std is None else [Normalize(mean, std)]
    return Compose([*grey, *fitted, *cut, ToTensor(), *normalised])


def _channels(mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> tuple[int, ...]:
    """Give the numbers of channels to try; three means, or deviations, leave no doubt."""
    return (3,) if max(len(mean or ()), len(std or ())) == 3 else (3, 1)


def _sizes(picture: Image.Image) -> Iterator[Size]:
    yield None
    width, height = picture.size
    if max(width, height) <= _MOST:
        yield width if width == height else (height, width)
    yield from _USUAL_SIZES

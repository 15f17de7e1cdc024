"""A model tried on images as the loader gave them, then as ``[B, C, H, W]``: it knows its own layout best."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.samples import Axes, with_axes
from attn_widget.words import reasons

T = TypeVar("T")


class Trial:
    """A `Forward` that gives the images the axes that they had, and remembers why the model did not take them.

    `refused` has the images' shape, and what the model raised at the first call; it is empty where it took them.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.refused = ""
        self._taken = False

    def __call__(self, model: nn.Module, images: torch.Tensor) -> Any:
        """Call the model."""
        given = with_axes(images, self.axes)
        try:
            output = model(given)
        except Exception as error:
            if not self._taken:
                self.refused = reasons.not_taken(tuple(given.shape), error)
            raise
        self._taken, self.refused = True, ""
        return output


def tried(axes: Axes, forward: Forward | None, work: Callable[[Forward | None], T]) -> T:
    """Do work that calls the model on images ``[B, C, H, W]``, which had these axes as the loader gave them.

    The model gets them so first; where it raises the work is done a second time, with ``[B, C, H, W]``. Nothing is
    concluded for other images. The user's own way to call the model (`forward`) gets ``[B, C, H, W]`` alone.

    Raises
    ------
    Exception
        What the work raises; where the model takes neither, a `RuntimeError` that names ``forward=``.
    """
    if axes == "CHW" or forward is not None:
        return work(forward)
    as_given, turned = Trial(axes), Trial("CHW")
    try:
        return work(as_given)
    except Exception:
        if not as_given.refused:
            raise
    try:
        return work(turned)
    except Exception as error:
        if not turned.refused:
            raise
        raise RuntimeError(reasons.takes_neither(as_given.refused, turned.refused)) from error

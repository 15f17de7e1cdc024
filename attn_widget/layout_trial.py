"""Try a model on images in the loader's own layout, then as ``[B, C, H, W]``: the model knows best what it takes."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.samples import Axes, with_axes
from attn_widget.words import reasons

T = TypeVar("T")


class Trial:
    """A `Forward` that restores the axes that images had, and remembers why the model did not take them.

    `refused` holds the images' shape and what the model raised, unless the model has taken any: then it is empty.
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.refused = ""
        self._taken = False

    def __call__(self, model: nn.Module, images: torch.Tensor) -> Any:
        """Call the model on images ``[B, C, H, W]``."""
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
    """Do work that calls the model on images ``[B, C, H, W]``, which had the layout `axes` in the loader.

    The model first gets them in that layout; if it raises, the work is done again with ``[B, C, H, W]``. Nothing is
    concluded for other images. A `forward` of the user's always gets ``[B, C, H, W]``. Raises what the work raises, or
    a `RuntimeError` that names ``forward=`` if the model takes neither layout.
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

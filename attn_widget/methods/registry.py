"""The methods by name."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from attn_widget.methods.activation import Activation, Weighing
from attn_widget.methods.attention_methods import Attentions
from attn_widget.methods.pixel_methods import NEED_CAPTUM, Input
from attn_widget.words import forms, method_summaries

Weigh = Callable[[Activation], Weighing]
Reads = Literal["layer", "image", "attention"]


@dataclass(frozen=True)
class Method:
    """A way to weight channels, or to attribute a score to the image's pixels; `register` describes the fields."""

    name: str
    weigh: Callable[[Any], Any]
    reads: Reads
    gradients: bool
    class_specific: bool
    slow: bool
    batched: bool = False
    layer: str | None = None

    @property
    def built_in(self) -> bool:
        """Whether it comes with this package; a user's own is there only after it was registered."""
        return getattr(self.weigh, "__module__", "").startswith("attn_widget.methods.")

    @property
    def summary(self) -> str:
        """What it shows, in a sentence; of a user's function, the first line of its docstring."""
        own = (inspect.getdoc(self.weigh) or self.name).splitlines()[0]
        if not getattr(self.weigh, "__module__", "").startswith("attn_widget."):
            return own
        return method_summaries.METHOD_SUMMARIES.get(getattr(self.weigh, "__qualname__", ""), own)


METHODS: dict[str, Method] = {}
"""Every method, by its name."""


def register(
    name: str,
    weigh: Weigh | Callable[[Input], np.ndarray] | Callable[[Attentions], np.ndarray],
    *,
    reads: Reads = "layer",
    gradients: bool = False,
    class_specific: bool = True,
    slow: bool = False,
    batched: bool = False,
    layer: str | None = None,
    title: str | None = None,
) -> None:
    """Add a method under a name, or replace the one that has that name.

    Parameters
    ----------
    name : str
        The name to choose it by, in `explain` and in the panel.
    weigh : callable
        Gives a `Weighing` for an `Activation`; the first line of its docstring explains it in the panel.
    reads : str
        ``"image"`` for a method without channels: it is given an `Input`, and gives an attribution ``[H, W]``.
        ``"attention"`` for one whose channels are heads: it is given `Attentions`, and gives how much each head
        takes from each token, ``[heads, N, N]`` by query or ``[heads, 1, N]``.
    gradients : bool
        Whether it asks for gradients: they then come with the same pass, otherwise they take one of their own.
    class_specific : bool
        Whether it asks for anything but the maps; the panel offers targets only if it does.
    slow : bool
        Whether it takes many passes: the panel then computes it in the background, with progress and a stop button.
    batched : bool
        Whether it is a formula of `Activation.maps` and `Activation.gradients` that also holds with an axis before
        those of channels and grid, ``[N, K, h, w]``: `explain_batch` then weighs many samples in one call.
    layer : str, optional
        The layer that it reads where none is asked for, for a method made for one layer.
    title : str, optional
        What the panel and the figures call it; by default what its paper does, or its name.

    Raises
    ------
    TypeError
        If `name` is not a text, or is empty, or if `weigh` cannot be called.
    ValueError
        If `reads` is none of these.
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"name must be the method's name, a non-empty string, got {name!r}")
    if not callable(weigh):
        raise TypeError(f"weigh must be a function of an Activation that gives a Weighing, got {weigh!r}")
    if reads not in get_args(Reads):
        raise ValueError(f"reads must be one of {', '.join(map(repr, get_args(Reads)))}, got {reads!r}")
    METHODS[name] = Method(name, weigh, reads, gradients, class_specific, slow, batched, layer)
    if title is None:
        forms.OWN_METHOD_NAMES.pop(name, None)
    else:
        forms.OWN_METHOD_NAMES[name] = title


def method_named(name: str) -> Method:
    """Look a method up; raise a `ValueError` if none has that name."""
    if name in METHODS:
        return METHODS[name]
    if name in NEED_CAPTUM:
        raise ValueError(f"method {name!r} needs Captum: pip install 'attn-widget[captum]', and restart the kernel")
    near = difflib.get_close_matches(str(name), METHODS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}, got {name!r}{hint}")

"""The methods by name."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from attn_widget.methods.activation import Activation, Weighing
from attn_widget.methods.attention_methods import Attentions
from attn_widget.methods.pixel_methods import NEED_CAPTUM, Input
from attn_widget.words import forms

Weigh = Callable[[Activation], Weighing]
Reads = Literal["layer", "image", "attention"]


@dataclass(frozen=True)
class Method:
    """A way to weigh channels, or to attribute a score to the image's pixels.

    Attributes
    ----------
    name : str
        What it is chosen by.
    weigh : callable
        Gives a `Weighing` for an `Activation`, or, of the image, an attribution ``[H, W]`` for an `Input`, or, of
        attention, how much of each token each head takes, ``[heads, queries, N]``, for `Attentions`.
    reads : str
        ``"layer"``, ``"image"`` for a method without channels, or ``"attention"`` for one of all attention layers.
    gradients : bool
        Whether it is known to ask for gradients, which then come with the same pass.
    class_specific : bool
        Whether it asks for anything but the maps: then it depends on the target.
    slow : bool
        Whether it takes many passes: the panel computes it beside, so that it can be stopped.
    """

    name: str
    weigh: Callable[[Any], Any]
    reads: Reads
    gradients: bool
    class_specific: bool
    slow: bool

    @cached_property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.weigh) or self.name).splitlines()[0]


METHODS: dict[str, Method] = {}
"""Every method that can be chosen, by its name."""


def register(
    name: str,
    weigh: Weigh | Callable[[Input], np.ndarray] | Callable[[Attentions], np.ndarray],
    *,
    reads: Reads = "layer",
    gradients: bool = False,
    class_specific: bool = True,
    slow: bool = False,
    title: str | None = None,
) -> None:
    """Add a method under a name, or put it in the place of the one that has that name.

    Parameters
    ----------
    name : str
        What it is chosen by, in `explain` and in the panel.
    weigh : callable
        Gives a `Weighing` for an `Activation`; its docstring's first line explains it in the panel.
    reads : str
        ``"image"`` for a method without channels: it is given an `Input`, and gives an attribution ``[H, W]``.
        ``"attention"`` for one whose channels are heads: it is given `Attentions`, and gives how much of
        each token each head takes, ``[heads, N, N]`` by query or ``[heads, 1, N]``.
    gradients : bool
        Whether it asks for gradients: they then come with the same pass, else with one of their own.
    class_specific : bool
        Whether it asks for anything but the maps; the panel offers targets only for one that does.
    slow : bool
        Whether it takes many passes: the panel then computes it beside, with progress and a stop.
    title : str, optional
        How the panel and the figures write it; by default as the paper does, or its name.

    Raises
    ------
    TypeError
        Where `name` is no text, or `weigh` cannot be called.
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"name must be the method's name, a text that is not empty, got {name!r}")
    if not callable(weigh):
        raise TypeError(f"weigh must be a function of an Activation that gives a Weighing, got {weigh!r}")
    METHODS[name] = Method(name, weigh, reads, gradients, class_specific, slow)
    if title is None:
        forms.OWN_METHOD_NAMES.pop(name, None)
    else:
        forms.OWN_METHOD_NAMES[name] = title


def method_named(name: str) -> Method:
    """Look a method up.

    Raises
    ------
    ValueError
        Where no method has that name.
    """
    if name in METHODS:
        return METHODS[name]
    if name in NEED_CAPTUM:
        raise ValueError(f"method {name!r} needs Captum: pip install 'attn-widget[captum]', and start the kernel anew")
    near = difflib.get_close_matches(str(name), METHODS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}, got {name!r}{hint}")

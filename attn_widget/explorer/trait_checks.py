"""What the panel's traits may be: each check returns the value to keep, or raises with a sentence that says why."""

import math
import operator
from dataclasses import replace
from typing import Any

from attn_widget.capture import find_module, named_modules
from attn_widget.evidence.region_cover import COVER_FILLS, Cover
from attn_widget.explanation import Silencing
from attn_widget.explorer.named_models import ModelName
from attn_widget.explorer.offers import Known
from attn_widget.figure import SCALES, FixedSpans, checked_scale
from attn_widget.figure.style_checks import one_of
from attn_widget.layers import check_grid
from attn_widget.methods import METHODS, method_named
from attn_widget.targets import Contrast, Target


def whole(name: str, value: Any, least: int | None = None) -> int:
    """Check a whole number, at least `least` where that is given."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def scale(value: Any) -> str | FixedSpans:
    """Check a scale's name; code may give the numbers of a fixed one."""
    if isinstance(value, str):
        return one_of("scale", value, SCALES, SCALES, "or the numbers (low, high) of a fixed one, ")
    return checked_scale(value)


def method(value: Any) -> str:
    """Check a method's name."""
    if not isinstance(value, str):
        raise TypeError(f"method must be a method's name, got {value!r}")
    method_named(value)
    return value


def model(value: Any, known: Known) -> str | None:
    """Check a model's name; None stands for the first one, and for the only one where that has no name."""
    names = tuple(name for name in known.models if name is not None)
    if value is None:
        return next(iter(known.models))
    if not names:
        raise ValueError(f"model must be None, as the panel has one model without a name, got {value!r}")
    return one_of("model", value, names, names)


def layer(value: Any, known: Known) -> str | None:
    """Check a layer's name and give the one under which the panel lists it; None stands for the default.

    It may be in another one of the models, which may be chosen with it: a `Looker` says where it is lacking.
    """
    if value is None:
        return None
    tree = next((one.module for one in (known.shown, *known.models.values()) if one.has(value)), known.model)
    module = find_module(tree, value)
    return next(name for name, each in named_modules(tree) if each is module)


def position(value: Any, known: Known) -> int:
    """Check a sample's position; any from 0 up where the number of samples is not known."""
    number, count = whole("sample", value), known.samples.count
    if number < 0 or (count is not None and number >= count):
        extent = "of 0 or more" if count is None else f"from 0 to {count - 1}"
        raise IndexError(f"sample must be a position {extent}, got {number}")
    return number


def target(value: Any, known: Known, name: str = "target") -> Target:
    """Check a target; classes may be given by name."""
    if isinstance(value, Contrast):
        for part in (value.of, value.against):
            target(part, known, name)
        return value
    named = isinstance(value, str) and (value in ("predicted", "true") or value in known.names)
    if named or callable(value) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    methods = "a method's name, " if name == "compare" else ""
    methods += "a model's name, " if methods and known.several else ""
    raise ValueError(
        f"{name} must be {methods}'predicted', 'true', a class index or name, a Contrast or a callable of the model's "
        f"output, got {value!r}"
    )


def compare(value: Any, known: Known) -> Target | None:
    """Check what the view is compared with: a model, a method, a target, or nothing."""
    if isinstance(value, str) and value in known.models:
        return ModelName(value)
    if value is None or (isinstance(value, str) and value in METHODS):
        return value
    return target(value, known, "compare")


def place(value: Any) -> tuple[int, int] | None:
    """Check a pixel, or None; whether it lies inside the image depends on the sample."""
    if value is None:
        return None
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"at must be a pixel (row, column) of the image or None, got {value!r}")
    return whole("at", value[0], 0), whole("at", value[1], 0)


def silence(value: Any, known: Known) -> Silencing | None:
    """Check which channels are silenced; numbers alone are channels of the layer shown, which are set to zero."""
    if value is None:
        return None
    one = value if isinstance(value, Silencing) else Silencing("", _channels(value))
    if not one.channels:
        return None
    return replace(one, layer=layer(one.layer, known) or "") if one.layer else one


def _channels(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple | set | range):
        raise TypeError(f"silence must be a list of channel numbers, a Silencing or None, got {value!r}")
    return tuple(sorted({whole("silence", one, 0) for one in value}))


def cover(value: Any, known: Known) -> Cover | None:
    """Check which region of the image is covered, and with what; whether it lies in the image depends on the sample."""
    if value is None:
        return None
    if not isinstance(value, Cover):
        raise TypeError(f"cover must be a Cover, such as Cover.rectangle(8, 8, 24, 24), or None, got {value!r}")
    numbers = [number for point in value.points for number in point]
    if len(value.points) < 2 or not all(isinstance(one, int | float) and math.isfinite(one) for one in numbers):
        raise ValueError(f"cover must have two or more corners (x, y) of finite numbers, got {value.points!r}")
    one_of("cover.fill", value.fill, COVER_FILLS, COVER_FILLS)
    if value.fill != "sample":
        return replace(value, other=None)
    if value.other is None:
        raise ValueError("cover.other must be the position of the sample whose patch covers the region, got None")
    return replace(value, other=position(value.other, known))


def grid(value: Any) -> tuple[int, int] | None:
    """Check a grid of patches, or None."""
    if value is None:
        return None
    check_grid(value, None)
    return int(value[0]), int(value[1])

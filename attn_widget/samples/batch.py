"""Reading images and labels out of a batch, whatever its form."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image
from torch import Tensor, nn

from attn_widget.samples.images import is_array

IMAGE_KEYS = ("image", "images", "img", "imgs", "pixel_values", "x", "input", "inputs", "data")
LABEL_KEYS = (
    *("label", "labels", "target", "targets", "y", "class", "classes", "cls"),
    *("class_id", "class_label", "fine_label", "category"),
)
NOT_IMAGES = ("mask", "label", "target", "seg", "box", "depth", "annotation")
"""Parts of a field's name that say: arrays of this one are not the model's input."""

Form = Literal["images", "image"]


@dataclass(frozen=True, eq=False)
class Rows:
    """The samples of a batch.

    Attributes
    ----------
    count : int
        How many there are.
    at : callable
        Gives the image and the label of sample i, both as they lie in the batch.
    stack, labels : object
        The array in which all images lie, and what lies beside it as their labels; None where that is not one.
    """

    count: int
    at: Callable[[int], tuple[Any, Any]]
    stack: Any = None
    labels: Any = None


def read_rows(batch: Any, *, one: bool = False, prefer: Sequence[str] = ()) -> Rows:
    """Find the images and the labels of a batch.

    Parameters
    ----------
    batch : object
        A tensor or array, (x, y, ...), a mapping or an object with such fields, a list of samples, or these
        in one another. The first that looks like an image is the image; the label is what follows it.
    one : bool
        Whether the batch holds a single item, so that three axes are one image and two images beside each
        other are two views of it.
    prefer : sequence of str
        Names of fields in which the images are looked for first.

    Raises
    ------
    ValueError
        Where there is no image in it.
    """
    if batch is None or (isinstance(batch, list | tuple) and not batch):
        return Rows(0, lambda _: (None, None))
    if _form(batch, one) is None:
        raise ValueError(
            f"no image found in {describe(batch)}; expected a tensor [B, C, H, W], (x, y), a dict with "
            "'image' or 'pixel_values', or a list of such samples. Let the loader or its collate_fn give one"
        )
    return _rows(batch, one)


def _form(value: Any, one: bool) -> Form | None:
    """What is found in there first: a batch of images, one image, or None."""
    if isinstance(value, Image.Image):
        return "image"
    if is_array(value):
        return "images" if value.ndim >= 4 else "image" if value.ndim == 3 else None
    fields = _fields(value)
    if fields is not None:
        key = _image_key(fields, one)
        return None if key is None else _form(fields[key], one)
    if not isinstance(value, list | tuple):
        return None
    forms = [_form(part, one) for part in value]
    if "images" in forms or _is_list_of_samples(value, forms, one):
        return "images"
    return "image" if "image" in forms else None


def _is_list_of_samples(value: Any, forms: list[Form | None], one: bool) -> bool:
    """[(x, y), (x, y)] or [x, x]; of a single item, x beside x is the item."""
    if not forms or any(form != "image" for form in forms):
        return False
    return not one or all(isinstance(part, list | tuple) or _fields(part) is not None for part in value)


def _rows(value: Any, one: bool) -> Rows:
    if isinstance(value, Image.Image) or is_array(value):
        if _form(value, one) == "images":
            return Rows(len(value), lambda i: (value[i], None), value)
        return Rows(1, lambda _: (value, None))
    fields = _fields(value)
    if fields is not None:
        return _labelled(fields[_image_key(fields, one)], _label_of(fields), one)
    forms = [_form(part, one) for part in value]
    if "images" not in forms and _is_list_of_samples(value, forms, one):
        return Rows(len(value), lambda i: _rows(value[i], True).at(0))
    first = forms.index("images" if "images" in forms else "image")
    others = [*value[first + 1 :], *value[:first]]
    label = next((part for part in others if part is not None and _form(part, one) is None), None)
    return _labelled(value[first], label, one)


def _labelled(images: Any, label: Any, one: bool) -> Rows:
    """The samples of `images`, each with its own part of `label` unless it brought one along."""
    if not one and is_array(images) and images.ndim == 3 and len(images) == _count(label) > 1:
        rows = Rows(len(images), lambda i: (images[i], None))  # planes [B, H, W]
    else:
        rows = _rows(images, one)

    def at(i: int) -> tuple[Any, Any]:
        image, own = rows.at(i)
        return image, _part(label, i, rows.count) if own is None else own

    return Rows(rows.count, at, rows.stack, label if rows.labels is None else None)


def _part(label: Any, i: int, count: int) -> Any:
    """The label of sample `i` of `count`."""
    if isinstance(label, Mapping):
        return {key: _part(value, i, count) for key, value in label.items()}
    if isinstance(label, list | tuple) and label and all(isinstance(part, Tensor) for part in label):
        columns = [part for part in label if _count(part) == count]
        if len(columns) == len(label):  # several targets, each collated
            return columns[0][i]
    if _count(label) == count:
        return label[i]
    return label if count == 1 or _count(label) == 0 else None


def _count(label: Any) -> int:
    """How many parts a label has; 0 for one that has none."""
    if is_array(label):
        return len(label) if label.ndim else 0
    return len(label) if isinstance(label, list | tuple) else 0


def _fields(value: Any) -> dict[Any, Any] | None:
    """The fields of a mapping, a dataclass, a named tuple or a plain object; None for anything else."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        named = getattr(value, "_asdict", None)
        fields = named() if callable(named) else {}
        return fields if any(_lower(key) in IMAGE_KEYS for key in fields) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, list | type | nn.Module | Tensor | np.ndarray) or callable(value):
        return None
    attributes = getattr(value, "__dict__", None)
    return dict(attributes) if isinstance(attributes, dict) and attributes else None


def _image_key(fields: dict[Any, Any], one: bool) -> Any:
    by_name = sorted(
        (key for key in fields if _lower(key) in IMAGE_KEYS), key=lambda key: IMAGE_KEYS.index(_lower(key))
    )
    others = (key for key in fields if not any(part in _lower(key) for part in NOT_IMAGES))
    return next((key for key in (*by_name, *others) if _form(fields[key], one) is not None), None)


def _label_of(fields: dict[Any, Any]) -> Any:
    by_name = {_lower(key): value for key, value in fields.items()}
    for name in (*LABEL_KEYS, *(key for key in by_name if key.endswith("label"))):
        if by_name.get(name) is not None:
            return by_name[name]
    return None


def _lower(key: object) -> str:
    return str(key).lower()


def describe(value: Any) -> str:
    """A value in a few words: its type and its shape or length."""
    if isinstance(value, Tensor) or hasattr(value, "shape"):
        return f"{type(value).__name__} of shape {list(value.shape)}"
    if isinstance(value, list | tuple):
        inner = ", ".join(describe(part) for part in value[:3])
        return f"{type(value).__name__} of {len(value)} ({inner}{', …' if len(value) > 3 else ''})"
    if isinstance(value, Mapping):
        return f"{type(value).__name__} with the keys {list(value)[:8]}"
    return type(value).__name__

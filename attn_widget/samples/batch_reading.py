"""Reading images and labels out of a batch, whatever its form."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from attn_widget.samples.images import is_array
from attn_widget.words import sample_notes

IMAGE_KEYS = ("pixel_values", "image", "images", "img", "imgs", "x", "input", "inputs", "data")
LABEL_KEYS = (
    *("label", "labels", "target", "targets", "y", "class", "classes", "cls"),
    *("class_id", "class_label", "fine_label", "category"),
)
NOT_IMAGES = ("mask", "label", "target", "seg", "box", "depth", "annotation")
"""Parts of a field's name that say its arrays are not the model's input."""

_DEEPEST = 8
"""How many containers may be nested around an image."""
_LOOKED_AT = 32
"""If none of so many first parts of a list holds an image, the list holds none."""

Form = Literal["images", "image"]


@dataclass(frozen=True, eq=False)
class Rows:
    """The `count` samples of a batch; ``at(i)`` gives image and label of sample i as they are in the batch.

    `stack` is the one array in which all images are, and `labels` what is beside it as their labels; None if there is
    no such array.
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
        nested. The first part that looks like an image is the image; the label is what follows it.
    one : bool
        Whether the batch holds a single item, so that three axes are one image, and two images side by side are two
        views of it.
    prefer : sequence of str
        The names of the arguments that the model takes. A field named like the first is looked at before all others,
        then those of the rest that are usual names for images, then the other usual names, then the rest.

    Raises
    ------
    ValueError
        If there is no image in it.
    """
    if batch is None or (isinstance(batch, list | tuple) and not batch):
        return Rows(0, lambda _: (None, None))
    search = _Search(one, prefer)
    if search.form(batch) is None:
        raise ValueError(sample_notes.no_image_in(describe(batch)))
    return search.rows(batch)


class _Search:
    """Looks for images in a batch, down to a limited depth: an item may lead back to itself."""

    def __init__(self, one: bool, prefer: Sequence[str]) -> None:
        self._one, self._prefer = one, prefer
        self._forms: dict[tuple[int, int], tuple[Any, Form | None]] = {}

    @cached_property
    def _names(self) -> list[str]:
        """The names of images, in the order in which they are looked at."""
        own = [_lower(name) for name in self._prefer]
        more = [name for name in own if not _excludes_images(name)]  # say, a context, which may be no image
        return [*own[:1], *(name for name in more if name in IMAGE_KEYS), *IMAGE_KEYS, *more]

    def form(self, value: Any, depth: int = _DEEPEST) -> Form | None:
        """Say what is found first within `depth` containers: a batch of images, one image, or None."""
        if isinstance(value, Image.Image):
            return "image"
        if is_array(value):
            return "images" if value.ndim >= 4 else "image" if value.ndim == 3 else None
        if depth == 0 or value is None or isinstance(value, str | bytes | int | float):
            return None
        key = id(value), depth
        if key not in self._forms:
            self._forms[key] = value, self._form_inside(value, depth - 1)  # the value too: no other gets its id
        return self._forms[key][1]

    def rows(self, value: Any, depth: int = _DEEPEST) -> Rows:
        """Give the samples in a value in which `form` finds an image."""
        if isinstance(value, Image.Image) or is_array(value):
            if self.form(value) == "images":
                return Rows(len(value), lambda i: (value[i], None), value)
            return Rows(1, lambda _: (value, None))
        depth -= 1
        fields = _fields(value)
        if fields is not None:
            name, below = self._image_field(fields, depth)
            return self._labelled(fields[name], _in_rows(_label_of(fields)), below)
        forms = self._forms_of(value, depth)
        if "images" not in forms and self._is_list_of_samples(value, forms):
            return Rows(len(value), lambda i: _Search(True, self._prefer).rows(value[i]).at(0))
        first = forms.index("images" if "images" in forms else "image")
        others = [*value[first + 1 :], *value[:first]]
        label = next((part for part in others if part is not None and self.form(part, depth) is None), None)
        return self._labelled(value[first], label, depth)

    def _form_inside(self, value: Any, depth: int) -> Form | None:
        fields = _fields(value)
        if fields is not None:
            found = self._image_field(fields, depth)
            return None if found is None else self.form(fields[found[0]], found[1])
        if not isinstance(value, list | tuple):
            return None
        forms = self._forms_of(value, depth)
        if "images" in forms or self._is_list_of_samples(value, forms):
            return "images"
        return "image" if "image" in forms else None

    def _forms_of(self, parts: Any, depth: int) -> list[Form | None]:
        """Give the forms of a list's parts; only of the first ones if those hold no image."""
        forms = [self.form(part, depth) for part in parts[:_LOOKED_AT]]
        return [*forms, *(self.form(part, depth) for part in parts[_LOOKED_AT:])] if any(forms) else forms

    def _is_list_of_samples(self, value: Any, forms: list[Form | None]) -> bool:
        """[(x, y), (x, y)] or [x, x]; but a single item [x, x] is one sample."""
        if not forms or any(form != "image" for form in forms):
            return False
        return not self._one or all(isinstance(part, list | tuple) or _fields(part) is not None for part in value)

    def _image_field(self, fields: dict[Any, Any], depth: int) -> Any:
        """Give the name of the field with the image, and how deep to look there; None if there is none.

        Fields with an image's name come first, then the shallowest: an item may know the whole data set, with images
        of others in it.
        """
        named = sorted((key for key in fields if _lower(key) in self._names), key=lambda key: self._rank(key, fields))
        for key in named:
            deep = min(depth, 1) if _may_be_owner(fields[key]) else depth
            if self.form(fields[key], deep) is not None:
                return key, deep
        rest = [key for key in fields if key in named or not _excludes_images(_lower(key))]
        places = ((key, deep) for deep in range(depth + 1) for key in rest)
        return next(((key, deep) for key, deep in places if self.form(fields[key], deep) is not None), None)

    def _rank(self, key: Any, fields: dict[Any, Any]) -> tuple[bool, bool, int]:
        """Order named fields: what a model takes before PIL images, and plain values before objects."""
        value = fields[key]
        first = value[0] if isinstance(value, list | tuple) and value else value
        return isinstance(first, Image.Image), _may_be_owner(value), self._names.index(_lower(key))

    def _labelled(self, images: Any, label: Any, depth: int) -> Rows:
        """Give the samples of `images`, each with its part of `label` unless it has a label of its own."""
        if self._are_planes(images, label):
            rows = Rows(len(images), lambda i: (images[i], None), images)
        else:
            rows = self.rows(images, depth)

        def at(i: int) -> tuple[Any, Any]:
            image, own = rows.at(i)
            return image, _part(label, i, rows.count) if own is None else own

        return Rows(rows.count, at, rows.stack, label if rows.labels is None else None)

    def _are_planes(self, images: Any, label: Any) -> bool:
        """Whether these are planes [B, H, W] with a label each; in a single item, [1, H, W] with one in an array."""
        if not is_array(images) or images.ndim != 3 or len(images) != _count(label):
            return False
        return is_array(label) and len(images) == 1 if self._one else len(images) > 0


def _part(label: Any, i: int, count: int) -> Any:
    """The label of sample `i` of `count`."""
    if isinstance(label, Mapping):
        return {key: value if isinstance(value, Mapping) else _part(value, i, count) for key, value in label.items()}
    columns = label if isinstance(label, list | tuple) else ()
    if columns and all(isinstance(part, Tensor) and _count(part) == count for part in columns):
        return columns[0][i]  # of several targets, each collated
    if _count(label) == count:
        return label[i]
    return label if count == 1 or _count(label) == 0 else None


def _in_rows(label: Any) -> Any:
    """Transpose a field's lists of numbers, which torch collates by place, to a list for each sample."""
    if not isinstance(label, list | tuple) or len(label) < 2 or not all(isinstance(part, Tensor) for part in label):
        return label
    if any(part.ndim != 1 or len(part) != len(label[0]) for part in label):
        return label
    return [list(row) for row in zip(*(part.tolist() for part in label), strict=True)]


def _count(label: Any) -> int:
    """How many parts a label has; 0 if it cannot be divided."""
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
    if isinstance(value, list | type | nn.Module | Tensor | np.ndarray | Dataset | DataLoader) or callable(value):
        return None
    attributes = getattr(value, "__dict__", None)
    return dict(attributes) if isinstance(attributes, dict) and attributes else None


def _excludes_images(name: str) -> bool:
    """Whether a field's name says that it holds no images."""
    return any(part in name for part in NOT_IMAGES)


def _may_be_owner(value: Any) -> bool:
    """Whether this is an object with fields of its own, and so perhaps the item's owner."""
    return not (isinstance(value, Mapping | list | tuple | Image.Image) or is_array(value))


def _label_of(fields: dict[Any, Any]) -> Any:
    by_name = {_lower(key): value for key, value in fields.items()}
    names = (*LABEL_KEYS, *(key for key in by_name if key.endswith("label")))
    return next((by_name[name] for name in names if by_name.get(name) is not None), None)


def _lower(key: object) -> str:
    return str(key).lower()


def describe(value: Any, depth: int = 2) -> str:
    """Say what a value is: its type, its shape or length, and what is in it, down to `depth`."""
    if isinstance(value, Tensor) or hasattr(value, "shape"):
        return f"{type(value).__name__} of shape {list(value.shape)}"
    if isinstance(value, list | tuple) and depth:
        inner = ", ".join(describe(part, depth - 1) for part in value[:3])
        return f"{type(value).__name__} of {len(value)} ({inner}{', …' if len(value) > 3 else ''})"
    if isinstance(value, Mapping):
        return f"{type(value).__name__} with the keys {list(value)[:8]}"
    return type(value).__name__

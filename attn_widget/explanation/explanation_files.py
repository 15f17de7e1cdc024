"""Explanations in files: ``.npz`` with an array for each array, and ``about``, JSON as bytes, for all the rest."""

import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from attn_widget.atomic_files import replacing
from attn_widget.explanation.silencing import Silencing
from attn_widget.methods import Directions
from attn_widget.targets import Contrast
from attn_widget.words import exports

FORMAT, VERSION = "attn_widget explanation", 1

_MADE_WITH = ("attn-widget", "torch", "torchvision", "numpy")
_TUPLES = ("label", "size", "at", "notes", "shift_classes")
_DERIVED = ("overall", "heatmaps")  # for whoever reads the file without this package


def write(path: Path, fields: Mapping[str, Any], derived: Mapping[str, np.ndarray]) -> None:
    """Write an Explanation's fields and what follows from them, replacing whatever is there."""
    about: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    about["versions"] = {name: version_of(name) for name in _MADE_WITH} | {"python": platform.python_version()}
    arrays: dict[str, Any] = dict(derived)
    for name, value in fields.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        else:
            about[name] = _plain(value, name, arrays)
    with replacing(path) as file:
        np.savez_compressed(file, about=np.frombuffer(json.dumps(about, default=int).encode(), np.uint8), **arrays)


def version_of(package: str) -> str:
    """Give the version of a package that is installed; a question mark for one that is run from its source."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"


def read(path: Path) -> dict[str, Any]:
    """Read an Explanation's fields; raises as `Explanation.load` does."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return _fields({name: arrays[name] for name in arrays.files if name not in _DERIVED})
    except OSError:
        raise
    except Exception as error:  # whatever is wrong with a damaged file
        raise ValueError(exports.no_explanation(path)) from error


def _fields(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(arrays.pop("about").tobytes())
    if about.pop("format") != FORMAT or about.pop("version") > VERSION:
        raise ValueError(f"its format is not {FORMAT!r}, version {VERSION} or older")
    del about["versions"]
    found = {name: _restored(value, name, arrays) for name, value in about.items()}
    for name in [name for name in arrays if "." not in name]:
        arrays[name].setflags(write=False)
        found[name] = arrays[name]
    return found


def _plain(value: Any, name: str, arrays: dict[str, Any]) -> Any:
    """Give a value as JSON takes it, with the arrays in it put under names of their own."""
    if isinstance(value, Contrast):
        return vars(value)
    if isinstance(value, Directions):
        arrays[f"{name}.vectors"] = value.vectors
        return {"layer": value.layer}
    if isinstance(value, Silencing):
        return {**vars(value), "parts": _plain(value.parts, f"{name}.parts", arrays)}
    return exports.function_target(value) if callable(value) else value


def _restored(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """Undo `_plain`."""
    if name == "target" and isinstance(value, dict):
        return Contrast(**value)
    if name.rpartition(".")[2] == "parts" and value is not None:
        vectors = arrays[f"{name}.vectors"]
        vectors.setflags(write=False)
        return Directions(value["layer"], vectors)
    if name == "silenced" and value is not None:
        lists = {each: tuple(value[each]) for each in ("channels", "values")}
        return Silencing(**{**value, **lists, "parts": _restored(value["parts"], f"{name}.parts", arrays)})
    return tuple(value) if name in _TUPLES and isinstance(value, list) else value

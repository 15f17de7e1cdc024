"""A model, and what belongs to it, from a function that the user names as ``pkg.module:function``."""

import difflib
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from attn_widget.samples.class_name_forms import given_names
from attn_widget.shell.outcome import WrongUse, one_line
from attn_widget.words import forms

EXPECTED = "expected pkg.module:function, whose function gives a model, (model, transform) or (model, transform, names)"


@dataclass(frozen=True)
class Given:
    """What the user's function gave: a model, a transform of PIL images, and the names of its classes, if known."""

    model: nn.Module
    transform: Callable[[Any], Any] | None = None
    class_names: tuple[str, ...] | None = None


def given_by(reference: str) -> Given:
    """Import the module, from the working folder too, and call the function; a module's name may stand for a model.

    Raises
    ------
    WrongUse
        Where there is no such function, it raises, or what it gives is no model.
    """
    place, colon, name = reference.partition(":")
    if not (colon and place and name):
        raise WrongUse(f"--model is {reference!r}; {EXPECTED}")
    if place.endswith(".py") or "/" in place:
        raise WrongUse(f"--model is {reference!r}, a file; name it as in an import: {_as_import(place)}:{name}")
    return _read(_called(_attribute(_imported(place), name), reference), reference)


def _imported(place: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{place}.".startswith(f"{error.name}."):
            raise WrongUse(f"--model names the module {place!r}, which is neither in {folder} nor installed") from None
        raise WrongUse(f"{place} cannot be imported: {_told(error)}") from None
    except Exception as error:
        raise WrongUse(f"{place} cannot be imported: {_told(error)}") from None


def _attribute(module: ModuleType, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, [each for each in dir(found) if not each.startswith("_")], n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise WrongUse(f"{module.__name__} has no {name!r}{hint}")
        found = getattr(found, part)
    return found


def _called(function: Any, reference: str) -> Any:
    if isinstance(function, nn.Module):
        return function
    if not callable(function):
        raise WrongUse(f"--model {reference} is {_kind(function)}; {EXPECTED}")
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise WrongUse(f"--model {reference} is called without arguments, but needs some: {error}") from None
    except ValueError:
        pass  # it does not tell what it takes
    try:
        return function()
    except Exception as error:
        raise WrongUse(f"--model {reference} raised an error: {_told(error)}") from None


def _read(value: Any, reference: str) -> Given:
    first, *rest = value if isinstance(value, tuple | list) and value else (value,)
    if not isinstance(first, nn.Module):
        raise WrongUse(f"--model {reference} gave {_kind(first)}; {EXPECTED}")
    found = Given(first)
    for part in rest:
        found = _with(found, part, reference)
    return found


def _with(found: Given, part: Any, reference: str) -> Given:
    """Add a transform, torchvision's weights, or the names of the classes."""
    if part is None:
        return found
    if hasattr(part, "transforms") and hasattr(part, "meta"):
        names = found.class_names or (tuple(part.meta["categories"]) if "categories" in part.meta else None)
        return replace(found, transform=part.transforms(), class_names=names)
    if callable(part):
        return replace(found, transform=part)
    try:
        return replace(found, class_names=given_names(part))
    except (TypeError, ValueError):
        raise WrongUse(f"--model {reference} gave {_kind(part)} beside the model; {EXPECTED}") from None


def names_in(path: Path) -> tuple[str, ...]:
    """Read class names from a text file, one in a line.

    Raises
    ------
    WrongUse
        Where it cannot be read, or is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise WrongUse(f"--classes {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse(f"--classes {path} is no text in UTF-8") from None
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise WrongUse(f"--classes {path} is empty; expected the name of a class in each line")
    return names


def _told(error: Exception) -> str:
    """Say what the user's code raised, and where."""
    frames: Sequence[traceback.FrameSummary] = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(("<", str(Path(__file__).parent)))]
    where = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    return one_line(forms.error_text(error)) + where


def _as_import(place: str) -> str:
    return place.removesuffix(".py").strip("./").replace("/", ".")


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"

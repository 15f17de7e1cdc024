"""Surveys in files, as the fields of a `Survey`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from attn_widget.atomic_files import replacing
from attn_widget.explanation.result import read_only
from attn_widget.methods import Directions
from attn_widget.predictions.fingerprint import Fingerprint, same_data
from attn_widget.surveys.class_maps import ClassMaps
from attn_widget.surveys.mistake_record import Mistakes
from attn_widget.surveys.top_samples import TopSamples
from attn_widget.targets import Contrast
from attn_widget.words import surveys

FORMAT, VERSION = "attn_widget survey", 1
_PARTS: Mapping[str, type] = {
    "true_maps": ClassMaps,
    "predicted_maps": ClassMaps,
    "mistakes": Mistakes,
    "right": Mistakes,
}
_EXEMPLARS = ("by_activation", "by_contribution")
_VECTORS = "parts"  # of the layer
_ELSEWHERE = "review"  # has a file of its own


def write(path: Path, survey: Mapping[str, Any]) -> None:
    """Write a survey, replacing whatever is there; raises a ValueError for a target that is a function."""
    if callable(survey["target"]):
        raise ValueError(surveys.TARGET_NOT_SAVED)
    about: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    arrays: dict[str, Any] = {}
    for name, value in survey.items():
        if name in _PARTS:
            arrays |= {f"{name}.{part}": array for part, array in vars(value).items()}
        elif name in _EXEMPLARS:
            arrays[name] = TopSamples.of(value, survey["exemplar_bound"]).entries
        elif name == _VECTORS:
            arrays |= {} if value is None else {name: value.vectors}
        elif isinstance(value, np.ndarray):
            arrays[name] = value
        elif name != _ELSEWHERE:
            about[name] = value
    about["errors"] = list(survey["errors"].items())
    about["fingerprint"] = asdict(survey["fingerprint"])
    if isinstance(survey["target"], Contrast):
        about["target"] = asdict(survey["target"])
    text = json.dumps(about, default=int)  # NumPy's whole numbers
    with replacing(path) as file:
        np.savez(file, about=np.frombuffer(text.encode(), np.uint8), **arrays)


def read(path: Path) -> dict[str, Any]:
    """Read a survey's file; raises as `attn_widget.Survey.load` does."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return _fields(dict(arrays))
    except OSError:
        raise
    except Exception as error:  # whatever is wrong with a damaged file
        raise ValueError(surveys.no_survey(path)) from error


def check_replaceable(path: Path, fingerprint: Fingerprint) -> None:
    """Raise a FileExistsError unless there is nothing, or a survey of the same data."""
    try:
        stored = read(path)["fingerprint"]
    except FileNotFoundError:
        return
    except ValueError:
        raise FileExistsError(surveys.not_replaced(path, surveys.NO_SURVEY_THERE)) from None
    if not same_data(stored, fingerprint):
        raise FileExistsError(surveys.not_replaced(path, surveys.OTHER_DATA_THERE))


def _fields(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(arrays.pop("about").tobytes())
    if about.pop("format") != FORMAT or about.pop("version") > VERSION:
        raise ValueError(f"its format is not {FORMAT!r}, version {VERSION} or older")
    for name in _EXEMPLARS:
        about[name] = TopSamples(arrays.pop(name)).exemplars
    for name, kind in _PARTS.items():
        own = [each for each in arrays if each.startswith(f"{name}.")]
        about[name] = kind(**{each.removeprefix(f"{name}."): arrays.pop(each) for each in own})
    if _VECTORS in arrays:
        about[_VECTORS] = Directions(about["layer"], read_only(arrays.pop(_VECTORS)))
    stored, target = about["fingerprint"], about["target"]
    names = {"class_names": _tuple(stored["class_names"])}
    return {
        **about,
        **arrays,
        "class_names": _tuple(about["class_names"]),
        "errors": dict(map(tuple, about["errors"])),
        "fingerprint": Fingerprint(**{**stored, **names}),
        "notes": tuple(about["notes"]),
        "target": Contrast(**target) if isinstance(target, dict) else target,
    }


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)

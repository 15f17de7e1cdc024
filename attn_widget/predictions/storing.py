"""Reviews in files."""

import json
import os
from contextlib import suppress
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_widget.predictions.columns import KINDS
from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.samples import Place, Samples

if TYPE_CHECKING:
    from attn_widget.predictions.record import Review

FORMAT, VERSION = "attn_widget review", 1


def save(review: "Review", path: str | PathLike[str]) -> None:
    """Write a review to a file beside, and put that in the place of `path` once it is whole."""
    path = Path(path)
    about = _about(review)  # first: a review on its way on another thread may grow from here on
    length = about["reviewed"] if about["count"] is None else about["count"]
    arrays: dict[str, Any] = {name: column[:length] for name, column in review.columns.items()}
    for position, kept in review.kept.items():
        arrays |= {f"image_{position}": kept.image, f"thumbnail_{position}": kept.thumbnail}
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _about(review: "Review") -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "count": review.count,
        "reviewed": review.reviewed,
        "class_count": review.class_count,
        "class_names": review.names,
        "fingerprint": asdict(review.fingerprint),
        "errors": list(review.errors.items()),
        "marks": [
            [position, mark.kind, mark.note, mark.place.index, mark.place.name]
            for position, mark in review.marks.items()
        ],
    }


def load(path: str | PathLike[str], samples: Samples | None) -> "Review":
    """Read what `save` wrote."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return _review(arrays, samples)
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path} is no review that Review.save wrote, or is cut short") from error


def _review(arrays: Any, samples: Samples | None) -> "Review":
    from attn_widget.predictions.record import Kept, Mark, Review  # which imports this file

    about = json.loads(arrays["about"].tobytes())
    if about["format"] != FORMAT or about["version"] > VERSION:
        raise ValueError(f"its format is {about['format']!r}, version {about['version']}, and not version {VERSION}")
    given = about["fingerprint"]
    given["class_names"] = _tuple(given["class_names"])
    review = Review(about["count"], Fingerprint(**given), _tuple(about["class_names"]), samples)
    length = about["reviewed"] if about["count"] is None else about["count"]
    review.columns = {name: arrays[name] for name in KINDS}
    for name, (dtype, _) in KINDS.items():
        column = review.columns[name]
        if column.shape != (length,) or column.dtype != dtype:
            raise ValueError(f"{name} is {column.dtype} {list(column.shape)}, and not {np.dtype(dtype)} [{length}]")
    review.reviewed, review.class_count = about["reviewed"], about["class_count"]
    marks = {position: Mark(kind, note, Place(index, name)) for position, kind, note, index, name in about["marks"]}
    review.restore(dict(map(tuple, about["errors"])), marks)
    kept = [int(name.removeprefix("image_")) for name in arrays.files if name.startswith("image_")]
    review.keep({at: Kept(arrays[f"image_{at}"], arrays[f"thumbnail_{at}"]) for at in kept})
    return review


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)

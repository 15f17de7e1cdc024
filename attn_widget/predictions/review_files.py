"""Reviews in files: `review.npz`, and beside a large one `review.npz.marks.json` with the marks made since."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_widget.predictions.columns import KINDS, Columns
from attn_widget.predictions.fingerprint import Fingerprint, same_data
from attn_widget.predictions.marks import Mark, Said, read, said, without, written
from attn_widget.predictions.review_table import is_table
from attn_widget.predictions.whole_files import replacing
from attn_widget.words import reviews

if TYPE_CHECKING:
    from attn_widget.predictions.review_record import Review

FORMAT, VERSION = "attn_widget review", 1
FORMAT_OF_MARKS = "attn_widget marks"

_WRITTEN_AT_ONCE = 4 * 2**20
"""A file of so many bytes is written anew for each mark; beside a larger one stands another, of its marks alone."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A sample that cannot be fetched again.

    Attributes
    ----------
    image : ndarray ``[C, H, W]``
        As the model takes it.
    thumbnail : ndarray ``[h, w, 3]``, uint8
        To look at.
    """

    image: np.ndarray
    thumbnail: np.ndarray


@dataclass(frozen=True, eq=False)
class About:
    """What a file says of its review beside the columns; see `attn_widget.Review`."""

    count: int | None
    reviewed: int
    class_count: int
    class_names: tuple[str, ...] | None
    fingerprint: Fingerprint
    errors: dict[int, str]
    marks: dict[int, Mark]
    broken_off: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds."""

    about: About
    columns: Columns
    kept: dict[int, Kept]


# --- whole reviews


def write(review: "Review", path: Path) -> None:
    """Write a review in the place of whatever is there."""
    about = _described(review)  # first: a review on its way on another thread may grow from here on
    length = about["reviewed"] if about["count"] is None else about["count"]
    arrays: dict[str, Any] = {name: column[:length] for name, column in review.columns.items()}
    for position, kept in review.kept.items():
        arrays |= {f"image_{position}": kept.image, f"thumbnail_{position}": kept.thumbnail}
    _write(path, about, arrays)
    with suppress(FileNotFoundError):
        _beside(path).unlink()  # its marks are in the file now


def read_stored(path: str | PathLike[str]) -> Stored:
    """Read all that a file holds.

    Raises
    ------
    OSError
        Where there is no such file, or it cannot be read.
    ValueError
        Where it is cut short, or no review.
    """
    with _open(Path(path)) as arrays:
        about = _about(_raw(arrays), Path(path))
        length = about.reviewed if about.count is None else about.count
        columns = {name: _column(arrays[name], name, length) for name in KINDS}
        kept = [int(name.removeprefix("image_")) for name in arrays.files if name.startswith("image_")]
        return Stored(about, columns, {at: Kept(arrays[f"image_{at}"], arrays[f"thumbnail_{at}"]) for at in kept})


def read_about(path: str | PathLike[str]) -> About:
    """Read what a file says beside the columns; raises as `read_stored` does."""
    with _open(Path(path)) as arrays:
        return _about(_raw(arrays), Path(path))


# --- marks alone


def write_marks(review: "Review", path: Path) -> Path:
    """Bring the marks in a review's file to those of `review`; what else is in there stays.

    Returns
    -------
    Path
        Where they are: in that file or, where it is large, in one beside it until it is written anew.
    """
    with _open(path) as arrays:
        about = _raw(arrays)
        if path.stat().st_size <= _WRITTEN_AT_ONCE:
            rest = {name: arrays[name] for name in arrays.files if name != "about"}
            _write(path, {**about, "marks": written(review.marks)}, rest)
            return path
    before = read(about["marks"])
    changes = {
        "format": FORMAT_OF_MARKS,
        "version": VERSION,
        "fingerprint": about["fingerprint"],
        "marks": written(without(review.marks, said(before))),
        "removed": sorted(said({at: mark for at, mark in before.items() if at not in review.marks})),
    }
    with replacing(_beside(path)) as file:
        file.write(json.dumps(changes).encode())
    return _beside(path)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.marks.json")


def _with_changes(marks: dict[int, Mark], fingerprint: Fingerprint, path: Path) -> dict[int, Mark]:
    """Give a file's marks as the file beside it has changed them."""
    try:
        changes = json.loads(_beside(path).read_bytes())
    except FileNotFoundError:
        return marks
    if changes["format"] != FORMAT_OF_MARKS or not same_data(_fingerprint(changes["fingerprint"]), fingerprint):
        return marks
    removed: list[Said] = [(position, kind, note) for position, kind, note in changes["removed"]]
    return {**without(marks, removed), **read(changes["marks"])}


# --- the file's parts


def _described(review: "Review") -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "count": review.count,
        "reviewed": review.reviewed,
        "class_count": review.class_count,
        "class_names": review.names,
        "fingerprint": asdict(review.fingerprint),
        "errors": list(review.errors.items()),
        "marks": written(review.marks),
        "broken_off": review.broken_off,
        "notes": list(review.notes),
    }


def _write(path: Path, about: dict[str, Any], arrays: Mapping[str, Any]) -> None:
    with replacing(path) as file:
        np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """Open a file's arrays; whatever is wrong with them is one error."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except OSError:
        raise
    except Exception as error:
        raise ValueError(reviews.a_table(path) if is_table(path) else reviews.no_review(path)) from error


def _raw(arrays: Any) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(arrays["about"].tobytes())
    if about["format"] != FORMAT or about["version"] > VERSION:
        raise ValueError(f"its format is {about['format']!r}, version {about['version']}, and not version {VERSION}")
    return about


def _about(raw: dict[str, Any], path: Path) -> About:
    fingerprint = _fingerprint(raw["fingerprint"])
    return About(
        raw["count"],
        raw["reviewed"],
        raw["class_count"],
        _tuple(raw["class_names"]),
        fingerprint,
        dict(map(tuple, raw["errors"])),
        _with_changes(read(raw["marks"]), fingerprint, path),
        raw.get("broken_off"),  # this and what follows: of later versions
        tuple(raw.get("notes", ())),
    )


def _fingerprint(given: dict[str, Any]) -> Fingerprint:
    return Fingerprint(**{**given, "class_names": _tuple(given["class_names"])})


def _column(column: np.ndarray, name: str, length: int) -> np.ndarray:
    dtype = KINDS[name][0]
    if column.shape != (length,) or column.dtype != dtype:
        raise ValueError(f"{name} is {column.dtype} {list(column.shape)}, and not {np.dtype(dtype)} [{length}]")
    return column


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)

"""Reviews in files: `review.npz` and, next to a large one, `review.npz.marks.json` with the marks made since."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from attn_widget.atomic_files import replacing
from attn_widget.predictions import marks
from attn_widget.predictions.columns import KINDS
from attn_widget.predictions.fingerprint import Fingerprint, same_data
from attn_widget.predictions.marks import Mark, Marks, Said, said, without, written
from attn_widget.predictions.review_snapshot import Kept, Snapshot
from attn_widget.predictions.review_table import is_table
from attn_widget.words import reviews

FORMAT, VERSION = "attn_widget review", 1
FORMAT_OF_MARKS = "attn_widget marks"

_WRITTEN_AT_ONCE = 4 * 2**20
"""A file of at most this many bytes is rewritten for each mark; a larger one gets a second file, just for marks."""


# --- whole reviews


def write(now: Snapshot, path: Path) -> None:
    """Write a review, replacing whatever is there."""
    arrays: dict[str, Any] = {name: now.column(name) for name in now.columns}
    for position, kept in now.kept.items():
        arrays |= {f"image_{position}": kept.image, f"thumbnail_{position}": kept.thumbnail}
    _write(path, _described(now), arrays)
    with suppress(FileNotFoundError):
        _beside(path).unlink()  # its marks are in the file now


def read(path: Path) -> Snapshot:
    """Read a review's file; raises as `attn_widget.Review.load` does."""
    with _open(path) as arrays:
        about = _about(_raw(arrays), path)
        columns = {name: _column(arrays[name], name, len(about)) for name in KINDS}
        kept = [int(name.removeprefix("image_")) for name in arrays.files if name.startswith("image_")]
        images = {at: Kept(arrays[f"image_{at}"], arrays[f"thumbnail_{at}"]) for at in kept}
        return replace(about, columns=columns, kept=images)


def read_about(path: Path) -> Snapshot:
    """Read all but the columns and the samples kept; raises as `read` does."""
    with _open(path) as arrays:
        return _about(_raw(arrays), path)


# --- marks alone


def write_marks(own: Mapping[int, Mark], path: Path) -> Path:
    """Replace the marks in a review's file; give the file that was written: this one, or one next to a large one."""
    with _open(path) as arrays:
        about = _raw(arrays)
        if path.stat().st_size <= _WRITTEN_AT_ONCE:
            rest = {name: arrays[name] for name in arrays.files if name != "about"}
            _write(path, {**about, "marks": written(own)}, rest)
            return path
    before = marks.read(about["marks"])
    changes = {
        "format": FORMAT_OF_MARKS,
        "version": VERSION,
        "fingerprint": about["fingerprint"],
        "marks": written(without(own, said(before))),
        "removed": sorted(said({at: mark for at, mark in before.items() if at not in own})),
    }
    with replacing(_beside(path)) as file:
        file.write(json.dumps(changes).encode())
    return _beside(path)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.marks.json")


def _with_changes(stored: dict[int, Mark], fingerprint: Fingerprint, path: Path) -> dict[int, Mark]:
    """Apply the changes that a second file holds, if there is one, to the marks stored in the review's own file."""
    try:
        changes = json.loads(_beside(path).read_bytes())
    except FileNotFoundError:
        return stored
    if changes["format"] != FORMAT_OF_MARKS or not same_data(_fingerprint(changes["fingerprint"]), fingerprint):
        return stored
    removed: list[Said] = [(position, kind, note) for position, kind, note in changes["removed"]]
    return {**without(stored, removed), **marks.read(changes["marks"])}


# --- the file's parts


def _described(now: Snapshot) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "count": now.count,
        "reviewed": now.reviewed,
        "class_count": now.class_count,
        "class_names": now.names,
        "fingerprint": asdict(now.fingerprint),
        "errors": list(now.errors.items()),
        "marks": written(now.marks.by_position),
        "broken_off": now.broken_off,
        "notes": list(now.notes),
    }


def _write(path: Path, about: dict[str, Any], arrays: Mapping[str, Any]) -> None:
    with replacing(path) as file:
        np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """Open a file's arrays; whatever is wrong with them becomes the same `ValueError`."""
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
        found = f"{about['format']!r}, version {about['version']}"
        raise ValueError(f"its format is {found}; expected {FORMAT!r}, version {VERSION} or older")
    return about


def _about(raw: dict[str, Any], path: Path) -> Snapshot:
    fingerprint = _fingerprint(raw["fingerprint"])
    return Snapshot(
        raw["count"],
        fingerprint,
        _tuple(raw["class_names"]),
        reviewed=raw["reviewed"],
        class_count=raw["class_count"],
        errors=dict(map(tuple, raw["errors"])),
        marks=Marks(_with_changes(marks.read(raw["marks"]), fingerprint, path)),
        broken_off=raw.get("broken_off"),  # older files have neither this nor notes
        notes=tuple(raw.get("notes", ())),
    )


def _fingerprint(given: dict[str, Any]) -> Fingerprint:
    return Fingerprint(**{**given, "class_names": _tuple(given["class_names"])})


def _column(column: np.ndarray, name: str, length: int) -> np.ndarray:
    dtype = KINDS[name][0]
    if column.shape != (length,) or column.dtype != dtype:
        raise ValueError(f"{name} must be {np.dtype(dtype)} [{length}], got {column.dtype} {list(column.shape)}")
    return column


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)

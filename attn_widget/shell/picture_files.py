"""The pictures in a folder and in the folders within it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from attn_widget.shell.outcome import WrongUse

_NO_PICTURES = frozenset({"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"})
"""Formats that Pillow knows by name alone, or reads with the help of other programs."""


@dataclass(frozen=True)
class PictureFiles:
    """The picture files below a folder, sorted by name, and how many other files were left out."""

    root: Path
    files: tuple[Path, ...]
    left_out: int

    def name_of(self, file: Path) -> str:
        """Name a file by its path from the folder, with ``/``."""
        return file.relative_to(self.root).as_posix()


def picture_suffixes() -> frozenset[str]:
    """Give the suffixes, in lower case, of the formats that Pillow reads."""
    by_suffix = Image.registered_extensions()
    return frozenset(suffix for suffix, kind in by_suffix.items() if kind in Image.OPEN and kind not in _NO_PICTURES)


def find_pictures(given: str, *, but_not_in: Path | None = None) -> PictureFiles:
    """Find the pictures in a folder, or the one that is given; hidden files and folders are passed over.

    Pictures in the folder `but_not_in`, which is where a command writes, are not found where it lies within another.

    Raises
    ------
    WrongUse
        Where there is no such folder, or no picture in it.
    """
    root = Path(given)
    if root.is_file():
        return PictureFiles(root.parent, (root,), 0)
    if not root.is_dir():
        raise WrongUse(f"--images is {given!r}, which is neither a folder nor a file")
    suffixes = picture_suffixes()
    files = sorted(_files_below(root, None if but_not_in is None else but_not_in.resolve()))
    pictures = tuple(file for file in files if file.suffix.lower() in suffixes)
    if not pictures:
        raise WrongUse(f"--images is {given!r}, a folder without a picture: no name in it ends like .jpg or .png")
    return PictureFiles(root, pictures, len(files) - len(pictures))


def _files_below(root: Path, passed_over: Path | None) -> Iterator[Path]:
    """Walk through folders, also those behind links, but through none twice."""
    walked = {root.resolve()}
    for folder, inner, names in os.walk(root, followlinks=True):
        real = {name: (Path(folder) / name).resolve() for name in inner}
        inner[:] = sorted(
            name
            for name in inner
            if not name.startswith(".") and real[name] not in walked and real[name] != passed_over
        )
        walked.update(real[name] for name in inner)
        yield from (Path(folder) / name for name in names if not name.startswith("."))

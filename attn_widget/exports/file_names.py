"""Names of files that every file system takes, made from a sample's position and its own name or class."""

import re
from collections.abc import Iterable
from pathlib import Path

_DIGITS = 6  # of a position, so that files sort by it
_MOST_BYTES = 80  # of what follows it: names are shortened to that
_OURS = re.compile(rf"(\d{{{_DIGITS},}})(-.*)?\.(png|npz)", re.DOTALL)


def file_stem(position: int, name: str) -> str:
    """Name a sample's files without their ending: ``"000012-cat_0003"``.

    `name` is the sample's own file or its class, in any form. Only its letters and digits (of any alphabet), hyphens
    and underscores are kept, and no more than fit. The position makes the name unique, and none that Windows reserves.
    """
    kept = plain_name(re.sub(r"\.\w{1,5}$", "", name))
    return f"{position:0{_DIGITS}}" + (f"-{kept}" if kept else "")


def plain_name(name: str) -> str:
    """Keep of a name only letters and digits (of any alphabet), hyphens and underscores, and no more than fit."""
    kept = re.sub(r"[^\w-]+", "_", name).strip("_")
    return kept.encode("utf-8", "ignore")[:_MOST_BYTES].decode("utf-8", "ignore").strip("_")


def positions_in(folder: Path) -> Iterable[int]:
    """Give the positions of the samples whose files are in a folder, which need not exist."""
    if folder.is_dir():
        found = (_OURS.fullmatch(path.name) for path in folder.iterdir())
        yield from (int(match[1]) for match in found if match)

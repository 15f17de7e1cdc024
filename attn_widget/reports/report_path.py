"""Where a report is written."""

from pathlib import Path

ENDINGS = (".html", ".htm")


def checked_path(path: str | Path, *, overwrite: bool) -> Path:
    """Give the path of a report that can be written.

    Raises
    ------
    ValueError
        For another ending than ``.html`` or ``.htm``, which a browser would not open as a page.
    FileExistsError
        Where there is something already, unless it is a file and `overwrite` is True.
    FileNotFoundError
        Where the folder does not exist.
    """
    found = Path(path).expanduser()
    if found.suffix.lower() not in ENDINGS:
        raise ValueError(f"path must end in .html, so that a browser opens it, got {str(path)!r}")
    if not found.parent.is_dir():
        raise FileNotFoundError(f"the folder {str(found.parent)!r} does not exist: create it, or choose another path")
    if found.is_dir():
        raise FileExistsError(f"{str(found)!r} is a folder: choose another path")
    if found.exists() and not overwrite:
        raise FileExistsError(f"{str(found)!r} exists: choose another path, or pass overwrite=True to replace it")
    return found

"""Files that are written completely or left as they were."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write to a temporary file next to `path`, which replaces `path` once it is complete.

    An OSError names `path`, not the temporary file.
    """
    beside = path.with_name(f".{path.name}.{token_hex(3)}.part")  # shared with no other writer, on whatever machine
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        if error.filename == str(beside):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()

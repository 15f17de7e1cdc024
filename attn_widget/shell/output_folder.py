"""Where a command writes: made if need be, and nothing in it overwritten unasked."""

from collections.abc import Sequence
from pathlib import Path

from attn_widget.shell.outcome import WrongUse


def made_for(files: Sequence[Path], *, overwrite: bool) -> None:
    """Make the folders of files that are to be written.

    Raises
    ------
    WrongUse
        Where one of the files is there already and may not be overwritten, or its folder cannot be made.
    """
    for file in files:
        if file.exists() and not overwrite:
            raise WrongUse(f"{file} is there already: choose another --out, or add --overwrite")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongUse(f"--out {file.parent} cannot be made: {error.strerror}") from None

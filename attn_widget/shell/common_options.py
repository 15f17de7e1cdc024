"""The options of the commands, read without loading PyTorch."""

import re
from argparse import ArgumentParser, ArgumentTypeError, _ActionsContainer
from typing import Any

from attn_widget.words import shell_words


def add_picture_options(parser: ArgumentParser) -> None:
    """Add the options that say which model sees which pictures, and where the results go."""
    _add(parser, "--model", metavar="PKG.MODULE:FUNCTION", required=True)
    _add(parser, "--images", metavar="FOLDER", required=True)
    _add(parser, "--weights", metavar="FILE")
    _add(parser, "--classes", metavar="FILE")
    _add(parser, "--size", type=size, metavar="N")
    _add(parser, "--mean", type=numbers, metavar="R,G,B")
    _add(parser, "--std", type=numbers, metavar="R,G,B")
    _add(parser, "--device", metavar="NAME")
    _add(parser, "--batch-size", type=positive, default=32, metavar="N")
    _add(parser, "--workers", type=whole, default=0, metavar="N")
    _add(parser, "--overwrite", action="store_true")


def add_explain_options(parser: ArgumentParser) -> None:
    """Add the options of `explain`."""
    _add(parser, "--layer", metavar="NAME")
    _add(parser, "--method", default="channel-mean", metavar="NAME")
    _add(parser, "--target", default="predicted", metavar="CLASS")
    _add(parser, "--npz", action="store_true")
    _add(parser, "--continue", action="store_true", dest="resume")
    _add(parser, "--out", required=True, metavar="FOLDER")


def add_review_options(parser: ArgumentParser) -> None:
    """Add the options of `review`."""
    _add(parser, "--out", required=True, metavar="FOLDER")
    _add(parser, "--continue", action="store_true", dest="resume")


def add_report_options(parser: ArgumentParser) -> None:
    """Add the options of `report`."""
    which = parser.add_mutually_exclusive_group()
    _add(which, "--positions", type=positions, metavar="0,3,10-20")
    _add(which, "--mistakes", type=positive, nargs="?", const=50, metavar="N")
    _add(parser, "--review", metavar="FILE")
    _add(parser, "--layers", type=names, metavar="NAMES")
    _add(parser, "--methods", type=names, default=["channel-mean", "grad-cam"], metavar="NAMES")
    _add(parser, "--target", default="predicted", metavar="CLASS")
    _add(parser, "--out", required=True, metavar="FILE.html")


def positions(text: str) -> list[int]:
    """Read positions and ranges, which include their ends, as in "0,3,10-20"."""
    found: list[int] = []
    for part in text.split(","):
        if not re.fullmatch(r"\d+(-\d+)?", part):
            raise ArgumentTypeError(f"expected positions such as 0,3,10-20, got {text!r}")
        first, *last = map(int, part.split("-"))
        if last and last[0] < first:
            raise ArgumentTypeError(f"expected ranges with the lower end first, got {part!r}")
        found += range(first, (last or [first])[0] + 1)
    return found


def names(text: str) -> list[str]:
    """Read one or more names with commas between."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise ArgumentTypeError(f"expected one or more names with commas between, got {text!r}")
    return found


def size(text: str) -> int | tuple[int, int]:
    """Read "224", or "192x256" for height and width."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise ArgumentTypeError(
            f"expected a number of pixels such as 224, or height and width as 192x256, got {text!r}"
        )
    if "x" not in text:
        return int(text)
    height, width = map(int, text.split("x"))
    return height, width


def numbers(text: str) -> tuple[float, ...]:
    """Read one number, or three with commas between."""
    try:
        found = tuple(map(float, text.split(",")))
    except ValueError:
        found = ()
    if len(found) not in (1, 3):
        raise ArgumentTypeError(f"expected one number, or three with commas as in 0.485,0.456,0.406, got {text!r}")
    return found


def positive(text: str) -> int:
    """Read a whole number from 1."""
    if not re.fullmatch(r"[1-9]\d*", text):
        raise ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def whole(text: str) -> int:
    """Read a whole number from 0."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"expected a whole number from 0, got {text!r}")
    return int(text)


def _add(parser: _ActionsContainer, name: str, **how: Any) -> None:
    parser.add_argument(name, help=shell_words.SHELL_OPTIONS[name], **how)

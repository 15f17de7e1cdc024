"""How numbers, marks and errors are written in every language."""

import re

OWN_METHOD_NAMES: dict[str, str] = {}
"""The titles that methods were registered with; they take precedence over the names in the tables."""
_BETWEEN_CHINESE = re.compile("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def number(value: float, digits: int = 3) -> str:
    """Write a number to some digits, with a true minus sign."""
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def percent(fraction: float) -> str:
    """Write a fraction in per cent, to two digits if it is small; one that is not zero never looks like zero."""
    size, sign = 100 * abs(fraction), "\N{MINUS SIGN}" if fraction < 0 else ""
    if 0 < size < 0.05:
        return f"{'>' if fraction < 0 else '<'}{sign}0.1 %"
    return f"{sign}{size:.{1 if 0 < size < 9.95 else 0}f} %"


def shortened(text: str, most: int) -> str:
    """Fit a text into `most` characters, replacing its middle by an ellipsis if it is longer."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end].rstrip()}…{text[len(text) - end :].lstrip()}"


def marked(text: str, right: bool | None) -> str:
    """Put a tick or a cross before a text."""
    return {True: "✓ ", False: "✗ ", None: ""}[right] + text


def error_text(error: Exception) -> str:
    """Write an error from code that is not ours: its type and its first line."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def spaced(text: str) -> str:
    """Take the spaces out that stand between Chinese characters: they are for names in Latin letters."""
    return _BETWEEN_CHINESE.sub("", text)

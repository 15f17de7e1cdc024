"""Fonts for names in any script, from the scalable fonts that the machine has."""

from functools import cache, lru_cache

from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font

BASE = "DejaVu Sans"  # comes with Matplotlib
_UNKNOWN = "\N{WHITE SQUARE}"


def readable(text: str) -> tuple[str, list[str]]:
    """Give a text with what no font can draw replaced by a square, and the families that draw it.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        Of the same length, except that line breaks and other control characters are spaces.
    families : list of str
        Font families, Matplotlib's own first.
    """
    families = {BASE: None}
    drawn = []
    for character in text:
        if not character.isprintable():
            drawn.append(" ")
            continue
        family = _family_for(character)
        if family is None:
            drawn.append(_UNKNOWN)
        else:
            families[family] = None
            drawn.append(character)
    return "".join(drawn), list(families)


@lru_cache(maxsize=4096)
def _family_for(character: str) -> str | None:
    return next((family for family, path in _regular_fonts() if ord(character) in _characters(path)), None)


@lru_cache(maxsize=1)
def _regular_fonts() -> list[tuple[str, str]]:
    """List one upright font file a family, Matplotlib's own family first."""
    files: dict[str, str] = {}
    for font in sorted(fontManager.ttflist, key=lambda font: (font.style != "normal", font.weight != 400)):
        files.setdefault(font.name, font.fname)
    return sorted(files.items(), key=lambda item: item[0] != BASE)


@cache
def _characters(path: str) -> frozenset[int]:
    """List the characters of a font file; none where it cannot be read or scaled (colour emoji are bitmaps)."""
    try:
        font = FT2Font(path)
        return frozenset(font.get_charmap()) if font.scalable else frozenset()
    except (NotImplementedError, OSError, RuntimeError):
        return frozenset()

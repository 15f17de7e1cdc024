"""Fonts for names in any script, from the scalable fonts that the machine has."""

from functools import cache, lru_cache

from matplotlib.font_manager import fontManager, weight_dict
from matplotlib.ft2font import FT2Font

BASE = "DejaVu Sans"  # comes with Matplotlib
_UNKNOWN = "\N{WHITE SQUARE}"
_NOT_FOR_NAMES = ("Last Resort", "STIXSize", "STIXNonUnicode", "cm")  # boxes for any character, parts of mathematics


def readable(text: str, weight: str = "normal") -> tuple[str, list[str], str]:
    """Give a text with what no font can draw replaced by a square, and the fonts that draw it.

    Parameters
    ----------
    text : str
        Any text.
    weight : str
        ``"normal"`` or ``"bold"``.

    Returns
    -------
    text : str
        Of the same length, except that line breaks and other control characters are spaces.
    families : list of str
        Font families, Matplotlib's own first.
    weight : str
        The weight asked for, or ``"normal"`` where a character is in no font of that weight.
    """
    if weight != "normal" and any(_lacks(character, weight) for character in text):
        weight = "normal"
    families = {BASE: None}
    drawn = []
    for character in text:
        family = _family_for(character, weight)
        if not character.isprintable():
            drawn.append(" ")
        elif family is None:
            drawn.append(_UNKNOWN)
        else:
            families[family] = None
            drawn.append(character)
    return "".join(drawn), list(families), weight


def _lacks(character: str, weight: str) -> bool:
    """Whether a character is in fonts of normal weight only."""
    return _family_for(character, weight) is None and _family_for(character, "normal") is not None


@lru_cache(maxsize=4096)
def _family_for(character: str, weight: str) -> str | None:
    return next((family for family, path in _fonts(weight) if ord(character) in _characters(path)), None)


@cache
def _fonts(weight: str) -> list[tuple[str, str]]:
    """List the upright font file of each family that has one of that very weight, Matplotlib's own family first."""
    files: dict[str, str] = {}
    for font in fontManager.ttflist:
        heavy = weight_dict.get(font.weight) if isinstance(font.weight, str) else font.weight
        plain = font.style == font.variant == font.stretch == "normal" and heavy == weight_dict[weight]
        if plain and not font.name.startswith(_NOT_FOR_NAMES):
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

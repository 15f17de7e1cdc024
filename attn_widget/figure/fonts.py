"""Fonts for names in any script, among the scalable fonts installed on the machine."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache, wraps
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from matplotlib.font_manager import findSystemFonts, fontManager, weight_dict
from matplotlib.ft2font import FT2Font

from attn_widget.words import language, said_in

W = TypeVar("W", bound=Callable[..., Any])

BASE = "DejaVu Sans"  # ships with Matplotlib
_SAMPLES = {"en": "a", "zh": "热力图类别"}  # characters that a font for a language has
_UNKNOWN = "\N{WHITE SQUARE}"
_NOT_FOR_NAMES = ("Last Resort", "STIXSize", "STIXNonUnicode", "cm")  # boxes for all characters; mathematical symbols
_UNLIKE_BASE = ("Serif", "Mincho", "Ming", "Song", "Sung", "Kai", "Batang", "Mono")

# Chinese, Japanese and Korean share characters but draw them differently. A word in a font family's name tells whose
# forms it has; earlier words are preferred.
_FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Chinese": ("SC", "CN", "GB", "WenQuanYi", "YaHei", "SimHei", "PingFang", "Heiti", "TC", "TW", "HK"),
        "Japanese": ("JP", "IPAexGothic", "IPAGothic", "TakaoGothic", "Hiragino", "Meiryo"),
        "Korean": ("KR", "NanumGothic", "Malgun"),
    }
)


class _Face(NamedTuple):
    """One face of a font file, which may hold several."""

    path: str
    number: int


def readable(text: str, weight: str = "normal") -> tuple[str, list[str], str]:
    """Find fonts that can draw a text in a weight, ``"normal"`` or ``"bold"``.

    For each character Matplotlib's own family is the first choice, then a family with the forms of the text's
    language, then one without serifs.

    Returns
    -------
    text : str
        As long as the one given: a space in place of each control character, such as a line break, and a square in
        place of each character that is in no font.
    families : list of str
        Font families, Matplotlib's own first.
    weight : str
        The given weight, or ``"normal"`` if the best family for some character has it in normal weight only: that is
        better than another family.
    """
    forms = _forms_in(text)
    if weight != "normal" and any(_lacks(character, weight, forms) for character in text):
        weight = "normal"
    families = {BASE: None}
    drawn = []
    for character in text:
        family = _family_for(character, weight, forms)
        if not character.isprintable():
            drawn.append(" ")
        elif family is None:
            drawn.append(_UNKNOWN)
        else:
            families[family] = None
            drawn.append(character)
    return "".join(drawn), list(families), weight


def drawn_language() -> str:
    """Give the language that is spoken here, or English where no font has its characters."""
    spoken = language()
    if can_draw(_SAMPLES[spoken]):
        return spoken
    _find_new_fonts()
    return spoken if can_draw(_SAMPLES[spoken]) else "en"


@cache
def _find_new_fonts() -> None:
    """Have Matplotlib know the fonts that were installed after it made its list of fonts, which it keeps in a file."""
    known = {font.fname for font in fontManager.ttflist}
    for path in sorted(set(findSystemFonts()) - known):
        with suppress(Exception):  # whatever a font that cannot be read raises
            fontManager.addfont(path)
    for remembered in (_faces, _families, _family_for):
        remembered.cache_clear()


def can_draw(text: str) -> bool:
    """Whether some installed font has each of a text's characters."""
    forms = _forms_in(text)
    return all(_family_for(character, "normal", forms) is not None for character in text)


def in_drawn_language(work: W) -> W:
    """Make a function that writes on figures read its words in a language that can be drawn."""

    @wraps(work)
    def speak(*args: Any, **kwargs: Any) -> Any:
        return said_in(drawn_language(), work, *args, **kwargs)

    return cast(W, speak)


def _forms_in(text: str) -> str:
    """Guess in which language's forms a text's Chinese characters are to be drawn."""
    if any("\u3041" <= character <= "\u30ff" for character in text):
        return "Japanese"
    return "Korean" if any("\uac00" <= character <= "\ud7a3" for character in text) else "Chinese"


def _lacks(character: str, weight: str, forms: str) -> bool:
    """Whether the best family for a character has it in normal weight only."""
    family = _family_for(character, "normal", forms)
    return family is not None and family != _family_for(character, weight, forms)


@lru_cache(maxsize=4096)
def _family_for(character: str, weight: str, forms: str) -> str | None:
    faces = _faces(weight)
    return next((family for family in _families(weight, forms) if _has(faces[family], ord(character))), None)


@cache
def _families(weight: str, forms: str) -> list[str]:
    """List the families of a weight in order of preference, Matplotlib's own first."""
    words = _FORMS[forms]

    def rank(family: str) -> tuple[bool, int, bool]:
        fitting = [at for at, word in enumerate(words) if word in family.split() or family.startswith(word)]
        return family != BASE, min(fitting, default=len(words)), any(kind in family for kind in _UNLIKE_BASE)

    return sorted(_faces(weight), key=rank)


@cache
def _faces(weight: str) -> Mapping[str, _Face]:
    """Find each family's upright face of exactly that weight."""
    faces: dict[str, _Face] = {}
    for font in fontManager.ttflist:
        heavy = weight_dict.get(font.weight) if isinstance(font.weight, str) else font.weight
        plain = font.style == font.variant == font.stretch == "normal" and heavy == weight_dict[weight]
        if plain and not font.name.startswith(_NOT_FOR_NAMES):
            # before 3.11, Matplotlib knows only the first face of a file
            faces.setdefault(font.name, _Face(font.fname, getattr(font, "index", 0)))
    return faces


def _has(face: _Face, code: int) -> bool:
    known = _characters(face)
    place = int(np.searchsorted(known, code))
    return place < len(known) and int(known[place]) == code


@cache
def _characters(face: _Face) -> np.ndarray:
    """List a face's characters, ascending; none if it cannot be read or scaled (colour emoji are bitmaps)."""
    try:
        font = FT2Font(face.path, face_index=face.number) if face.number else FT2Font(face.path)
        codes = font.get_charmap() if font.scalable else {}
    except (NotImplementedError, OSError, RuntimeError):
        codes = {}
    return np.sort(np.fromiter(codes, np.uint32, len(codes)))

"""Fonts made for a test: each character in them is a square."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen


def make_font(path: Path, family: str, characters: Iterable[str], style: str = "Regular") -> Any:
    """Write a font file in which each of some characters is a square."""
    pen = TTGlyphPen(None)
    for i, (x, y) in enumerate([(0, 0), (1000, 0), (1000, 1000), (0, 1000)]):
        (pen.lineTo if i else pen.moveTo)((x, y))
    pen.closePath()
    codes = [ord(character) for character in characters]
    glyph, names = pen.glyph(), [".notdef", *(f"glyph{code}" for code in codes)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(dict(zip(codes, names[1:], strict=True)))
    builder.setupGlyf(dict.fromkeys(names, glyph))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=1000, descent=0)
    builder.setupNameTable({"familyName": family, "styleName": style})
    builder.setupOS2(usWeightClass=700 if style == "Bold" else 400)
    builder.setupPost()
    builder.font["head"].macStyle = int(style == "Bold")
    builder.save(path)
    return builder.font

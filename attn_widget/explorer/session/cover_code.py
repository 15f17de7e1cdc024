"""The part of the panel's script that covers a region."""

import textwrap

from attn_widget.evidence.region_cover import Cover

_WIDTH = 88


def cover_lines(cover: Cover) -> list[str]:
    """Write the statement that names what is covered."""
    if len(cover.points) == 2:
        kind, region = "rectangle", ", ".join(f"{number:g}" for point in cover.points for number in point)
    else:
        kind, region = "polygon", f"[{', '.join(f'({x:g}, {y:g})' for x, y in cover.points)}]"
    how = "" if cover.fill == "blur" else f", fill={cover.fill!r}"
    how += "" if cover.other is None else f", other={cover.other}"
    line = f"covered = Cover.{kind}({region}{how})"
    if len(line) <= _WIDTH:
        return [line]
    rows = textwrap.wrap(f"{region}{how}", _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return [f"covered = Cover.{kind}(", *rows, ")"]

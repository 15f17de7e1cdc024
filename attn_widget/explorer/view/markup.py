"""The panel's snippets of HTML; text that comes from the user is escaped here and nowhere else."""

import html
from collections.abc import Sequence

from attn_widget.explorer.session.channel_cards import Firing
from attn_widget.explorer.session.scene import ClassBar, Words
from attn_widget.words import captions, evidence, forms

_INK = "var(--jp-ui-font-color1, #1f2328)"
_FAINT = "var(--jp-ui-font-color2, #59636e)"
_KIND = {True: "attn-right", False: "attn-wrong", None: "attn-neither"}  # their colours are in the style sheet
BAR_ROW = 24
"""The height of a row of class bars in CSS pixels: whatever it shows, as a button lies over each."""
_SANS = "font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif)"


def sentence(text: str) -> str:
    """Format a sentence in the colour of text."""
    return f'<div style="{_SANS}; color: {_INK}">{html.escape(text)}</div>'


def score(text: str) -> str:
    """Format a score."""
    return f'<div style="{_SANS}; color: {_INK}; font-weight: 600; margin-right: 8px">{html.escape(text)}</div>'


def faint(text: str) -> str:
    """Format a sentence in a fainter colour, for what need not be noticed."""
    return f'<div style="{_SANS}; color: {_FAINT}">{html.escape(text)}</div>'


def heading(text: str) -> str:
    """Format the heading of a part of a page."""
    return f'<h3 style="{_SANS}; color: {_INK}; font-weight: 600; margin: 0">{html.escape(text)}</h3>'


def listed(texts: Sequence[str]) -> str:
    """Format sentences as a list."""
    items = "".join(f"<li>{html.escape(text)}</li>" for text in texts)
    return f'<ul style="{_SANS}; color: {_INK}; margin: 0; padding-left: 18px">{items}</ul>'


def code(text: str) -> str:
    """Put code into a field of its own, where the keyboard alone can reach, select and copy it."""
    rows = text.count("\n") + 2  # one of them for the scroll bar
    keys = 'data-lm-suppress-shortcuts="true"'  # or JupyterLab keeps Ctrl+A to itself
    named = f'aria-label="{captions.CODE}" title="{html.escape(captions.TOOLTIPS["code"])}"'
    return f'<textarea readonly spellcheck="false" rows="{rows}" {keys} {named}>{html.escape(text)}</textarea>'


def message(text: str) -> str:
    """Format a message that calls for attention; screen readers announce it."""
    box = "padding: 6px 10px; border-left: 3px solid #bf8700; background: rgba(191, 135, 0, 0.12)"
    return f'<div role="alert" style="{_SANS}; color: {_INK}; {box}">{html.escape(text)}</div>'


def verdict(words: Words) -> str:
    """Format the verdict in large type and the details in small, and add a line for screen readers that says it all."""
    clip = "white-space: nowrap; overflow: hidden; text-overflow: ellipsis"
    font = "font-size: 17px; font-weight: 600"
    large = f'<span class="{_KIND[words.right]}" style="{font}">{html.escape(words.verdict)}</span>'
    small = f'<span style="font-size: 12px; color: {_FAINT}">\N{NO-BREAK SPACE} {html.escape(words.detail)}</span>'
    spoken = f'<span role="status" class="attn-spoken">{html.escape(words.status)}</span>'
    return f'<div style="{_SANS}; {clip}"><span aria-hidden="true">{large} {small}</span>{spoken}</div>'


def answers(parts: Sequence[tuple[str, bool]]) -> str:
    """Format what was answered, in the colours of right and wrong; screen readers announce it."""
    font = "font-size: 15px; font-weight: 600; margin-right: 14px; white-space: nowrap"
    spans = "".join(f'<span class="{_KIND[right]}" style="{font}">{html.escape(text)}</span>' for text, right in parts)
    return f'<div aria-live="polite" style="{_SANS}">{spans}</div>'


def bars(rows: Sequence[ClassBar]) -> str:
    """Draw the probabilities of classes as bars; those of before as outlines around them."""
    cells = "".join(map(_bar, rows))
    last = 52 if all(row.before is None for row in rows) else 128  # for two numbers
    columns = f"grid-template-columns: minmax(60px, max-content) 1fr {last}px; grid-auto-rows: {BAR_ROW}px"
    grid = f"display: grid; {columns}; gap: 0 8px; align-items: center; padding: 0 4px 0 8px"
    return f'<div style="{_SANS}; color: {_INK}; {grid}">{cells}</div>'


def firing(title: str, rows: Sequence[Firing]) -> str:
    """Draw the means of classes as bars, relative to the largest; one that is a control is fainter."""
    largest = max(max(row.mean for row in rows), 0.0) or 1.0
    cells = "".join(_firing(row, row.mean / largest) for row in rows)
    grid = "display: grid; grid-template-columns: minmax(60px, max-content) 1fr 52px; gap: 2px 8px; align-items: center"
    return f'{faint(title)}<div style="{_SANS}; color: {_INK}; {grid}; padding: 0 4px 0 8px">{cells}</div>'


def _firing(row: Firing, length: float) -> str:
    colour = _FAINT if row.control else _INK
    bar = f"width: {_width(length):.1f}%; height: 9px; background: {colour}; border-radius: 2px"
    track = "height: 9px; background: rgba(128, 128, 128, 0.18); border-radius: 2px"
    clip = f"overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 150px; color: {colour}"
    name = html.escape(row.name)
    return (
        f'<span style="{clip}" title="{name}">{name}</span>'
        f'<span style="{track}"><span style="display: block; {bar}"></span></span>'
        f'<span style="text-align: right; white-space: nowrap; color: {colour}">{forms.number(row.mean)}</span>'
    )


def table(headings: Sequence[str], rows: Sequence[tuple[Sequence[str], bool]]) -> str:
    """Format a table; rows that stand out, as they say, are bold."""
    cell = "padding: 1px 8px 1px 0; text-align: left; vertical-align: top"
    light = f"{cell}; color: {_FAINT}; font-weight: 400"
    head = "".join(f'<th style="{light}">{html.escape(each)}</th>' for each in headings)
    lines = []
    for cells, stands_out in rows:
        weight = "; font-weight: 600" if stands_out else ""
        lines.append("".join(f'<td style="{cell}{weight}">{html.escape(each)}</td>' for each in cells))
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table style="{_SANS}; color: {_INK}; border-collapse: collapse"><tr>{head}</tr>{body}</table>'


def with_tooltip(text: str, tooltip: str) -> str:
    """Give a text a tooltip."""
    return f'<span title="{html.escape(tooltip)}">{html.escape(text)}</span>'


def _bar(row: ClassBar) -> str:
    name, fraction, kind = forms.marked(row.name, row.right), row.probability, _KIND[row.right]
    weight = "; font-weight: 600" if row.explained else ""
    track = "position: relative; height: 9px; background: rgba(128, 128, 128, 0.18); border-radius: 2px"
    bar = f"width: {_width(fraction):.1f}%; height: 9px; background: currentColor; border-radius: 2px"
    outline, share = "", forms.percent(fraction)
    if row.before is not None:
        edge = f"left: 0; top: -3px; width: {_width(row.before):.1f}%; min-width: 3px; height: 15px"
        box = f"position: absolute; box-sizing: border-box; border: 1.5px solid {_INK}; border-radius: 3px"
        outline = f'<span class="attn-before" style="{box}; {edge}"></span>'
        share = evidence.before_and_after(forms.percent(row.before), share)
    clip = "overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 150px" + weight
    return (
        f'<span style="{clip}" title="{html.escape(name)}">{html.escape(name)}</span>'
        f'<span style="{track}"><span class="{kind}" style="display: block; {bar}"></span>{outline}</span>'
        f'<span style="text-align: right; white-space: nowrap">{html.escape(share)}</span>'
    )


def _width(fraction: float) -> float:
    """How long a bar is, in per cent."""
    return 100 * min(max(fraction, 0.0), 1.0) if fraction == fraction else 0.0

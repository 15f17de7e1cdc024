"""The panel's pieces of HTML; what comes from the user is escaped here and nowhere else."""

import html
from collections.abc import Sequence

from attn_widget.explorer.session.scene import ClassBar, Words
from attn_widget.words import captions, forms

_INK = "var(--jp-ui-font-color1, #1f2328)"
_FAINT = "var(--jp-ui-font-color2, #59636e)"
_KIND = {True: "attn-right", False: "attn-wrong", None: "attn-neither"}  # whose colours the style sheet has
_SANS = "font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif)"


def sentence(text: str) -> str:
    """Write the sentence that says what is being looked at."""
    return f'<div style="{_SANS}; color: {_INK}">{html.escape(text)}</div>'


def faint(text: str) -> str:
    """Write a line that does not ask for attention."""
    return f'<div style="{_SANS}; color: {_FAINT}">{html.escape(text)}</div>'


def code(text: str) -> str:
    """Write lines of code in a field of their own, which keys alone can reach, select and copy."""
    rows = text.count("\n") + 2  # one for the bar that scrolls
    keys = 'data-lm-suppress-shortcuts="true"'  # else JupyterLab takes Ctrl+A for itself
    named = f'aria-label="{captions.CODE}" title="{html.escape(captions.TOOLTIPS["code"])}"'
    return f'<textarea readonly spellcheck="false" rows="{rows}" {keys} {named}>{html.escape(text)}</textarea>'


def message(text: str) -> str:
    """Write a message that asks for attention."""
    box = "padding: 6px 10px; border-left: 3px solid #bf8700; background: rgba(191, 135, 0, 0.12)"
    return f'<div role="alert" style="{_SANS}; color: {_INK}; {box}">{html.escape(text)}</div>'


def verdict(words: Words) -> str:
    """Write the verdict large, the details small, and all of it once more for screen readers."""
    clip = "white-space: nowrap; overflow: hidden; text-overflow: ellipsis"
    font = "font-size: 17px; font-weight: 600"
    large = f'<span class="{_KIND[words.right]}" style="{font}">{html.escape(words.verdict)}</span>'
    small = f'<span style="font-size: 12px; color: {_FAINT}">\N{NO-BREAK SPACE} {html.escape(words.detail)}</span>'
    spoken = f'<span role="status" class="attn-spoken">{html.escape(words.status)}</span>'
    return f'<div style="{_SANS}; {clip}"><span aria-hidden="true">{large} {small}</span>{spoken}</div>'


def bars(rows: Sequence[ClassBar]) -> str:
    """Write classes with their probabilities as bars."""
    cells = "".join(_bar(forms.marked(row.name, row.right), row.probability, _KIND[row.right]) for row in rows)
    grid = "display: grid; grid-template-columns: minmax(60px, max-content) 1fr 52px; gap: 3px 8px; align-items: center"
    return f'<div style="{_SANS}; color: {_INK}; {grid}">{cells}</div>'


def with_tooltip(text: str, tooltip: str) -> str:
    """Write a text that shows a tooltip under the mouse."""
    return f'<span title="{html.escape(tooltip)}">{html.escape(text)}</span>'


def _bar(name: str, fraction: float, kind: str) -> str:
    width = 100 * min(max(fraction, 0.0), 1.0) if fraction == fraction else 0.0
    track = "height: 9px; background: rgba(128, 128, 128, 0.18); border-radius: 2px"
    bar = f"width: {width:.1f}%; height: 9px; background: currentColor; border-radius: 2px"
    clip = "overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 150px"
    return (
        f'<span style="{clip}" title="{html.escape(name)}">{html.escape(name)}</span>'
        f'<span style="{track}"><span class="{kind}" style="display: block; {bar}"></span></span>'
        f'<span style="text-align: right">{html.escape(forms.percent(fraction))}</span>'
    )

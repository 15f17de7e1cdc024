"""The page as one file: everything that came from elsewhere is escaped here, and nowhere else.

Names, paths and sentences reach the page in two ways only: as JSON in a block that no browser runs, from which the
page's script writes them as text, and as the few pieces of plain text in `report.html`. The page's policy lets no other
script or style run, and loads nothing from anywhere.
"""

import html
import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any


def page_of(data: Mapping[str, Any], *, language: str, title: str, needs_script: str) -> bytes:
    """Put a page together.

    Parameters
    ----------
    data : mapping
        What the script shows, as JSON has it.
    language, title : str
        The page's.
    needs_script : str
        What is read where no script runs.
    """
    style, script = _part("report.css"), _part("report.js")
    page = Template(_part("report.html")).substitute(
        language=_as_text(language),
        title=_as_text(title),
        needs_script=_as_text(needs_script),
        policy=_as_text(_policy(style, script)),
        style=style,
        data=_as_json(data),
        script=script,
    )
    return page.encode("ascii", "xmlcharrefreplace")


def _part(name: str) -> str:
    text = files(__package__).joinpath(name).read_text("utf-8")
    assert text.isascii(), f"{name} must be plain ASCII: a browser checks it byte by byte"
    return text


def _policy(style: str, script: str) -> str:
    """Write the Content-Security-Policy: this very style and script, pictures in the page, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _as_text(text: str) -> str:
    """Write text that stays text wherever it stands in HTML, also within quotes."""
    return html.escape(text, quote=True)


def _as_json(data: Mapping[str, Any]) -> str:
    """Write JSON in which nothing can end the block that it stands in, or begin a comment."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

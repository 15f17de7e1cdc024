"""Each page of the panel is described in `notebooks/pages`, with a picture that `tests/browser` takes.

When the look of a page changes: `pytest -n 0 tests/browser/test_panel_front_ends.py -k description`, and then
`cp screenshots/pages/*.webp notebooks/pages/`.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attn_widget.explorer.view.pages import PAGES
from attn_widget.words.en import (
    captions,
    cards,
    evidence,
    exports,
    groups,
    mistakes,
    reports,
    several_models,
    shortcuts,
    surveys,
)

FOLDER = Path(__file__).parents[1] / "notebooks" / "pages"
NAMES = [page.name for page in PAGES]
WORDS = (captions, cards, evidence, exports, groups, mistakes, reports, several_models, shortcuts, surveys)
PARTS = ["The question.", "How to use it.", "How to read it.", "What it does not say."]


def test_every_page_has_its_description_and_picture_and_there_are_no_others() -> None:
    names = sorted(path.name for path in FOLDER.iterdir())

    assert names == sorted(f"{name}.{kind}" for name in NAMES for kind in ("webp", "md"))


@pytest.mark.parametrize("name", NAMES)
def test_a_description_is_short_and_has_its_parts_in_order(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()

    assert text.startswith(f"# {captions.PAGE_TITLES[name]}\n")
    assert re.findall(r"^\*\*(.+?)\*\*", text, re.MULTILINE) == PARTS
    assert len(text.split()) < 250


@pytest.mark.parametrize("name", NAMES)
def test_all_that_a_description_links_is_there(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (FOLDER / f"{name}.md").read_text())

    assert links[0] == f"{name}.webp"
    assert [link for link in links if not (FOLDER / link).is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_a_description_calls_by_name_is_so_called_in_the_panel(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    called = re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", text.replace("\n", " "))

    assert [one for one in called if one not in all_words()] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_light_and_not_blank(name: str) -> None:
    picture = FOLDER / f"{name}.webp"

    assert picture.stat().st_size < 60_000
    with Image.open(picture) as image:
        assert image.width > 500
        assert np.asarray(image).std() > 20


def all_words() -> set[str]:
    """Give every English word of the panel, also those in tables, each beginning with a capital letter."""
    found: set[str] = set()
    waiting: list[object] = [value for module in WORDS for value in vars(module).values()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.add(value[:1].upper() + value[1:])
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, tuple | list):
            waiting += value
    return found

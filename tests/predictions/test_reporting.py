"""How far a review is, where nobody gave a function to be told: a bar, or lines now and then."""

import sys
from types import SimpleNamespace

import pytest

from attn_widget import review
from attn_widget.predictions import progress
from attn_widget.words import forms

from .making import Naming, Shades


def test_a_bar_is_drawn_on_standard_error(capsys):
    review(Naming(), Shades(100))
    written = capsys.readouterr()
    assert "Reviewing" in written.err
    assert written.out == ""


def test_without_tqdm_there_are_lines_now_and_then(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    review(Naming(), Shades(320))
    assert capsys.readouterr().err.splitlines() == [
        "Reviewing: 96 of 320 samples, 8 a second, 28 s left",
        "Reviewing: 192 of 320 samples, 8 a second, 16 s left",
        "Reviewing: 288 of 320 samples, 8 a second, 4 s left",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1500, None, 10.0), "1,500 samples, 150 a second"),
        ((0, 100, 0.0), "0 of 100 samples, 0 a second"),
        ((100, 100_100, 1.0), "100 of 100,100 samples, 100 a second, 17 min left"),
        ((100, 10_000_100, 1.0), "100 of 10,000,100 samples, 100 a second, 27.8 h left"),
    ],
)
def test_progress_in_words(arguments, words):
    assert forms.speed(*arguments) == words

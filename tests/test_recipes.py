"""CONTRIBUTING's recipes, followed on a copy of the package: a control, a page, a method."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "attn_widget"

OPENING = """
import torch
from torch import nn
from attn_widget import AttentionExplorer, register

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
explorer = AttentionExplorer(model, [(torch.rand(2, 3, 8, 8), torch.tensor([0, 1]))], layer="1", method="grad-cam")


def widgets_of(root):
    yield root
    for child in getattr(root, "children", ()):
        yield from widgets_of(child)


def labelled(text):
    return [each for each in widgets_of(explorer) if text in str(getattr(each, "description", ""))]
"""

CONTROL = [
    (
        "explorer/settings.py",
        "SETTINGS = (\n",
        '    Setting("smooth", 0, _value(partial(trait_checks.whole, "smooth", least=0)), kind="number"),\n',
    ),
    (
        "words/en/captions.py",
        "SETTINGS = {\n",
        '    "smooth": ("Noisy copies", "Over how many noisy copies gradients are averaged"),\n',
    ),
]

USE_CONTROL = """
before = explorer.explanation.overall_map.copy()
(field,) = labelled("Noisy copies")
field.set_state({"value": 5})
assert explorer.smooth == 5
assert not (explorer.explanation.overall_map == before).all()
assert "smooth=5" in explorer.code and "smooth=5" in repr(explorer)
explorer.reset()
assert explorer.smooth == 0 and (explorer.explanation.overall_map == before).all()
assert AttentionExplorer(model, torch.rand(1, 3, 8, 8), smooth=2).smooth == 2
"""

PAGE = """
import ipywidgets as widgets

from attn_widget.explorer.view.page import Page


class SharesPage(Page):
    name = "shares"
    wants = ("explanation",)

    def __init__(self, send, lock):
        super().__init__(send, lock)
        self.root = widgets.HTML()

    def render(self, scene):
        self.root.value = f"shares: {scene.explanation.shares.tolist()}"
"""

USE_PAGE = """
(tabs,) = [each for each in widgets_of(explorer) if "shares" in dict(getattr(each, "options", ())).values()]
tabs.value = "shares"
def shown():
    return [each.value for each in widgets_of(explorer) if str(getattr(each, "value", "")).startswith("shares: ")]
assert shown() == [f"shares: {explorer.explanation.shares.tolist()}"]
explorer.sample = 1
assert shown() == [f"shares: {explorer.explanation.shares.tolist()}"]
tabs.value = "look"
assert shown() == []
"""

USE_METHOD = """
from attn_widget.methods import Weighing

def strongest_cell(activation):
    '''Where one cell is strongest.'''
    maps = activation.maps
    return Weighing(maps.max((1, 2)), maps.max((1, 2))[:, None, None])

register("strongest-cell", strongest_cell, title="Strongest cell", class_specific=False)
explorer.method = "strongest-cell"
assert explorer.explanation.method == "strongest-cell"
(method,) = [each for each in labelled("Method") if hasattr(each, "label")]
assert method.label == "Strongest cell"
assert explorer.status.count("Sample 0")
"""


@pytest.fixture
def run(tmp_path):
    """Copy the package, add lines to files of the copy and whole files to it, and run code beside it."""

    def run_with(code, lines=(), files=()):
        shutil.copytree(PACKAGE, tmp_path / "attn_widget", ignore=shutil.ignore_patterns("__pycache__"))
        for name, after, line in lines:
            path = tmp_path / "attn_widget" / name
            text = path.read_text()
            assert text.count(after) == 1, name
            path.write_text(text.replace(after, after + line))
        for name, text in files:
            (tmp_path / "attn_widget" / name).write_text(text)
        return subprocess.run([sys.executable, "-c", OPENING + code], cwd=tmp_path, capture_output=True, text=True)

    return run_with


def test_a_control_is_a_row_its_words_and_a_field_of_the_question(run):
    done = run(USE_CONTROL, CONTROL)
    assert done.returncode == 0, done.stderr


def test_a_page_is_a_file_and_a_line(run):
    pages = "explorer/view/pages"
    line = "    __import__('importlib').import_module('attn_widget.explorer.view.pages.shares_page').SharesPage,\n"
    done = run(USE_PAGE, [(f"{pages}/__init__.py", "    LookPage,\n", line)], [(f"{pages}/shares_page.py", PAGE)])
    assert done.returncode == 0, done.stderr


def test_a_method_is_a_function_that_is_registered(run):
    done = run(USE_METHOD)
    assert done.returncode == 0, done.stderr


def test_what_is_not_added_is_not_there(run):
    done = run(USE_CONTROL)
    assert "ValueError" in done.stderr

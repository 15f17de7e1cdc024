"""What `attn_widget` offers, and what each of its names loads."""

import ast
import json
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import pytest

import attn_widget

WIDGETS = ["ipympl", "ipywidgets", "IPython", "traitlets"]
STEPS = f"""
import importlib, json, pkgutil, sys

def loaded(names): return [name for name in names if name in sys.modules]

steps = {{}}
import attn_widget.words
for one in pkgutil.walk_packages(attn_widget.words.__path__, "attn_widget.words."):
    importlib.import_module(one.name)
steps["words"] = loaded(["torch", "numpy", "scipy", "matplotlib"] + {WIDGETS})
for name in attn_widget.__all__:
    if name != "AttentionExplorer":
        getattr(attn_widget, name)
steps["scripts"] = loaded(["torch", "matplotlib"] + {WIDGETS})
from attn_widget import AttentionExplorer
steps["the panel"] = loaded(["torch", "matplotlib"] + {WIDGETS})
print(json.dumps(steps))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """What is loaded after each step of a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_words_load_no_torch_and_no_numpy(loaded):
    assert loaded["words"] == []


def test_all_but_the_panel_loads_no_widget_and_no_matplotlib(loaded):
    assert loaded["scripts"] == ["torch"]
    assert loaded["the panel"] == ["torch", "matplotlib", *WIDGETS]


def test_the_names_are_those_that_type_checkers_see():
    source = ast.parse(Path(attn_widget.__file__).read_text())
    (typed,) = [node for node in source.body if isinstance(node, ast.If)]
    assert sorted(alias.name for node in typed.body for alias in node.names) == sorted(attn_widget.__all__)
    assert set(attn_widget.__all__) <= set(dir(attn_widget))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'attn_widget' has no attribute 'explan'"):
        attrgetter("explan")(attn_widget)

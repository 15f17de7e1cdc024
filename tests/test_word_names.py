"""The names in `attn_widget.words`: each is the key of one sentence, in whichever language."""

import ast
from collections import Counter
from pathlib import Path

import attn_widget
from attn_widget.words import captions

PACKAGE = Path(attn_widget.__file__).parent
TREES = {path: ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")}
WORDS = {path.stem: tree for path, tree in TREES.items() if path.parent == PACKAGE / "words" / "en"}


def names_in(tree):
    """What a module defines for others."""
    for node in tree.body:
        targets = getattr(node, "targets", [getattr(node, "target", node)])
        names = [getattr(one, "id", getattr(one, "name", "_")) for one in targets]
        yield from (name for name in names if not name.startswith("_"))


def uses():
    """Each name of each module that is read, as ``(module, name)``."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield node.value.id, node.attr
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and path.parent.name == "en":
                yield path.stem, node.id


def test_no_two_sentences_have_one_name():
    names = Counter(name for tree in WORDS.values() for name in names_in(tree))
    assert len(names) > 150
    assert [name for name, count in names.items() if count > 1] == []


def test_each_sentence_is_used():
    used = set(uses())
    assert [(stem, name) for stem, tree in WORDS.items() for name in names_in(tree) if (stem, name) not in used] == []


def test_each_tooltip_is_used_and_no_two_say_the_same():
    keys = {
        node.slice.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    }
    assert set(captions.TOOLTIPS) <= keys
    assert len(set(captions.TOOLTIPS.values())) == len(captions.TOOLTIPS)

"""The words in two languages: the same names, made from the same values, and none of them anywhere else."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import attn_widget
from attn_widget import words

PACKAGE = Path(attn_widget.__file__).parent
SUBJECTS = sorted(file.stem for file in (PACKAGE / "words" / "en").glob("*.py") if file.stem != "__init__")
CHINESE = re.compile("[\u4e00-\u9fff]")


def table(language, subject):
    return import_module(f"attn_widget.words.{language}.{subject}")


def words_in(module):
    """What a table defines for others, by name."""
    return {
        name: word
        for name, word in vars(module).items()
        if not name.startswith("_") and getattr(word, "__module__", module.__name__) == module.__name__
        if not inspect.ismodule(word)
    }


def shape(word, constants):
    """What must be the same in both languages: parameters, keys, and how many parts there are."""
    if inspect.isfunction(word):
        return [(each.name, each.kind, each.default) for each in inspect.signature(word).parameters.values()]
    if isinstance(word, dict):
        return {constants.get(key, key): shape(value, constants) for key, value in word.items()}
    if isinstance(word, tuple):
        return [shape(each, constants) for each in word]
    return type(word)


def parameters_read(module):
    """The parameters that each function reads, by the function's name."""
    tree = ast.parse(inspect.getsource(module))
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"):
        given = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
        read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        yield function.name, given & read


def test_both_languages_have_the_same_subjects_and_each_is_offered():
    assert sorted(file.stem for file in (PACKAGE / "words/zh").glob("*.py") if file.stem != "__init__") == SUBJECTS
    assert set(SUBJECTS) <= set(words.__all__)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_languages_have_the_same_names_with_the_same_signatures_and_keys(subject):
    shapes = {}
    for language in words.LANGUAGES:
        found = words_in(table(language, subject))
        constants = {word: name for name, word in found.items() if isinstance(word, str)}
        shapes[language] = {name: shape(word, constants) for name, word in found.items()}
    assert shapes["zh"] == shapes["en"]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_is_said_in_one_language_is_said_in_the_other(subject):
    english, chinese = (dict(parameters_read(table(language, subject))) for language in words.LANGUAGES)
    assert chinese == english

"""The words in two languages: the same names, made from the same values, and none of them anywhere else."""

import ast
import inspect
import re
import threading
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
        if not inspect.ismodule(word) and not inspect.isclass(word)
    }


def shape(word, constants):
    """What must be the same in both languages: parameters, keys, and how many parts there are."""
    if inspect.isfunction(word):
        return [
            (each.name.lstrip("_"), each.kind, each.default) for each in inspect.signature(word).parameters.values()
        ]
    if isinstance(word, dict):
        return {constants.get(key, key): shape(value, constants) for key, value in word.items()}
    if isinstance(word, tuple):
        return [shape(each, constants) for each in word]
    return type(word)


def parameters_read(module):
    """The parameters that each function reads, or is named not to with a leading ``_``, by the function's name."""
    tree = ast.parse(inspect.getsource(module))
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"):
        given = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
        read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        yield function.name, {each.lstrip("_") for each in given if each in read or each[0] == "_"}


def test_both_languages_have_the_same_subjects_and_each_is_offered():
    chinese = {file.stem for file in (PACKAGE / "words" / "zh").glob("*.py")} - {"__init__"}
    assert chinese == set(SUBJECTS)
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


NOUNS = import_module("attn_widget.words.zh.forms").__dict__["_NOUNS"]


def test_whatever_is_counted_has_a_measure_word():
    counting = re.compile(r"(?:counted|plural)\(.*?[\"']([a-z ]+)[\"']")
    counted = {noun for file in (PACKAGE / "words").rglob("*.py") for noun in counting.findall(file.read_text())}
    assert len(counted) > 10
    assert counted <= set(NOUNS)


# What is no text for a user, though it looks like one.
CODE = ("script.py", "silencing_code.py", "cover_code.py")
ERRORS = ("trait_checks.py", "style_checks.py", "named_models.py")
FONTS = ("DejaVu Sans", "Last Resort")
KEYS = {
    key
    for subject in SUBJECTS
    for word in words_in(table("en", subject)).values()
    if isinstance(word, dict)
    for key in word
}
PROSE = re.compile(r"(?<![\w-])[A-Za-z]{2,}[,.]? [A-Za-z]{2,}(?![\w-])")
DRAWN = [*(PACKAGE / "explorer").rglob("*.py"), *(PACKAGE / "figure").rglob("*.py"), PACKAGE / "canvas.py"]
STYLED = ("style.py", "markup.py", "canvas.py")  # style sheets and tags are full of words
LABELS = {"button": (0, 2), "toggle": (0, 2), "dropdown": (0, 1)}  # which arguments are read
LABELS |= dict.fromkeys(("set_text", "set_title", "set_xlabel", "set_ylabel", "sentence", "faint", "heading"), (0, 1))
NAMED = ("description", "tooltip", "tooltips", "placeholder", "title", "label", "text")


def constants(tree):
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def not_read(tree):
    """What no user reads: docstrings, errors raised at programmers, and annotations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        for part in (node, getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(part, ast.Raise) or (part is not None and part is not node):
                yield from constants(part)


def test_no_sentence_of_the_panel_stands_outside_the_tables():
    found = []
    for file in (file for file in DRAWN if file.name not in (*CODE, *ERRORS, *STYLED)):
        tree = ast.parse(file.read_text())
        set_aside = set(map(id, not_read(tree)))
        said = [one for one in constants(tree) if id(one) not in set_aside and PROSE.search(one.value)]
        found += [f"{file.name}:{one.lineno}: {one.value}" for one in said if one.value not in (*KEYS, *FONTS)]
    assert found == []


def test_no_label_of_the_panel_stands_outside_the_tables():
    found = []
    for file in DRAWN:
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            read = [call.args[at] for at in LABELS.get(name, ()) if at < len(call.args)]
            read += [each.value for each in call.keywords if each.arg in NAMED]
            literal = [
                one for part in read for one in (part, *getattr(part, "elts", ())) if isinstance(one, ast.Constant)
            ]
            found += [
                f"{file.name}:{one.lineno}: {one.value}"
                for one in literal
                if re.match("(?!attn-).*[A-Za-z]{2}", str(one.value))
            ]
    assert found == []


def test_no_refusal_of_the_package_stands_outside_the_tables():
    found = []
    for file in (file for file in PACKAGE.rglob("*.py") if "words" not in file.parts):
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") in ("Refusal", "NoMap", "SampleError"):
                said = [one for part in call.args for one in constants(part) if PROSE.search(one.value)]
                found += [f"{file.name}:{one.lineno}: {one.value}" for one in said]
    assert found == []


def texts(subject, language):
    """What the table says: its constants without the docstrings."""
    tree = ast.parse(inspect.getsource(table(language, subject)))
    set_aside = set(map(id, not_read(tree)))
    return [one.value for one in constants(tree) if id(one) not in set_aside]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_table_is_in_its_language(subject):
    assert [text for text in texts(subject, "en") if CHINESE.search(text)] == []
    assert any(CHINESE.search(text) for text in texts(subject, "zh"))


def test_a_language_lasts_as_long_as_what_speaks_it_even_if_that_is_interrupted():
    def interrupted():
        assert words.forms.counted(2, "sample") == "2 个样本"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        words.said_in("zh", interrupted)
    assert words.forms.counted(2, "sample") == "2 samples"


def test_a_function_speaks_the_language_in_which_it_was_made_on_any_thread():
    heard = []
    with words.speaking("zh"):
        thread = threading.Thread(target=words.spoken(lambda: heard.append(words.language())))
    thread.start()
    thread.join()
    assert heard == ["zh"]


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANGUAGE": "zh_TW:en", "LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_environment_says_which_language_is_spoken(monkeypatch, variables, language):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert words.language() == language


def test_what_the_panels_controls_call_speaks_the_panels_language():
    """Through `on_change` and `on_click`, or a canvas, which do."""
    found = []
    for file in (PACKAGE / "explorer" / "view").rglob("*.py"):
        if file.name != "widget_parts.py":
            found += [f"{file.name}: {call}" for call in re.findall(r"\.(?:observe|on_click)\(.*", file.read_text())]
    assert found == []

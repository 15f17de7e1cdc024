"""Each notebook of the course has a Chinese twin with the same cells and the same code, but for what readers read."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from attn_widget import lessons

FOLDER = Path(__file__).parents[1] / "notebooks"
TWINS = sorted(path.name for path in (FOLDER / "zh").glob("*.ipynb"))
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


@pytest.fixture(params=TWINS)
def pair(request: pytest.FixtureRequest) -> list[nbformat.NotebookNode]:
    """A notebook in English and in Chinese."""
    return [nbformat.read(path / request.param, as_version=4) for path in (FOLDER, FOLDER / "zh")]


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def alike(english: object, chinese: object) -> bool:
    """Whether two pieces of code do the same; a text for readers, and the language, may differ."""
    if type(english) is not type(chinese):
        return False
    if isinstance(english, ast.JoinedStr) and isinstance(chinese, ast.JoinedStr):
        values = [[each for each in one.values if isinstance(each, ast.FormattedValue)] for one in (english, chinese)]
        return alike(*values) and (bool(CHINESE.search(ast.unparse(chinese))) or ast.dump(english) == ast.dump(chinese))
    if isinstance(english, ast.Constant) and isinstance(chinese, ast.Constant):
        same = english.value == chinese.value or (english.value, chinese.value) == ("en", "zh")
        return same or (isinstance(chinese.value, str) and bool(CHINESE.search(chinese.value)))
    if isinstance(english, ast.AST) and isinstance(chinese, ast.AST):
        return all(alike(getattr(english, field, None), getattr(chinese, field, None)) for field in english._fields)
    if isinstance(english, list) and isinstance(chinese, list):
        return len(english) == len(chinese) and all(map(alike, english, chinese))
    return english == chinese


def test_every_lesson_has_a_notebook_and_a_twin() -> None:
    assert {f"{name}.ipynb" for name in lessons.NAMES} <= set(TWINS)
    assert set(TWINS) <= {path.name for path in FOLDER.glob("*.ipynb")}


def test_twins_have_the_same_cells(pair: list[nbformat.NotebookNode]) -> None:
    english, chinese = ([(cell.cell_type, cell.id, headings(cell)) for cell in one.cells] for one in pair)
    assert english == chinese


def headings(cell: nbformat.NotebookNode) -> list[str]:
    """The marks of headings, list items, rows and fences in a cell of text, in their order."""
    if cell.cell_type == "code":
        return []
    return re.findall(r"^(#+|[*]|[|]|\d+[.]|```)(?= |$)", cell.source, re.MULTILINE)


def test_twins_have_the_same_code(pair: list[nbformat.NotebookNode]) -> None:
    english, chinese = map(code_of, pair)
    assert [
        one for one, other in zip(english, chinese, strict=True) if not alike(ast.parse(one), ast.parse(other))
    ] == []


def test_the_chinese_twin_is_in_chinese_and_opens_chinese_panels(pair: list[nbformat.NotebookNode]) -> None:
    _, chinese = pair
    texts = [cell.source for cell in chinese.cells if cell.cell_type == "markdown"]
    assert [text for text in texts if not CHINESE.search(text)] == []
    code = "\n".join(code_of(chinese))
    assert 'LANGUAGE = "zh"' in code
    assert "language=LANGUAGE" in code or 'os.environ["LANGUAGE"] = LANGUAGE' in code


@pytest.mark.parametrize(
    ("english", "chinese", "same"),
    [
        ("print('right:', x)  # so many", "print('答对：', x)", True),
        ("f'{x:.0%} right'", "f'答对 {x:.0%}'", True),
        ("f'{x:.0%} right'", "f'答对 {y:.0%}'", False),
        ("f'{x:.0%} right'", "f'{x:.0%} wrong'", False),
        ("panel.layer = 'conv3'", "panel.layer = 'conv2'", False),
        ("LANGUAGE = 'en'", "LANGUAGE = 'zh'", True),
        ("x = 3", "x = 4", False),
        ("x = 3", "x = 3\ny = 4", False),
    ],
)
def test_code_is_compared_but_for_texts_in_chinese(english: str, chinese: str, same: bool) -> None:
    assert alike(ast.parse(english), ast.parse(chinese)) is same

"""How the package is laid out, where no linter says it: `lint-imports` holds the floors and forbids circles."""

import ast
from collections import Counter
from pathlib import Path

import attn_widget

PACKAGE = Path(attn_widget.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def test_no_two_files_of_the_package_share_a_name_but_the_languages_twins() -> None:
    twins = PACKAGE / "words" / "zh"
    names = [file.stem for file in FILES if file.stem != "__init__" and file.parent != twins]

    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_no_file_imports_from_the_front_of_a_folder_that_it_lies_in() -> None:
    """Such an import is a circle, which no contract of import-linter sees."""
    assert [f"{file.relative_to(PACKAGE)}: {line}" for file in FILES for line in imports_from_its_own_front(file)] == []


def imports_from_its_own_front(file: Path) -> list[str]:
    """Give the imports by which a file asks the `__init__` of a folder above it for more than other files."""
    above = [folder for folder in file.parents if folder.is_relative_to(PACKAGE)]
    folders = {".".join(folder.relative_to(PACKAGE.parent).parts): folder for folder in above}
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in folders
        if file.name != "__init__.py" or folders[node.module] != file.parent
        for alias in node.names
        if not (folders[node.module] / f"{alias.name}.py").exists()
        and not (folders[node.module] / alias.name / "__init__.py").exists()
    ]

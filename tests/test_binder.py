"""Binder's environment: exact versions that pyproject.toml admits, and badges that lead to notebooks that are there."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base", "isal": "python-isal"}


def pins() -> dict[str, str]:
    """Give the version of each package in Binder's environment."""
    entries = yaml.safe_load((BINDER / "environment.yml").read_text())["dependencies"]
    return dict(entry.split("=", 1) for entry in entries)


def needed() -> list[Requirement]:
    """Give what the package needs, what JupyterLab, its fast frames and Voila need, and what builds it."""
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, extras = whole["project"], whole["project"]["optional-dependencies"]
    voila = [line for line in extras["test"] if line.startswith("voila")]
    lines = [*project["dependencies"], *extras["lab"], *extras["fast"], *voila, *whole["build-system"]["requires"]]
    return [Requirement(line) for line in lines]


def test_every_version_is_exact() -> None:
    assert [entry for entry in pins().items() if not re.fullmatch(r"\d+(\.\d+)+", entry[1])] == []


@pytest.mark.parametrize("requirement", needed(), ids=lambda requirement: requirement.name)
def test_each_dependency_is_there_in_a_version_that_pyproject_admits(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pins()[CONDA_NAMES.get(requirement.name, requirement.name)])


def test_python_is_admitted_and_nothing_is_installed_that_is_not_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert Requirement(f"python{project['requires-python']}").specifier.contains(pins()["python"])
    assert set(pins()) - {CONDA_NAMES.get(one.name, one.name) for one in needed()} == {"python", "pip"}


def test_there_are_fonts_for_chinese() -> None:
    assert (BINDER / "apt.txt").read_text().split() == ["fonts-noto-cjk"]


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_each_step_can_be_executed_and_stops_at_an_error(name: str) -> None:
    assert os.access(BINDER / name, os.X_OK)
    assert "set -e" in (BINDER / name).read_text().splitlines()


@pytest.mark.parametrize(("given", "threads"), [({}, "2"), ({"OMP_NUM_THREADS": "1"}, "1")])
def test_a_session_starts_with_no_more_threads_than_it_has_cores(given: dict[str, str], threads: str) -> None:
    environment = {**{name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}, **given}

    done = subprocess.run([BINDER / "start", "env"], env=environment, capture_output=True, text=True, check=True)

    assert f"OMP_NUM_THREADS={threads}" in done.stdout.splitlines()


def test_the_badges_open_notebooks_that_are_there() -> None:
    text = (BINDER / "README.md").read_text()
    urls = [urlsplit(found) for found in re.findall(r"\((https://mybinder\.org/v2/[^)]+)\)", text)]

    paths = [parse_qs(url.query)["urlpath"][0] for url in urls]
    assert [path.partition("notebooks/")[0] for path in paths] == ["lab/tree/", "voila/render/"]
    assert all((ROOT / "notebooks" / path.partition("notebooks/")[2]).is_file() for path in paths)
    assert all(url.path == "/v2/gh/OWNER/REPO/HEAD" for url in urls)
    assert all(f"`{path}`" in text for path in ("notebooks/quickstart.ipynb", paths[1]))

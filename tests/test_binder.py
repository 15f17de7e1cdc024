"""Binder's environment holds what the package needs, in versions that pyproject.toml admits."""

import os
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def test_every_dependency_is_there_with_the_same_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["lab"]
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())

    for requirement in needed:
        name, bound = requirement.split(">=")
        assert f"{CONDA_NAMES.get(name, name)}>={bound}" in environment["dependencies"]


def test_the_package_itself_is_installed_by_an_executable_step_that_stops_at_an_error() -> None:
    step = ROOT / "binder" / "postBuild"

    assert os.access(step, os.X_OK)
    assert "set -e" in step.read_text().splitlines()

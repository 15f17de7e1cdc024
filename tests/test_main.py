"""`python -m attn_widget`: the notebook is copied, and JupyterLab opens it with the arguments given."""

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from attn_widget.__main__ import main
from attn_widget.shell import demo_command

QUICKSTART = Path(__file__).parents[1] / "notebooks" / "quickstart.ipynb"


class Started(Exception):
    """Stands for the moment at which JupyterLab takes this process's place."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, as a user who is not root."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo_command, "runs_as_root", lambda: False)
    return tmp_path


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the command line that would take this process's place."""
    seen: list[str] = []

    def execv(path: str, arguments: list[str]) -> None:
        assert path == sys.executable
        seen.extend(arguments)
        raise Started

    monkeypatch.setattr(os, "execv", execv)
    return seen


def test_the_quickstart_is_copied_and_jupyterlab_opens_it(folder: Path, started: list[str]) -> None:
    with pytest.raises(Started):
        main([])

    assert (folder / "quickstart.ipynb").read_bytes() == QUICKSTART.read_bytes()
    assert started[:3] == [sys.executable, "-m", "jupyterlab"]
    assert started[3:] == [
        f"--ServerApp.root_dir={folder}",
        "--LabApp.default_url=/lab/tree/quickstart.ipynb",
    ]


def test_a_quickstart_that_is_there_is_left_as_it_is(folder: Path) -> None:
    (folder / "quickstart.ipynb").write_text("my own work")

    with pytest.raises(Started):
        main([])

    assert (folder / "quickstart.ipynb").read_text() == "my own work"


def test_arguments_reach_jupyterlab(started: list[str]) -> None:
    with pytest.raises(Started):
        main(["--no-browser", "--port", "8899", "--ip", "0.0.0.0", "--ServerApp.base_url=/x/"])

    further = started[5:]
    assert further == ["--ip", "0.0.0.0", "--ServerApp.base_url=/x/", "--no-browser", "--ServerApp.port=8899"]


def test_a_port_that_is_no_number_is_refused(started: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "lab"])

    assert "argument --port: invalid int value: 'lab'" in capsys.readouterr().err
    assert not started


def test_root_gets_a_running_jupyterlab_and_is_told(
    started: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_command, "runs_as_root", lambda: True)

    with pytest.raises(Started):
        main([])

    assert started[-1] == "--allow-root"
    assert "Running as root" in capsys.readouterr().err


def test_without_jupyterlab_one_sentence_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match=r'has no JupyterLab; install it with: pip install "attn-widget\[lab\]"$'):
        main([])

    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "copyfile", refuse)

    with pytest.raises(SystemExit, match=f"cannot be copied into {re.escape(str(folder))}: Permission denied"):
        main([])


def test_help_says_that_further_arguments_go_to_jupyterlab(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert "Further arguments go to JupyterLab" in capsys.readouterr().out

"""`attn-widget` and its commands: which is meant, what is said of wrong ones, and the process's exit code."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from attn_widget.shell import main

ROOT = Path(__file__).parents[2]


def test_a_command_that_there_is_not_is_refused_with_the_nearest(run):
    near, far = run("explian --images x"), run("describe")

    assert (near.code, near.err) == (2, ["attn-widget: there is no command 'explian'; did you mean explain?"])
    assert (far.code, far.err) == (
        2,
        ["attn-widget: there is no command 'describe'; expected explain, review, report or demo"],
    )


@pytest.mark.parametrize("command", ["explain", "review", "report"])
def test_wrong_use_is_said_in_one_line_that_names_the_help(run, command):
    ended = run(command)

    assert ended.code == 2
    assert len(ended.err) == 1
    assert ended.err[0].startswith(f"attn-widget {command}: the following arguments are required: --model, --images")
    assert ended.err[0].endswith(f"(see attn-widget {command} --help)")


@pytest.mark.parametrize("command", ["explain", "review", "report"])
def test_an_option_that_a_command_does_not_have_is_refused_with_the_commands_own_help(run, command):
    ended = run(f"{command} --model models_here:named --images pictures --out out --layerz conv")

    assert ended.code == 2
    assert ended.err == [
        f"attn-widget {command}: unrecognized arguments: --layerz conv (see attn-widget {command} --help)"
    ]


@pytest.mark.parametrize("command", ["explain", "review", "report"])
def test_the_help_of_a_command_tells_what_the_function_gives_and_the_exit_codes(run, command):
    ended = run(f"{command} --help")
    text = " ".join(" ".join(ended.out).split())

    assert ended.code == 0
    assert "(model, transform)" in text
    assert "130 when interrupted" in text


def test_the_help_lists_the_commands_and_what_comes_without_one(run):
    ended = run("--help")
    text = "\n".join(ended.out)

    assert ended.code == 0
    assert all(f"  {command} " in text for command in ("explain", "review", "report", "demo"))
    assert "open it in JupyterLab" in " ".join(text.split())


def test_the_installed_command_is_this_one():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert EntryPoint("attn-widget", scripts["attn-widget"], "console_scripts").load() is main


def test_a_process_reviews_pictures_and_gives_its_exit_code(folder):
    (folder / "pictures" / "red" / "bad.png").touch()
    command = [sys.executable, "-m", "attn_widget", "review", "--model", "models_here:named"]

    done = subprocess.run(
        [*command, "--images", "pictures", "--out", "out"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 1, done.stderr
    assert "red/bad.png: Pillow knows no picture of this kind" in done.stderr
    assert done.stdout.startswith("Review of 7 samples: 100 % right, 0 wrong, 1 failed\n")
    assert "Traceback" not in done.stderr

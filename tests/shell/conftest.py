"""A working folder with a module that makes models, and pictures of three hues."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from attn_widget.shell import main

MODELS = '''
import torch
from torch import nn
from torchvision.transforms import Compose, Normalize, Resize, ToTensor


class Hues(nn.Module):
    """Says how much red, green and blue is in an image, which may have to be a square of `side` pixels."""

    def __init__(self, side=None, channels=3):
        super().__init__()
        self.side, self.conv = side, nn.Conv2d(channels, 3, 1, bias=False)
        nn.init.eye_(self.conv.weight.data[:, :, 0, 0])

    def forward(self, x):
        if self.side is not None and x.shape[-2:] != (self.side, self.side):
            raise ValueError(f"expected {self.side} pixels, got {list(x.shape)}")
        return 9 * self.conv(x).relu().mean((2, 3))


def hues():
    return Hues()


def named():
    return Hues(), None, ["red", "green", "blue"]


def square():
    return Hues(16)


def grey():
    return Hues(channels=1)


def prepared():
    return Hues(8), Compose([Resize((8, 8)), ToTensor()])


ready = Hues()
'''
HUES = {"blue": (20, 40, 200), "green": (30, 180, 60), "red": (220, 30, 30)}


class Ended(NamedTuple):
    """How a command ended, and the lines it wrote."""

    code: int
    out: list[str]
    err: list[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with `models_here.py`, and two pictures of each hue in `pictures`."""
    (tmp_path / "models_here.py").write_text(MODELS)
    for hue, colour in HUES.items():
        (tmp_path / "pictures" / hue).mkdir(parents=True)
        for number in range(2):
            Image.new("RGB", (12, 10), colour).save(tmp_path / "pictures" / hue / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", ["attn-widget"])
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in [*sys.modules]:
        if name.endswith("_here"):
            monkeypatch.delitem(sys.modules, name)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Ended]:
    """Run a command line in that folder."""

    def run_line(line: str) -> Ended:
        try:
            code = main(shlex.split(line))
        except SystemExit as end:
            code = int(end.code or 0)
        written = capsys.readouterr()
        return Ended(code, written.out.splitlines(), lines_of(written.err))

    return run_line


def lines_of(text: str) -> list[str]:
    """Give the lines that stay in a terminal, without those that a progress bar drew over."""
    lines = (line.rpartition("\r")[2].strip() for line in text.split("\n"))
    return [line for line in lines if line]

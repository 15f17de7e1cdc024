"""A working folder with a module that makes models, and pictures whose left half has a hue."""

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
PAUSING = """
from pathlib import Path
from models_here import Hues
from torchvision.transforms import ToTensor


def read(picture):
    if picture.getpixel((0, 0)) == (220, 30, 30) and Path("pause").exists():
        raise KeyboardInterrupt
    return ToTensor()(picture)


def model():
    return Hues(), read
"""
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
            picture = Image.new("RGB", (12, 10))
            picture.paste(colour, (0, 0, 6, 10))
            picture.save(tmp_path / "pictures" / hue / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", ["attn-widget"])
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in [*sys.modules]:
        if name.endswith("_here"):
            monkeypatch.delitem(sys.modules, name)
    return tmp_path


@pytest.fixture
def pausing(folder: Path) -> str:
    """Give a module's name whose `model` is interrupted at the first red picture, while there is a file `pause`."""
    (folder / "pausing_here.py").write_text(PAUSING)
    (folder / "pause").touch()
    return "pausing_here"


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

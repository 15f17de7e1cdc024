"""What the tests share: one thread each, English, the real data set, and what happens where something is missing."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

# Small networks are not faster on several threads, which wait for each other where cores are shared.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Whatever the machine's own language is; also for the kernels that tests start.
os.environ["LANGUAGE"] = "en"

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def no_widget_left() -> Iterator[None]:
    """See that a file of tests closes each panel that it opens: an open one would be found by tests of other files."""
    before = _open_widgets()
    yield
    assert _open_widgets() <= before


@pytest.fixture(autouse=True)
def no_method_left() -> Iterator[None]:
    """Forget the methods that a test registers, and what it calls them."""
    from attn_widget.methods import METHODS  # imports torch, which reads the number of threads set above
    from attn_widget.words import forms

    kept = [(table, dict(table)) for table in (METHODS, forms.OWN_METHOD_NAMES)]
    yield
    for table, before in kept:
        table.clear()
        table.update(before)


def _open_widgets() -> set[str]:
    module = sys.modules.get("ipywidgets.widgets.widget")
    return set(module._instances) if module else set()


@pytest.fixture(scope="session")
def unavailable() -> Callable[[str], NoReturn]:
    """Skip for want of something, with the reason; in CI, where nothing may be skipped, fail."""

    def skip_or_fail(reason: str) -> NoReturn:
        if os.environ.get("CI"):
            pytest.fail(f"{reason} (in CI nothing is skipped)", pytrace=False)
        pytest.skip(reason)

    return skip_or_fail


@pytest.fixture(scope="session")
def cifar10(unavailable: Callable[[str], NoReturn]) -> Path:
    """The folder of real images and two trained models, `../shared/cifar10` beside the checkout."""
    folder = ROOT.parent / "shared" / "cifar10"
    if not folder.is_dir():
        unavailable(f"no real images: the folder {folder} is absent")
    return folder

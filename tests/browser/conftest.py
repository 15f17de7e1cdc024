"""Chromium and a Jupyter server for the tests of this folder, and a screenshot of what failed."""

import re
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NoReturn, Protocol

import pytest
from playwright.sync_api import Browser, sync_playwright

from .notebooks import PATHS, FrontEnd, Notebook, write_notebook
from .server import Server, jupyter_server

HERE = Path(__file__).parent
SCREENSHOTS = HERE.parents[1] / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class OpenNotebook(Protocol):
    """What the fixture `open_notebook` gives."""

    def __call__(
        self,
        cells: Sequence[str] | Path,
        front_end: FrontEnd = "lab",
        *,
        theme: str = "light",
        width: int = 1400,
        height: int = 1100,
        scale: float = 1,
    ) -> Notebook:
        """Open code cells, or a copy of a notebook file; nothing has run yet, except in Voila."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder `browser`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


# Package scope: Playwright's event loop must not outlive this folder, other tests run loops of their own.
@pytest.fixture(scope="package")
def browser(unavailable: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """Chromium, for all tests of this folder."""
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if executable is None:
        unavailable(f"no browser: none of {', '.join(CHROMIUM)} is on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Jupyter server, for all tests of this folder."""
    with jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


class Opener:
    """Opens notebooks for one test, or for all of a file; `opened` lists them."""

    def __init__(self, browser: Browser, server: Server, name: str):
        self.opened: list[Notebook] = []
        self._browser, self._server = browser, server
        self._slug = re.sub(r"\W+", "-", name).strip("-")

    def __call__(
        self,
        cells: Sequence[str] | Path,
        front_end: FrontEnd = "lab",
        *,
        theme: str = "light",
        width: int = 1400,
        height: int = 1100,
        scale: float = 1,
    ) -> Notebook:
        path = self._server.folder / f"{self._slug}-{len(self.opened)}.ipynb"
        if isinstance(cells, Path):
            shutil.copyfile(cells, path)
        else:
            write_notebook(path, cells)
        return self.open(path, front_end, theme=theme, width=width, height=height, scale=scale)

    def open(self, path: Path, front_end: FrontEnd, *, theme: str, width: int, height: int, scale: float) -> Notebook:
        """Open a notebook that lies in the server's folder."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if theme == "dark" else "light",
        )
        notebook = Notebook(context.new_page(), front_end, path, self._server.log)
        self.opened.append(notebook)
        address = PATHS[front_end].format(name=path.name, stem=path.stem)
        notebook.page.goto(f"{self._server.url}{address}?token={self._server.token}&theme={theme}", timeout=120_000)
        notebook.wait_until_ready()
        return notebook

    def close(self) -> None:
        """Close the pages, end the kernels and remove their files."""
        for notebook in self.opened:
            notebook.page.context.close()
        self._server.shut_down_kernels()
        self._server.clear_folder()


@pytest.fixture
def open_notebook(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[OpenNotebook]:
    """Open notebooks in JupyterLab, Notebook 7 or Voila; afterwards pages and kernels are gone."""
    opener = Opener(browser, server, request.node.name)
    yield opener
    opener.close()


@pytest.fixture(scope="module")
def open_for_all(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[OpenNotebook]:
    """Open notebooks that all tests of a file share; none of them may ask for `open_notebook` as well."""
    opener = Opener(browser, server, request.node.name)
    yield opener
    opener.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test's report a screenshot of each page and what the browser's console said."""
    report = yield
    if report.when == "call" and report.failed:
        openers = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Opener)]
        for notebook in chain.from_iterable(opener.opened for opener in openers):
            path = notebook.screenshot(SCREENSHOTS / f"failed-{notebook.path.stem}.png")
            report.sections.append((f"browser, {path.name}", notebook.report()))
    return report

"""A notebook open in a front-end, as its user sees and uses it."""

import ast
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import nbformat
from playwright.sync_api import Locator, Page

from .canvas import Canvas

FrontEnd = Literal["lab", "notebook", "voila"]
PATHS = {
    "lab": "lab/workspaces/{stem}/tree/{name}",  # A workspace of its own: no tab of another test reopens.
    "notebook": "notebooks/{name}",
    "voila": "voila/render/{name}",
}

# The notebook panel that is open, in JupyterLab's and Notebook 7's own objects.
PANEL = "window.jupyterapp.shell.currentWidget"
KERNEL = f"{PANEL}?.context?.sessionContext?.session?.kernel"


def write_notebook(path: Path, cells: Sequence[str]) -> Path:
    """Write code cells as a notebook."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, path)
    return path


class Notebook:
    """A notebook on a page of JupyterLab, Notebook 7 or Voila.

    Controls are Playwright locators, found by the description that the user reads beside them; `canvas`
    is the first figure. Code runs through the front-end's own commands. Voila runs every cell by itself
    and has no cells or commands: there, only controls and canvases can be asked for.
    """

    def __init__(self, page: Page, front_end: FrontEnd, path: Path, log: Path, timeout: float = 120):
        self.page = page
        self.front_end = front_end
        self.path = path
        self.timeout = timeout
        self._log = log
        self._log_start = log.stat().st_size
        self.console: list[str] = []
        self.errors: list[str] = []
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    # Waiting

    def wait_until(self, condition: Callable[[], Any], what: str, timeout: float | None = None) -> None:
        """Look again and again until the condition holds; fail by saying what never came."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"Waited in vain for {what}.")
            self.page.wait_for_timeout(50)

    def wait_until_ready(self) -> None:
        """Wait until the notebook is open and its kernel idle, or until Voila has run it."""
        if self.front_end == "voila":
            self.page.wait_for_selector(".jp-OutputArea-output", timeout=1000 * self.timeout)
        else:
            self.wait_until_idle()
            # What callbacks print and raise comes on the kernel's own channel and is shown in no cell.
            self.page.evaluate(
                f"""() => {{
                    window.kernelSaid = [];
                    {KERNEL}.iopubMessage.connect((_, {{header, content}}) => {{
                        if (header.msg_type === 'stream') window.kernelSaid.push(content.text);
                        if (header.msg_type === 'error') window.kernelSaid.push(content.traceback.join('\\n'));
                    }});
                }}"""
            )

    def wait_until_idle(self) -> None:
        """Wait until the kernel does nothing."""
        self.page.wait_for_function(
            f"() => window.jupyterapp && {KERNEL}?.status === 'idle'", timeout=1000 * self.timeout
        )

    # Cells and kernel: JupyterLab and Notebook 7

    def run_all(self) -> None:
        """Run every cell; a cell that raises fails the test with its traceback."""
        self._command("notebook:run-all-cells", "all")
        self._finish("all")

    def run_cell(self, index: int) -> None:
        """Run one cell to its end; fails with its traceback where it raises."""
        self.start_cell(index)
        self.finish_cell(index)

    def start_cell(self, index: int) -> None:
        """Start one cell and come back at once, so that the test can act while it runs."""
        self.page.evaluate(f"index => {{ {PANEL}.content.activeCellIndex = index }}", index)
        self._command("notebook:run-cell", str(index))

    def finish_cell(self, index: int) -> None:
        """Wait for a started cell's end."""
        self._finish(str(index))

    def is_running(self, index: int) -> bool:
        """Say whether a started cell has not come to its end."""
        return not self.page.evaluate("key => window.finishedRuns.has(key)", str(index))

    def _command(self, command: str, key: str) -> None:
        self.page.evaluate(
            """([command, key]) => {
                window.finishedRuns ??= new Set();
                window.finishedRuns.delete(key);
                window.jupyterapp.commands.execute(command).finally(() => window.finishedRuns.add(key));
            }""",
            [command, key],
        )

    def _finish(self, key: str) -> None:
        self.page.wait_for_function("key => window.finishedRuns.has(key)", arg=key, timeout=1000 * self.timeout)
        for index, outputs in enumerate(self.outputs()):
            for output in outputs:
                if output["output_type"] == "error":
                    raise AssertionError(f"Cell {index} raised:\n{_plain(output['traceback'])}")

    def outputs(self) -> list[list[dict[str, Any]]]:
        """Each cell's outputs, as the notebook format writes them."""
        outputs: list[list[dict[str, Any]]] = self.page.evaluate(
            f"() => Array.from({PANEL}.content.model.cells, cell => cell.outputs?.toJSON() ?? [])"
        )
        return outputs

    def printed(self, index: int) -> str:
        """What a cell printed on both streams, in order."""
        streams = (output for output in self.outputs()[index] if output["output_type"] == "stream")
        return "".join("".join(output["text"]) for output in streams)

    def evaluate(self, expression: str) -> Any:
        """Evaluate a Python expression in the notebook's namespace; its value must be JSON.

        Waits its turn behind a running cell.
        """
        reply = self.page.evaluate(
            f"""async code => {{
                const content = {{code: '', silent: true, user_expressions: {{value: code}}}};
                const reply = await {KERNEL}.requestExecute(content).done;
                return reply.content.user_expressions.value;
            }}""",
            f"__import__('json').dumps({expression})",
        )
        if reply["status"] != "ok":
            raise AssertionError(f"{expression} raised:\n{_plain(reply['traceback'])}")
        text = reply["data"]["text/plain"]
        return json.loads(ast.literal_eval(text))

    def save(self) -> dict[str, Any]:
        """Save the notebook as the user does, and read the file."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        saved: dict[str, Any] = json.loads(self.path.read_text())
        return saved

    # Controls: every front-end

    def control(self, description: str) -> Locator:
        """Find a whole widget: its description, its input and its readout."""
        label = self.page.locator(".widget-label, .widget-label-basic").filter(has_text=_exactly(description))
        return self.page.locator(".jupyter-widgets").filter(has=label).last

    def slider(self, description: str) -> Locator:
        """Find a slider's handle; press arrow keys on it, or drag it with `drag_slider`."""
        return self.control(description).locator(".noUi-handle")

    def drag_slider(self, description: str, fraction: float) -> None:
        """Drag a slider's handle by mouse to a fraction of its track."""
        handle = self.slider(description)
        handle.scroll_into_view_if_needed()
        track = self.control(description).locator(".noUi-base").bounding_box()
        assert track is not None, f"the slider {description!r} is not visible"
        handle.hover()
        self.page.mouse.down()
        self.page.mouse.move(track["x"] + fraction * track["width"], track["y"] + track["height"] / 2, steps=8)
        self.page.mouse.up()

    def readout(self, description: str) -> Locator:
        """Find the number beside a slider."""
        return self.control(description).locator(".widget-readout")

    def field(self, description: str) -> Locator:
        """Find a number or text field's input, or a check box."""
        return self.control(description).locator("input")

    def dropdown(self, description: str) -> Locator:
        """Find a dropdown; choose with `.select_option(label=…)`."""
        return self.control(description).locator("select")

    def button(self, name: str) -> Locator:
        """Find a button by its text or by its tooltip, which is all that one with only an icon has."""
        buttons = self.page.locator(".jupyter-button")
        titled = self.page.locator(f".jupyter-button[title={json.dumps(name)}]")
        return buttons.filter(has_text=_exactly(name)).or_(titled)

    def text(self, text: str) -> Locator:
        """Find the smallest element of an output that shows this text."""
        return self.page.locator(".jp-OutputArea-output").get_by_text(text)

    # Pictures: every front-end

    @property
    def canvases(self) -> list[Canvas]:
        """Every ipympl canvas that is on the page now, from top to bottom."""
        return [Canvas(locator) for locator in self.page.locator(".jupyter-matplotlib-figure").all()]

    @property
    def canvas(self) -> Canvas:
        """The first ipympl canvas; it may still have to come."""
        return Canvas(self.page.locator(".jupyter-matplotlib-figure").first)

    def screenshot(self, path: Path, *, of: Locator | None = None) -> Path:
        """Save what is seen: the whole window, or one element."""
        path.parent.mkdir(parents=True, exist_ok=True)
        (of or self.page).screenshot(path=path)
        return path

    def log(self) -> str:
        """Read what the server and this notebook's kernel have said since the notebook was opened.

        An exception in a widget's callback is here and often nowhere else.
        """
        server = self._log.read_bytes()[self._log_start :].decode(errors="replace")
        return _plain([server, *self.page.evaluate("() => window.kernelSaid ?? []")])

    def report(self) -> str:
        """Describe, for a failed test, where it stood: the address, the page's errors, its console, the log."""
        lines = [f"{self.front_end}: {self.page.url.partition('?')[0]}"]
        lines += [f"page error: {error}" for error in self.errors]
        lines += self.console[-40:]
        lines += ["-- server and kernel --", *self.log().splitlines()[-40:]]
        return "\n".join(lines)


def _exactly(text: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(text)}\s*$")


def _plain(traceback: Sequence[str]) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback))

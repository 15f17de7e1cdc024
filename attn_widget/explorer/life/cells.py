"""Which panels the notebook's cells show now; those that a cell showed before it was run again are let go."""

import threading
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakSet

from IPython import get_ipython

P = TypeVar("P")


class Execution(NamedTuple):
    """One run of a cell.

    Attributes
    ----------
    cell : str
        The cell's id, which stays when it is run again.
    request : str
        The id of the message that asked for this run.
    """

    cell: str
    request: str


def present() -> Execution | None:
    """Give the run that this code belongs to; None outside of a notebook's cell, or where it cannot be told.

    JupyterLab, Notebook 7 and VS Code name the cell in the request. A script, Voila, nbconvert and a callback of a
    widget have none; a thread of the user's own may outlive its cell.
    """
    get_parent = getattr(getattr(get_ipython(), "kernel", None), "get_parent", None)
    if get_parent is None or threading.current_thread() is not threading.main_thread():
        return None
    parent = get_parent()
    header, cell = parent.get("header", {}), parent.get("metadata", {}).get("cellId")
    if cell is None or header.get("msg_type") != "execute_request":
        return None
    return Execution(cell, header["msg_id"])


class Cells(Generic[P]):
    """Keeps which panels the latest run of each cell made or displayed; it holds none of them.

    Parameters
    ----------
    let_go : callable
        Is given each panel that no cell shows any more, when a cell has run to its end. It may come again, until it
        is shown by none.
    """

    def __init__(self, let_go: Callable[[P], None]) -> None:
        self._let_go = let_go
        self._lock = threading.Lock()
        self._panels: WeakSet[P] = WeakSet()
        self._latest: dict[str, tuple[Execution, WeakSet[P]]] = {}

    def show(self, panel: P) -> None:
        """Note that the cell that runs now made or displayed a panel."""
        execution = present()
        if execution is None:
            return
        with self._lock:
            self._panels.add(panel)
            before = self._latest.get(execution.cell)
            anew = before is None or before[0] != execution
            panels: WeakSet[P] = WeakSet() if before is None or anew else before[1]
            panels.add(panel)
            self._latest[execution.cell] = execution, panels
        if anew:
            _at_the_end(self._sweep)

    def _sweep(self) -> None:
        """Let go what no cell shows; not before the cell's end, for it may show again what it showed before."""
        with self._lock:
            self._latest = {cell: latest for cell, latest in self._latest.items() if latest[1]}
            shown = {panel for _, panels in self._latest.values() for panel in panels}
            left = [panel for panel in self._panels if panel not in shown]
        for panel in left:
            self._let_go(panel)


def _at_the_end(act: Callable[[], None]) -> None:
    """Do something once, when the cell that runs now has come to its end."""
    events = get_ipython().events

    def once(*_result: Any) -> None:
        events.unregister("post_run_cell", once)
        act()

    events.register("post_run_cell", once)

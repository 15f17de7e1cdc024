"""Which panels the cells of the notebook show; those shown only by an earlier run of a cell are let go."""

import threading
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakSet

from IPython import get_ipython

P = TypeVar("P")


class Execution(NamedTuple):
    """One run of a cell."""

    cell: str  # the cell's id, the same in each run
    request: str  # the id of the message that asked for this run


def present() -> Execution | None:
    """Give the run that this code belongs to; None outside a cell, or where that cannot be told.

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
    """Knows which panels the latest run of each cell made or displayed, by weak references.

    When a cell has finished, `let_go` is given each panel that no cell shows any more, maybe more than once.
    """

    def __init__(self, let_go: Callable[[P], None]) -> None:
        self._let_go = let_go
        self._lock = threading.Lock()
        self._panels: WeakSet[P] = WeakSet()
        self._latest: dict[str, tuple[Execution, WeakSet[P]]] = {}

    def show(self, panel: P) -> None:
        """Note that the running cell made or displayed a panel."""
        execution = present()
        if execution is None:
            return
        with self._lock:
            self._panels.add(panel)
            before = self._latest.get(execution.cell)
            anew = before is None or before[0] != execution
            if before is None or anew:
                before = self._latest[execution.cell] = execution, WeakSet()
            before[1].add(panel)
        if anew:
            _at_the_end(self._sweep)

    def _sweep(self) -> None:
        """Let go what no cell shows; only once a cell has finished, for it may show again what it showed before."""
        with self._lock:
            self._latest = {cell: latest for cell, latest in self._latest.items() if latest[1]}
            shown = {panel for _, panels in self._latest.values() for panel in panels}
            left = [panel for panel in self._panels if panel not in shown]
        for panel in left:
            self._let_go(panel)


def _at_the_end(act: Callable[[], None]) -> None:
    """Call `act` once, when the running cell has finished."""
    events = get_ipython().events

    def once(*_result: Any) -> None:
        events.unregister("post_run_cell", once)
        act()

    events.register("post_run_cell", once)

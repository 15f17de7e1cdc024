"""A real kernel in a process of its own, in which cells are run and run again as a notebook does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

_ROOT = Path(__file__).parents[1]
_TIMEOUT = 120  # seconds

_PANEL = """
import gc
import json
import threading

import comm
import torch
from IPython.display import display
from ipywidgets.widgets.widget import Widget, _instances
from matplotlib.figure import Figure

from attn_widget import AttentionExplorer
from tests.models import SeedCNN


def panel():
    return AttentionExplorer(SeedCNN().eval(), [(torch.rand(4, 3, 32, 32), torch.arange(4))])


def left():
    gc.collect()
    found = [type(each) for each in gc.get_objects()]
    kinds = {"panels": AttentionExplorer, "models": SeedCNN, "figures": Figure, "widgets": Widget}
    counts = {name: sum(issubclass(each, kind) for each in found) for name, kind in kinds.items()}
    comms = len(comm.get_comm_manager().comms)
    print(json.dumps({**counts, "open": len(_instances), "comms": comms, "threads": threading.active_count()}))
"""


class Kernel:
    """A kernel, and its client, that runs one cell after the other; `panel()` makes a panel on a small network."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client
        self.run(_PANEL)

    def run(self, code: str, cell: str | None = None) -> str:
        """Run a cell, by its id where it has one, and give what it printed; raises what it raises."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        request = self._client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self._client.shell_channel.send(request)
        printed = ""
        for kind, content in self._replies(request["header"]["msg_id"]):
            if kind == "stream":
                printed += content["text"]
            elif kind == "error":
                raise RuntimeError("\n".join(content["traceback"]))
        return printed

    def left(self) -> dict[str, int]:
        """Count what is in the kernel's memory: panels, models, figures, widgets; open widgets, comms, threads."""
        counts: dict[str, int] = json.loads(self.run("left()"))
        return counts

    def clear_history(self) -> None:
        """Clear IPython's results; the last three are kept in a place that nothing clears, and must move on."""
        for code in ("1", "2", "3", "get_ipython().run_line_magic('reset', '-f out')"):
            self.run(code)

    def _replies(self, request: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the kind and the content of what comes for a request, until the kernel is idle."""
        while True:
            message = self._client.get_iopub_msg(timeout=_TIMEOUT)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return
            yield kind, content


@contextmanager
def kernel() -> Iterator[Kernel]:
    """Start a kernel that finds this checkout, and end it."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(_ROOT))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=_TIMEOUT)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

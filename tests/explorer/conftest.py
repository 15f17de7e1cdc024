"""Panels that are closed after each test, which leaves no widget behind."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from .driver import Driver
from .panels import batches, net


@pytest.fixture
def opened() -> Iterator[Callable[..., Driver]]:
    """Open panels, by default on a small network with six samples; afterwards none of their widgets is left."""
    before = set(_instances)
    panels = []

    def open_panel(model: Any = None, loader: Any = None, **options: Any) -> Driver:
        panel = Driver(net().eval() if model is None else model, batches() if loader is None else loader, **options)
        panels.append(panel)
        return panel

    yield open_panel
    for panel in panels:
        panel.close()
    assert set(_instances) <= before

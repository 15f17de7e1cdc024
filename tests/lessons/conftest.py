"""Panels on the demo's network, as the course's notebooks open them; they are closed after each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attn_widget import AttentionExplorer, demo


@pytest.fixture
def opened() -> Iterator[Callable[..., AttentionExplorer]]:
    panels = []

    def open_panel(model: Any = None, loader: Any = None, **options: Any) -> AttentionExplorer:
        shipped = demo.load()
        options.setdefault("class_names", shipped.class_names)
        panel = AttentionExplorer(
            shipped.model if model is None else model, shipped.loader if loader is None else loader, **options
        )
        panels.append(panel)
        return panel

    yield open_panel
    for panel in panels:
        panel.close()

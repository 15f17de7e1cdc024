"""A panel asleep: on no page, and in memory only as long as the user refers to it, until it is displayed again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import ipywidgets as widgets
from ipywidgets.widgets import widget as widget_module

from attn_widget.explorer.life.cells import Cells

_VIEW = "application/vnd.jupyter.widget-view+json"


class Sleeper(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A panel that falls asleep when the cell that showed it is run again without it.

    ipywidgets keeps every open widget, so a panel whose cell is run again would stay in memory with its model and
    loader. Asleep, its widgets are closed but their objects live on: code can use the panel as before, and when it is
    displayed, or put in a box, they are opened again under their old ids. A closed panel computes nothing any more.
    """

    _asleep = False
    _lock: threading.RLock

    def _registered(self) -> list[widgets.Widget]:
        """List the panel's widgets, each after those that it refers to."""
        raise NotImplementedError

    def _forget_work(self) -> None:
        """End all work on threads, and report nothing of it."""
        raise NotImplementedError

    def _woken(self) -> None:
        """Bring a panel that has slept up to date."""
        raise NotImplementedError

    @property
    def _closed(self) -> bool:
        return self.comm is None and not self._asleep

    @property
    def model_id(self) -> str:
        """The id by which pages and boxes refer to the panel; who asks for it is about to show the panel."""
        if self._asleep:
            self._appear()
        return super().model_id

    def close(self) -> None:
        """Take the panel off every page and out of the kernel."""
        if self._closed:
            return
        with self._lock:
            self._forget_work()
            self._asleep = False
            self.unobserve_all()
            for widget in self._registered():
                widget.unobserve_all()
                widgets.Widget.close(widget)

    def _appear(self) -> None:
        """Be awake until the running cell is run again without the panel."""
        self._wake()
        _CELLS.show(self)

    def fall_asleep(self) -> None:
        """Close the widgets of a panel that nobody sees, so that they can be opened again."""
        if self.comm is None:
            return
        with self._lock:
            self._forget_work()
            for widget in self._registered():
                widgets.Widget.close(widget)
                vars(widget).pop("_repr_mimebundle_", None)  # closing sets it, to hide the widget from IPython
            self._asleep = True

    def _wake(self) -> None:
        with self._lock:
            if self._asleep:
                self._asleep = False
                for widget in self._registered():
                    widget.open()
                self._woken()

    @contextmanager
    def _awake(self) -> Iterator[None]:
        """Be awake while something makes new widgets, which are open."""
        asleep = self._asleep
        self._wake()
        try:
            yield
        finally:
            if asleep:
                self.fall_asleep()


def _let_go(panel: Sleeper) -> None:
    """Put a panel to sleep, unless a widget of the user's shows it."""
    instances = getattr(widget_module, "_instances", None)
    if instances is not None and not any(_shows(widget, panel) for widget in list(instances.values())):
        panel.fall_asleep()


def _shows(widget: widgets.Widget, panel: Sleeper) -> bool:
    """Whether a widget is a box around a panel, or an output in which it was displayed."""
    if any(child is panel for child in getattr(widget, "children", ())):
        return True
    outputs = widget.outputs if isinstance(widget, widgets.Output) else ()
    views = (output.get("data", {}).get(_VIEW, {}) for output in outputs)
    return any(view.get("model_id") == panel._model_id for view in views)


_CELLS: Cells[Sleeper] = Cells(_let_go)

"""The buttons that lead to the next and the previous mistake."""

from collections.abc import Callable, Iterator
from functools import partial

import ipywidgets as widgets

from attn_widget.explorer.controls import Controls
from attn_widget.explorer.search import Found, run_search
from attn_widget.explorer.worker import Stopped, Worker
from attn_widget.samples import SampleError
from attn_widget.words import messages


class Mistakes:
    """Searches on a thread when a button is clicked, on the caller's when asked by code.

    Parameters
    ----------
    controls : Controls
        The panel's.
    steps : callable
        Begins a search from the sample shown, onwards or not.
    ended : callable
        Is given the mistake's position, or None, when a search has ended.
    """

    def __init__(
        self, controls: Controls, steps: Callable[[bool], Iterator[Found]], ended: Callable[[int | None], None]
    ) -> None:
        self._controls, self._steps, self._ended = controls, steps, ended
        self._worker: Worker[Found, Found] = Worker(self._progressed, self._finish)
        controls.previous_mistake.on_click(self._clicked)
        controls.next_mistake.on_click(self._clicked)

    @property
    def running(self) -> bool:
        """Whether a search is on its way."""
        return self._worker.running

    def stop(self) -> None:
        """End the search, and say how far it was."""
        self._worker.stop()

    def forget(self) -> None:
        """End the search, and hear no more of it."""
        self._worker.forget()

    def go(self, *, onwards: bool) -> int | None:
        """Search at once, and give the mistake's position or None."""
        self._worker.forget()
        try:
            *_, found = self._steps(onwards)
        except SampleError as error:  # a stream broke off
            self._finish(error)
            raise
        self._finish(found)
        return found.position

    def _clicked(self, button: widgets.Button) -> None:
        self._controls.searching(True)
        self._worker.start(partial(run_search, self._steps(button is self._controls.next_mistake)))

    def _progressed(self, found: Found) -> None:
        self._controls.set_search(messages.tried(found.tried))

    def _finish(self, found: Found | Exception) -> None:
        self._controls.searching(False)
        self._ended(found.position if isinstance(found, Found) else None)
        self._controls.set_search(_said(found))


def _said(found: Found | Exception) -> str:
    """Say how a search ended."""
    if isinstance(found, Stopped):
        return messages.stopped(found.args[0].tried)
    if isinstance(found, SampleError):
        return messages.search_broken_off(found)
    if isinstance(found, Exception):
        return messages.search_failed(found)
    if found.position is None:
        return messages.none_found(found.tried, found.unknown, found.onwards)
    return messages.found_after(found.tried, found.position)

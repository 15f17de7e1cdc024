"""The search for shortcuts among a panel's samples, on a thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.predictions import Progress, Review
from attn_widget.predictions.fingerprint import Fingerprint, fingerprint, why_stale
from attn_widget.refusal import Refusal
from attn_widget.shortcuts import SIZES, Shortcut, find_shortcuts
from attn_widget.words import several_models, shortcuts

Changes = Mapping[str, Any] | None


@dataclass(frozen=True, eq=False)
class ShortcutsSought:
    """What was found, or how far the search is; another object whenever that changes."""

    found: tuple[Shortcut, ...] = ()  # best first; of the last search
    running: bool = False
    fraction: float = 0.0  # from 0 to 1
    begin: str = field(default_factory=lambda: shortcuts.FIND_SHORTCUTS)  # the label of the button
    said: str = field(default_factory=lambda: shortcuts.TO_FIND_SHORTCUTS)  # or what was found, or why it failed
    warning: str = ""  # why what was found is out of date


class ShortcutWork:
    """Searches with the review that `review` gives, if there is one of all samples."""

    def __init__(self, known: Known, tell: Tell, review: Callable[[], Review | None]) -> None:
        self._known, self._tell, self._review = known, tell, review
        self._worker: Worker[Progress, list[Shortcut]] = Worker(self._progressed, self._ended)
        self._of = known.shown  # the model that was searched
        self._fingerprint: Fingerprint | None = None  # of it and of the samples, when the search began
        self.part = ShortcutsSought()  # what a scene shows of it

    # What can be asked for: each returns the settings to change.

    def begin(self) -> Changes:
        """Search all classes."""
        if not self._worker.running:
            self.part = replace(self.part, running=True, fraction=0.0, said=shortcuts.searching_shortcuts(0, None))
            review, known, of = self._review(), self._known, self._known.shown
            self._of = of

            def job(report: Callable[[Progress], None]) -> list[Shortcut]:
                self._fingerprint = fingerprint(of.module, known.samples)
                return find_shortcuts(
                    of.module,
                    known.samples,
                    review=review,
                    class_names=known.names.all,
                    forward=known.forward,
                    progress=lambda done, total: report(Progress(done, total)),
                )

            self._worker.start(job)
        return None

    def stop(self) -> Changes:
        """Stop."""
        self._worker.stop()
        return None

    def check(self) -> None:
        """Say whether what was found is out of date."""
        if self.part.found and self._fingerprint is not None and not self._worker.running:
            why = why_stale(self._fingerprint, self._of.module, self._known.samples)
            self._become(warning="" if why is None else shortcuts.shortcuts_outdated(why))

    def forget(self) -> None:
        """End the search on its way, and report nothing of it."""
        self._worker.forget()
        if self.part.running:
            self.part = replace(self.part, running=False, said=shortcuts.SHORTCUTS_STOPPED)

    # The search.

    def _progressed(self, progress: Progress) -> None:
        done, total = progress
        said = shortcuts.searching_shortcuts(done, total)
        self._tell(lambda: self._become(said=said, fraction=done / total if total else 0.0))

    def _ended(self, end: list[Shortcut] | Exception) -> None:
        self._tell(lambda: self._finish(end), last=True)

    def _finish(self, end: list[Shortcut] | Exception) -> None:
        if self._worker.running:  # another one began while this waited for the lock
            return
        if not isinstance(end, Exception):
            said = several_models.said_of(self._of.name, _found(end))
            self._become(found=tuple(end), running=False, begin=shortcuts.FIND_SHORTCUTS_AGAIN, said=said)
            self.check()  # the model may have been trained meanwhile
        elif isinstance(end, Stopped):
            self._become(running=False, said=shortcuts.SHORTCUTS_STOPPED)
        else:
            self._become(running=False, said=str(end) if isinstance(end, Refusal) else shortcuts.no_shortcuts(end))

    def _become(self, **changes: Any) -> None:
        self.part = replace(self.part, **changes)


def _found(found: list[Shortcut]) -> str:
    names = {one.class_: one.name for one in found}
    enough = [one.name for one in found if one.enough]
    apart = [one.name for one in found if one.mean_heat is not None and one.mean_heat.apart]
    return shortcuts.shortcuts_found(enough, list(names.values()), apart, SIZES)

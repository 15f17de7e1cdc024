"""The review's file: saved, loaded, found from before, and kept up with the marks as they are made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer import markup
from attn_widget.explorer.parts import Maker, box_layout, layout, row, show
from attn_widget.predictions import Review, Snapshot
from attn_widget.predictions.fingerprint import same_data
from attn_widget.predictions.marks import Mark, Said, said, without
from attn_widget.predictions.save_conflicts import conflicts, table_conflict
from attn_widget.words import captions, messages, reviews


class Filing:
    """A file's name, *Save review* and *Load*; what is in the file; and what is asked before a mark is lost.

    Parameters
    ----------
    present : callable
        Gives the review that is shown, or None.
    loaded : callable
        Reads a review from a path.
    before : callable
        Gives what the review in a file says, where there is one and it is of the panel's samples.
    use : callable
        Is given a review to show.
    marked : callable
        Is told that the review has other marks.

    Attributes
    ----------
    root : Widget
        All of it.
    """

    def __init__(
        self,
        present: Callable[[], Review | None],
        loaded: Callable[[Path], Review],
        before: Callable[[Path], Snapshot | None],
        use: Callable[[Review], None],
        marked: Callable[[], None],
    ) -> None:
        self._present, self._loaded, self._before, self._use, self._marked = present, loaded, before, use, marked
        self._chosen: Path | None = None
        self._kept: set[Said] = set()
        self._answers: dict[widgets.Button, Callable[[], None]] = {}
        make, tips = Maker(), captions.TOOLTIPS
        self.path = widgets.Text(
            value=captions.REVIEW_FILE,
            tooltip=tips["path"],
            continuous_update=False,
            layout=layout(flex="1 1 110px", width="auto"),
        )
        self.save = make.button(captions.SAVE_REVIEW, "save", tips["save"])
        self.load = make.button(captions.LOAD_REVIEW, "folder-open", tips["load"])
        self.offer = make.button("", "bookmark", tips["offer"])
        self.said = widgets.HTML(layout=layout())
        self.anyway = make.button(captions.SAVE_ANYWAY, "", tips["anyway"])
        self.both = make.button(captions.KEEP_BOTH, "", tips["both"])
        self.root = widgets.VBox(
            [row(self.path, self.save, self.load), self.said, row(self.anyway, self.both, self.offer)],
            layout=box_layout(margin="0", grid_gap="3px"),
        )
        self.path.observe(self._renamed, "value")
        self.save.on_click(self._save_clicked)
        self.load.on_click(self._load_clicked)
        self.offer.on_click(self._offer_clicked)
        for answer in (self.anyway, self.both):
            answer.on_click(self._answered)
        self._tell("")

    def look(self) -> None:
        """Offer the marks of the file that is named, where the review shown does not know them."""
        found = self._of_before()
        self.offer.description = messages.marks_of_before(len(found))
        show(self.offer, bool(found))

    def begin(self, review: Review) -> None:
        """Take a review that comes from elsewhere: no file is chosen for it."""
        self._chosen, self._kept = None, said(review.marks)
        self._tell("")

    def keep_marks(self) -> None:
        """Bring the file that was chosen up to the marks of the review."""
        review, path = self._present(), self._chosen
        if review is not None and path is not None:
            self._unless_lost(review, path, lambda: self._write_marks(review, path))
        else:
            self.look()

    # --- save

    def _save_clicked(self, button: widgets.Button) -> None:
        review, path = self._present(), self._named
        if review is None:
            self._tell(messages.NOTHING_TO_SAVE)
        elif path.suffix.lower() == ".csv":
            self._save_table(review, path)
        else:
            self._unless_lost(review, path, lambda: self._write(review, path))

    def _unless_lost(self, review: Review, path: Path, write: Callable[[], None]) -> None:
        """Write, or ask first where something would be lost."""
        try:
            found = conflicts(review.snapshot, path)
        except OSError as error:
            self._tell(messages.not_saved(str(path), error))
            return
        if found.foreign is not None:
            self._ask(messages.is_there(path.name, found.foreign), lambda: self._write(review, path, overwrite=True))
        elif found.opposed:

            def replace() -> None:
                review.put_away(found.opposed)
                self._unless_lost(review, path, write)

            def join() -> None:
                for position, mark in found.opposed.items():
                    own = review.marks[position]
                    review.mark(position, own.kind, messages.both_notes(own.note, mark.kind, mark.note))
                self._marked()
                replace()

            self._ask(messages.is_there(path.name, reviews.other_marks(found.opposed)), replace, join)
        else:
            write()

    def _write(self, review: Review, path: Path, *, overwrite: bool = False) -> None:
        count = len(review.marks)
        try:
            review.save(path, overwrite=overwrite)
        except (OSError, ValueError) as error:
            self._tell(messages.not_saved(str(path), error))
            return
        self._choose(review, path)
        self._tell(messages.saved(str(path), len(review.marks), len(review.marks) - count))
        self._marked()

    def _write_marks(self, review: Review, path: Path) -> None:
        try:
            written = review.save_marks(path)
        except (OSError, ValueError) as error:
            self._tell(messages.marks_not_kept(str(path), error))
            return
        self._choose(review, path)
        self._tell(messages.marks_kept(str(written), len(review.marks)))

    def _save_table(self, review: Review, path: Path) -> None:
        def write() -> None:
            try:
                review.to_csv(path)
            except (OSError, ValueError) as error:
                self._tell(messages.not_saved(str(path), error))
            else:
                self._tell(messages.saved(str(path), len(review.marks), 0))

        try:
            lost = table_conflict(review.snapshot, path)
        except OSError as error:
            self._tell(messages.not_saved(str(path), error))
            return
        if lost is None:
            write()
        else:
            self._ask(messages.is_there(path.name, lost), write)

    # --- load

    def _load_clicked(self, button: widgets.Button) -> None:
        path, present = self._named, self._present()
        try:
            review = self._loaded(path)
        except OSError as error:
            self._tell(messages.not_loaded(self.path.value, error))
            return
        except ValueError as error:  # it says which file, and what is wrong with it
            self._tell(str(error))
            return
        in_file = said(review.marks)
        unsaved = {} if present is None else without(present.marks, self._kept | in_file)

        def take() -> None:
            self._use(review)
            self._chosen, self._kept = path, in_file
            self.look()

        if present is None or not unsaved:
            take()
        elif same_data(present.fingerprint, review.fingerprint):
            review.take_over(unsaved)
            take()
            self._tell(messages.loaded_with(len(unsaved)))
        else:
            self._ask(messages.loading_drops(len(unsaved)), take, label=captions.LOAD_ANYWAY)

    def _offer_clicked(self, button: widgets.Button) -> None:
        review, found = self._present(), self._of_before()
        if review is None:
            self._load_clicked(button)
            return
        review.add_marks(found)
        self._choose(review, self._named)
        self._tell(messages.marks_loaded(len(found)))
        self._marked()

    def _of_before(self) -> dict[int, Mark]:
        """Give the marks in the file named that the review shown does not have, and could hold."""
        about, review = self._before(self._named), self._present()
        if about is None:
            return {}
        if review is None:
            return dict(about.marks.by_position)
        unknown = without(about.marks.by_position, review.marks_known)
        return {position: mark for position, mark in unknown.items() if position not in review.marks}

    # --- the file, and what is said of it

    @property
    def _named(self) -> Path:
        return Path(self.path.value.strip()).expanduser()

    def _choose(self, review: Review, path: Path) -> None:
        self._chosen, self._kept = path, said(review.marks)
        self.look()

    def _renamed(self, change: Any) -> None:
        self._tell("")
        self.look()

    def _ask(
        self,
        text: str,
        anyway: Callable[[], None],
        both: Callable[[], None] | None = None,
        *,
        label: str = captions.SAVE_ANYWAY,
    ) -> None:
        """Say what would be lost, and do it when a second button is clicked."""
        self._tell(text)
        self.anyway.description = label
        self._answers = {self.anyway: anyway} if both is None else {self.anyway: anyway, self.both: both}
        for button in (self.anyway, self.both, self.offer):
            show(button, button in self._answers)

    def _answered(self, button: widgets.Button) -> None:
        answer = self._answers.get(button)
        if answer is not None:
            self._tell("")
            answer()
            self.look()

    def _tell(self, text: str) -> None:
        """Say something of the file; a question that was not answered is taken back."""
        self.said.value = markup.sentence(text) if text else ""
        self._answers = {}
        for answer in (self.anyway, self.both):
            show(answer, False)

"""The review's file: saved, loaded, found from before, and kept up to date with the marks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType

from attn_widget.predictions import Review
from attn_widget.predictions.fingerprint import same_data, why_stale
from attn_widget.predictions.marks import Mark, Said, said, without
from attn_widget.predictions.review_files import read_about
from attn_widget.predictions.save_conflicts import conflicts, table_conflict
from attn_widget.samples import Samples
from attn_widget.words import captions, mistakes, reviews

Answers = Mapping[str, Callable[[], None]]
"""The answers to a question, and what each of them does."""

_NONE: Answers = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class FileTalk:
    """What there is to say about a review's file."""

    path: str = field(default_factory=lambda: captions.REVIEW_FILE)  # as it was typed
    said: str = ""  # what was done, or a question: what would be lost
    answers: tuple[str, ...] = ()  # to the question, on a button each
    make_offer: Callable[[], str] = field(default=str, repr=False)

    @cached_property
    def offer(self) -> str:
        """The offer to load marks from the file, which is read now; empty where it has none."""
        return self.make_offer()


class ReviewFile:
    """Saves and loads a review, knows which marks are in the file, and asks before any is lost.

    `present` gives the review that is shown; `use` shows another one; `marked` is called when it has other marks.
    """

    def __init__(
        self,
        samples: Samples,
        present: Callable[[], Review | None],
        use: Callable[[Review], None],
        marked: Callable[[], None],
    ) -> None:
        self._samples, self._present, self._use, self._marked = samples, present, use, marked
        self._path = captions.REVIEW_FILE
        self._chosen: Path | None = None  # where marks are kept as they are made
        self._kept: set[Said] = set()  # the marks in a file
        self._answers = _NONE
        self.talk = FileTalk(make_offer=self._offer)  # another object whenever there is something else to say

    # What can be asked for.

    def rename(self, path: str) -> None:
        """Choose another file name."""
        self._path = path
        self._tell("")

    def save(self) -> None:
        """Write the review; as a table where the name ends in ``.csv``."""
        review, path = self._present(), self._named
        if review is None:
            self._tell(mistakes.NOTHING_TO_SAVE)
        elif path.suffix.lower() == ".csv":
            self._attempt(path, lambda: self._save_table(review, path))
        else:
            self._attempt(path, lambda: self._unless_lost(review, path, lambda: self._write(review, path)))

    def load(self) -> None:
        """Read the review in the file, and show it; marks that are in no file come with it, or are asked about."""
        path, present = self._named, self._present()
        try:
            review = Review.load(path, self._samples)
        except OSError as error:
            self._tell(mistakes.not_loaded(self._path, error))
            return
        except ValueError as error:  # it says which file, and what is wrong with it
            self._tell(str(error))
            return
        in_file = said(review.marks)
        unsaved = {} if present is None else without(present.marks, self._kept | in_file)

        def take() -> None:
            self._use(review)
            self._chosen, self._kept = path, in_file

        if present is None or not unsaved:
            take()
        elif same_data(present.fingerprint, review.fingerprint):
            review.take_over(unsaved)
            take()
            self._tell(mistakes.loaded_with(len(unsaved)))
        else:
            self._tell(mistakes.loading_drops(len(unsaved)), {captions.LOAD_ANYWAY: take})

    def take_marks(self) -> None:
        """Add the marks in the file to the review; where there is no review yet, load the one in the file."""
        review, found = self._present(), self._of_before()
        if review is None:
            self.load()
            return
        review.add_marks(found)
        self._choose(review, self._named)
        self._tell(mistakes.marks_loaded(len(found)))
        self._marked()

    def answer(self, label: str) -> None:
        """Do what one of the answers says."""
        act = self._answers.get(label)
        if act is not None:
            self._tell("")
            act()

    # What happens to the review.

    def begin(self, review: Review) -> None:
        """Take a review that was made elsewhere: no file is chosen for it."""
        self._chosen, self._kept = None, said(review.marks)
        self._tell("")

    def look_again(self) -> None:
        """Look for marks in the file anew when it is next shown; what was said stays."""
        self.talk = replace(self.talk)

    def keep_marks(self) -> None:
        """Write the marks to the file that was chosen, if one was."""
        review, path = self._present(), self._chosen
        if review is not None and path is not None:
            self._attempt(path, lambda: self._unless_lost(review, path, lambda: self._write_marks(review, path)))
        else:
            self.look_again()

    # Writing.

    def _attempt(self, path: Path, write: Callable[[], None]) -> None:
        try:
            write()
        except (OSError, ValueError) as error:
            self._tell(mistakes.not_saved(str(path), error))

    def _unless_lost(self, review: Review, path: Path, write: Callable[[], None]) -> None:
        """Write, or ask first where something would be lost."""
        found = conflicts(review.snapshot, path)

        def replace_all() -> None:
            self._write(review, path, overwrite=True)

        def replace_marks() -> None:
            review.put_away(found.opposed)
            self._unless_lost(review, path, write)

        def keep_both() -> None:
            for position, mark in found.opposed.items():
                own = review.marks[position]
                review.mark(position, own.kind, mistakes.both_notes(own.note, mark.kind, mark.note))
            self._marked()
            replace_marks()

        if found.foreign is not None:
            self._ask(path, found.foreign, {captions.SAVE_ANYWAY: replace_all})
        elif found.opposed:
            answers = {captions.SAVE_ANYWAY: replace_marks, captions.KEEP_BOTH: keep_both}
            self._ask(path, reviews.other_marks(found.opposed), answers)
        else:
            write()

    def _write(self, review: Review, path: Path, *, overwrite: bool = False) -> None:
        count = len(review.marks)
        review.save(path, overwrite=overwrite)
        self._choose(review, path)
        self._tell(mistakes.saved(str(path), len(review.marks), len(review.marks) - count))
        self._marked()

    def _write_marks(self, review: Review, path: Path) -> None:
        try:
            written = review.save_marks(path)
        except (OSError, ValueError) as error:
            self._tell(mistakes.marks_not_kept(str(path), error))
            return
        self._choose(review, path)
        self._tell(mistakes.marks_kept(str(written), len(review.marks)))

    def _save_table(self, review: Review, path: Path) -> None:
        def write() -> None:
            review.to_csv(path, overwrite=True)
            self._tell(mistakes.saved(str(path), len(review.marks), 0))

        lost = table_conflict(review.snapshot, path)
        if lost is None:
            write()
        else:
            self._ask(path, lost, {captions.SAVE_ANYWAY: write})

    # The file, and what is said about it.

    @property
    def _named(self) -> Path:
        path = Path(self._path.strip())
        try:
            return path.expanduser()
        except RuntimeError:  # the home of an unknown user
            return path

    def _choose(self, review: Review, path: Path) -> None:
        self._chosen, self._kept = path, said(review.marks)

    def _offer(self) -> str:
        found = {} if self._answers else self._of_before()
        return mistakes.marks_of_before(len(found)) if found else ""

    def _of_before(self) -> dict[int, Mark]:
        """Give the marks in the file named that the review shown could take, and does not know."""
        try:
            about = read_about(self._named)
        except (OSError, ValueError):
            return {}
        if why_stale(about.fingerprint, None, self._samples) is not None:
            return {}
        review = self._present()
        if review is None:
            return dict(about.marks.by_position)
        unknown = without(about.marks.by_position, review.marks_known)
        return {position: mark for position, mark in unknown.items() if position not in review.marks}

    def _ask(self, path: Path, lost: str, answers: Answers) -> None:
        """Say what would be lost in a file, and write it only in answer to that."""
        attempts = {label: partial(self._attempt, path, write) for label, write in answers.items()}
        self._tell(mistakes.is_there(path.name, lost), attempts)

    def _tell(self, text: str, answers: Answers = _NONE) -> None:
        """Say something about the file, or ask; a question that was not answered is taken back."""
        self._answers = answers
        self.talk = FileTalk(self._path, text, tuple(answers), self._offer)

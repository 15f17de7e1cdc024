"""The review's file: saved, loaded, found from before, and kept up with the marks as they are made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from attn_widget.predictions import Review
from attn_widget.predictions.fingerprint import same_data, why_stale
from attn_widget.predictions.marks import Mark, Said, said, without
from attn_widget.predictions.review_files import read_about
from attn_widget.predictions.save_conflicts import conflicts, table_conflict
from attn_widget.samples import Samples
from attn_widget.words import captions, mistakes, reviews


@dataclass(frozen=True, eq=False)
class FileTalk:
    """What there is to say of a review's file.

    Attributes
    ----------
    path : str
        Its name, as it was typed.
    said : str
        What was done with it, or what would be lost; empty where there is nothing to say.
    answers : tuple of str
        The answers to that, on a button each.
    make_offer : callable
        See `offer`.
    """

    path: str = captions.REVIEW_FILE
    said: str = ""
    answers: tuple[str, ...] = ()
    make_offer: Callable[[], str] = field(default=str, repr=False)

    @cached_property
    def offer(self) -> str:
        """The offer to take over marks that are in the file, which is read when this is asked for; or empty."""
        return self.make_offer()


class ReviewFile:
    """A file's name, saving and loading; what is in the file; and what is asked before a mark is lost.

    Parameters
    ----------
    samples : Samples
        The panel's.
    present : callable
        Gives the review that is shown, or None.
    use : callable
        Is given a review to show.
    marked : callable
        Is told that the review has other marks.

    Attributes
    ----------
    talk : FileTalk
        What there is to say now; another object whenever that is something else.
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
        self._chosen: Path | None = None
        self._kept: set[Said] = set()
        self._answers: dict[str, Callable[[], None]] = {}
        self.talk = FileTalk(make_offer=self._offer)

    # What can be asked for.

    def rename(self, path: str) -> None:
        """Name another file."""
        self._path = path
        self._tell("")

    def save(self) -> None:
        """Write the review; as a table where the name says so."""
        review, path = self._present(), self._named
        if review is None:
            self._tell(mistakes.NOTHING_TO_SAVE)
        elif path.suffix.lower() == ".csv":
            self._save_table(review, path)
        else:
            self._unless_lost(review, path, lambda: self._write(review, path))

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
            self._ask(mistakes.loading_drops(len(unsaved)), {captions.LOAD_ANYWAY: take})

    def take_marks(self) -> None:
        """Take over the marks that are in the file; where there is no review yet, load the whole one."""
        review, found = self._present(), self._of_before()
        if review is None:
            self.load()
            return
        review.add_marks(found)
        self._choose(review, self._named)
        self._tell(mistakes.marks_loaded(len(found)))
        self._marked()

    def answer(self, label: str) -> None:
        """Do what was asked about, as one of the answers says."""
        act = self._answers.get(label)
        if act is not None:
            self._tell("")
            act()

    # What happens to the review.

    def begin(self, review: Review) -> None:
        """Take a review that comes from elsewhere: no file is chosen for it."""
        self._chosen, self._kept = None, said(review.marks)
        self._tell("")

    def look_again(self) -> None:
        """Look for marks in the file anew when it is next shown; what was said stays."""
        self.talk = FileTalk(self._path, self.talk.said, self.talk.answers, self._offer)

    def keep_marks(self) -> None:
        """Bring the file that was chosen up to the marks of the review."""
        review, path = self._present(), self._chosen
        if review is not None and path is not None:
            self._unless_lost(review, path, lambda: self._write_marks(review, path))
        else:
            self.look_again()

    # Writing.

    def _unless_lost(self, review: Review, path: Path, write: Callable[[], None]) -> None:
        """Write, or ask first where something would be lost."""
        try:
            found = conflicts(review.snapshot, path)
        except OSError as error:
            self._tell(mistakes.not_saved(str(path), error))
            return
        if found.foreign is not None:
            anyway = {captions.SAVE_ANYWAY: lambda: self._write(review, path, overwrite=True)}
            self._ask(mistakes.is_there(path.name, found.foreign), anyway)
        elif found.opposed:

            def replace() -> None:
                review.put_away(found.opposed)
                self._unless_lost(review, path, write)

            def join() -> None:
                for position, mark in found.opposed.items():
                    own = review.marks[position]
                    review.mark(position, own.kind, mistakes.both_notes(own.note, mark.kind, mark.note))
                self._marked()
                replace()

            opposed = mistakes.is_there(path.name, reviews.other_marks(found.opposed))
            self._ask(opposed, {captions.SAVE_ANYWAY: replace, captions.KEEP_BOTH: join})
        else:
            write()

    def _write(self, review: Review, path: Path, *, overwrite: bool = False) -> None:
        count = len(review.marks)
        try:
            review.save(path, overwrite=overwrite)
        except (OSError, ValueError) as error:
            self._tell(mistakes.not_saved(str(path), error))
            return
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
            try:
                review.to_csv(path)
            except (OSError, ValueError) as error:
                self._tell(mistakes.not_saved(str(path), error))
            else:
                self._tell(mistakes.saved(str(path), len(review.marks), 0))

        try:
            lost = table_conflict(review.snapshot, path)
        except OSError as error:
            self._tell(mistakes.not_saved(str(path), error))
            return
        if lost is None:
            write()
        else:
            self._ask(mistakes.is_there(path.name, lost), {captions.SAVE_ANYWAY: write})

    # The file, and what is said of it.

    @property
    def _named(self) -> Path:
        path = Path(self._path.strip())
        try:
            return path.expanduser()
        except RuntimeError:  # ~ of nobody who is known here
            return path

    def _choose(self, review: Review, path: Path) -> None:
        self._chosen, self._kept = path, said(review.marks)

    def _offer(self) -> str:
        found = self._of_before()
        return mistakes.marks_of_before(len(found)) if found and not self._answers else ""

    def _of_before(self) -> dict[int, Mark]:
        """Give the marks in the file named that the review shown does not have, and could hold."""
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

    def _ask(self, text: str, answers: dict[str, Callable[[], None]]) -> None:
        """Say what would be lost, and do it when it is asked for a second time."""
        self._answers = answers
        self.talk = FileTalk(self._path, text, tuple(answers))

    def _tell(self, text: str) -> None:
        """Say something of the file; a question that was not answered is taken back."""
        self._answers = {}
        self.talk = FileTalk(self._path, text, (), self._offer)

"""A review of pictures: made or read, and its failures named."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from attn_widget.predictions import Review, Reviewing
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.progress import reporting
from attn_widget.refusal import Refusal
from attn_widget.shell.outcome import Ending, WrongUse, one_line, say
from attn_widget.shell.picture_work import PictureWork
from attn_widget.words import reviews, shell_words


def saved_review(path: Path, work: PictureWork, option: str) -> Review:
    """Read the review that an option names; raises a `WrongUse` where there is none."""
    try:
        return Review.load(path, work.loader)
    except (OSError, ValueError) as error:
        raise WrongUse(f"{option} needs the {path} of an earlier review: {one_line(str(error))}") from None


def predict(reviewing: Reviewing) -> Ending:
    """Go on with a review to its end, or until an interrupt; raises a `WrongUse` where the model has no classes."""
    steps = reviewing.steps()
    try:
        with reporting(None, reviews.REVIEWING) as report, closing(steps):
            for done, total in steps:
                report(done, total)
    except KeyboardInterrupt:
        return Ending.INTERRUPTED
    except Refusal as reason:
        if not reviewing.review.errors:
            raise WrongUse(one_line(str(reason))) from None
    return Ending.FINE


def say_failures(found: Review, work: PictureWork, positions: Sequence[int] | None = None) -> int:
    """Name each picture that has no prediction, and count them; `positions` are those of the pictures reviewed."""
    for at, why in sorted(found.errors.items()):
        position = at if positions is None else positions[at]
        say(shell_words.failed_picture(work.name_of(position), work.why(position, why)))
    for note in found.notes:
        say(note)
    return max(len(found.errors), int((found.predicted[: found.reviewed] == NO_CLASS).sum()))

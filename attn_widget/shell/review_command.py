"""`attn-widget review`: the predictions for a folder of pictures, as files and in a few lines."""

import argparse
from contextlib import closing
from pathlib import Path

from attn_widget.predictions import Review, Reviewing
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.progress import reporting
from attn_widget.refusal import Refusal
from attn_widget.shell.outcome import Ending, WrongUse, one_line, say
from attn_widget.shell.output_folder import made_for
from attn_widget.shell.picture_work import PictureWork, begin
from attn_widget.words import forms, reviews, shell_words

_PAIRS = 10
"""How many confusions are printed."""


def run(options: argparse.Namespace) -> Ending:
    """Review the pictures, write both files, and print what was found; an interrupt keeps what is done."""
    out = Path(options.out)
    files = [out / "review.npz", out / "review.csv"]
    made_for(files, overwrite=options.overwrite or options.resume)
    work = begin(options, out, labels=True)
    before = _saved(files[0], work) if options.resume else None
    try:
        reviewing = Reviewing(work.model, work.loader, class_names=work.class_names, review=before)
    except Refusal as reason:
        raise WrongUse(f"--continue: {one_line(str(reason))}") from None
    ending = _reviewed(reviewing)
    found = reviewing.review
    found.save(files[0], overwrite=True)
    found.to_csv(files[1])
    failed = _say_failures(found, work)
    _print(found, failed, files)
    return Ending.SOME_FAILED if failed and ending is Ending.FINE else ending


def _saved(path: Path, work: PictureWork) -> Review:
    try:
        return Review.load(path, work.loader)
    except (OSError, ValueError) as error:
        raise WrongUse(f"--continue needs the {path} of an earlier review: {one_line(str(error))}") from None


def _reviewed(reviewing: Reviewing) -> Ending:
    steps = reviewing.steps()
    try:
        with reporting(None, reviews.REVIEWING) as report, closing(steps):
            for done, total in steps:
                report(done, total)
    except KeyboardInterrupt:
        return Ending.INTERRUPTED
    except Refusal as reason:
        if reviewing.review.errors:  # each picture failed, and is named
            return Ending.SOME_FAILED
        raise WrongUse(one_line(str(reason))) from None
    return Ending.FINE


def _say_failures(found: Review, work: PictureWork) -> int:
    """Name each picture that has no prediction, or whose label makes no sense."""
    for position, why in sorted(found.errors.items()):
        say(shell_words.failed_picture(work.name_of(position), work.why(position, why)))
    for note in found.notes:
        say(note)
    return max(len(found.errors), int((found.predicted[: found.reviewed] == NO_CLASS).sum()))


def _print(found: Review, failed: int, files: list[Path]) -> None:
    now = found.snapshot
    wrong = int(now.wrong.sum())
    print(
        shell_words.review_end(reviews.how_far(now.reviewed, now.count), reviews.how_right(now.accuracy, wrong), failed)
    )
    pairs = found.confused_pairs()[:_PAIRS]
    if pairs:
        print(shell_words.MOST_CONFUSED)
    for true, predicted, count in pairs:
        print(f"{count:>8,}  {now.name_of(true)} → {now.name_of(predicted)}")
    if not now.complete:
        print(shell_words.REVIEW_GOES_ON)
    print(shell_words.files_written(forms.listed([str(file) for file in files])))

"""`attn-widget review`: the predictions for a folder of pictures, as files and in a few lines."""

import argparse
from pathlib import Path

from attn_widget.predictions import Review, Reviewing
from attn_widget.refusal import Refusal
from attn_widget.shell.outcome import Ending, WrongUse, one_line
from attn_widget.shell.output_folder import made_for
from attn_widget.shell.picture_review import predict, saved_review, say_failures
from attn_widget.shell.picture_work import begin
from attn_widget.words import forms, reviews, shell_words

_PAIRS = 10
"""How many confusions are printed."""


def run(options: argparse.Namespace) -> Ending:
    """Review the pictures, write both files, and print what was found; an interrupt keeps what is done."""
    out = Path(options.out)
    files = [out / "review.npz", out / "review.csv"]
    made_for(files, overwrite=options.overwrite or options.resume)
    work = begin(options, out, labels=True)
    before = saved_review(files[0], work, "--continue") if options.resume else None
    try:
        reviewing = Reviewing(work.model, work.loader, class_names=work.class_names, review=before)
    except Refusal as reason:
        raise WrongUse(f"--continue: {one_line(str(reason))}") from None
    ending = predict(reviewing)
    found = reviewing.review
    try:
        found.save(files[0], overwrite=True)
        found.to_csv(files[1], overwrite=True)
    except OSError as error:
        raise WrongUse(f"--out {out} cannot be written: {error.strerror or one_line(str(error))}") from None
    failed = say_failures(found, work)
    _print(found, failed, files)
    return Ending.SOME_FAILED if failed and ending is Ending.FINE else ending


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
        print(shell_words.GOES_ON)
    print(shell_words.files_written(forms.listed([str(file) for file in files])))

"""`attn-widget report`: pictures and their heatmaps as one HTML file."""

import argparse
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader, Subset

from attn_widget.predictions import Review, Reviewing
from attn_widget.refusal import Refusal
from attn_widget.reports import report
from attn_widget.shell.asked import check_names, target_of
from attn_widget.shell.outcome import Ending, WrongUse, one_line
from attn_widget.shell.output_folder import made_for
from attn_widget.shell.picture_folder import loader_of
from attn_widget.shell.picture_review import predict, saved_review, say_failures
from attn_widget.shell.picture_work import PictureWork, begin
from attn_widget.words import shell_words

_MOST = 50
"""How many pictures are shown if nothing is said."""


def run(options: argparse.Namespace) -> Ending:
    """Choose the pictures, name those that cannot be shown, and write the page."""
    out = Path(options.out)
    if out.suffix.lower() != ".html":
        raise WrongUse(f"--out is {options.out!r}; expected a file that ends in .html")
    made_for([out], overwrite=options.overwrite)
    work = begin(options, out, labels=True)
    check_names(work.model, options.layers or (), options.methods)
    target = target_of(options.target, work.class_names)
    review = _review(options, work)
    positions, failed = (
        _chosen(options, work) if options.mistakes is None else _mistakes(options.mistakes, work, review)
    )
    try:
        report(
            work.model, work.loader, out, positions=positions, layers=options.layers, methods=options.methods,
            target=target, class_names=work.class_names, review=review, overwrite=True,
        )  # fmt: skip
    except (Refusal, OSError) as error:
        raise WrongUse(one_line(str(error))) from None
    print(shell_words.report_end(len(positions), failed))
    print(shell_words.files_written(str(out)))
    return Ending.SOME_FAILED if failed else Ending.FINE


def _review(options: argparse.Namespace, work: PictureWork) -> Review | None:
    """Give the review that is named, or make the one that a search for mistakes needs."""
    if options.review:
        return saved_review(Path(options.review), work, "--review")
    return None if options.mistakes is None else _reviewed(work, work.loader)


def _reviewed(work: PictureWork, loader: DataLoader[Any]) -> Review:
    reviewing = Reviewing(work.model, loader, class_names=work.class_names)
    if predict(reviewing) is Ending.INTERRUPTED:
        raise KeyboardInterrupt
    return reviewing.review


def _mistakes(most: int, work: PictureWork, review: Review | None) -> tuple[list[int], int]:
    """Choose the mistakes that the model is surest of, and count the pictures that failed."""
    assert review is not None  # a search for mistakes has made it
    failed = say_failures(review, work)
    found: list[int] = review.select("most surely wrong")[:most].tolist()
    if not found:
        raise WrongUse(f"--mistakes finds none: {one_line(repr(review))}")
    return found, failed


def _chosen(options: argparse.Namespace, work: PictureWork) -> tuple[list[int], int]:
    """Give the positions that are named, by default the first ones, and count those that cannot be shown."""
    count = len(work.pictures.files)
    positions = list(dict.fromkeys(options.positions or range(min(count, _MOST))))
    beyond = [position for position in positions if position >= count]
    if beyond:
        raise WrongUse(f"--positions names {beyond[0]}, but the pictures are 0 to {count - 1}")
    chosen = loader_of(Subset(work.loader.dataset, positions), work.loader.batch_size or 1, 0)
    return positions, say_failures(_reviewed(work, chosen), work, positions)

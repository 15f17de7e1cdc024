"""A review of a whole loader in one call."""

import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

from torch import nn

from attn_widget.capture import Forward
from attn_widget.predictions.progress import reporting
from attn_widget.predictions.ray_workers import distributed_steps
from attn_widget.predictions.review_record import Review
from attn_widget.predictions.review_walk import Reviewing
from attn_widget.words import reviews

ENGINES = ("local", "ray")


def review(
    model: nn.Module,
    loader: Any,
    *,
    class_names: Any = None,
    forward: Forward | None = None,
    engine: str = "local",
    progress: Callable[[int, int | None], object] | None = None,
) -> Review:
    """Predict every sample of a loader, and keep the predictions by position.

    The loader itself is not iterated: its data set is read in the order of positions, dropping nothing, through a
    second `DataLoader` with the same collate function, batch size and workers. A position's prediction is what
    ``explain(model, Samples(loader)[position].image)`` gives, up to rounding errors (see `Review.near_ties`).

    Parameters
    ----------
    model : Module
        In any mode; it is left exactly as it was.
    loader : DataLoader, data set, list or iterable of batches, or Tensor ``[N, C, H, W]``
        Anything that `Samples` takes. Labels are whole numbers, also as floats (3.0), or class names.
    class_names : list of str, or mapping of int to str, optional
        The names of the classes; by default the data set's own.
    forward : callable, optional
        ``forward(model, batch)``, called instead of ``model(batch)``.
    engine : str
        ``"local"``, or ``"ray"`` for Ray Data's workers (with the extra ``attn-widget[ray]``).
    progress : callable, optional
        Called after each batch with the number of samples done and the total (None for a stream). Without it, tqdm
        draws a progress bar or, where it is not installed, lines are written to standard error now and then.

    Returns
    -------
    Review
        Its notes are given as warnings too. If the loader breaks off, the review of the samples before that, with a
        warning; see `Review.broken_off`.

    Raises
    ------
    Refusal
        Where the model gives no class scores, the labels are not classes, or the model fails on every sample.
    TypeError, ValueError
        For a model that cannot be run, or something that is not a loader.

    Examples
    --------
    >>> found = review(model, loader)
    >>> found.accuracy, found.confused_pairs()[:3]
    >>> found.select("most surely wrong")[:10]
    >>> found.save("review.npz")
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(map(repr, ENGINES))}, got {engine!r}")
    work = Reviewing(model, loader, class_names=class_names, forward=forward)
    steps = distributed_steps(work) if engine == "ray" else work.steps()
    with reporting(progress, reviews.REVIEWING) as report, closing(steps):
        for done, total in steps:
            report(done, total)
    if work.review.broken_off is not None:
        warnings.warn(reviews.broken_off_warning(work.review.reviewed, work.review.broken_off), stacklevel=2)
    for note in work.review.notes:
        warnings.warn(note, stacklevel=2)
    return work.review

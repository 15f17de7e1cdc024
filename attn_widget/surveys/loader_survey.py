"""A survey of a whole loader in one call."""

import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid
from attn_widget.predictions.progress import reporting
from attn_widget.surveys.survey_record import Survey
from attn_widget.surveys.survey_walk import Surveying
from attn_widget.targets import Target
from attn_widget.words import reviews


def survey(
    model: nn.Module,
    loader: Any,
    layer: str | None = None,
    method: str = "grad-cam",
    target: Target = "predicted",
    *,
    top_k: int = 3,
    exemplars: int = 9,
    mistakes: int = 300,
    class_names: Any = None,
    forward: Forward | None = None,
    grid: Grid | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> Survey:
    """Say what channels, classes and mistakes have in common over a whole loader, in one walk through it.

    Each batch takes one forward pass and, if the method needs gradients, one backward pass down to the layer.

    Parameters
    ----------
    model : Module
        In any mode; it is left exactly as it was.
    loader : DataLoader, data set, list or iterable of batches, or Tensor ``[N, C, H, W]``
        Anything that `Samples` takes.
    layer : str, optional
        A name in `model.named_modules()`; by default the one that `explain` takes for the first sample.
    method, target, forward, grid
        As for `explain`.
    top_k : int
        How many channels of largest share count as the strongest of a sample.
    exemplars : int
        How many samples are kept for each channel: those that drive it most.
    mistakes : int
        How many mistakes are kept one by one, worst first, and as many right predictions beside them.
    class_names : list of str, or mapping of int to str, optional
        The names of the classes; by default the data set's own.
    progress : callable, optional
        Called after each batch with the number of samples done and the total (None for a stream). Without it, tqdm
        draws a progress bar or, where it is not installed, lines are written to standard error now and then.

    Returns
    -------
    Survey
        If the loader breaks off, that of the samples before, with a warning.

    Raises
    ------
    Refusal
        Where the layer gives no map, or the model fails on every sample.
    TypeError, ValueError
        For a model that cannot be run, or something that is not a loader.
    """
    work = Surveying(
        model,
        loader,
        layer=layer,
        method=method,
        target=target,
        top_k=top_k,
        exemplars=exemplars,
        mistakes=mistakes,
        class_names=class_names,
        forward=forward,
        grid=grid,
    )
    with reporting(progress) as report, closing(work.steps()) as steps:
        for done, total in steps:
            report(done, total)
    broken_off = work.review.broken_off
    if broken_off is not None:
        warnings.warn(reviews.broken_off_warning(work.surveyed, broken_off), stacklevel=2)
    return work.survey

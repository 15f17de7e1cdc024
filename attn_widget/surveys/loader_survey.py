"""A survey of a whole loader in one call."""

import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid
from attn_widget.predictions import Review
from attn_widget.predictions.progress import reporting
from attn_widget.surveys.ray_survey import distributed_survey
from attn_widget.surveys.survey_record import Survey
from attn_widget.surveys.survey_walk import Surveying
from attn_widget.targets import Target
from attn_widget.words import reviews, surveys

ENGINES = ("local", "ray")


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
    review: Review | None = None,
    engine: str = "local",
    progress: Callable[[int, int | None], object] | None = None,
) -> Survey:
    """Explain every sample of a loader, and keep what channels, classes and mistakes have in common.

    One walk, in the loader's batches: a forward pass and, if the method needs gradients, a backward pass to the layer.
    It also predicts each sample, so `Survey.review` is what `attn_widget.review` gives. What is kept does not grow with
    the number of samples, but for the review's 24 bytes each, and at most 10,000 errors.

    Each sample's numbers are those of its `Explanation`. A method that is no formula of maps and gradients
    (`attn_widget.register`'s `batched`) takes a pass, or its further passes, for each sample, and so does a target that
    is a function.

    Parameters
    ----------
    model : Module
        In any mode; it is left exactly as it was.
    loader : DataLoader, data set, list or iterable of batches, or Tensor ``[N, C, H, W]``
        Anything that `Samples` takes; it is read as by `attn_widget.review`.
    layer : str, optional
        A name in `model.named_modules()`; the default is chosen as by `explain`, once, for the first batch.
    method : str
        One that weighs a layer's channels, or parts of them (`Parts.register`): those are its channels then.
    target
        As `explain` takes it. With ``"true"``, a sample without a class as its label is among the errors.
    top_k : int
        How many channels of a sample count as its strongest.
    exemplars : int
        How many samples are kept for each channel.
    mistakes : int
        How many mistakes are kept with their heatmaps, and how many right predictions to compare them with.
    class_names : list of str, or mapping of int to str, optional
        The names of the classes; by default the data set's own.
    forward : callable, optional
        ``forward(model, batch)``, called instead of ``model(batch)``.
    grid : tuple of int, optional
        As `explain` takes it.
    review : Review, optional
        One of this model and loader, also one that is not complete: the walk continues it.
    engine : str
        ``"local"``, or ``"ray"`` for Ray Data's workers (with the extra ``attn-widget[ray]``).
    progress : callable, optional
        Called after each batch with the number of samples done and the total (None for a stream); what it raises ends
        the survey, which `Surveying` would continue. Without it, as for `attn_widget.review`.

    Returns
    -------
    Survey
        Its notes are given as warnings too. If the loader breaks off, the survey of the samples before that, with a
        warning.

    Raises
    ------
    Refusal
        Where the model gives no class scores, the labels are not classes, the layer gives no maps, no sample can be
        surveyed, or the review is of another model or data set.
    TypeError, ValueError
        For an invalid argument.

    Examples
    --------
    >>> found = survey(model, loader)
    >>> found.exemplars(14)[0].position
    >>> found.save("survey.npz")
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(map(repr, ENGINES))}, got {engine!r}")
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
        review=review,
    )
    steps = distributed_survey(work) if engine == "ray" else work.steps()
    with reporting(progress, surveys.SURVEYING) as report, closing(steps):
        for done, total in steps:
            report(done, total)
    found = work.survey
    if found.broken_off is not None:
        warnings.warn(reviews.broken_off_warning(found.surveyed, found.broken_off), stacklevel=2)
    for note in found.notes:
        warnings.warn(note, stacklevel=2)
    return found

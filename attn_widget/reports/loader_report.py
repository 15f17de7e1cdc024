"""`report`: samples of a loader as one page."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid, find_module
from attn_widget.explanation import Question, leading_layer
from attn_widget.explanation.sample_questions import SampleQuestions
from attn_widget.layers import NoMap
from attn_widget.methods import method_named
from attn_widget.predictions import Review
from attn_widget.predictions.progress import reporting
from attn_widget.reports.report_path import checked_path
from attn_widget.reports.report_subject import ReportSubject, target_said
from attn_widget.reports.sample_looks import T
from attn_widget.reports.shown_layers import finer_beside
from attn_widget.samples import Sample, Samples
from attn_widget.samples.position_lists import checked_positions
from attn_widget.targets import Target
from attn_widget.words import language as spoken
from attn_widget.words import refusals, reports, speaking

MOST_SAMPLES = 200
"""For so many, the file stays below 5 MB."""

_BY_DEFAULT = 50


def report(
    model: nn.Module,
    loader: Any,
    path: str | Path,
    *,
    positions: Sequence[int] | None = None,
    layers: Sequence[str] | None = None,
    methods: Sequence[str] = ("channel-mean", "grad-cam"),
    target: Target = "predicted",
    class_names: Any = None,
    review: Review | None = None,
    forward: Forward | None = None,
    grid: Grid | None = None,
    title: str = "",
    alpha: float = 0.5,
    cmap: str = "jet",
    guess_first: bool = False,
    language: str | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int | None], object] | None = None,
) -> Path:
    """Write samples and their heatmaps to one HTML file, which opens in a browser without Python and offline.

    In the page, samples, layer, method, opacity and colours can be chosen as in the panel, and its heatmaps have the
    panel's pixels. Of up to 200 samples, the file stays below 5 MB: pictures are exact where they fit, else compressed
    as JPEG, which the page says. Each sample takes one forward pass for all layers and methods, and up to two backward
    passes if a method needs gradients.

    Parameters
    ----------
    model : Module
        In any mode; it is left exactly as it was.
    loader
        Anything that `Samples` takes, or `Samples`.
    path : str or Path
        Where to write; it ends in ``.html``.
    positions : sequence of int, optional
        Which samples, in the order shown. By default, with a `review` the up to 50 most surely wrong ones; without one,
        or where it knows of no mistake, the first 50. A sample that cannot be read or explained is shown as such.
    layers : sequence of str, optional
        Names in `model.named_modules()`. By default the one that `explain` chooses, and the last one before it on a
        finer grid.
    methods : sequence of str
        How channels are weighed.
    target, forward, grid
        As in `explain`; class names in `target` are understood too.
    class_names : list of str or mapping of int to str, optional
        By default the data set's own.
    review : Review, optional
        Gives the marks and notes.
    title : str
        The page's heading.
    alpha, cmap : float, str
        With which opacity and colour map the page opens.
    guess_first : bool
        Whether the page opens with predictions and heatmaps hidden until the reader has guessed.
    language : str, optional
        The page's: ``"en"`` or ``"zh"``; by default the environment's.
    overwrite : bool
        Whether to replace a file.
    progress : callable, optional
        As in `review`; what it raises ends the work, and nothing is written.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileExistsError, FileNotFoundError
        If there is a file already and `overwrite` is False, or no such folder.
    Refusal
        Where no sample can be explained, or the model has no layer that gives a map.
    TypeError, ValueError, IndexError
        If an argument is invalid.

    Examples
    --------
    >>> found = review(model, loader)
    >>> report(model, loader, "mistakes.html", review=found, methods=["grad-cam", "layer-cam"])
    """
    with speaking(language or spoken()):
        found = checked_path(path, overwrite=overwrite)
        if review is not None and not isinstance(review, Review):
            raise TypeError(f"review must be a Review or None, got {type(review).__name__}")
        asking = _Asking(model, loader, class_names, forward, {"target": target, "grid": grid})
        samples = asking.samples
        check_shown(model, layers, methods)
        drawing = import_module("attn_widget.figure.style_checks")  # by name: until here, nothing needs Matplotlib
        alpha, cmap = drawing.checked_alpha(alpha), drawing.checked_colour_map(cmap)
        chosen, said = _positions(positions, samples, review)
        shown = list(layers) if layers is not None else asking.default_layers(chosen)
        subject = ReportSubject(
            layers=shown,
            methods=list(methods),
            name_of=asking.name_of,
            model=type(model).__name__,
            chosen=said,
            count=samples.count,
            title=title,
            target=target_said(asking.target, asking.name_of),
            marks={} if review is None else review.marks,
            notes=_outdated(review, model, samples),
            alpha=alpha,
            cmap=cmap,
            guess_first=guess_first,
        )
        making = import_module("attn_widget.reports.report_making")
        with reporting(progress, reports.REPORTING) as report_progress:
            making.make_report(found, chosen, asking, subject, report_progress)
    return found


class _Asking(SampleQuestions):
    """Asks about the sample at a position."""

    def __call__(self, position: int, work: Callable[[Sample, Question], T]) -> T:
        """Do work with a sample and what is asked about it."""
        sample = self.samples.shared(position)
        return self.about(sample, partial(work, sample))

    def default_layers(self, positions: Sequence[int]) -> list[str]:
        """Choose the layers for the first sample that can be read; raises what the last one raised if none can."""
        failed: Exception = NoMap(refusals.NO_LAYER)
        for position in sorted(positions):  # a stream is read forward
            try:
                return self(position, _layers)
            except Exception as error:  # of this sample, or of the model on it
                failed = error
        raise failed


def _layers(_sample: Sample, question: Question) -> list[str]:
    recording = question.recording
    layers = question.layers(recording)
    leading = leading_layer(question, layers, recording)
    if leading is None:
        raise NoMap(refusals.NO_LAYER)
    return finer_beside(layers, leading.name)


def _positions(given: Sequence[int] | None, samples: Samples, review: Review | None) -> tuple[list[int], str]:
    """Give the positions to show, and say how they were chosen."""
    if given is not None:
        return shown_positions(given, samples.count), reports.GIVEN_POSITIONS
    wrong = [] if review is None else review.select("most surely wrong")[:_BY_DEFAULT].tolist()
    if wrong:
        return wrong, reports.MOST_SURELY_WRONG
    count = samples.count
    shown = _BY_DEFAULT if count is None else min(count, _BY_DEFAULT)
    return list(range(shown)), reports.ALL_OF_THEM if shown == count else reports.FIRST_ONES


def shown_positions(given: Any, count: int | None) -> list[int]:
    """Give positions, each once; raises a TypeError, IndexError or ValueError for others than `count` samples have."""
    positions = checked_positions(given)
    if not positions:
        raise ValueError("positions is empty; expected one position at least")
    if count is not None and max(positions) >= count:
        raise IndexError(f"positions must be from 0 to {count - 1}, got {max(positions)}")
    return positions


def check_shown(model: nn.Module, layers: Sequence[str] | None, methods: Sequence[str] | None) -> None:
    """Raise a ValueError or TypeError for names that are no layers of the model, or no methods; None is for any."""
    for argument, names in (("layers", layers), ("methods", methods)):
        if names is not None and (isinstance(names, str) or not list(names)):
            raise ValueError(f"{argument} must be a list of one or more names, got {names!r}")
    for name in layers or ():
        find_module(model, name)
    for name in methods or ():
        method_named(name)


def _outdated(review: Review | None, model: nn.Module, samples: Samples) -> list[str]:
    """Say why the review's marks may be of something else."""
    why = None if review is None else review.stale(model, samples)
    return [] if why is None else [why]

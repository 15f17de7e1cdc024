"""What exports have in common: from samples to files, with progress, and an account of what has no heatmap."""

import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import Protocol, TypeVar

from attn_widget.explanation import Glance
from attn_widget.exports.sample_explainer import SampleExplainer
from attn_widget.predictions.progress import Progress, reporting
from attn_widget.words import exports


class Export(Protocol):
    """Writes what was found of one sample after another."""

    errors: dict[int, str]

    def steps(self, glances: Iterable[Glance], total: int | None, name_of: Callable[[int], str]) -> Generator[Progress]:
        """Write each sample, yielding after each."""


E = TypeVar("E", bound=Export)


def exported(
    export: E,
    explainer: SampleExplainer,
    positions: list[int] | None,
    progress: Callable[[int, int | None], object] | None,
    doing: str,
) -> E:
    """Write all of these samples, warning of errors; if that is ended, the exception notes what was written."""
    total = explainer.samples.count if positions is None else len(positions)
    steps = export.steps(explainer.glances(positions), total, explainer.name_of)
    try:
        with reporting(progress, doing) as report, closing(steps):
            for done, known in steps:
                report(done, known)
    except BaseException as stop:
        stop.add_note(repr(export))
        raise
    if export.errors:
        warnings.warn(exports.without_heatmap(export.errors), stacklevel=3)
    return export

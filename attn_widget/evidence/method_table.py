"""What several methods reach by several measures, as a table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attn_widget.atomic_files import replacing
from attn_widget.evidence.bootstrap import bootstrap_intervals
from attn_widget.words import evidence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADER = ("method", "measure", "mean", "low", "high", "samples")


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Methods by rows, measures by columns; its text shows means and 95 % intervals.

    Attributes
    ----------
    layer : str
        Where the methods explained; empty if none of them reads a layer.
    rows : tuple of str
        The methods, and the controls after them.
    columns : tuple of str
        The measures.
    values : ndarray ``[rows, columns, n]``, float64
        For each sample; NaN where a heatmap has no such number.
    positions : ndarray ``[n]``, int64
        The samples.
    seed : int
        Of the samples, the controls and the intervals.
    """

    layer: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: np.ndarray
    positions: np.ndarray
    seed: int

    @property
    def means(self) -> np.ndarray:
        """The mean over those samples that have a number, ``[rows, columns]``; NaN where none has."""
        known = ~np.isnan(self.values)
        counts = known.sum(-1)
        return np.divide(
            np.where(known, self.values, 0).sum(-1), counts, out=np.full(counts.shape, np.nan), where=counts > 0
        )

    @property
    def intervals(self) -> np.ndarray:
        """Their 95 % intervals by the bootstrap over samples, the same ones for all, ``[rows, columns, 2]``."""
        return bootstrap_intervals(self.values, self.seed)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write a line for each cell, in UTF-8: method, measure, mean, low and high end, and how many samples."""
        counts = (~np.isnan(self.values)).sum(-1)
        with replacing(Path(path)) as binary:
            file = io.TextIOWrapper(binary, newline="", encoding="utf-8")
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for (row, column), mean in np.ndenumerate(self.means):
                low, high = self.intervals[row, column]
                numbers = ["" if np.isnan(number) else repr(float(number)) for number in (mean, low, high)]
                writer.writerow([self.rows[row], self.columns[column], *numbers, int(counts[row, column])])
            file.detach()

    def plot(self) -> "Figure":
        """Draw each measure's means and intervals by method, on a figure that pyplot does not know."""
        from matplotlib.figure import Figure

        count, means, intervals = len(self.columns), self.means, self.intervals
        figure = Figure(figsize=(1.6 + 2.2 * count, 1.2 + 0.3 * len(self.rows)), layout="constrained")
        places = np.arange(len(self.rows))
        for axes, name, mean, ends in zip(
            figure.subplots(1, count, sharey=True, squeeze=False)[0],
            self.columns,
            means.T,
            intervals.transpose(1, 2, 0),
            strict=True,
        ):
            axes.errorbar(mean, places, xerr=np.abs(ends - mean), fmt="o", markersize=4, capsize=2)
            axes.set(title=evidence.measure_heading(name), yticks=places, yticklabels=self.rows)
            axes.title.set_fontsize("medium")
            axes.grid(axis="x", alpha=0.3)
        axes.invert_yaxis()
        return figure

    def __repr__(self) -> str:
        means, intervals = self.means, self.intervals
        cells = [
            [name, *(evidence.cell(mean, *ends) for mean, ends in zip(means[row], intervals[row], strict=True))]
            for row, name in enumerate(self.rows)
        ]
        heading = [evidence.METHOD, *map(evidence.measure_heading, self.columns)]
        return "\n".join([evidence.table_caption(self.layer, len(self.positions)), *_aligned([heading, *cells])])


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lay out lines of cells: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            [line[0].ljust(widths[0]), *(text.rjust(wide) for text, wide in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]

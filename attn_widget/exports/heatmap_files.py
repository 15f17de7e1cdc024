"""Heatmaps as files in a folder, one sample after another."""

import math
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import matplotlib
from PIL import Image

from attn_widget.atomic_files import replacing
from attn_widget.explanation import Explanation
from attn_widget.exports.file_names import file_stem, positions_in
from attn_widget.figure import VIEWS, Style, overall_pixels
from attn_widget.predictions.progress import Progress
from attn_widget.refusal import Refusal
from attn_widget.samples import Sample
from attn_widget.samples.stream_reading import BrokenOff
from attn_widget.words import exports, forms


@dataclass(eq=False, repr=False)
class HeatmapFiles:
    """A folder that heatmaps are written to: ``000012-cat_0003.png``, and ``.npz`` for the data.

    Attributes
    ----------
    folder : Path
        Made when it is needed.
    style : Style
        How the heatmaps are painted.
    data : bool
        Whether each `Explanation` is saved next to its picture.
    written : int
        For how many samples there are files now.
    errors : dict of int to str
        By position, why a sample has none.
    """

    folder: Path
    style: Style = field(default_factory=Style)
    data: bool = False
    written: int = 0
    errors: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_style(self.style)
        if self.folder.exists() and not self.folder.is_dir():
            raise NotADirectoryError(exports.not_a_folder(self.folder))

    def existing(self, positions: Iterable[int] | None) -> list[int]:
        """Give those of the positions, or of all, whose samples have files in the folder already."""
        there = set(positions_in(self.folder))
        return sorted(there if positions is None else there.intersection(positions))

    def steps(
        self,
        read: Callable[[int], Sample],
        explain: Callable[[Sample], Explanation],
        positions: Iterable[int] | None = None,
        *,
        total: int | None = None,
        name_of: Callable[[int], str] = forms.class_number,
    ) -> Generator[Progress]:
        """Write the files of these samples, or of all up to the end, yielding after each one.

        What goes wrong with a sample is noted in `errors`, and the next one follows. To stop, stop iterating. Raises an
        OSError where nothing can be written.
        """
        for done, position in enumerate(count() if positions is None else positions, 1):
            sample = self._read(read, position, endless=positions is None)
            if sample is None:
                return
            if isinstance(sample, Sample):
                self._add(sample, explain, name_of)
            yield Progress(done, total)
            if isinstance(sample, BrokenOff) and positions is None:
                return

    def _read(self, read: Callable[[int], Sample], position: int, *, endless: bool) -> Sample | Exception | None:
        """Read a sample, or note what is wrong with it; None past the end, if all up to the end are read."""
        try:
            return read(position)
        except Exception as error:
            if endless and isinstance(error, IndexError):
                return None
            self.errors[position] = str(error)
            return error

    def _add(self, sample: Sample, explain: Callable[[Sample], Explanation], name_of: Callable[[int], str]) -> None:
        """Explain a sample and write its files, or note why it has none."""
        try:
            explanation = explain(sample)
            pixels = overall_pixels(explanation, sample.rendering, self.style)
        except Refusal as refusal:
            self.errors[sample.position] = str(refusal)
        except Exception as error:  # of the user's model on this sample
            self.errors[sample.position] = forms.failed_pass(error)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            stem = file_stem(sample.position, _own_name(sample, explanation, name_of))
            with replacing(self.folder / f"{stem}.png") as file:
                Image.fromarray(pixels).save(file, "PNG")
            if self.data:
                explanation.save(self.folder / f"{stem}.npz", overwrite=True)
            self.written += 1

    def __repr__(self) -> str:
        return exports.heatmaps_written(self.folder, self.written, len(self.errors))


def _own_name(sample: Sample, explanation: Explanation, name_of: Callable[[int], str]) -> str:
    """Give a sample's file, else its class or classes."""
    if sample.name[:1] not in ("", "#"):
        return sample.name
    return forms.label_text(explanation.label, name_of)


def _check_style(style: Style) -> None:
    known: tuple[tuple[str, Any, Any], ...] = (("view", style.view, VIEWS), ("cmap", style.cmap, matplotlib.colormaps))
    for name, value, choices in known:
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")
    if not (isinstance(style.alpha, int | float) and math.isfinite(style.alpha) and 0 <= style.alpha <= 1):
        raise ValueError(f"alpha must be a number from 0 to 1, got {style.alpha!r}")

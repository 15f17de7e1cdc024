"""Heatmaps as files in a folder, one sample after another."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from attn_widget.atomic_files import replacing
from attn_widget.explanation import Explanation, Glance
from attn_widget.exports.file_names import file_stem, positions_in
from attn_widget.figure import Style, overall_pixels
from attn_widget.predictions.progress import Progress
from attn_widget.samples import Sample
from attn_widget.words import exports, forms


@dataclass(eq=False, repr=False)
class HeatmapFiles:
    """A folder that heatmaps are written to: ``000012-cat_0003.png``, and ``.npz`` for the data.

    Attributes
    ----------
    folder : Path
        Made when the first heatmap is written.
    style : Style
        How the heatmaps are painted.
    data : bool
        Whether each `Explanation` is saved next to its picture.
    written : int
        How many heatmaps were written.
    errors : dict of int to str
        By position, why a sample has none.
    """

    folder: Path
    style: Style = field(default_factory=Style)
    data: bool = False
    written: int = 0
    errors: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise NotADirectoryError(exports.not_a_folder(self.folder))

    def existing(self, positions: Iterable[int] | None) -> list[int]:
        """Give those of these positions, or of all, whose samples have files in the folder."""
        there = set(positions_in(self.folder))
        return sorted(there if positions is None else there.intersection(positions))

    def has(self, position: int, name: str) -> bool:
        """Whether all files of a sample are in the folder; `name` is that of its own file."""
        return all(path.exists() for path in self._paths(position, name))

    def steps(self, glances: Iterable[Glance], total: int | None, name_of: Callable[[int], str]) -> Generator[Progress]:
        """Write the file of each sample, or note in `errors` why it has none, yielding after each.

        To stop, stop iterating. Files that exist are replaced. Raises an OSError where nothing can be written.
        """
        for done, seen in enumerate(glances, 1):
            if seen.sample is None or seen.explanation is None:
                self.errors[seen.position] = seen.said
            else:
                self._write(seen.position, seen.sample, seen.explanation, name_of)
            yield Progress(done, total)

    def _write(self, position: int, sample: Sample, explanation: Explanation, name_of: Callable[[int], str]) -> None:
        pixels = overall_pixels(explanation, sample.rendering, self.style)
        self.folder.mkdir(parents=True, exist_ok=True)
        picture, *data = self._paths(position, _own_name(sample, explanation, name_of))
        with replacing(picture) as file:
            Image.fromarray(pixels).save(file, "PNG")
        for path in data:
            explanation.save(path, overwrite=True)
        self.written += 1

    def _paths(self, position: int, name: str) -> list[Path]:
        stem = file_stem(position, name)
        return [self.folder / f"{stem}{ending}" for ending in (".png", ".npz")[: 1 + self.data]]

    def __repr__(self) -> str:
        return exports.heatmaps_written(self.folder, self.written, len(self.errors))


def _own_name(sample: Sample, explanation: Explanation, name_of: Callable[[int], str]) -> str:
    """Give a sample's file, else its class or classes."""
    if sample.name[:1] not in ("", "#"):
        return sample.name
    return forms.label_text(explanation.label, name_of)

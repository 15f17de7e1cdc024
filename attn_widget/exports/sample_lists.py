"""The names of samples as a list: a text with one on each line, or a table."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attn_widget.atomic_files import replacing
from attn_widget.predictions import Review
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.samples import Samples, as_samples
from attn_widget.samples.position_lists import checked_positions
from attn_widget.words import exports

COLUMNS = ("position", "file", "label", "predicted", "confidence")
"""What a table has of each sample; without a review, only the first two."""


def save_names(
    loader: Any,
    path: str | os.PathLike[str],
    *,
    positions: Iterable[int] | None = None,
    review: Review | None = None,
    overwrite: bool = False,
) -> int:
    """Write which samples these are: the file of each or, where it has none, its position.

    Parameters
    ----------
    loader : DataLoader, data set, list or iterable of batches, Tensor ``[N, C, H, W]``, or Samples
        Anything that `Samples` takes; no sample is read.
    path : str or path
        Where it ends in ``.csv``, a table with the columns `COLUMNS`; else a text, one sample on each line.
    positions : iterable of int, optional
        Which samples, in which order; by default all, whose number must be known.
    review : Review, optional
        Gives the classes and confidences of a table.
    overwrite : bool
        Whether a file that exists may be replaced.

    Returns
    -------
    int
        How many samples were written.

    Raises
    ------
    FileExistsError
        Where there is a file and `overwrite` is False.
    TypeError, ValueError, IndexError, OSError
        For a wrong argument, or where the file cannot be written.
    """
    path, samples = Path(path), as_samples(loader)
    if positions is None and samples.count is None:
        raise ValueError("positions must be given: how many samples this loader has is not known")
    chosen = range(len(samples)) if positions is None else checked_positions(positions)
    if samples.count is not None and chosen and max(chosen) >= samples.count:
        raise IndexError(f"positions must be from 0 to {samples.count - 1}, got {max(chosen)}")
    if path.exists() and not overwrite:
        raise FileExistsError(exports.pass_overwrite(exports.file_exists(path)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as binary:
        file = io.TextIOWrapper(binary, encoding="utf-8", errors="backslashreplace", newline="")
        if path.suffix.lower() == ".csv":
            csv.writer(file).writerows(_rows(samples, chosen, review))
        else:
            file.writelines(f"{_on_one_line(_file(samples, each) or str(each))}\n" for each in chosen)
        file.detach()
    return len(chosen)


def _rows(samples: Samples, positions: Iterable[int], review: Review | None) -> Iterator[tuple[Any, ...]]:
    yield COLUMNS if review is not None else COLUMNS[:2]
    for position in positions:
        known = () if review is None else _predicted(review, position)
        yield (position, _file(samples, position), *known)


def _predicted(review: Review, position: int) -> tuple[Any, ...]:
    """Give a sample's class, its predicted class and the confidence; what is not known is empty."""
    if position >= review.reviewed:
        return "", "", ""
    label, predicted = int(review.labels[position]), int(review.predicted[position])
    classes = ("" if each == NO_CLASS else review.name_of(each) for each in (label, predicted))
    return *classes, "" if predicted == NO_CLASS else f"{review.confidence[position]:.9g}"


def _file(samples: Samples, position: int) -> str:
    path = samples.path(position)
    return "" if path is None else str(path)


def _on_one_line(name: str) -> str:
    """Escape what would begin another line."""
    return "".join(repr(each)[1:-1] if each in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029" else each for each in name)

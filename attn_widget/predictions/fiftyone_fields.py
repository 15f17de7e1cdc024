"""Predictions, marks and heatmaps as fields of a FiftyOne dataset's samples."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.review_snapshot import Snapshot
from attn_widget.refusal import Refusal
from attn_widget.samples import Samples
from attn_widget.words import exports

MATCHES = ("path", "order")


@dataclass
class FiftyOneFields:
    """What was written to a FiftyOne dataset.

    Attributes
    ----------
    written, heatmaps : int
        How many samples have a prediction or a tag now, and how many a heatmap.
    not_in_dataset : list of int
        The positions of samples that the dataset does not have.
    not_in_review : list of str
        The file paths of samples that the review does not have.
    without_heatmap : list of int
        The positions whose explanation has values that are not finite.
    """

    written: int = 0
    heatmaps: int = 0
    not_in_dataset: list[int] = field(default_factory=list)
    not_in_review: list[str] = field(default_factory=list)
    without_heatmap: list[int] = field(default_factory=list)


def write(
    now: Snapshot,
    samples: Samples | None,
    dataset: Any,
    *,
    predictions: str,
    heatmaps: str,
    explanations: Mapping[int, Any] | Iterable[tuple[int, Any]],
    match: str,
) -> FiftyOneFields:
    """Write to a dataset; the arguments are those of `attn_widget.Review.to_fiftyone`."""
    fiftyone = _fiftyone()
    positions = _by_path(samples, now.reviewed) if match == "path" else _by_order(now, dataset)
    found, ids = FiftyOneFields(), dict[int, Any]()
    for number, sample in enumerate(dataset.iter_samples(autosave=True)):
        key: Any = _real(sample.filepath) if match == "path" else number
        position = positions.get(key)
        if position is None:
            found.not_in_review.append(sample.filepath)
            continue
        ids[position] = sample.id
        found.written += _write_sample(now, position, sample, predictions, fiftyone)
    found.not_in_dataset = [position for position in positions.values() if position not in ids]
    given = explanations.items() if isinstance(explanations, Mapping) else explanations
    for position, explanation in given:
        if position in ids:
            _write_heatmap(dataset[ids[position]], position, explanation, heatmaps, fiftyone, found)
        elif position not in found.not_in_dataset:
            found.not_in_dataset.append(position)
    return found


def _fiftyone() -> Any:
    try:
        return import_module("fiftyone")
    except ImportError as error:
        raise ImportError(exports.NO_FIFTYONE) from error


def _by_path(samples: Samples | None, count: int) -> dict[Any, int]:
    """Find the position of each file."""
    if samples is None:
        raise Refusal(exports.REVIEW_WITHOUT_SAMPLES)
    found: dict[Any, int] = {}
    for position in range(count):
        path = samples.path(position)
        if path is not None:
            found.setdefault(_real(path), position)
    if not found and count:
        raise Refusal(exports.NO_FILE_PATHS)
    return found


def _by_order(now: Snapshot, dataset: Any) -> dict[Any, int]:
    if len(dataset) != now.reviewed:
        raise Refusal(exports.other_number(len(dataset), now.reviewed))
    return {position: position for position in range(now.reviewed)}


def _real(path: str | os.PathLike[str]) -> str:
    return str(Path(path).expanduser().resolve())


def _write_sample(now: Snapshot, position: int, sample: Any, name: str, fiftyone: Any) -> bool:
    """Write what is known of a sample, and say whether it has a prediction or a tag now."""
    predicted, mark = int(now.predicted[position]), now.marks.by_position.get(position)
    if predicted != NO_CLASS:
        confidence = float(now.confidence[position])
        sample[name] = fiftyone.Classification(label=now.name_of(predicted), confidence=confidence)
    if mark is not None and mark.kind not in sample.tags:
        sample.tags.append(mark.kind)
    return predicted != NO_CLASS or mark is not None


def _write_heatmap(
    sample: Any, position: int, explanation: Any, name: str, fiftyone: Any, found: FiftyOneFields
) -> None:
    """Write the overall map, rectified, on the layer's own grid: FiftyOne stretches it over the image."""
    map_ = np.maximum(explanation.overall_map, 0)
    if not np.isfinite(map_).all():
        found.without_heatmap.append(position)
        return
    low, high = float(map_.min()), float(map_.max())
    sample[name] = fiftyone.Heatmap(map=map_, range=[low, high] if high > low else [0.0, 1.0])
    sample.save()
    found.heatmaps += 1

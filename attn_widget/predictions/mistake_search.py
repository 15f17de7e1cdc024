"""Predictions for many samples: where the model is wrong."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import nn

from attn_widget.candidates import UNKNOWN, Classes
from attn_widget.capture import Forward, check_model, fitted, hooked_pass
from attn_widget.outputs import Scores, is_right, placed, read_scores, score_rows
from attn_widget.samples import Axes, Label, Pair, SampleError, Samples
from attn_widget.samples.feeds import BrokenOff
from attn_widget.samples.items import Item
from attn_widget.trials import tried

_FIRST_BATCH, _LARGEST_BATCH = 4, 32
_Image = tuple[torch.Tensor, Axes]


@dataclass(frozen=True)
class Verdict:
    """What the model made of the sample at a position: right, wrong, or None where that cannot be said."""

    position: int
    right: bool | None


def verdicts(
    model: nn.Module,
    samples: Samples,
    positions: Iterable[int],
    *,
    label_of: Callable[[Label], Label],
    forward: Forward | None = None,
    classes: Classes = UNKNOWN,
) -> Iterator[list[Verdict]]:
    """Predict samples in batches that begin small, so that a mistake nearby is found at once.

    Parameters
    ----------
    model : Module
        Left exactly as it was.
    samples : Samples
        Where the positions point to.
    positions : iterable of int
        In the order in which they are to be tried.
    label_of : callable
        Turns a label that is a class's name into its index.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.
    classes : Classes
        What is known of the classes; the labels that are met are known from then on.

    Yields
    ------
    list of Verdict
        One batch after another; a sample that cannot be read or predicted has no verdict of right or wrong.

    Raises
    ------
    BrokenOff
        Where a stream breaks off, after the samples before.
    """
    check_model(model)
    rest, size = iter(positions), _FIRST_BATCH
    broken: BrokenOff | None = None
    while broken is None:
        batch, broken = _read(samples, islice(rest, size))
        if not batch:
            break
        readable = {position: item for position, item in batch if item is not None}
        images = [(item.image, item.axes) for item in readable.values()]
        labels = [item.label if isinstance(item.label, Pair) else label_of(item.label) for item in readable.values()]
        for label in labels:
            classes = classes.beside(label)
        right = {
            position: None if found is None else is_right(found.predicted, found.label)
            for position, found in zip(readable, _scored(model, images, labels, forward, classes), strict=True)
        }
        yield [Verdict(position, right.get(position)) for position, _ in batch]
        size = min(2 * size, _LARGEST_BATCH)
    if broken is not None:
        raise broken


def predict(
    model: nn.Module,
    images: list[torch.Tensor],
    labels: list[Label],
    *,
    forward: Forward | None = None,
) -> list[int | None]:
    """Predict the classes of images ``[C, H, W]``, in one batch where their shapes agree.

    Returns
    -------
    list of int or None
        None where the output is no class scores, or the image alone made the pass fail.
    """
    scores = _scored(model, [(image, "CHW") for image in images], labels, forward, UNKNOWN)
    return [None if found is None else found.predicted for found in scores]


def _scored(
    model: nn.Module, images: list[_Image], labels: Sequence[Label | Pair], forward: Forward | None, classes: Classes
) -> list[Scores | None]:
    """Find the class scores of images, in one batch where their shapes and axes agree."""
    if len({(image.shape, axes) for image, axes in images}) == 1:
        try:
            return _score_batch(model, images, labels, forward, classes)
        except Exception:  # the model may take single images only, or one image may break it
            if len(images) == 1:
                return [None]
    return [_score_one(model, image, label, forward, classes) for image, label in zip(images, labels, strict=True)]


def _score_one(
    model: nn.Module, image: _Image, label: Label | Pair, forward: Forward | None, classes: Classes
) -> Scores | None:
    try:
        return _score_batch(model, [image], [label], forward, classes)[0]
    except Exception:  # this image has no verdict; the search goes on
        return None


def _score_batch(
    model: nn.Module, images: list[_Image], labels: Sequence[Label | Pair], forward: Forward | None, classes: Classes
) -> list[Scores | None]:
    batch = torch.stack([image for image, _ in images])

    def given(forward: Forward | None) -> Any:
        return fitted(model, batch, lambda images: hooked_pass(model, images, forward).output)

    output = tried(images[0][1], forward, given)
    for label in labels:
        classes = classes.beside(label)
    classes = placed(output, classes, len(labels))
    rows = score_rows(output, len(labels), classes)
    if len(labels) > 1 and (rows is None or len(rows) != len(labels)):
        raise ValueError(f"the model gave no row of scores for each of a batch of {len(labels)}")
    return [read_scores(output, label, row, len(labels), classes) for row, label in enumerate(labels)]


def _read(samples: Samples, positions: Iterable[int]) -> tuple[list[tuple[int, Item | None]], BrokenOff | None]:
    """Read samples, None for one that cannot be read, until a stream's end or until it breaks off."""
    found: list[tuple[int, Item | None]] = []
    for position in positions:
        try:
            found.append((position, samples.item(position)))
        except BrokenOff as error:
            return found, error
        except SampleError:
            found.append((position, None))
        except IndexError:
            break
    return found, None

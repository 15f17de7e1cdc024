"""Which samples of a review to look at, and in which order."""

from typing import TYPE_CHECKING

import numpy as np

from attn_widget.predictions.columns import NO_CLASS
from attn_widget.words import reviews

if TYPE_CHECKING:
    from attn_widget.predictions.review_record import Review

MOST_CLASSES = 2_000
"""Of more classes no whole confusion matrix is made: it would not fit in memory."""


def select(
    review: "Review", which: str, true: int | None, predicted: int | None, confidence: tuple[float, float]
) -> np.ndarray:
    """Give the positions of a selection, in its order; see `Review.select`."""
    if which not in reviews.SELECTIONS:
        raise ValueError(f"which must be one of {', '.join(map(repr, reviews.SELECTIONS))}, got {which!r}")
    least, most = _checked_range(confidence)
    review = review.as_of_now()
    labels, classes, sure = review.labels, review.predicted, review.confidence
    chosen = np.arange(len(labels)) < review.reviewed
    if which in ("mistakes", "most surely wrong"):
        chosen &= review.wrong
    elif which == "right":
        chosen &= review.right
    elif which == "least sure":
        chosen &= classes != NO_CLASS
    elif which == "highest loss":
        chosen &= ~np.isnan(review.loss)
    if true is not None:
        chosen &= labels == true
    if predicted is not None:
        chosen &= classes == predicted
    if (least, most) != (0.0, 1.0):
        chosen &= (sure >= np.float32(least)) & (sure <= np.float32(most))
    positions = np.flatnonzero(chosen)
    if which == "least sure":
        return positions[np.argsort(sure[positions], kind="stable")]
    if which == "most surely wrong":
        return positions[np.argsort(-sure[positions], kind="stable")]
    if which == "highest loss":
        return positions[np.argsort(-review.loss[positions], kind="stable")]
    return positions


def _checked_range(confidence: tuple[float, float]) -> tuple[float, float]:
    try:
        least, most = map(float, confidence)
    except (TypeError, ValueError):
        least, most = 1.0, 0.0
    if not 0 <= least <= most <= 1:
        raise ValueError(f"confidence must be a pair of numbers from 0 to 1, the lower one first, got {confidence!r}")
    return least, most


def confusion(review: "Review") -> np.ndarray:
    """Count by label and predicted class; see `Review.confusion`."""
    review = review.as_of_now()
    classes = review.class_count
    if classes > MOST_CLASSES:
        raise ValueError(
            f"a confusion matrix of {classes:,} classes is too large, the most is {MOST_CLASSES:,}: "
            "take confused_pairs() instead"
        )
    known = review.right | review.wrong
    cells = review.labels[known].astype(np.int64) * classes + review.predicted[known]
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def confused_pairs(review: "Review") -> list[tuple[int, int, int]]:
    """List the pairs of classes that are taken for each other; see `Review.confused_pairs`."""
    review = review.as_of_now()
    pairs = np.stack([review.labels[review.wrong], review.predicted[review.wrong]], axis=1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [
        (int(true), int(predicted), int(count))
        for (true, predicted), count in zip(found[order], counts[order], strict=True)
    ]

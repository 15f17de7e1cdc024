"""Which classes are taken for which: counts by true and predicted class."""

import numpy as np

from attn_widget.predictions.review_snapshot import Snapshot

MOST_CLASSES = 2_000
"""Of more classes no whole confusion matrix is made: it would not fit in memory."""


def confusion(now: Snapshot) -> np.ndarray:
    """Count by label and predicted class; see `attn_widget.Review.confusion`."""
    classes = now.class_count
    if classes > MOST_CLASSES:
        raise ValueError(
            f"a confusion matrix of {classes:,} classes is too large, the most is {MOST_CLASSES:,}: "
            "take confused_pairs() instead"
        )
    known = now.compared
    cells = now.labels[known].astype(np.int64) * classes + now.predicted[known]
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def confused_pairs(now: Snapshot) -> list[tuple[int, int, int]]:
    """List the pairs of classes that are taken for each other; see `attn_widget.Review.confused_pairs`."""
    wrong = now.wrong
    pairs = np.stack([now.labels[wrong], now.predicted[wrong]], axis=1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [
        (int(true), int(predicted), int(count))
        for (true, predicted), count in zip(found[order], counts[order], strict=True)
    ]

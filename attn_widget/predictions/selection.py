"""Which samples of a review to look at, and in which order."""

import numpy as np

from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.review_snapshot import Snapshot

SELECTIONS = ("all", "mistakes", "right", "least sure", "most surely wrong", "highest loss", "marked")


def select(
    now: Snapshot, which: str, true: int | None, predicted: int | None, confidence: tuple[float, float]
) -> np.ndarray:
    """Give the positions in a selection, in its order; see `attn_widget.Review.select`."""
    if which not in SELECTIONS:
        raise ValueError(f"which must be one of {', '.join(map(repr, SELECTIONS))}, got {which!r}")
    for name, class_ in (("true", true), ("predicted", predicted)):
        if class_ is not None and (isinstance(class_, bool) or not isinstance(class_, int | np.integer)):
            raise TypeError(f"{name} must be a class index or None, got {class_!r}")
    least, most = _checked_range(confidence)
    chosen = _members(now, which)
    if true is not None:
        chosen &= now.labels == true
    if predicted is not None:
        chosen &= now.predicted == predicted
    if (least, most) != (0.0, 1.0):
        chosen &= (now.confidence >= np.float32(least)) & (now.confidence <= np.float32(most))
    positions = np.flatnonzero(chosen)
    if which == "least sure":
        return positions[np.argsort(now.confidence[positions], kind="stable")]
    if which == "most surely wrong":
        return positions[np.argsort(-now.confidence[positions], kind="stable")]
    if which == "highest loss":
        return positions[np.argsort(-now.loss[positions], kind="stable")]
    return positions


def _members(now: Snapshot, which: str) -> np.ndarray:
    """Say which samples are in a selection, in any order: ``[N]``, bool."""
    if which == "marked":  # even those that are not done yet: a person has seen them
        return np.isin(np.arange(len(now)), list(now.marks.by_position))
    if which in ("mistakes", "most surely wrong"):
        return now.wrong
    if which == "right":
        return now.right
    done = np.arange(len(now)) < now.reviewed
    if which == "least sure":
        done &= now.predicted != NO_CLASS
    elif which == "highest loss":
        done &= ~np.isnan(now.loss)
    return done


def _checked_range(confidence: tuple[float, float]) -> tuple[float, float]:
    try:
        least, most = map(float, confidence)
    except (TypeError, ValueError):
        least, most = 1.0, 0.0
    if not 0 <= least <= most <= 1:
        raise ValueError(f"confidence must be a pair of numbers from 0 to 1, the lower one first, got {confidence!r}")
    return least, most

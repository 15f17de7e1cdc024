"""What the panel asks of predictions: reviews of its samples, and the next mistake."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.explorer.names import ClassNames
from attn_widget.explorer.search import Found, mistakes_among
from attn_widget.predictions import Review, Reviewing, Snapshot
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.fingerprint import why_stale
from attn_widget.predictions.review_files import read_about
from attn_widget.samples import Sample, Samples
from attn_widget.samples.items import Item


class Predictions:
    """Reviews and searches of one model and its samples.

    Parameters
    ----------
    model, samples, names, forward
        As the panel has them.
    """

    def __init__(self, model: nn.Module, samples: Samples, names: ClassNames, forward: Forward | None) -> None:
        self._model, self._samples, self._names, self._forward = model, samples, names, forward

    def begin(self, review: Review | None) -> Reviewing:
        """Go on with a review, or, given None, begin one."""
        return Reviewing(
            self._model,
            self._samples,
            class_names=self._names.all,
            forward=self._forward,
            review=review,
        )

    def load(self, path: Path) -> Review:
        """Read a review of these samples."""
        return Review.load(path, self._samples)

    def before(self, path: Path) -> Snapshot | None:
        """Give what the review in a file says beside its columns, where it is one of these samples."""
        try:
            about = read_about(path)
        except (OSError, ValueError):
            return None
        return about if why_stale(about.fingerprint, None, self._samples) is None else None

    def why_stale(self, review: Review) -> str | None:
        """Say why a review is not of the model and the samples as they are now."""
        return review.stale(self._model, self._samples)

    def kept(self, review: Review | None, position: int) -> Sample | None:
        """Give a sample of a stream that cannot be fetched again, where a review has kept it."""
        found = None if review is None else review.kept.get(position)
        if review is None or found is None:
            return None
        label = int(review.labels[position])
        item = Item(torch.from_numpy(found.image.copy()), None if label == NO_CLASS else label)
        return self._samples.as_sample(position, item)

    def mistakes(self, start: int, *, onwards: bool) -> Iterator[Found]:
        """Look for the first mistake after a position, or before it."""
        return mistakes_among(
            self._model,
            self._samples,
            start,
            onwards=onwards,
            names=self._names,
            forward=self._forward,
        )

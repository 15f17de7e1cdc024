"""What a scene says about mistakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attn_widget.explorer.session.playlist import Selection
from attn_widget.explorer.session.review_file import FileTalk
from attn_widget.predictions import Mark, Review


@dataclass(frozen=True, eq=False)
class Findings:
    """What a review had found at some moment; `review` may have grown since."""

    review: Review

    @cached_property
    def counts(self) -> np.ndarray | str:
        """The confusion matrix, ``[n, n]``, int64; or a sentence why there is none, empty where labels are missing."""
        if np.isnan(self.review.accuracy):
            return ""
        try:
            return self.review.confusion()
        except ValueError as error:  # for too many classes
            return str(error)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes by name."""
        return tuple(map(self.review.name_of, range(self.review.class_count)))


@dataclass(frozen=True)
class Reviewed:
    """What is known of mistakes, and of the sample shown."""

    findings: Findings | None  # another object whenever there is more; None before any sample is done
    running: bool
    fraction: float  # of the review, from 0 to 1
    begin: str  # the label of the button that begins or continues
    said: str  # what was found or, meanwhile, the progress
    warning: str  # why the review is out of date
    selection: Selection
    selection_said: str  # in a few words; empty for everything
    chosen: str  # how many samples are selected
    marks: Mapping[int, Mark]  # by position; another object whenever one changes
    mark: Mark | None  # of the sample shown
    markable: bool  # whether the review has the sample shown
    file: FileTalk

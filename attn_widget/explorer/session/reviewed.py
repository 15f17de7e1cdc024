"""What a scene says of mistakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attn_widget.explorer.session.playlist import Selection
from attn_widget.explorer.session.review_file import FileTalk
from attn_widget.predictions import Mark, Review


@dataclass(frozen=True, eq=False)
class Findings:
    """What a review had found when it was last heard of.

    Attributes
    ----------
    review : Review
        Which may have grown since.
    """

    review: Review

    @cached_property
    def counts(self) -> np.ndarray | str:
        """How often which class is taken for which: ``[n, n]``, int64; or why that cannot be had, or empty."""
        if self.review.accuracy != self.review.accuracy:
            return ""  # there are no labels
        try:
            return self.review.confusion()
        except ValueError as error:  # of too many classes
            return str(error)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes by name."""
        return tuple(map(self.review.name_of, range(self.review.class_count)))


@dataclass(frozen=True, eq=False)
class Reviewed:
    """What is known of mistakes.

    Attributes
    ----------
    findings : Findings or None
        What was found; another object whenever there is more; None as long as no sample is done.
    running : bool
        Whether more are being made.
    fraction : float
        How far that is, from 0 to 1.
    begin : str
        What the button says that begins, or goes on.
    said, warning : str
        What was found, or how far it is; why it is out of date.
    selection : Selection
        What is chosen from it.
    selection_said : str
        That in a few words; empty for everything.
    chosen : str
        How many that are.
    marks : mapping of int to Mark
        What is noted, by position; another object whenever it is something else.
    mark : Mark or None
        What is noted of the sample that is shown.
    markable : bool
        Whether that sample is in the review.
    file : FileTalk
        What there is to say of its file.
    """

    findings: Findings | None
    running: bool
    fraction: float
    begin: str
    said: str
    warning: str
    selection: Selection
    selection_said: str
    chosen: str
    marks: Mapping[int, Mark]
    mark: Mark | None
    markable: bool
    file: FileTalk

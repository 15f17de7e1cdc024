"""Predictions for many samples: where the model is wrong.

`review` predicts a whole loader and keeps the results by position, as a `Review`; `Reviewing` does the same step by
step. `verdicts` only looks for the next mistake.
"""

from attn_widget.predictions.loader_review import review
from attn_widget.predictions.marks import Mark
from attn_widget.predictions.mistake_search import Verdict, verdicts
from attn_widget.predictions.progress import Progress
from attn_widget.predictions.review_record import Review
from attn_widget.predictions.review_snapshot import Snapshot
from attn_widget.predictions.review_walk import Reviewing

__all__ = ["Mark", "Progress", "Review", "Reviewing", "Snapshot", "Verdict", "review", "verdicts"]

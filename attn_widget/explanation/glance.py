"""What was found of the sample at a position."""

from dataclasses import dataclass

from attn_widget.explanation.result import Explanation
from attn_widget.samples import Sample


@dataclass(frozen=True, eq=False)
class Glance:
    """A sample and its explanation; where one of them cannot be had, `said` tells why."""

    position: int
    sample: Sample | None
    explanation: Explanation | None
    said: str = ""

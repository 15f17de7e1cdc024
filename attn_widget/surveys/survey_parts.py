"""A part of a survey, found in another process."""

from dataclasses import dataclass, replace

from attn_widget.samples import Portion
from attn_widget.surveys.portion_look import Looked, Looking
from attn_widget.surveys.running_sums import Bounds, Sums, with_looks


@dataclass(frozen=True, eq=False)
class Part:
    """What was found of a portion, added up; of `looked`, only what is not in the sums is left."""

    looked: Looked
    sums: Sums | None


@dataclass(frozen=True, eq=False)
class PartMaker:
    """Finds parts of a survey whose layer has these channels, and whose heatmaps lie on this grid."""

    looking: Looking
    bounds: Bounds
    channels: int
    grid: tuple[int, int]

    def part(self, portion: Portion) -> Part:
        """Look at a portion and add it up, without measuring its pictures."""
        looked = self.looking.look(portion)
        if looked.scored.refusal is not None:
            return Part(looked, None)
        begun = Sums(self.bounds, self.channels, self.grid)
        sums, errors = with_looks(begun, self.bounds, looked.looks, looked.scored.classes, None)
        return Part(replace(looked, looks=[], errors={**looked.errors, **errors}), sums)

"""One sample after another, read and explained by every layer and method of a report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from attn_widget.explanation import Explanation, Question, explained
from attn_widget.refusal import Refusal
from attn_widget.samples import Sample, SampleError
from attn_widget.words import forms

T = TypeVar("T")


class Asked(Protocol):
    """Does work with the sample at a position and what is asked about it; raises what reading or the work raises."""

    def __call__(self, position: int, work: Callable[[Sample, Question], T]) -> T:
        """Give what the work gives."""


@dataclass(frozen=True, eq=False)
class SampleLook:
    """What was found about a sample.

    `answers` has one entry for each layer by each method, the first layer's first; none where `said` tells why.
    """

    position: int
    sample: Sample | None  # None where it cannot be read
    answers: tuple[Explanation | Refusal, ...] = ()
    said: str = ""

    @property
    def explanation(self) -> Explanation | None:
        """Any of the explanations: predictions are the same in all of them."""
        return next((one for one in self.answers if isinstance(one, Explanation)), None)


def look_at(position: int, asked: Asked, layers: Sequence[str], methods: Sequence[str]) -> SampleLook | None:
    """Read a sample and explain it, all from one pass; what goes wrong with it is said, not raised.

    None where there is no such sample: a stream's end shows only when it is read.
    """
    read: list[Sample] = []

    def work(sample: Sample, question: Question) -> tuple[Explanation | Refusal, ...]:
        read.append(sample)
        return tuple(explained(replace(question, shift=True, top_k=1, at=None), layers, methods))

    try:
        answers = asked(position, work)
    except IndexError as error:
        if not read:
            return None
        return SampleLook(position, read[-1], said=forms.failed_pass(error))
    except Exception as error:  # of this sample, or of the user's model on it
        said = str(error) if isinstance(error, SampleError | Refusal) else forms.failed_pass(error)
        return SampleLook(position, read[-1] if read else None, said=said)
    return SampleLook(position, read[-1], answers)

"""Reads and explains one sample after another; what is wrong with one is said, and the next follows."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count

from attn_widget.explanation import Explanation, Glance
from attn_widget.refusal import Refusal
from attn_widget.samples import Sample
from attn_widget.samples.stream_reading import BrokenOff
from attn_widget.words import forms


def glances_of(
    read: Callable[[int], Sample], explain: Callable[[Sample], Explanation], positions: Iterable[int] | None
) -> Iterator[Glance]:
    """Read and explain the samples at some positions; for None, all up to where an IndexError says that they end."""
    for position in count() if positions is None else positions:
        try:
            sample = read(position)
        except Exception as error:  # of this sample
            if positions is None and isinstance(error, IndexError):
                return
            yield Glance(position, None, None, str(error))
            if positions is None and isinstance(error, BrokenOff):
                return
            continue
        yield _explained(position, sample, explain)


def _explained(position: int, sample: Sample, explain: Callable[[Sample], Explanation]) -> Glance:
    try:
        return Glance(position, sample, explain(sample))
    except Refusal as refusal:
        return Glance(position, sample, None, str(refusal))
    except Exception as error:  # of the user's model on this sample
        return Glance(position, sample, None, forms.failed_pass(error))

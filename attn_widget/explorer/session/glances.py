"""Samples at other positions, explained as a state asks: several in one pass where their images have one form."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attn_widget.explanation import Explanation, Glance
from attn_widget.samples import Sample

_AT_ONCE = 8  # samples: whoever loses interest waits for no more than these

Answer = Explanation | Exception


def glances_at(
    positions: Sequence[int], read: Callable[[int], Sample], explain: Callable[[Sequence[Sample]], Sequence[Answer]]
) -> Iterator[Glance]:
    """Read and explain samples, some at a time; an error is said, not raised.

    `explain` is given samples whose images have the same shape, dtype and layout, and answers for each, or raises.
    """
    for start in range(0, len(positions), _AT_ONCE):
        some = positions[start : start + _AT_ONCE]
        found: dict[int, Sample | Answer] = {position: _read(position, read) for position in some}
        samples = {position: one for position, one in found.items() if isinstance(one, Sample)}
        for alike in _by_form(samples).values():
            found.update(zip(alike, _answers([samples[position] for position in alike], explain), strict=True))
        for position in some:
            one, sample = found[position], samples.get(position)
            if isinstance(one, Explanation):
                yield Glance(position, sample, one)
            else:
                yield Glance(position, sample, None, str(one))


def _read(position: int, read: Callable[[int], Sample]) -> Sample | Exception:
    try:
        return read(position)
    except Exception as error:  # of this sample
        return error


def _by_form(samples: dict[int, Sample]) -> dict[Any, list[int]]:
    """Sort positions by the form of the samples' images."""
    forms: dict[Any, list[int]] = {}
    for position, sample in samples.items():
        forms.setdefault((sample.axes, sample.image.shape, sample.image.dtype), []).append(position)
    return forms


def _answers(samples: Sequence[Sample], explain: Callable[[Sequence[Sample]], Sequence[Answer]]) -> Sequence[Answer]:
    """Explain samples together, and those that fail once more by themselves: their errors are then their own."""
    try:
        found = explain(samples)
    except Exception as error:  # of the samples, or of the user's model on them
        found = [error] * len(samples)
    if len(samples) == 1:
        return found
    return [
        _answers([sample], explain)[0] if isinstance(one, Exception) else one
        for sample, one in zip(samples, found, strict=True)
    ]

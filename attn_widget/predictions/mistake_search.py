"""The search for mistakes: whether samples are predicted right or wrong, tried in any order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from torch import nn

from attn_widget.candidates import UNKNOWN, Classes
from attn_widget.capture import Forward
from attn_widget.outputs import is_right, label_beside
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.predictor import Predictor
from attn_widget.samples import Label, Pair, SampleError, Samples
from attn_widget.samples.items import Item
from attn_widget.samples.portions import portion_of
from attn_widget.samples.stream_reading import BrokenOff

_FIRST_BATCH, _LARGEST_BATCH = 4, 32


@dataclass(frozen=True)
class Verdict:
    """Whether the sample at a position was predicted right; None where that cannot be said."""

    position: int
    right: bool | None


def verdicts(
    model: nn.Module,
    samples: Samples,
    positions: Iterable[int],
    *,
    label_of: Callable[[Label], Label],
    forward: Forward | None = None,
    classes: Classes = UNKNOWN,
) -> Iterator[list[Verdict]]:
    """Predict the samples at some positions, batch by batch, starting small so that a mistake nearby is found at once.

    `label_of` turns a label that is a class name into the class's index. A sample that cannot be read or predicted
    is neither right nor wrong. Where a stream breaks off, its `BrokenOff` is raised after the verdicts up to there.
    """
    predictor = Predictor(model, forward, known=classes, lasting=False)
    rest, size = iter(positions), _FIRST_BATCH
    broken: BrokenOff | None = None
    while broken is None:
        batch, broken = _read(samples, islice(rest, size), label_of)
        if not batch:
            break
        right = _judged(predictor, {position: item for position, item in batch if item is not None})
        yield [Verdict(position, right.get(position)) for position, _ in batch]
        size = min(2 * size, _LARGEST_BATCH)
    if broken is not None:
        raise broken


def _judged(predictor: Predictor, items: dict[int, Item]) -> dict[int, bool | None]:
    """Say by position whether each sample is predicted right."""
    scored = predictor.predict(portion_of(0, len(items), list(items.values()), {}))
    return {
        position: None if predicted == NO_CLASS else is_right(predicted, label_beside(scored.classes, item.label))
        for (position, item), predicted in zip(items.items(), scored.columns["predicted"].tolist(), strict=True)
    }


def _read(
    samples: Samples, positions: Iterable[int], label_of: Callable[[Label], Label]
) -> tuple[list[tuple[int, Item | None]], BrokenOff | None]:
    """Read samples up to the end of a stream, or to where it breaks off; None stands for one that cannot be read."""
    found: list[tuple[int, Item | None]] = []
    for position in positions:
        try:
            item = samples.item(position)
        except BrokenOff as error:
            return found, error
        except SampleError:
            found.append((position, None))
        except IndexError:
            break
        else:
            named = item if isinstance(item.label, Pair) else replace(item, label=label_of(item.label))
            found.append((position, named))
    return found, None

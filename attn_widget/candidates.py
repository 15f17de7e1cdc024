"""Which of the tensors in a model's output are the class scores, judging by their names and shapes."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from attn_widget.samples import Label, Pair

Place = str
"""Where in an output a tensor lies, as Python reaches it: ``"['pred']"``, ``"[1]"``, ``".logits"``, or ``""``."""

_SAID = {
    *("logit", "logits", "pred", "preds", "prediction", "predictions", "predicted", "score", "scores", "y", "yhat"),
    *("cls", "clf", "class", "classes", "classification", "classifier", "category", "categories", "label", "labels"),
    *("out", "output", "outputs", "prob", "probs", "probability", "probabilities", "main", "final"),
}
_FEATURES = {"clstoken", "logvar", "memory", "mu", "sigma", "state", "states", "token", "tokens"}
_LIKE_FEATURES = (
    *("attention", "attn", "backbone", "emb", "encod", "feat", "hidden", "latent", "penult", "pool", "proj"),
    *("recon", "repr"),
)
_BESIDE = {"aux", "auxiliary", "text", "texts"}
_NO_SCORES = {"anchor", "anchors", "bbox", "bboxes", "box", "boxes", "keypoint", "keypoints", "mask", "masks"}
_DEEPEST, _IN_OBJECTS = 8, 2
"""How many containers may be nested around a tensor, and how many of them inside a plain object."""


@dataclass(frozen=True)
class Classes:
    """What is known about the classes that a model tells apart, before its output is read.

    Attributes
    ----------
    count : int or None
        How many there are, if class names say so.
    highest : int
        The highest class that a label or a target names; -1 if none does.
    values : bool
        Whether a label is not a class but a regression target, such as 2.5.
    place : str or None
        Where in the output the scores were found before; they are read from there again unless a label rules it out.
    """

    count: int | None = None
    highest: int = -1
    values: bool = False
    place: Place | None = None

    def beside(self, label: Label | Pair) -> "Classes":
        """Add what a label says; a float without a fraction may be a class or a value, an int below 0 is neither."""
        if isinstance(label, Pair):
            label = label.numbers
        if isinstance(label, float):
            return self if label.is_integer() else replace(self, values=True)
        named = label if isinstance(label, tuple) else (label,)
        classes = [part for part in named if isinstance(part, int)]
        return replace(self, highest=max([self.highest, *classes]))

    def allow(self, width: int) -> bool:
        """Whether the labels allow `width` outputs to be the scores; one output tells two classes apart."""
        return width == 1 if self.values else self.highest < max(width, 2)

    def settle(self, width: int) -> bool:
        """Whether `width` is the number of outputs that the known number of classes takes."""
        return self.count is not None and max(self.count, 2) == max(width, 2)


UNKNOWN = Classes()


@dataclass(frozen=True, eq=False)
class Candidate:
    """A tensor that may be the class scores: ``[B, n]`` floats; `squeezed` if it has fewer dimensions in the output."""

    place: Place
    rows: torch.Tensor
    squeezed: bool = False

    @property
    def width(self) -> int:
        """The number of scores per image."""
        return self.rows.shape[1]


@dataclass(frozen=True, eq=False)
class Choice:
    """What was taken for the class scores in an output, and what else might be."""

    taken: Candidate
    others: tuple[Candidate, ...] = ()

    def within(self, count: int) -> "Choice":
        """Given labels of `count` classes: if as many scores were taken, only others of that number might be meant."""
        if self.taken.width != count:
            return self
        return replace(self, others=tuple(one for one in self.others if one.width == count))


def choose(output: Any, count: int = 1, classes: Classes = UNKNOWN) -> Choice | None:
    """Choose the class scores among the floating tensors of a model's output for `count` images; None if it has none.

    These criteria decide, in this order:

    1. The name ``logits``; a name that is not one of features, an embedding, or an auxiliary output.
    2. As many columns as there are classes.
    3. A name that scores have: ``pred``, ``out``, ``y_hat``, ...
    4. More columns than the highest class that a label or target names; one column if labels are values.
    5. Two dimensions, unless labels are 0 and 1, when one value per image may be a binary model's.

    Of the tensors that tie, the one with the fewest columns, but more than one, is taken: features mostly outnumber
    classes, and further labels then change the choice only if they rule it out. Among equals it is the first, as
    torchvision and Hugging Face return the main output first. The choice is then uncertain, and `others` holds the
    rest, without those that give the same probabilities, such as logits next to their softmax.
    """
    found = _candidates(output, count)
    if len(found) < 2:
        return Choice(found[0]) if found else None
    ranks = [_rank(one, classes) for one in found]
    remaining = [one for one, rank in zip(found, ranks, strict=True) if rank == max(ranks)]
    taken = min(remaining, key=lambda one: (one.width == 1, one.width))
    before = next((one for one in found if one.place == classes.place), taken)
    if classes.allow(before.width) or not classes.allow(taken.width):
        taken = before
    return Choice(taken, tuple(one for one in remaining if one is not taken and not _agree(one.rows, taken.rows)))


def _candidates(output: Any, count: int) -> list[Candidate]:
    """Find the tensors with a row for each image, or else the only one of fewer dimensions."""
    if isinstance(output, torch.Tensor):
        floating = [("", output)] if output.is_floating_point() else []
    else:
        floating = _distinct([(place, one) for place, one in named_tensors(output) if one.is_floating_point()])
    found = [Candidate(place, one) for place, one in floating if _has_rows(place, one, count)]
    flat = [(place, one) for place, one in floating if one.ndim < 2 and one.numel() > 0]
    if found:  # but one value per image may be meant, too
        return found + [Candidate(place, one[:, None], True) for place, one in flat if one.shape == (count,)]
    alone = [part for part in flat if len(floating) == 1 or is_called_logits(part[0])]
    across = (1, -1) if count == 1 else (-1, 1)
    return [Candidate(place, one.reshape(across), True) for place, one in alone[:1]]


def _has_rows(place: Place, tensor: torch.Tensor, count: int) -> bool:
    fits = tensor.ndim == 2 and tensor.shape[0] == count and tensor.shape[1] > 0
    return fits and not _NO_SCORES.intersection(_words(place))


def _distinct(found: list[tuple[Place, torch.Tensor]]) -> list[tuple[Place, torch.Tensor]]:
    """Keep a tensor that lies in several places only in the one with the best name."""
    best: dict[int, tuple[Place, torch.Tensor]] = {}
    for place, tensor in found:
        before = best.get(id(tensor))
        if before is None or _standing(place) > _standing(before[0]):
            best[id(tensor)] = place, tensor
    return list(best.values())


def named_tensors(value: Any, place: Place = "", depth: int = _DEEPEST) -> Iterator[tuple[Place, torch.Tensor]]:
    """Walk the tensors in containers and in the attributes of plain objects; give each with its place."""
    if isinstance(value, torch.Tensor):
        yield place, value
    elif depth:
        plain = not isinstance(value, Mapping | list | tuple)  # objects may refer to each other endlessly
        for step, part in _parts(value):
            yield from named_tensors(part, place + step, min(depth - 1, _IN_OBJECTS) if plain else depth - 1)


def _parts(value: Any) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from ((f".{name}", part) for name, part in zip(value._fields, value, strict=True))
    elif isinstance(value, list | tuple):
        yield from ((f"[{index}]", part) for index, part in enumerate(value))
    elif not isinstance(value, nn.Module | type):
        names = [field.name for field in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
        names = list(dict.fromkeys(["logits", *names, *getattr(value, "__dict__", ())]))
        yield from ((f".{name}", getattr(value, name)) for name in names if hasattr(value, name))


def is_called_logits(place: Place) -> bool:
    """Whether the tensor's own name is ``logits``."""
    return place.endswith((".logits", "['logits']"))


def _words(place: Place) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", place)]


def _standing(place: Place) -> int:
    """Rank a place by its name, from worst to best: features, auxiliary, no hint, a name of scores, logits."""
    words = _words(place)
    if _FEATURES.intersection(words) or any(word.startswith(_LIKE_FEATURES) for word in words):
        return 0
    if _BESIDE.intersection(words):
        return 1
    if is_called_logits(place):
        return 4
    return 3 if _SAID.intersection(words) else 2


def _rank(candidate: Candidate, classes: Classes) -> tuple[int, ...]:
    standing = _standing(candidate.place)
    sure = 3 if standing == 4 else min(standing, 2)
    shaped = not candidate.squeezed or classes.highest in (0, 1)
    return sure, classes.settle(candidate.width), standing, classes.allow(candidate.width), shaped


def _agree(rows: torch.Tensor, others: torch.Tensor) -> bool:
    """Whether two tensors give the same probabilities."""
    if rows.shape != others.shape:
        return False
    forms = [[wide, wide.softmax(1), wide.sigmoid()] for wide in (rows.detach().double(), others.detach().double())]
    return any(torch.allclose(one, other, atol=1e-3, equal_nan=True) for one in forms[0] for other in forms[1])

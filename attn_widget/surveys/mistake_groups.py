"""Mistakes in groups, by where the model looked, which channels it used, and what it confused."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import overload

import numpy as np

from attn_widget.surveys.group_facts import Fact, confidence_of, facts_of
from attn_widget.surveys.mistake_clusters import STABLE, Report, clustered
from attn_widget.surveys.mistake_features import points_of
from attn_widget.surveys.mistake_record import Mistakes
from attn_widget.words import forms, groups

FEWEST_MISTAKES, FEWEST_RIGHT = 30, 20
_MEMBERS = 5


@dataclass(frozen=True, eq=False, repr=False)
class Group:
    """Mistakes that have something in common.

    Attributes
    ----------
    positions : ndarray ``[n]``, int64
        The mistakes, the most typical first: those nearest to the group's centre.
    true, predicted : int
        The commonest confusion of two classes among them.
    pair_share : float
        The part of the group that it makes up.
    pair : str
        The confusion in a few words.
    mean_map : ndarray ``[h, w]``, float32
        The mean of their heatmaps, on the layer's grid; NaN if none has one.
    facts : tuple of Fact
        What sets them apart from right predictions, by how much (`group_facts.facts_of`), and how sure the model is.
    said : tuple of str
        The same in words, each fact beside its control.
    stability : float
        From 0 to 1: how much of the group comes back when the mistakes are drawn again (`mistake_clusters.clustered`).
        Below 0.6 nothing should be made of a group, above 0.85 it is very stable (Hennig 2007).
    """

    positions: np.ndarray
    true: int
    predicted: int
    pair_share: float
    pair: str
    mean_map: np.ndarray
    facts: tuple[Fact, ...]
    said: tuple[str, ...]
    stability: float

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return groups.group_summary(len(self), self.pair, self.stability)

    @property
    def members(self) -> np.ndarray:
        """The five most typical mistakes, ``[5]``, int64."""
        return self.positions[:_MEMBERS]


@dataclass(frozen=True, eq=False, repr=False)
class Groups(Sequence[Group]):
    """Groups of mistakes, the largest first; empty where there are none, and `why` says why.

    Attributes
    ----------
    silhouette : float
        How clear the groups are (Rousseeuw 1987); NaN where none were looked for.
    by_chance : float
        The largest silhouette of as many mistakes whose features were shuffled among them.
    """

    groups: tuple[Group, ...]
    why: str = ""
    silhouette: float = float("nan")
    by_chance: float = float("nan")

    @overload
    def __getitem__(self, index: int) -> Group: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Group, ...]: ...

    def __getitem__(self, index: int | slice) -> Group | tuple[Group, ...]:
        return self.groups[index]

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[Group]:
        return iter(self.groups)

    def __repr__(self) -> str:
        if not self.groups:
            return self.why
        sizes = [len(group) for group in self.groups]
        return groups.groups_summary(sizes, sum(sizes), self.silhouette, self.by_chance)


def grouped(
    mistakes: Mistakes,
    right: Mistakes,
    name_of: Callable[[int], str] = lambda number: forms.class_number(number),
    report: Report = lambda _done, _total: None,
    unit: str = "channel",
) -> Groups:
    """Group mistakes; `right` are right predictions, to which they are compared. See `Survey.groups`.

    `unit` is what the contributions are of: ``"channel"`` or ``"part"``.
    """
    if len(mistakes) < FEWEST_MISTAKES:
        return Groups((), groups.too_few_mistakes(len(mistakes), FEWEST_MISTAKES))
    if len(right) < FEWEST_RIGHT:
        return Groups((), groups.too_few_right(len(right), FEWEST_RIGHT))
    points = points_of(mistakes, right)
    found = clustered(points, report)
    if found is None:
        return Groups((), groups.ONLY_FRAGMENTS)
    clearness = found.silhouette, float(found.chance.max())
    if not found.beyond_chance:
        mean = float(found.chance.mean())
        return Groups((), groups.not_clearer_than_chance(found.silhouette, mean, clearness[1]), *clearness)
    if not found.stable:
        return Groups((), groups.not_stable(found.overall, STABLE), *clearness)
    made = []
    for cluster, stability in enumerate(found.stability.tolist()):
        away = np.linalg.norm(points.values - found.centres[cluster], axis=1)
        inside = np.flatnonzero(found.labels == cluster)
        made.append(_group(mistakes, inside[np.argsort(away[inside], kind="stable")], right, name_of, stability, unit))
    return Groups(tuple(sorted(made, key=len, reverse=True)), "", *clearness)


def _group(
    mistakes: Mistakes,
    inside: np.ndarray,
    right: Mistakes,
    name_of: Callable[[int], str],
    stability: float,
    unit: str,
) -> Group:
    """Say what the mistakes at some rows have in common."""
    own = _rows(mistakes, inside)
    pairs, counts = np.unique(np.stack([own.labels, own.predicted], axis=1), axis=0, return_counts=True)
    true, predicted = pairs[counts.argmax()].tolist()
    share = float(counts.max() / len(own))
    most_predicted, most_true = (_commonest(each) for each in (own.predicted, own.labels))
    names = (name_of(true), name_of(predicted))
    if share < 0.5 and most_predicted[1] >= 0.5:
        names = (names[0], name_of(most_predicted[0]))
    elif share < 0.5 and most_true[1] >= 0.5:
        names = (name_of(most_true[0]), names[1])
    facts = facts_of(own, right, unit)
    said = [groups.fact_said(each.kind, each.which, each.value, each.right) for each in facts]
    sure = confidence_of(own, right)
    if not facts:
        said.append(groups.NOTHING_SETS_APART)
    if sure is not None:
        facts = (*facts, sure)
        said.append(groups.fact_said(sure.kind, sure.which, sure.value, sure.right))
    if most_predicted[1] >= 0.5 and len(own) < len(mistakes):
        others = np.delete(mistakes.predicted, inside) == most_predicted[0]
        said.append(groups.predicted_beside_others(name_of(most_predicted[0]), most_predicted[1], float(others.mean())))
    known = ~np.isnan(own.maps).any((1, 2))
    mean_map = own.maps[known].mean(0) if known.any() else np.full(own.maps.shape[1:], np.nan, np.float32)
    return Group(
        positions=own.positions,
        true=true,
        predicted=predicted,
        pair_share=share,
        pair=groups.pair_said(*names, share, most_predicted[1], most_true[1]),
        mean_map=mean_map,
        facts=facts,
        said=tuple(map(forms.capitalised, said)),
        stability=stability,
    )


def _rows(mistakes: Mistakes, rows: np.ndarray) -> Mistakes:
    return Mistakes(**{field.name: getattr(mistakes, field.name)[rows] for field in fields(mistakes)})


def _commonest(classes: np.ndarray) -> tuple[int, float]:
    """Give the commonest class and the part that it makes up."""
    found, counts = np.unique(classes, return_counts=True)
    return int(found[counts.argmax()]), float(counts.max() / len(classes))

"""Points in clusters, as many as stay the same when the points are drawn again; or none, if chance does as well."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.cluster.vq import ClusterError, kmeans2
from scipy.spatial.distance import pdist, squareform

from attn_widget.surveys.mistake_features import Points

COUNTS = (2, 10)  # the fewest and the most clusters
STABLE = 0.75  # a mean Jaccard index from which clusters are stable (Hennig 2007)
_VERY_STABLE = 0.9  # from the fewest clusters on, their number grows as long as they are that stable
_SMALLEST = 0.04  # of all points: smaller fragments join the nearest cluster
_CUTS = 30  # into so many parts at most the tree is cut
_RESAMPLES, _SHUFFLES = 25, 19
_MARGIN = 0.055  # by which the silhouette must exceed the mean of those by chance: tests.benchmarks.grouping
_MOST = 1000  # points in a tree, or in a silhouette; of more, so many are drawn
_SEED = 0

Report = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which cluster each point is in, and how far that is to be trusted."""

    labels: np.ndarray  # ``[m]``, from 0
    centres: np.ndarray  # ``[k, d]``
    stability: np.ndarray  # of each, ``[k]``: the mean Jaccard index over resamples
    silhouette: float
    chance: np.ndarray  # the silhouettes of shuffled points, ``[19]``

    @property
    def overall(self) -> float:
        """The mean stability of a point's cluster."""
        return float(self.stability[self.labels].mean())

    @property
    def stable(self) -> bool:
        """Whether the clusters come back in resamples."""
        return self.overall >= STABLE

    @property
    def beyond_chance(self) -> bool:
        """Whether the clusters are clearer than all those of shuffled points, and clearly so."""
        return self.silhouette > self.chance.max() and self.silhouette >= self.chance.mean() + _MARGIN


@dataclass(frozen=True, eq=False)
class _Partition:
    labels: np.ndarray
    centres: np.ndarray


def clustered(points: Points, report: Report = lambda _done, _total: None) -> Clusters | None:
    """Find the clusters of points; None where every partition is into fragments.

    Partitions: Ward's tree (1963) is cut, fragments of fewer than 4 % of the points are dropped, and k-means goes on
    from the means of the other parts. Stability: the points are drawn again 25 times, with replacement, and each time
    partitioned; that of a cluster C is the mean over the draws of

        max over clusters D of the draw:  |C and D| / |C or D|

    (Hennig 2007, "Cluster-wise assessment of cluster stability"). Chance: each of `Points.blocks` is shuffled among the
    points, which leaves what each says and takes away that they go together, 19 times; the silhouettes (Rousseeuw 1987)
    of such points in as many clusters, or in fewer down to three, are what chance gives. Of the numbers of clusters, 2
    to 10, that are stable and clearer than that, it is the one up to which, from the fewest on, the mean stability of
    points is at least 0.9; if no number's is, the most stable. `report` is told how many of how many steps are done;
    what it raises ends the work.
    """
    values, total = points.values, _RESAMPLES + _SHUFFLES
    random = np.random.default_rng(_SEED)
    found = _partitions(values, random)
    if not found:
        return None
    overlaps: dict[int, list[np.ndarray]] = {count: [] for count in found}
    for done in range(_RESAMPLES):
        report(done, total)
        drawn = random.integers(0, len(values), len(values))
        again = _partitions(values[drawn], random)
        for count, one in found.items():
            same = again[count].labels if count in again else None
            overlaps[count].append(np.zeros(count) if same is None else _overlap(one.labels[drawn], same, count))
    by_chance = []
    for done in range(_RESAMPLES, total):
        report(done, total)
        shuffled = _shuffled(points, random)
        partitions = _partitions(shuffled, random).items()
        by_chance.append({count: _silhouette(shuffled, one.labels, random) for count, one in partitions})
    report(total, total)
    all_ = {
        count: Clusters(
            one.labels,
            one.centres,
            np.mean(overlaps[count], axis=0),
            _silhouette(values, one.labels, random),
            np.array([_best_of(each, count) for each in by_chance]),
        )
        for count, one in found.items()
    }
    good = {count: each for count, each in all_.items() if each.stable and each.beyond_chance} or all_
    first = max(good, key=lambda count: (good[count].overall >= _VERY_STABLE, -count))
    run = itertools.takewhile(
        lambda count: good[count].overall >= _VERY_STABLE, sorted(each for each in good if each >= first)
    )
    return good[max(run, default=max(good, key=lambda count: good[count].overall))]


def _best_of(silhouettes: dict[int, float], count: int) -> float:
    """Give the best silhouette of shuffled points in up to so many clusters; two clusters are compared with two."""
    least = min(count, 3)
    return max((value for other, value in silhouettes.items() if least <= other <= count), default=0.0)


def _partitions(values: np.ndarray, random: np.random.Generator) -> dict[int, _Partition]:
    """Partition points into 2 to 10 clusters, by their number."""
    some = _some(len(values), random)
    tree, least = linkage(values[some], "ward"), _SMALLEST * len(some)
    found: dict[int, _Partition] = {}
    for cut in range(COUNTS[0], _CUTS + 1):
        parts = fcluster(tree, cut, "maxclust")
        large = [part for part, size in zip(*np.unique(parts, return_counts=True), strict=True) if size >= least]
        count = len(large)
        if count in found or not COUNTS[0] <= count <= COUNTS[1]:
            continue
        means = np.stack([values[some][parts == part].mean(0) for part in large])
        try:
            centres, labels = kmeans2(values, means, minit="matrix", missing="raise")
        except ClusterError:  # one of them lost all its points
            continue
        if np.bincount(labels, minlength=count).min() >= least / 2:
            found[count] = _Partition(labels, centres)
    return found


def _overlap(labels: np.ndarray, again: np.ndarray, count: int) -> np.ndarray:
    """Give each cluster's Jaccard index with the most similar one of another partition, ``[k]``."""
    ours, theirs = labels == np.arange(count)[:, None], again == np.arange(count)[:, None]
    both = (ours[:, None] & theirs[None]).sum(-1)
    return (both / np.maximum((ours[:, None] | theirs[None]).sum(-1), 1)).max(1)


def _shuffled(points: Points, random: np.random.Generator) -> np.ndarray:
    """Shuffle each block among the points."""
    return np.hstack([random.permutation(points.values[:, block], axis=0) for block in points.blocks])


def _silhouette(values: np.ndarray, labels: np.ndarray, random: np.random.Generator) -> float:
    """Give the mean over points of (b - a) / max(a, b).

    a is the mean distance to the others in its cluster, b that to the nearest other cluster.
    """
    some = _some(len(values), random)
    distances, labels = squareform(pdist(values[some])), labels[some]
    clusters, sizes = np.unique(labels, return_counts=True)
    if len(clusters) < 2:
        return 0.0
    means = np.stack([distances[:, labels == each].sum(1) for each in clusters], axis=1)
    own = labels[:, None] == clusters
    within = means[own] / np.maximum(sizes[own.argmax(1)] - 1, 1)
    beside = np.where(own, np.inf, means / sizes).min(1)
    larger = np.maximum(within, beside)
    scores = np.divide(beside - within, larger, out=np.zeros_like(larger), where=larger > 0)
    return float(scores.mean())


def _some(count: int, random: np.random.Generator) -> np.ndarray:
    """Give all indices, or a draw of them."""
    return np.arange(count) if count <= _MOST else np.sort(random.choice(count, _MOST, replace=False))

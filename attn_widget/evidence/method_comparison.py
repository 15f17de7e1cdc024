"""Several methods on the same samples, by several measures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from attn_widget.capture import Forward
from attn_widget.evidence.control_maps import centred_map, random_map
from attn_widget.evidence.method_table import Table
from attn_widget.evidence.named_measures import MEASURES, NEED_REGIONS, Case, Measure, measure_named
from attn_widget.explanation import Explanation, explain, explain_many
from attn_widget.methods import check_name_list, method_named
from attn_widget.samples import Sample, Samples
from attn_widget.targets import Target
from attn_widget.words import evidence

Regions = Callable[[int], Any] | Mapping[int, Any] | Sequence[Any]
"""The mask or boxes of the object of the sample at a position."""


def compare_methods(
    model: nn.Module,
    loader: Any,
    layer: str | None,
    methods: Sequence[str],
    measures: Sequence[str | Measure],
    n: int,
    *,
    target: Target = "predicted",
    regions: Regions | None = None,
    controls: bool = True,
    seed: int = 0,
    forward: Forward | None = None,
    progress: Callable[[int], None] | None = None,
) -> Table:
    """Compare methods on the same samples and the same layer, beside maps that know nothing.

    Parameters
    ----------
    model : Module
        In any mode; it is left exactly as it was.
    loader
        What `Samples` takes: a loader, a data set, batches, or a Tensor ``[N, C, H, W]``.
    layer : str or None
        Where all methods explain; None for the default layer of the first sample.
    methods : sequence of str
        Names in `attn_widget.methods.METHODS`.
    measures : sequence of str or callable
        Names in `attn_widget.evidence.MEASURES`, or functions of a `Case` that give a number, NaN for none.
    n : int
        How many samples: drawn at random, or the first ones of a stream; all, if there are no more.
    target
        As in `explain`.
    regions : callable, mapping or sequence, optional
        Gives for a position the mask ``[H, W]`` or boxes ``[m, 4]`` of the sample's object; the games need it.
    controls : bool
        Whether a random map, of as many cells as the layer's grid, and a centred Gaussian are measured beside them.
    seed : int
        Of the samples, the random maps and the intervals.
    forward : callable, optional
        As in `explain`.
    progress : callable, optional
        Is told after each sample how many are done; what it raises ends the work.

    Returns
    -------
    Table

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, if there are no samples, or as `explain` and the measures do.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n must be a number of samples of at least 1, got {n!r}")
    check_name_list("methods", methods)
    check_name_list("measures", measures)
    names = _distinct("methods", [method_named(name).name for name in methods])
    chosen = _chosen(measures, regions)
    found, positions = [], []
    for sample in _drawn(Samples(loader), n, seed):
        ask = partial(explain_many, model, sample.image, top_k=1, target=target, label=sample.label, forward=forward)
        if layer is None:
            layer = _default_layer(model, sample, names, target, forward)
        explanations = ask(layers=[layer], methods=names)
        heatmaps: list[tuple[np.ndarray, Explanation | None]] = [(one.overall, one) for one in explanations]
        if controls:
            draw = np.random.default_rng([seed, sample.position])
            heatmaps += [(heatmap, None) for heatmap in _controls(explanations, draw)]
        region = None if regions is None else _region(regions, sample.position)
        cases = (Case(model, sample.image, target, sample.label, forward, *both, region) for both in heatmaps)
        found.append([[float(measure(case)) for measure in chosen.values()] for case in cases])
        positions.append(sample.position)
        if progress is not None:
            progress(len(positions))
    if not positions:
        raise ValueError("loader has no samples")
    return Table(
        layer=layer or "",
        rows=(*names, *((evidence.RANDOM_MAP, evidence.CENTRED_MAP) if controls else ())),
        columns=tuple(chosen),
        values=np.array(found).transpose(1, 2, 0),
        positions=np.array(positions),
        seed=seed,
    )


def _chosen(measures: Sequence[str | Measure], regions: Regions | None) -> dict[str, Measure]:
    """Look the measures up, by their names."""
    named = [(one, measure_named(one)) if isinstance(one, str) else (_name_of(one), one) for one in measures]
    needing = sorted(name for name, measure in named if measure is MEASURES.get(name) and name in NEED_REGIONS)
    if needing and regions is None:
        raise ValueError(f"measure {needing[0]!r} needs regions=: the masks or boxes of the objects, by position")
    return dict(zip(_distinct("measures", [name for name, _ in named]), (one for _, one in named), strict=True))


def _drawn(samples: Samples, n: int, seed: int) -> Iterator[Sample]:
    """Read n samples in the loader's order: drawn at random, or the first ones where their number is not known."""
    count = samples.count
    draw = np.random.default_rng(seed)
    drawn = range(n) if count is None else sorted(draw.choice(count, min(n, count), replace=False).tolist())
    for position in drawn:
        try:
            yield samples[position]
        except IndexError:  # a stream ended before
            return


def _default_layer(
    model: nn.Module, sample: Sample, methods: Sequence[str], target: Target, forward: Forward | None
) -> str:
    """Find the default layer, if one of the methods reads a layer."""
    reading = [name for name in methods if method_named(name).reads == "layer"]
    if not reading:
        return ""
    one = explain(model, sample.image, method=reading[0], top_k=1, target=target, label=sample.label, forward=forward)
    return one.layer


def _controls(explanations: Sequence[Explanation], draw: np.random.Generator) -> list[np.ndarray]:
    """Make a random map on the coarsest of some explanations' grids, and a centred one."""
    height, width = min((one.overall_map.shape for one in explanations), key=lambda shape: shape[0] * shape[1])
    size = explanations[0].size
    return [random_map((height, width), size, draw), centred_map(size)]


def _region(regions: Regions, position: int) -> Any:
    return regions(position) if callable(regions) else regions[position]


def _name_of(measure: Any) -> str:
    if not callable(measure):
        raise TypeError(f"measures must be names or functions of a Case that give a number, got {measure!r}")
    return str(getattr(measure, "__name__", measure))


def _distinct(argument: str, names: list[str]) -> list[str]:
    if not names or len(set(names)) < len(names):
        raise ValueError(f"{argument} must be at least one, each once, got {names}")
    return names

"""`parts`: a layer's values for a class, factored into parts."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from attn_widget.capture import Forward, Grid, check_model, find_module, image_names
from attn_widget.explanation.result import read_only
from attn_widget.methods import Directions
from attn_widget.refusal import Refusal
from attn_widget.samples import as_samples
from attn_widget.samples.class_name_forms import given_names
from attn_widget.surveys.class_cells import Taken, Wanted, gather
from attn_widget.surveys.exemplar import Exemplar
from attn_widget.surveys.factorisation import factorise, matched, of_unit_length
from attn_widget.surveys.parts_record import Parts
from attn_widget.words import forms, part_words

SEEDS = 5
"""How many random starts are compared."""
_EXEMPLARS = 9


def parts(
    model: nn.Module,
    loader: Any,
    layer: str,
    n: int = 5,
    class_: int | str | None = None,
    *,
    most: int = 64,
    call: int = -1,
    class_names: Any = None,
    forward: Forward | None = None,
    grid: Grid | None = None,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Parts:
    r"""Factor a layer's values for a class into n parts, each a direction among its channels.

    With A the values of the K channels at m cells of the layer's maps, of the first samples that the model takes for
    the class, rightly or wrongly:

    .. math:: A \approx H W, \qquad \min_{H \ge 0,\, W \ge 0} \| A - HW \|^2, \qquad H: [m, n], \quad W: [n, K]

    Collins, Achanta & Süsstrunk, "Deep feature factorization for concept discovery", ECCV 2018. Values below zero, as
    layers before a ReLU have them, are in no part: they count among what is left (`Parts.explained`). The factorisation
    is done from five random starts; the best one counts, and how like it the others are says whether these are the
    parts or one of many ways to divide the values (`Parts.stable`). It does not say that other samples have the same.

    Parameters
    ----------
    model : Module
        Left exactly as it was.
    loader
        A loader, or `Samples` of one. It is read until there are `most` samples of the class.
    layer : str
        A name in `model.named_modules()`.
    n : int
        How many parts.
    class_ : int or str, optional
        The predicted class, as an index or a name; by default samples of all classes are taken.
    most : int
        How many samples at most. Of all their cells at most 2,048 go in, and fewer for many channels; the same number
        of each sample, at random places.
    call, forward, grid
        As in `explain`.
    class_names : optional
        As the panel takes them; by default the data set's own.
    seed : int
        What is drawn depends on nothing else; the global random states stay as they are.
    progress : callable, optional
        Is told after each batch how many samples have been read, and that again while the values are factored; what it
        raises ends the work.

    Returns
    -------
    Parts
        ``found.register()`` makes a method of them.

    Raises
    ------
    Refusal
        Where the layer gives no map, its channels are attention heads, no sample is predicted as the class, or none of
        the layer's values is above zero.
    TypeError, ValueError
        For another invalid argument.

    Examples
    --------
    ::

        found = parts(model, loader, "layer4", class_="cat")
        explain(model, image, method=found.register())  # by "parts of cat", which is in the panel too
        survey(model, loader, method="parts of cat").exemplars(0)  # the samples in which there is most of a part
        silencing_effect(model, image, found.layer, found.without(0))  # beside random directions
    """
    check_model(model)
    find_module(model, layer)
    samples = as_samples(loader, image_names(model))
    names = samples.class_names if class_names is None else given_names(class_names)
    index = _index_of(class_, names)
    for name, value, least in (("n", n, 1), ("most", most, 1)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    taken, read = gather(model, samples, Wanted(layer, index, most, call, forward, grid, seed), progress)
    named = "" if index is None else names[index] if names and index < len(names) else forms.class_number(index)
    if not taken:
        raise Refusal(part_words.none_of_class(named, read))
    values = np.concatenate([one.values for one in taken]).astype(np.float64)
    if n > values.shape[1]:
        raise ValueError(f"n must be at most {values.shape[1]}, the number of the layer's channels, got {n}")
    if not (values > 0).any():
        raise Refusal(part_words.nothing_above_zero(layer))

    def told() -> None:
        if progress is not None:
            progress(read)

    found = [factorise(values, int(n), seed + start, told) for start in range(SEEDS)]
    best = min(found, key=lambda one: one.error)
    directions, shares, amounts = _in_order(layer, best.vectors, values)
    others = [of_unit_length(one.vectors) for one in found if one is not best]
    similarity = np.min([matched(directions.vectors, one) for one in others], axis=0)
    return Parts(
        class_=index,
        class_name=named,
        directions=directions,
        shares=read_only(shares),
        explained=1 - best.error,
        by_chance=1 - factorise(_shuffled(values, seed), int(n), seed, told).error,
        similarity=read_only(similarity),
        seeds=SEEDS,
        positions=tuple(one.position for one in taken),
        cells=len(values),
        strongest=_strongest(taken, amounts),
    )


def _index_of(class_: Any, names: tuple[str, ...] | None) -> int | None:
    if class_ is None or (isinstance(class_, int | np.integer) and not isinstance(class_, bool) and class_ >= 0):
        return None if class_ is None else int(class_)
    if isinstance(class_, str) and names and class_ in names:
        return names.index(class_)
    known = f"one of {', '.join(map(repr, names[:10]))}" if names else "the data set knows no names"
    raise ValueError(f"class_ must be a class index, a class name or None, got {class_!r} ({known})")


def _shuffled(values: np.ndarray, seed: int) -> np.ndarray:
    """Shuffle each channel's values among the cells."""
    return np.random.default_rng(seed).permuted(values, axis=0)


def _in_order(layer: str, vectors: np.ndarray, values: np.ndarray) -> tuple[Directions, np.ndarray, np.ndarray]:
    """Sort parts by their shares; gives those too, ``[n]``, and the amounts in all cells, ``[m, n]``."""
    unsorted = Directions(layer, of_unit_length(vectors))
    amounts = unsorted.amounts(values)
    totals = amounts.sum(axis=0)
    order = np.argsort(-totals, kind="stable")
    directions = Directions(layer, read_only(unsorted.vectors[order]))
    return directions, totals[order] / max(totals.sum(), np.finfo(float).tiny), amounts[:, order]


def _strongest(taken: list[Taken], amounts: np.ndarray) -> tuple[tuple[Exemplar, ...], ...]:
    """List for each part the samples in whose cells there is most of it."""
    ends = np.cumsum([len(one.values) for one in taken])
    of_each = np.split(amounts, ends[:-1])
    found = []
    for part in range(amounts.shape[1]):
        peaks = [int(one[:, part].argmax()) for one in of_each]
        highest = np.array([one[peak, part] for one, peak in zip(of_each, peaks, strict=True)])
        order = [at for at in np.argsort(-highest, kind="stable")[:_EXEMPLARS].tolist() if highest[at] > 0]
        found.append(tuple(_exemplar(taken[at], peaks[at], float(highest[at])) for at in order))
    return tuple(found)


def _exemplar(one: Taken, peak: int, value: float) -> Exemplar:
    row, column = one.places[peak].tolist()
    return Exemplar(one.position, (row, column), value, one.label, one.predicted)

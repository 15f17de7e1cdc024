"""`explain`: sample, layer, method and target, to an `Explanation`."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.capture import Forward, Notes, capture
from attn_widget.layers import NoMap, as_float32, default_layer, find_layers, read_maps, token_grids
from attn_widget.methods import Activation, Weighing, method_named
from attn_widget.outputs import Scores, read_scores, score_rows
from attn_widget.samples import Label
from attn_widget.targets import Target, target_score


@dataclass(frozen=True, eq=False)
class Explanation:
    """What one layer showed of one sample: numbers, maps and heatmaps.

    Compared by identity; arrays are read-only, float32 unless said otherwise, on the CPU. H and W are the
    image's sides, h and w the layer's grid, k the channels kept of the layer's `channel_count`.

    Attributes
    ----------
    layer : str
        The layer's name.
    call, calls : int
        Which of the module's calls in the pass, from 0, and how many there were.
    method : str
        The method's name.
    target
        What was explained, as it was asked for.
    label, predicted
        The sample's label, and the class of the highest score; None where there is none.
    score : float or None
        The target's score: a logit, a difference of two, or what a callable gave.
    size : tuple of int
        ``(H, W)``.
    channel_count : int
        How many channels the layer has.
    notes : tuple of str
        Sentences about what to know before reading the picture.
    logits, probabilities : ndarray ``[n]`` or None
        The class scores; None where the output is not class scores.
    channels : ndarray ``[k]``, int64
        The channels of largest share, strongest first.
    weights, shares : ndarray ``[k]``
        Their weights, and the fractions of the whole positive contribution that is theirs.
    maps : ndarray ``[k, h, w]``
        Those channels as the layer gave them.
    overall_map : ndarray ``[h, w]``
        The sum of all channels' contributions, not rectified.
    """

    layer: str
    call: int
    calls: int
    method: str
    target: Target
    label: Label
    predicted: int | None
    score: float | None
    size: tuple[int, int]
    channel_count: int
    notes: tuple[str, ...]
    logits: np.ndarray | None
    probabilities: np.ndarray | None
    channels: np.ndarray
    weights: np.ndarray
    shares: np.ndarray
    maps: np.ndarray
    overall_map: np.ndarray

    @cached_property
    def heatmaps(self) -> np.ndarray:
        """The kept channels as the panels show them: ``[k, H, W]`` in [0, 1], NaN where a map is NaN."""
        return _read_only(np.stack([to_heatmap(map_, self.size) for map_ in self.maps]))

    @cached_property
    def overall(self) -> np.ndarray:
        """The overall map rectified, normalised and resized: ``[H, W]`` in [0, 1], NaN where it is NaN."""
        return _read_only(to_heatmap(np.maximum(self.overall_map, 0), self.size))


def explain(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    *,
    layer: str | None = None,
    call: int = -1,
    method: str = "channel-mean",
    top_k: int = 3,
    target: Target = "predicted",
    label: Label = None,
    forward: Forward | None = None,
) -> Explanation:
    """Run one hooked forward pass and weigh the layer's channels.

    Parameters
    ----------
    model : Module
        Any image model, in any mode; it is left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``, as the model takes it; cast to its dtype and device.
    layer : str, optional
        A name of `model.named_modules()`. Without one, the default of `find_layers` is taken, which costs a
        second pass.
    call : int
        Which call of a module that runs several times, as a list is indexed; the last by default.
    method : str
        How channels are weighed.
    top_k : int
        How many channels to keep; all of them where the layer has fewer.
    target
        ``"predicted"``, ``"true"``, a class index, a `Contrast` of two, or a callable of the model's output.
    label
        The sample's label, where it is known.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.

    Returns
    -------
    Explanation

    Raises
    ------
    TypeError, ValueError
        Where an argument is not what it must be, or the layer gives no map; the sentence says why.
    """
    if layer is None:
        layer = _default(model, image, forward)
    return explain_layer(
        model,
        image,
        layer,
        call=call,
        method=method,
        top_k=top_k,
        target=target,
        label=label,
        forward=forward,
    )


def explain_layer(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    layer: str,
    *,
    call: int,
    method: str,
    top_k: int,
    target: Target,
    label: Label,
    forward: Forward | None,
    draws: bool | None = None,
    notes: Notes | None = None,
) -> Explanation:
    """`explain` for a named layer; `draws` and `notes` are for `capture`."""
    weigh = method_named(method)
    if isinstance(top_k, bool) or not isinstance(top_k, int | np.integer) or top_k < 1:
        raise ValueError(f"top_k must be a whole number of at least 1, got {top_k!r}")
    captured = capture(model, image, layer, call=call, forward=forward, draws=draws, notes=notes)
    try:
        maps = read_maps(captured.tensors, captured.module, captured.size, token_grids(model, captured.size))
    except NoMap as reason:
        raise NoMap(f"layer {layer!r} gives no map: {reason}") from None
    rows = score_rows(captured.output)
    scores = read_scores(None if rows is None else rows[0], label)
    score = target_score(target, captured.output, scores, label)
    wide = maps.astype(np.float64)
    weighing = weigh(Activation(wide))
    channels, shares = _ranked(weighing, wide, int(top_k))
    overall_map = weighing.overall_map(wide)
    return Explanation(
        layer=layer,
        call=captured.call,
        calls=captured.calls,
        method=method,
        target=target,
        label=label,
        predicted=None if scores is None else scores.predicted,
        score=None if score is None else float(score),
        size=captured.size,
        channel_count=len(maps),
        notes=_notes(maps, overall_map, scores),
        logits=None if scores is None else _read_only(as_float32(scores.logits)),
        probabilities=None if scores is None else _read_only(as_float32(scores.probabilities)),
        channels=_read_only(channels),
        weights=_read_only(weighing.weights[channels].astype(np.float32)),
        shares=_read_only(shares[channels].astype(np.float32)),
        maps=_read_only(maps[channels]),
        overall_map=_read_only(overall_map.astype(np.float32)),
    )


def to_heatmap(map_: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Normalise a map to [0, 1] and resize it to an image, as the panels show it.

    Normalised by minimum and maximum in float64; a flat map becomes zeros, infinite cells saturate, NaN
    stays NaN. Resized bilinearly with half-pixel centres to exactly ``size``, which is what
    ``scipy.ndimage.zoom(..., order=1, grid_mode=True, mode="nearest")`` gives. A NaN cell leaves the
    pixels of other cells as they would be without it.

    Parameters
    ----------
    map_ : ndarray ``[h, w]``
        Any numeric dtype.
    size : tuple of int
        ``(H, W)``.

    Returns
    -------
    ndarray ``[H, W]``, float32
    """
    unit = _normalised(np.asarray(map_, np.float64))
    height, width = size
    rows, columns = _resize_weights(unit.shape[0], height), _resize_weights(unit.shape[1], width)
    known = ~np.isnan(unit)
    if known.all():
        return np.asarray(rows @ unit @ columns.T, np.float32)
    filled, coverage = rows @ np.where(known, unit, 0) @ columns.T, rows @ known @ columns.T
    nearest = known[np.ix_(rows.argmax(1), columns.argmax(1))]
    return np.where(nearest, filled / np.where(nearest, coverage, 1), np.nan).astype(np.float32)


def _default(model: nn.Module, image: torch.Tensor | np.ndarray, forward: Forward | None) -> str:
    layer = default_layer(find_layers(model, image, forward=forward))
    if layer is None:
        raise NoMap("no layer of the model gives a map of this image; find_layers(model, image) says why for each")
    return layer.name


def _ranked(weighing: Weighing, maps: np.ndarray, top_k: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the channels of largest share, ties by weight and then by number, and all channels' shares."""
    strengths = weighing.strengths(maps)
    positive = strengths[strengths > 0].sum()
    shares = strengths / positive if positive > 0 else np.where(np.isnan(strengths), np.nan, 0.0)
    order = np.lexsort((-weighing.weights, -np.maximum(shares, 0)))  # NaN sorts last, and the sort is stable
    return order[:top_k], shares


def _notes(maps: np.ndarray, overall_map: np.ndarray, scores: Scores | None) -> tuple[str, ...]:
    notes = []
    if np.isnan(maps).any():
        notes.append(texts.NAN_IN_MAPS)
    if np.isinf(maps).any():
        notes.append(texts.INFINITE_IN_MAPS)
    if not (overall_map > 0).any() and not np.isnan(overall_map).any():
        notes.append(texts.NOTHING_POSITIVE)
    if scores is not None and scores.predicted is None:
        notes.append(texts.NAN_IN_OUTPUT)
    return tuple(notes)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def _normalised(map_: np.ndarray) -> np.ndarray:
    """Scale the finite values to [0, 1]; zeros where they are all the same."""
    finite = map_[np.isfinite(map_)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    return np.clip((map_ - low) / (high - low if high > low else 1), 0, 1)


@lru_cache(maxsize=64)
def _resize_weights(cells: int, pixels: int) -> np.ndarray:
    """Give the matrix ``[pixels, cells]`` of bilinear interpolation between half-pixel centres."""
    centres = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    lower = np.minimum(centres.astype(int), max(cells - 2, 0))
    fraction = centres - lower
    weights = np.zeros((pixels, cells))
    weights[np.arange(pixels), lower] = 1 - fraction
    weights[np.arange(pixels), np.minimum(lower + 1, cells - 1)] += fraction
    return weights

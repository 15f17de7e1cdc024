"""`explain` and `explain_many`: from a pass to Explanations."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.capture import Capture, Forward, Notes, as_batch
from attn_widget.explanation.asking import Answers, Question
from attn_widget.explanation.record import Explanation, read_only
from attn_widget.layers import NoMap, as_float32, default_layer, find_layers
from attn_widget.methods import Activation, Weighing, method_named
from attn_widget.outputs import Scores
from attn_widget.samples import Label, as_label
from attn_widget.targets import Target

Given = Label | torch.Tensor | np.ndarray | np.generic
"""A label as it may be given: a tensor or array is read as one of a loader's."""


def explain(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    *,
    layer: str | None = None,
    call: int = -1,
    method: str = "channel-mean",
    top_k: int = 3,
    target: Target = "predicted",
    label: Given = None,
    forward: Forward | None = None,
    smooth: int = 0,
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
        How channels are weighed: a name in `attn_widget.methods.METHODS`.
    top_k : int
        How many channels to keep; all of them where the layer has fewer.
    target
        ``"predicted"``, ``"true"``, a class index, a `Contrast` of two, or a callable of the model's output that
        gives a scalar. Methods that look at activations alone give the same for each.
    label
        The sample's label, where it is known; a tensor or array is read as one of a loader's.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.
    smooth : int
        Take the mean of the gradients over so many noisy copies of the image, each with a pass of its own
        (Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017; normal noise of a tenth of the
        image's range, the same at each run). Only for methods that ask for gradients; 0 for none.

    Returns
    -------
    Explanation

    Raises
    ------
    TypeError, ValueError
        Where an argument is not what it must be, the layer gives no map, or the target's score does not depend
        on it; the sentence says why.

    Examples
    --------
    Targets for models whose output is not class scores::

        explain(segmenter, image, method="grad-cam", target=lambda output: output["out"][0, 15].mean())
        explain(embedder, image, method="grad-cam", target=lambda output: output[0] @ reference)
        explain(regressor, image, method="grad-cam", target=lambda output: output[0, 0])
        explain(
            detector, image, method="grad-cam", layer="backbone.body.layer4",
            forward=lambda model, images: model(list(images)), target=lambda output: output[0]["scores"][0],
        )
    """
    layer = _default(model, image, forward) if layer is None else layer
    (explanation,) = explain_many(
        model,
        image,
        layers=[layer],
        methods=[method],
        call=call,
        top_k=top_k,
        target=target,
        label=label,
        forward=forward,
        smooth=smooth,
    )
    return explanation


def explain_many(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    *,
    layers: Sequence[str],
    methods: Sequence[str],
    call: int = -1,
    top_k: int = 3,
    target: Target = "predicted",
    label: Given = None,
    forward: Forward | None = None,
    smooth: int = 0,
    draws: bool | None = None,
    notes: Notes | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Explanation]:
    """Weigh the channels of several layers by several methods, all from one forward and one backward pass.

    Parameters
    ----------
    model, image, call, top_k, target, label, forward, smooth
        As in `explain`.
    layers, methods : sequence of str
        The names; each layer is explained by each method.
    draws, notes
        For `attn_widget.capture.capture`.
    progress : callable, optional
        Is told how many images the further passes of a method have taken so far, after each batch; what it
        raises ends the work.

    Returns
    -------
    list of Explanation
        The first layer by each method, then the second, and so on.

    Raises
    ------
    TypeError, ValueError
        As in `explain`.
    """
    chosen = [method_named(name) for name in methods]
    if isinstance(top_k, bool) or not isinstance(top_k, int | np.integer) or top_k < 1:
        raise ValueError(f"top_k must be a whole number of at least 1, got {top_k!r}")
    if isinstance(smooth, bool) or not isinstance(smooth, int) or smooth < 0:
        raise ValueError(f"smooth must be a number of noisy copies, 0 or more, got {smooth!r}")
    known = as_label(label) if isinstance(label, torch.Tensor | np.ndarray | np.generic) else label
    question = Question(model, as_batch(image), call, target, known, forward, smooth, draws, progress)
    gradients = not smooth and any(method.gradients for method in chosen)
    captured = question.captured(layers, gradients=gradients, notes=notes)
    explanations = []
    for layer, one in zip(layers, captured, strict=True):
        answers = Answers(question, layer, one)
        activation = Activation(answers.maps, answers)
        for method in chosen:
            weighing = method.weigh(activation)
            about = {"layer": layer, "method": method.name, "target": target, "label": known}
            explanations.append(_explanation(one, answers, activation.maps, weighing, int(top_k), about))
    return explanations


def _default(model: nn.Module, image: torch.Tensor | np.ndarray, forward: Forward | None) -> str:
    layer = default_layer(find_layers(model, image, forward=forward))
    if layer is None:
        raise NoMap("no layer of the model gives a map of this image; find_layers(model, image) says why for each")
    return layer.name


def _explanation(
    captured: Capture, answers: Answers, wide: np.ndarray, weighing: Weighing, top_k: int, about: dict[str, Any]
) -> Explanation:
    maps, scores, score = answers.maps, answers.scores, answers.target_score
    channels, shares = _ranked(weighing, wide, top_k)
    overall_map = weighing.overall_map(wide)
    return Explanation(
        **about,
        call=captured.call,
        calls=captured.calls,
        predicted=None if scores is None else scores.predicted,
        score=score,
        size=captured.size,
        channel_count=len(maps),
        notes=_notes(maps, overall_map, scores),
        logits=None if scores is None else read_only(as_float32(scores.logits)),
        probabilities=None if scores is None else read_only(as_float32(scores.probabilities)),
        channels=read_only(channels),
        weights=read_only(weighing.weights[channels].astype(np.float32)),
        shares=read_only(shares[channels].astype(np.float32)),
        maps=read_only(maps[channels]),
        overall_map=read_only(overall_map.astype(np.float32)),
    )


def _ranked(weighing: Weighing, maps: np.ndarray, top_k: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the channels of largest share, ties by weight and then by number, and all channels' shares."""
    strengths = weighing.strengths(maps)
    if np.isposinf(strengths).any():  # beside which nothing else counts
        strengths = np.where(np.isnan(strengths), np.nan, np.isposinf(strengths))
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

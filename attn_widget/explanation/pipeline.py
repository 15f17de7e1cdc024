"""`explain` and `explain_many`: from a pass to Explanations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Capture, Forward, Grid, Notes, named_modules
from attn_widget.explanation.assembly import of_attention, of_image, of_layer
from attn_widget.explanation.attention_answers import AttentionAnswers
from attn_widget.explanation.layer_answers import LayerAnswers
from attn_widget.explanation.layer_choice import leading_layer
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation
from attn_widget.layers import NoMap
from attn_widget.methods import Activation, Method, method_named
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Pair
from attn_widget.targets import Target

LabelLike = Label | Pair | torch.Tensor | np.ndarray | np.generic | list[int]
"""A label as it may be given: a tensor, array or list is read as one of a loader's."""


def explain(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    *,
    layer: str | None = None,
    call: int = -1,
    method: str = "channel-mean",
    top_k: int = 3,
    target: Target = "predicted",
    label: LabelLike = None,
    forward: Forward | None = None,
    smooth: int = 0,
    at: tuple[int, int] | None = None,
    grid: Grid | None = None,
    prefix: int | None = None,
) -> Explanation:
    """Run one hooked forward pass and weigh the layer's channels.

    Parameters
    ----------
    model : Module
        Any image model, in any mode; it is left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``, as the model takes it: moved to its device, and cast to its dtype only
        where it does not take the image's own.
    layer : str, optional
        A name of `model.named_modules()`. Without one, the last layer on the way to the target is taken, which costs
        a second pass, and a third where there are tokens beside the patches. Methods without channels, or of the
        whole model's attention, need none.
    call : int
        Which call of a module that runs several times, as a list is indexed; by default the last that saw this image.
    method : str
        How channels are weighed: a name in `attn_widget.methods.METHODS`.
    top_k : int
        How many channels to keep; all of them where the layer has fewer.
    target
        ``"predicted"``, ``"true"``, a class index, a `Contrast` of two, or a callable of the model's output that
        gives a scalar. Methods that look at activations alone give the same for each.
    label
        The sample's label, where it is known; a tensor, array or list is read as one of a loader's.
        Beside class scores a whole number is a class, also as a float (3.0); beside a single output 0.0 and 1.0 are
        the classes of a binary model, which a note says, and other floats the value of a regression.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.
    smooth : int
        Take the mean of the gradients over so many noisy copies of the image, each with a pass of its own
        (Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017; normal noise of a tenth of the
        image's range, the same at each run). Only for methods that ask for gradients; 0 for none.
    at : tuple of int, optional
        A place in the image, ``(row, column)`` in pixels: the channels kept are then those of highest value
        there, not those of largest share. Of attention, where the patch under it attends is shown instead.
    grid : tuple of int, optional
        ``(h, w)``: on which grid the patch tokens lie, for models that show it by no convolution.
    prefix : int, optional
        How many tokens come before the patches, where not all that are left over do.

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
    question = Question.of(locals())
    if layer is None:
        layer, question = _default(question) if method_named(method).reads == "layer" else ("", question)
    return _given(next(explained(question, [layer], [method])))


def explain_many(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    *,
    layers: Sequence[str],
    methods: Sequence[str],
    call: int = -1,
    top_k: int = 3,
    target: Target = "predicted",
    label: LabelLike = None,
    forward: Forward | None = None,
    smooth: int = 0,
    at: tuple[int, int] | None = None,
    grid: Grid | None = None,
    prefix: int | None = None,
) -> list[Explanation]:
    """Weigh the channels of several layers by several methods, all from one forward and one backward pass.

    Parameters
    ----------
    model, image, call, top_k, target, label, forward, smooth, at, grid, prefix
        As in `explain`.
    layers, methods : sequence of str
        The names; each layer is explained by each method.

    Returns
    -------
    list of Explanation
        The first layer by each method, then the second, and so on; a method that reads no
        layer gives the same for each.

    Raises
    ------
    TypeError, ValueError
        As in `explain`.
    """
    question = Question.of(locals())
    return list(map(_given, explained(question, layers, methods)))


def explained(
    question: Question,
    layers: Sequence[str],
    methods: Sequence[str],
    notes: Notes | None = None,
    ready: Capture | None = None,
) -> Iterator[Explanation | Refusal]:
    """Answer a question for each layer by each method, all from one pass; what one cannot give is its refusal.

    Where what the one layer gave is `ready`, and no method wants gradients or all the attention, there is no pass.
    """
    chosen = [method_named(name) for name in methods]
    weighed, attending, seeing = (
        [method for method in chosen if method.reads == kind] for kind in ("layer", "attention", "image")
    )
    of_whole = _each(seeing, partial(of_image, question))
    kept: list[str | None] = [*(layers if weighed else ()), *([None] if attending else ())]
    if ready is not None:
        captured = [ready]
    else:
        captured = _captured(question, kept, [*weighed, *attending], notes) if kept else []
    if attending:
        of_whole |= _each(attending, partial(_of_attention, question, captured[-1]))
    by_layer = zip(layers, captured, strict=False) if weighed else ((layer, None) for layer in layers)
    for layer, one in by_layer:
        by_method = {} if one is None else _weighed(question, layer, one, weighed)
        yield from ((of_whole | by_method)[method.name] for method in chosen)


def _captured(
    question: Question, layers: Sequence[str | None], methods: list[Method], notes: Notes | None
) -> list[Capture]:
    """Run the pass; where no call was asked for, each layer's is the last that saw the image."""
    gradients = any(method.gradients for method in methods)
    found = question.captured(layers, gradients=gradients, notes=notes)
    if question.call == -1 and any(one.calls > 1 for one in found):
        calls = _calls_of(question, found, notes)
        for place, one in enumerate(found):
            if calls[place] != one.call:
                other = replace(question, call=calls[place])
                (found[place],) = other.captured([layers[place]], gradients=gradients)
    return found


def _calls_of(question: Question, captured: list[Capture], notes: Notes | None) -> list[int]:
    """Say which call of each module captured is the last that saw the image; where that is not known, a pass tells."""
    names = {id(module): name for name, module in named_modules(question.model)}
    several = {names[id(one.module)]: one.calls for one in captured if one.calls > 1}
    known = question.calls if notes is None else notes.calls
    if not all(name in known and known[name][1] == calls for name, calls in several.items()):
        known = question.recording.calls
    told = [known.get(names[id(one.module)], (0, 0)) for one in captured]
    return [call if calls == one.calls > 1 else one.call for one, (call, calls) in zip(captured, told, strict=True)]


def _of_attention(question: Question, captured: Capture, method: Method) -> Explanation:
    try:
        return of_attention(question, captured, AttentionAnswers(question, captured), method)
    except Refusal as refusal:
        raise Refusal(f"method {method.name!r} has nothing to read: {refusal}") from refusal


def _weighed(
    question: Question, layer: str, captured: Capture, methods: list[Method]
) -> dict[str, Explanation | Refusal]:
    """Weigh one layer's channels by each method."""
    try:
        answers = LayerAnswers(replace(question, call=captured.call), layer, captured)
    except Refusal as refusal:
        return dict.fromkeys((method.name for method in methods), refusal)
    return _each(methods, partial(of_layer, question, layer, captured, answers, Activation(answers.maps, answers)))


def _each(methods: list[Method], explain_by: Callable[[Method], Explanation]) -> dict[str, Explanation | Refusal]:
    """Explain by each method; what one cannot give is its refusal."""
    found: dict[str, Explanation | Refusal] = {}
    for method in methods:
        try:
            found[method.name] = explain_by(method)
        except Refusal as refusal:
            found[method.name] = refusal
    return found


def _given(explanation: Explanation | Refusal) -> Explanation:
    if isinstance(explanation, Refusal):
        raise explanation
    return explanation


def _default(question: Question) -> tuple[str, Question]:
    """Find the default layer for a question's target; the question then knows which calls see the image."""
    recording = question.recording
    layers = question.layers(recording)
    layer = leading_layer(question, layers, recording)
    if layer is None:
        choosing = next((one for one in reversed(layers) if one.grids), None)
        if choosing is not None:
            raise NoMap(f"layer {choosing.name!r} gives no map: {choosing.reason}", choosing.grids)
        raise NoMap("no layer of the model gives a map of this image; find_layers(model, image) says why for each")
    return layer.name, replace(question, calls=recording.calls)

"""`explain` and `explain_many`: from a pass to Explanations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Capture, Forward, Grid, Notes, named_modules
from attn_widget.explanation.altered_question import altered, asked_of, check_silencing
from attn_widget.explanation.assembly import of_attention, of_image, of_layer
from attn_widget.explanation.attention_answers import AttentionAnswers
from attn_widget.explanation.layer_answers import LayerAnswers
from attn_widget.explanation.layer_choice import leading_layer
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation
from attn_widget.explanation.silencing import Silencing
from attn_widget.layers import NoMap
from attn_widget.methods import Activation, Method, check_name_list, method_named
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Pair
from attn_widget.targets import Target
from attn_widget.words import refusals

LabelLike = Label | Pair | torch.Tensor | np.ndarray | np.generic | list[int]
"""A label as users may give it: a tensor, array or list is read like a loader's."""


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
    silence: Sequence[int] | Silencing | None = None,
    keep: Sequence[int] | None = None,
    fill: Literal["zero"] | np.ndarray = "zero",
) -> Explanation:
    """Run one hooked forward pass and weigh the layer's channels.

    A method that uses gradients takes a backward pass from the score to the layer, and for `Explanation.class_shift`
    a second one: nearly nothing at a network's last layers, and about one forward pass at its first.

    Parameters
    ----------
    model : Module
        Any image model, in any mode; it is left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``, as the model takes it. It is moved to the model's device, and cast to its
        dtype only where the model does not take the image's own.
    layer : str, optional
        A name in `model.named_modules()`. The default is the last layer on which the target depends; to find it costs
        a second pass, and a third where there are tokens besides the patches. Methods without channels, or that read
        the whole model's attention, need no layer, and parts (`attn_widget.parts`) have their own.
    call : int
        Which call of a module that runs several times, indexed like a list; by default the last that saw this image.
    method : str
        How channels are weighed: a name in `attn_widget.methods.METHODS`.
    top_k : int
        How many channels to keep; all of them if the layer has fewer.
    target
        ``"predicted"``, ``"true"``, a class index, a `Contrast` of two, or a callable that turns the model's output
        into a scalar. Methods that look at activations alone give the same maps for each.
    label
        The sample's label, if known; a tensor, array or list is read like a loader's. Beside class scores, a whole
        number is a class, also as a float (3.0). Beside a single output, 0.0 and 1.0 are the classes of a binary model,
        which a note says, and other floats are the value of a regression.
    forward : callable, optional
        ``forward(model, batch)``, called instead of ``model(batch)``.
    smooth : int
        Average the gradients over this many noisy copies of the image, each with its own pass (Smilkov et al.,
        "SmoothGrad: removing noise by adding noise", 2017); the noise is normal, with a tenth of the image's range as
        its standard deviation, and the same in each run. Only for methods that use gradients; 0 for none.
    at : tuple of int, optional
        A place in the image, ``(row, column)`` in pixels: the channels kept are those with the highest value there,
        instead of the largest share. For attention, the maps show where the patch at that place attends instead.
    grid : tuple of int, optional
        ``(h, w)`` of the grid on which the patch tokens lie, for models in which no convolution shows it.
    prefix : int, optional
        How many tokens come before the patches, if some of the tokens that are not patches come after them.
    silence : sequence of int or Silencing, optional
        Channels, or attention heads, of `layer` that are silenced in this pass and all further ones: at all places of
        the layer's output, other tokens than patches included, they have the value `fill`. A head's attention weights
        become zero. All of the Explanation is then that of the altered model, and says so (`silenced`, `notes`). A
        pass of the unaltered model comes first, which tells where the layer's channels lie. A `Silencing`, such as
        another Explanation's `silenced`, may be of another layer.
    keep : sequence of int, optional
        Silence all channels but these instead.
    fill : "zero" or ndarray ``[K]``
        The value of each of the layer's K channels when silenced, such as `attn_widget.evidence.channel_means` gives.

    Returns
    -------
    Explanation

    Raises
    ------
    TypeError, ValueError
        Where an argument is invalid, the layer gives no map, or the target's score does not depend on it; the message
        says why.

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
    question = replace(Question.of(locals()), shift=True)
    layer, question = prepared(question, layer, method_named(method), silence, keep, fill)
    return _given(next(explained(question, [layer], [method])))


def prepared(
    question: Question, layer: str | None, method: Method, silence: Any, keep: Any, fill: Any
) -> tuple[str, Question]:
    """Find the layer, empty for a method that reads none, and silence channels if that is asked for (see `explain`)."""
    altering = check_silencing(silence, keep, fill) and not isinstance(silence, Silencing)
    layer = method.layer if layer is None else layer
    if layer is None:
        reads_layer = altering or method.reads == "layer"
        layer, question = _default(question) if reads_layer else ("", question)
    if altering:
        captured = clean_output(question, layer, question.call)
        silencing = asked_of(captured, question, layer, silence, keep, fill)
        question = question if silencing is None else altered(question, silencing, captured)
    elif isinstance(silence, Silencing) and silence.channels:
        question = silenced(question, silence)
    return layer, question


def silenced(question: Question, silencing: Silencing) -> Question:
    """Ask the same of the model with channels silenced (see `altered`); where they lie, a clean pass tells."""
    return altered(question, silencing, clean_output(question, silencing.layer, silencing.call))


def clean_output(question: Question, layer: str, call: int = -1) -> Capture:
    """Run a pass and keep what a layer gives at one of its calls; by default at the last one that sees the image."""
    (captured,) = _captured(replace(question, call=call), [layer], [], None)
    return captured


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

    For `Explanation.class_shift`, a second backward pass follows it, as in `explain`.

    Raises as `explain` does.

    Parameters
    ----------
    model, image, call, top_k, target, label, forward, smooth, at, grid, prefix
        As in `explain`.
    layers, methods : sequence of str
        Their names; each layer is explained by each method.

    Returns
    -------
    list of Explanation
        The first layer by each method, then the second, and so on; a method that reads no layer gives the same for
        each.
    """
    question = replace(Question.of(locals()), shift=True)
    check_name_list("layers", layers)
    check_name_list("methods", methods)
    return list(map(_given, explained(question, layers, methods)))


def explained(
    question: Question,
    layers: Sequence[str],
    methods: Sequence[str],
    notes: Notes | None = None,
    ready: Capture | None = None,
) -> Iterator[Explanation | Refusal]:
    """Answer a question for each layer by each method, all from one pass; where a method cannot, give its refusal.

    There is no pass if the output of the only layer is `ready`, and no method needs gradients or all the attention.
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
    """Run the pass; by default, each layer's call is the last that saw the image."""
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
    """Find the last call of each captured module that saw the image; where that is not known, a pass tells."""
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
        raise Refusal(refusals.nothing_to_read(method.name, str(refusal))) from refusal


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
    """Explain by each method, or give its refusal."""
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


def pass_for(question: Question, layer: str, method: Method) -> Capture:
    """Run the pass that a method needs which reads a layer, or all the attention."""
    (captured,) = _captured(question, [layer if method.reads == "layer" else None], [method], None)
    return captured


def _default(question: Question) -> tuple[str, Question]:
    """Find the default layer for a question's target, and tell the question which calls see the image."""
    recording = question.recording
    layers = question.layers(recording)
    layer = leading_layer(question, layers, recording)
    if layer is None:
        choosing = next((one for one in reversed(layers) if one.grids), None)
        if choosing is not None:
            raise NoMap(refusals.no_map(choosing.name, choosing.reason), choosing.grids)
        raise NoMap(refusals.NO_LAYER)
    return layer.name, replace(question, calls=recording.calls)

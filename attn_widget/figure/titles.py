"""The titles of the panels, and how an explanation's classes and targets are written."""

from collections.abc import Callable, Sequence

import numpy as np

from attn_widget.explanation import Comparison, Explanation, cell_under
from attn_widget.methods import method_named
from attn_widget.outputs import is_right
from attn_widget.targets import Contrast
from attn_widget.words import evidence, forms, pictures, several_models

Name = Callable[[int], str]
"""Returns the name of a class."""

Titles = tuple[Sequence[str], Sequence[str]]
"""The two lines above a panel; of each line's wordings the first that fits is written."""


def predicted_text(explanation: Explanation, name_of: Name) -> str:
    """Write the predicted class with its probability, or a regression's output; empty if there is neither."""
    return _predicted_wordings(explanation, name_of)[0]


def _predicted_wordings(explanation: Explanation, name_of: Name) -> tuple[str, str]:
    """Write that with and without the word before it."""
    predicted, probabilities = explanation.predicted, explanation.probabilities
    if predicted is None or probabilities is None:
        score = explanation.score
        return ("", "") if score is None else (pictures.predicted_value(score), forms.number(score))
    name, probability = name_of(predicted), float(probabilities[predicted])
    return pictures.predicted_class(name, probability), f"{name} {forms.percent(probability)}"


def target_text(explanation: Explanation, name_of: Name) -> str:
    """Write the target that was explained; empty for a method that looks at activations only."""
    if not method_named(explanation.method).class_specific:
        return ""
    return pictures.target_words(explanation.target_classes, name_of)


def image_titles(explanation: Explanation, name_of: Name) -> Titles:
    """Name the true and the predicted class, or that by an altered model."""
    first = pictures.image_title(forms.label_text(explanation.label, name_of))
    return [first], _predicted_lines(explanation, name_of)


def _predicted_lines(explanation: Explanation, name_of: Name) -> list[str]:
    """Write what a model predicts, long and short."""
    predicted, shorter = _predicted_wordings(explanation, name_of)
    if explanation.silenced is not None:
        predicted = evidence.by_altered_model(shorter)
    right = is_right(explanation.predicted, explanation.label)
    return [forms.marked(text, right) for text in (predicted, shorter)]


def models_predict(comparison: Comparison, name_of: Name) -> str:
    """Say what each of two models predicts; empty where no models are compared."""
    if comparison.models is None:
        return ""
    sides = (comparison.first, comparison.second)
    predicted = [predicted_text(one, name_of) for one in sides]
    (first, one), (second, other) = zip(comparison.models, predicted, strict=True)
    own = sides[0].target == "predicted" and sides[0].predicted != sides[1].predicted
    return several_models.each_predicts((first, one), (second, other), own=own)


def overall_titles(explanation: Explanation) -> Titles:
    """Name the overall heatmap, its layer and its method."""
    layer = explanation.layer or (forms.ALL_LAYERS if explanation.channel_count else forms.OF_PIXELS)
    return [pictures.OVERALL], [pictures.layer_and_method(layer, explanation.method)]


def shift_wordings(explanation: Explanation, name_of: Name) -> list[str]:
    """Say whether the overall heatmap knows the class, in wordings from long to short; none where that is not known."""
    method, classes = method_named(explanation.method), explanation.shift_classes
    if not method.class_specific:
        return [] if method.gradients else pictures.SAME_FOR_EVERY_CLASS
    if classes is None:
        return []
    names = [name_of(each) for each in classes]
    if explanation.class_shift == explanation.class_shift:
        return pictures.heat_moves(explanation.class_shift, *names)
    if not np.isfinite(explanation.overall_map).all():
        return []
    if isinstance(explanation.target, Contrast):
        return pictures.no_heat_for_one(*names)
    return pictures.no_heat_for(names[int((explanation.overall_map > 0).any())])


def why_empty(explanation: Explanation | None) -> str:
    """Say why the overall heatmap is empty; return an empty text if it is not."""
    return pictures.EMPTY_BECAUSE[explanation.empty] if explanation is not None and explanation.empty else ""


def channel_titles(explanation: Explanation) -> list[Titles]:
    """Name each of the strongest channels, with its weight, or its value at the chosen place, and its share."""
    strongest = zip(explanation.channels, explanation.weights, explanation.shares, explanation.maps, strict=True)
    return [
        pictures.channel_titles(
            explanation.unit, int(channel), float(weight), float(share), _value_at(map_, explanation)
        )
        for channel, weight, share, map_ in strongest
    ]


def _value_at(map_: np.ndarray, explanation: Explanation) -> float | None:
    """Return a channel's value at the place by which channels are ranked; None if they are ranked by share."""
    if explanation.at is None or explanation.ranked_by != "value":
        return None
    return float(map_[cell_under(explanation.at, explanation.size, (map_.shape[0], map_.shape[1]))])


def compared_titles(comparison: Comparison, name_of: Name) -> tuple[Titles, Titles, Titles]:
    """Name the two explanations that are compared, by what differs between them, and their difference."""
    first, second = compared_names(comparison, name_of)
    if comparison.models is not None:
        lines = [_predicted_lines(one, name_of) for one in (comparison.first, comparison.second)]
        return ([first], lines[0]), ([second], lines[1]), pictures.difference_titles(first, second)
    layers = [one.layer or forms.OF_PIXELS for one in (comparison.first, comparison.second)]
    if comparison.on_one_scale:
        layers = [pictures.layer_and_method(layer, comparison.first.method) for layer in layers]
    same = same_target(comparison, name_of)
    difference = pictures.NO_DIFFERENCE if same else pictures.difference_titles(first, second)
    return ([first], layers[:1]), ([second], layers[1:]), difference


def compared_names(comparison: Comparison, name_of: Name) -> tuple[str, str]:
    """Name two explanations by what differs between them: the model, the method, or the target."""
    if comparison.models is not None:
        return comparison.models
    if not comparison.on_one_scale:
        return forms.method_name(comparison.first.method), forms.method_name(comparison.second.method)
    first, second = target_text(comparison.first, name_of), target_text(comparison.second, name_of)
    if same_target(comparison, name_of):
        return pictures.asked_as(first, comparison.first.target), pictures.asked_as(second, comparison.second.target)
    return first, second


def same_target(comparison: Comparison, name_of: Name) -> str:
    """Say that both targets are the same class; empty if they are not, or if methods or models are compared."""
    if not comparison.on_one_scale or comparison.first.target_classes != comparison.second.target_classes:
        return ""
    asked = (comparison.first.target, comparison.second.target)
    return pictures.same_target(target_text(comparison.first, name_of), *asked)

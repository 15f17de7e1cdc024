"""Why an overall heatmap is blank: what was measured in the pass or, where that does not tell, in one more."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import torch

from attn_widget.capture import replaced, tensors_in
from attn_widget.explanation.layer_answers import LayerAnswers
from attn_widget.explanation.scored_output import ScoredOutput
from attn_widget.methods import Activation, Method
from attn_widget.outputs import are_probabilities

Cause = Literal[
    "",  # it is not blank
    "flat",  # the map has one value everywhere
    "inactive",  # all of the layer's values are zero
    "below zero",  # none of the layer's values is positive
    "same class",  # a contrast of a class with itself
    "saturated",  # the gradient of the score ends at a saturated softmax
    "unread",  # the score is the same whatever the layer gives
    "no gradient",  # the gradient is zero at all of the layer's values
    "against",  # all evidence counts against the target
    "zero",  # the map is zero everywhere
    "nothing positive",  # the map is positive nowhere
]
"""What an `Explanation` is called `empty` by."""

_ROUNDING = 1e-6  # two scores that differ by less, relative to their size, are the same


def emptiness_of_map(overall_map: np.ndarray, method: Method) -> Cause:
    """Say of an overall map alone why its heatmap is blank: what can be seen without a layer's maps and gradients."""
    heat = np.maximum(overall_map, 0)
    if not np.isfinite(heat).all():
        return ""
    if heat.any():
        return "" if heat.min() < heat.max() else "flat"
    if not overall_map.any():
        return "zero"
    return "against" if method.class_specific else "nothing positive"


def emptiness_of_whole(output: ScoredOutput, method: Method, overall_map: np.ndarray) -> Cause:
    """Say why a heatmap of all the attention, or of the image's pixels, is blank."""
    seen = emptiness_of_map(overall_map, method)
    return "saturated" if seen == "zero" and method.gradients and is_saturated(output) else seen


def emptiness_of_maps(output: ScoredOutput, maps: np.ndarray, method: Method, overall_map: np.ndarray) -> Cause:
    """Say why the heatmap of a layer is blank: what can be seen of its maps ``[K, h, w]``, without gradients."""
    seen = emptiness_of_map(overall_map, method)
    if seen in ("", "flat"):
        return seen
    settled = output.settled
    if isinstance(settled, tuple) and settled[0] == settled[1] and method.class_specific:
        return "same class"
    if not maps.any():
        return "inactive"
    return "below zero" if not method.class_specific and (maps <= 0).all() else seen


def emptiness_of_layer(answers: LayerAnswers, activation: Activation, method: Method, overall_map: np.ndarray) -> Cause:
    """Say why the heatmap of a layer is blank; where a gradient is zero, this may take a pass with other values."""
    seen = emptiness_of_maps(answers.output, activation.maps, method, overall_map)
    if seen != "zero" or not (method.gradients and method.class_specific) or activation.gradients.any():
        return seen
    if answers.unreached:
        return "unread"
    if is_saturated(answers.output):
        return "saturated"
    return "unread" if _is_unread(answers, activation.maps) else "no gradient"


def is_saturated(output: ScoredOutput) -> bool:
    """Whether a softmax gives the score, and passes no gradient on: all its probabilities are 0 or 1.

    A callable target is differentiated with respect to the model's output; of a model that gives probabilities p, the
    gradient of one or of a difference of two is :math:`p_c (1_{j = c} - p_j)` behind the softmax.
    """
    settled = output.settled
    if callable(settled):
        return _ends_in_a_softmax(settled, output.output)
    scores = output.scores
    if scores is None or settled is None or len(scores.logits) < 2:
        return False
    row = scores.logits.detach().double()
    if not bool(are_probabilities(row[None])[0]):
        return False
    classes = settled if isinstance(settled, tuple) else (settled,)
    eye, rounding = torch.eye(len(row), dtype=row.dtype, device=row.device), torch.finfo(scores.logits.dtype).eps
    return all(bool((row[each] * (eye[each] - row)).abs().max() < rounding) for each in classes)


def _ends_in_a_softmax(target: Any, output: Any) -> bool:
    """Whether a target function has a softmax in it, and no gradient with respect to the model's output."""
    try:
        with torch.enable_grad():
            rooted = replaced(output, lambda each: each.detach().clone().requires_grad_(each.is_floating_point()))
            leaves = [each for each in tensors_in(rooted) if each.requires_grad]
            score = target(rooted)
            found = torch.autograd.grad(score.reshape(()), leaves, allow_unused=True)
        flat = not any(each is not None and bool(each.any()) for each in found)
        return flat and any("Softmax" in name for name in _steps(score))
    except Exception:  # of the user's function: then it is not known
        return False


def _steps(score: torch.Tensor) -> Iterable[str]:
    """Name the steps of the graph behind a score."""
    left, seen = [score.grad_fn], set()
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            left += [each for each, _ in node.next_functions]
            yield node.name()


def _is_unread(answers: LayerAnswers, maps: np.ndarray) -> bool:
    """Whether the score stays the same with zeros in the layer's place, and with other values; False if untold."""
    other = 2 * maps.astype(np.float32) + np.float32(1)
    try:
        own = answers.score()
        scores = answers.scores_with([np.zeros_like(other), other])
    except Exception:  # of the user's model, which may not take other values there
        return False
    return bool(np.allclose(scores, own, rtol=_ROUNDING, atol=_ROUNDING * abs(own)))

"""A copy of a model that may be altered."""

from torch import nn

from attn_widget.capture import Forward, check_model
from attn_widget.capture.reach import modules_beside
from attn_widget.capture.shadow import copy_of
from attn_widget.refusal import Refusal
from attn_widget.words import refusals


def own_copy(model: nn.Module, forward: Forward | None) -> nn.Module:
    """Copy a model, wrapped or not, with weights and buffers of its own, in evaluation mode.

    Raises
    ------
    Refusal
        Where no copy can be made, or the user's code or `forward` reaches a module by name and would run the original.
    """
    check_model(model)
    beside = modules_beside(forward)
    shadow = None if beside else copy_of(model)
    if shadow is None:
        raise Refusal(refusals.not_copied(refusals.FORWARD_RUNS_ANOTHER if beside else refusals.HOLDS_UNCOPIED))
    for parameter in shadow.parameters:
        parameter.data = parameter.data.clone()
    return shadow.tree

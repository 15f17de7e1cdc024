"""A copy of a model that may be altered."""

from torch import nn

from attn_widget.capture import Forward, check_model
from attn_widget.capture.reach import modules_beside
from attn_widget.capture.shadow import copy_of
from attn_widget.refusal import Refusal


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
        why = (
            "forward runs a module that it does not get as its argument: use the model that it is given"
            if beside
            else "it holds something that cannot be copied, such as an open file or compiled code, or its code reaches "
            "a module by a global name: pass the module that does the work"
        )
        raise Refusal(f"the model is altered only on a copy, and cannot be copied: {why}")
    for parameter in shadow.parameters:
        parameter.data = parameter.data.clone()
    return shadow.tree

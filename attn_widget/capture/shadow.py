"""A copy of the model that shares the parameters' values, so that a pass never writes to the user's modules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from attn_widget.capture.graph_copy import GraphCopy, Uncopied
from attn_widget.capture.reach import Reach, modules_beside
from attn_widget.capture.tree import modules_of
from attn_widget.capture.weight_writes import WRITERS, writes
from attn_widget.user_code import is_users_class

_ROUNDS = 4
"""How often the copy is redone because copying met code that reaches more objects by name."""


@dataclass(frozen=True, eq=False)
class Shadow:
    """A copy of a model."""

    tree: nn.Module  # the unwrapped root, in evaluation mode
    shared: Reach | None
    """What its code reaches by name and a pass may change; the copy shares that with the user's program."""
    modules: list[nn.Module]  # all that were copied; modules outside `_modules` keep their own mode
    parameters: list[nn.Parameter]  # those that share the values of the model's, but have version counters of their own
    is_tangled: bool  # the copy may contain reference cycles


def shadow_of(model: nn.Module, *, frozen: bool = False, forward: Callable[..., Any] | None = None) -> nn.Module | None:
    """Copy a model so that nobody has to wait while the copy runs, and return the copy's root.

    None if that is impossible: no copy can be made, it would share what a pass may change, or the user's `forward`
    reaches a module by itself.
    """
    if modules_beside(forward):
        return None
    shadow = copy_of(model, frozen=frozen)
    return None if shadow is None or shadow.shared is not None else shadow.tree


def copy_of(model: nn.Module, *, frozen: bool = False) -> Shadow | None:
    """Copy a model, wrapped or not, in evaluation mode: parameters shared, buffers cloned, all other state copied.

    The parameters of a `frozen` copy take no part in gradients. They share the values of the model's, but not the
    version counters: an optimizer that steps meanwhile does not make a backward pass fail.

    Returns None if something cannot be copied, or the user's code reaches a module by name, through globals or class
    attributes: the copy would run the original.
    """
    originals = modules_of(model)
    reach, owning = Reach(), model in WRITERS
    reach.add_code(kind for kind in set(map(type, originals)) if is_users_class(kind))
    for _ in range(_ROUNDS):
        if reach.modules:
            return None
        owning = owning or any(map(writes, reach.functions))
        known = len(reach.seen)
        copier = GraphCopy(reach.seen, frozen=frozen, owning=owning)
        try:
            tree = copier.copy_modules(originals)
        except (Uncopied, RecursionError):
            return None
        reach.add_code(copier.code)
        is_split = len(reach.seen) > known and reach.is_state()
        if not is_split and not reach.modules and (owning or not any(map(writes, reach.functions))):
            shared = reach if reach.is_state() else None
            return Shadow(tree, shared, copier.modules, copier.parameters, copier.is_tangled)
    return None

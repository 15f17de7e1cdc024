"""Attention weights, seen where they are computed and changed for one pass, under fused kernels too.

`torch.nn.functional.scaled_dot_product_attention` and `multi_head_attention_forward` never hold the weights in one
piece. A function mode hears their calls on its own thread alone, and computes explicitly those whose weights are
wanted; the others run as ever.
"""

import functools
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from attn_widget.capture.modes import Hearing, within
from attn_widget.capture.tree import modules_of

Shape = tuple[int, int, int, int]
"""Of attention weights: ``(B, heads, queries, keys)``."""

Take = Callable[[torch.Tensor], torch.Tensor]
"""Is given attention weights, and gives those with which the pass goes on."""

See = Callable[[nn.Module, Shape], Take | None]
"""Is told which module attends in its own forward, and the weights' shape; gives None where nobody wants them."""

Hear = Callable[[Any, Sequence[Any], Any], None]
"""Is told of each function that was called: the function, its arguments, what it gave."""

_Ask = Callable[[Shape], Take | None]
_MULTI_HEAD = inspect.signature(functional.multi_head_attention_forward)


def watch_attention(root: nn.Module, see: See, hear: Hear | None = None) -> None:
    """Ask `see` of each attention that a module of this tree computes in its own forward, on this thread.

    Where `hear` is given, it is told of every function that is called there.

    The tree is one that `harmless` gave: the forwards that are put in front of its own go with it.
    """
    sight = _Sight(see, hear)
    for module in modules_of(root):
        if may_attend(module):
            _follow(module, sight)


def may_attend(module: nn.Module) -> bool:
    """Whether a module's own forward may compute attention: torch's own modules do not, but for one."""
    return isinstance(module, nn.MultiheadAttention) or not type(module).__module__.startswith("torch.nn.modules.")


def attends_whole(shape: Shape, images: int = 1) -> bool:
    """Whether weights of this shape lie between all tokens of each image, or are one query's; not within windows."""
    batch, _, queries, keys = shape
    return batch == images and queries in (1, keys)


class _Sight(Hearing):
    """Hears the calls of functions that attend, and knows whose forward is running."""

    def __init__(self, see: See, hear: Hear | None) -> None:
        super().__init__()
        self._see, self._tell = see, hear
        self.owner = threading.get_ident()
        self.running: list[nn.Module] = []

    def hear(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Give what a function gives, with the weights taken where it attends."""
        attend = _ATTENDING.get(func)
        output = func(*args, **kwargs) if attend is None else attend(self._ask, func, *args, **kwargs)
        if self._tell is not None:
            with torch._C.DisableTorchFunction():
                self._tell(func, (*args, *kwargs.values()), output)
        return output

    def _ask(self, shape: tuple[int, ...]) -> Take | None:
        """Ask for weights ``[heads, queries, keys]`` or ``[B, heads, queries, keys]``; no others are heads."""
        if len(shape) == 3:
            shape = (1, *shape)
        return self._see(self.running[-1], shape) if len(shape) == 4 else None


def _follow(module: nn.Module, sight: _Sight) -> None:
    """Tell the sight when the module's forward runs; the outermost forward brings it into force."""
    original = module.forward

    @functools.wraps(original)
    def forward(*args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != sight.owner:
            return original(*args, **kwargs)

        def running() -> Any:
            sight.running.append(module)
            try:
                return original(*args, **kwargs)
            finally:
                sight.running.pop()

        return running() if sight.running else within(sight, running)

    module.__dict__["forward"] = forward


def _scaled_dot_product(
    ask: _Ask,
    func: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    """Attend as the fused kernel does; half precision goes through float32, as it does there."""
    take = ask((*query.shape[:-1], key.shape[-2]))
    if take is None:
        options = {"enable_gqa": True} if enable_gqa else {}
        return func(query, key, value, attn_mask, dropout_p, is_causal, scale=scale, **options)
    if enable_gqa:
        key, value = (part.repeat_interleave(query.shape[-3] // part.shape[-3], -3) for part in (key, value))
    wide = torch.promote_types(query.dtype, torch.float32)
    factor = query.shape[-1] ** -0.5 if scale is None else scale
    scores = query.to(wide) @ key.to(wide).transpose(-2, -1) * factor
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -torch.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    alone = (scores == -torch.inf).all(-1, keepdim=True)  # a query that may look at nothing
    weights = take(torch.softmax(scores.masked_fill(alone, 0), -1).masked_fill(alone, 0))
    return (torch.dropout(weights, dropout_p, train=True).to(wide) @ value.to(wide)).to(value.dtype)


def _multi_head(ask: _Ask, func: Any, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Attend with torch's own weights, so that all its masks hold, and the values projected as it does."""
    bound = _MULTI_HEAD.bind(*args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    query, key, value = given["query"], given["key"], given["value"]
    count, *batch = query.shape[:-1]
    more_keys = given["add_zero_attn"] or any(given[name] is not None for name in ("bias_k", "static_k", "static_v"))
    take = None if more_keys else ask((*(batch or [1]), given["num_heads"], count, len(key)))
    if take is None:
        return func(*args, **kwargs)
    _, weights = func(**{**given, "need_weights": True, "average_attn_weights": False})
    if weights.isnan().any():  # perhaps of a query that may look at nothing, of which the fused kernel makes zeros
        known = func(*args, **kwargs)[0].isfinite().all(-1).movedim(0, -1).unsqueeze(-2).unsqueeze(-1)
        weights = weights.masked_fill(weights.isnan() & known, 0)
    weights = take(weights)
    values = _values(given, value if batch else value[:, None])
    attended = (weights @ values).permute(2, 0, 1, 3).flatten(2)
    output = functional.linear(attended, given["out_proj_weight"], given["out_proj_bias"])
    shown = weights.mean(-3) if given["average_attn_weights"] else weights
    return output if batch else output[:, 0], shown if given["need_weights"] else None


def _values(given: Mapping[str, Any], value: torch.Tensor) -> torch.Tensor:
    """Project ``[N, B, E]`` to the values that the heads mix, ``[B, heads, N, d]``."""
    width = given["embed_dim_to_check"]
    weight = given["v_proj_weight"] if given["use_separate_proj_weight"] else given["in_proj_weight"][2 * width :]
    bias = None if given["in_proj_bias"] is None else given["in_proj_bias"][2 * width :]
    values = functional.linear(value, weight, bias)
    return values.reshape(*values.shape[:2], given["num_heads"], -1).permute(1, 2, 0, 3)


def _softmax(ask: _Ask, func: Any, input: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """Take a softmax over the last of two equal sides as attention weights."""
    weights = func(input, *args, **kwargs)
    axis = args[0] if args else kwargs.get("dim")
    if weights.ndim < 3 or axis not in (-1, weights.ndim - 1) or weights.shape[-2] != weights.shape[-1]:
        return weights
    take = ask(tuple(weights.shape))
    return weights if take is None else take(weights)


_ATTENDING: dict[Any, Callable[..., Any]] = {
    functional.scaled_dot_product_attention: _scaled_dot_product,
    functional.multi_head_attention_forward: _multi_head,
    functional.softmax: _softmax,
    torch.softmax: _softmax,
    torch.Tensor.softmax: _softmax,
}

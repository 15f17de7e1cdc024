"""Attention weights, read or replaced where they are computed during one pass, even under fused kernels.

`torch.nn.functional.scaled_dot_product_attention` and `multi_head_attention_forward` never hold the weights in one
piece. A function mode hears their calls, on its own thread only, and computes explicitly those whose weights are
wanted; the others run as usual.
"""

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from attn_widget.capture.modes import within
from attn_widget.capture.tree import modules_of

Shape = tuple[int, int, int, int]
"""The shape of attention weights, ``(B, heads, queries, keys)``."""

Take = Callable[[torch.Tensor], torch.Tensor]
"""Takes attention weights, and returns those with which the pass continues."""

See = Callable[[nn.Module, Shape], Take | None]
"""Is asked with the module that attends in its own forward and the weights' shape; returns None to decline them."""

Hear = Callable[[Any, Sequence[Any], Any], None]
"""Is told of each function call: the function, its arguments, its result."""

_Ask = Callable[[Shape], Take | None]
_MULTI_HEAD = inspect.signature(functional.multi_head_attention_forward)


def watch_attention(root: nn.Module, see: See, hear: Hear | None = None) -> None:
    """Ask `see` about each attention that a module of this tree computes in its own forward, on this thread.

    `hear`, if given, is told of every function called there. The tree must come from `harmless`, which also disposes
    of the wrappers that this puts around the modules' forward methods.
    """
    listener = _Listener(see, hear)
    for module in modules_of(root):
        if may_attend(module):
            _follow(module, listener)


@contextmanager
def watching_attention(root: nn.Module, see: See) -> Iterator[None]:
    """Do so for this block only: afterwards the tree's modules have the forward methods that they had before."""
    modules = list(modules_of(root))
    before = [module.__dict__.get("forward") for module in modules]
    watch_attention(root, see)
    try:
        yield
    finally:
        for module, forward in zip(modules, before, strict=True):
            if forward is not None:
                module.__dict__["forward"] = forward
            else:
                module.__dict__.pop("forward", None)


def may_attend(module: nn.Module) -> bool:
    """Whether a module's own forward may compute attention: of torch's own modules, only `MultiheadAttention` does."""
    return isinstance(module, nn.MultiheadAttention) or not type(module).__module__.startswith("torch.nn.modules.")


def attends_whole(shape: Shape, images: int = 1) -> bool:
    """Whether weights of this shape lie between all tokens of each image, or are a single query's; not in windows."""
    batch, _, queries, keys = shape
    return batch == images and queries in (1, keys)


def rows_sum_to_one(tensor: torch.Tensor) -> bool:
    """Whether the rows along a tensor's last axis are weights: none negative, and each row sums to one.

    False with fewer than three axes, which leave no rows for tokens, or one weight a row, which says nothing.
    """
    if tensor.ndim < 3 or tensor.shape[-1] < 2 or 0 in tensor.shape:
        return False
    if not tensor.is_floating_point() or tensor.layout != torch.strided or tensor.is_nested:
        return False
    first = tensor[(0,) * (tensor.ndim - 1)]  # which settles it for nearly all tensors
    return _sums_to_one(first) and _sums_to_one(tensor)


def _sums_to_one(rows: torch.Tensor) -> bool:
    tolerance = 1e-3 if torch.finfo(rows.dtype).bits >= 32 else 0.02
    off = (rows.detach().sum(-1, dtype=torch.promote_types(rows.dtype, torch.float32)) - 1).abs()
    return bool((off <= tolerance).all()) and bool((rows.detach() >= 0).all())


class _Listener:
    """Hears the functions that compute attention, and knows whose forward is running."""

    def __init__(self, see: See, hear: Hear | None) -> None:
        self._see, self._tell = see, hear
        self.owner = threading.get_ident()
        self.running: list[nn.Module] = []

    def hear(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a function; if it computes attention, hand over its weights on the way."""
        attend = _ATTENDING.get(func)
        output = func(*args, **kwargs) if attend is None else attend(self._ask, func, *args, **kwargs)
        if self._tell is not None:
            with torch._C.DisableTorchFunction():
                self._tell(func, (*args, *kwargs.values()), output)
        return output

    def _ask(self, shape: tuple[int, ...]) -> Take | None:
        """Offer weights ``[heads, queries, keys]`` or ``[B, heads, queries, keys]``; other shapes have no heads."""
        if len(shape) == 3:
            shape = (1, *shape)
        return self._see(self.running[-1], shape) if len(shape) == 4 else None


def _follow(module: nn.Module, listener: _Listener) -> None:
    """Tell the listener when the module's forward runs; it hears functions during the outermost forward."""
    original = module.forward

    @functools.wraps(original)
    def forward(*args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != listener.owner:
            return original(*args, **kwargs)

        def running() -> Any:
            listener.running.append(module)
            try:
                return original(*args, **kwargs)
            finally:
                listener.running.pop()

        return running() if listener.running else within(listener.hear, running)

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
    """Compute attention as the fused kernel does, with half precision computed in float32 as there."""
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
    alone = (scores == -torch.inf).all(-1, keepdim=True)  # queries that may attend to no key
    weights = take(torch.softmax(scores.masked_fill(alone, 0), -1).masked_fill(alone, 0))
    return (torch.dropout(weights, dropout_p, train=True).to(wide) @ value.to(wide)).to(value.dtype)


def _multi_head(ask: _Ask, func: Any, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Compute attention with torch's own weights, so that all its masks apply, and its projection of the values."""
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
    if weights.isnan().any():  # perhaps of queries that may attend to no key, for which the fused kernel gives zeros
        known = func(*args, **kwargs)[0].isfinite().all(-1).movedim(0, -1).unsqueeze(-2).unsqueeze(-1)
        weights = weights.masked_fill(weights.isnan() & known, 0)
    weights = take(weights)
    values = _values(given, value if batch else value[:, None])
    attended = (weights @ values).permute(2, 0, 1, 3).flatten(2)
    output = functional.linear(attended, given["out_proj_weight"], given["out_proj_bias"])
    shown = weights.mean(-3) if given["average_attn_weights"] else weights
    return output if batch else output[:, 0], shown if given["need_weights"] else None


def _values(given: Mapping[str, Any], value: torch.Tensor) -> torch.Tensor:
    """Project tokens ``[N, B, E]`` to the values that the heads mix, ``[B, heads, N, d]``."""
    width = given["embed_dim_to_check"]
    weight = given["v_proj_weight"] if given["use_separate_proj_weight"] else given["in_proj_weight"][2 * width :]
    bias = None if given["in_proj_bias"] is None else given["in_proj_bias"][2 * width :]
    values = functional.linear(value, weight, bias)
    return values.reshape(*values.shape[:2], given["num_heads"], -1).permute(1, 2, 0, 3)


def _softmax(ask: _Ask, func: Any, input: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """Take a softmax over the last of two axes of equal size for attention weights."""
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

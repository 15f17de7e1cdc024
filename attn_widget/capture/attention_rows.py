"""Attention weights, told by their values."""

import torch


def rows_sum_to_one(tensor: torch.Tensor) -> bool:
    """Whether a tensor's rows, along its last axis, are weights: none negative, and each row sums to one.

    Parameters
    ----------
    tensor : Tensor ``[..., n]``
        Of three axes or more; with fewer there are no rows for tokens, and with one weight in a row nothing to tell.
    """
    if tensor.ndim < 3 or tensor.shape[-1] < 2 or 0 in tensor.shape:
        return False
    if not tensor.is_floating_point() or tensor.layout != torch.strided or tensor.is_nested:
        return False
    first = tensor[(0,) * (tensor.ndim - 1)]  # which settles it for nearly all
    return _sums_to_one(first) and _sums_to_one(tensor)


def _sums_to_one(rows: torch.Tensor) -> bool:
    within = 1e-3 if torch.finfo(rows.dtype).bits >= 32 else 0.02
    off = (rows.detach().sum(-1, dtype=torch.promote_types(rows.dtype, torch.float32)) - 1).abs()
    return bool((off <= within).all()) and bool((rows.detach() >= 0).all())

"""The storages of tensors, and copies that keep shared storages shared."""

import torch

from attn_widget.snapshots import twin_of


def address(tensor: torch.Tensor) -> int:
    """The memory address of a tensor's values; 0 where it has none to tell, as in sparse layouts and under vmap."""
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return 0


class StorageCopies:
    """Copies of tensors that share memory with each other where the originals do.

    The originals must live as long as this object, so that no address is used again.
    """

    def __init__(self) -> None:
        self._whole: dict[int, torch.Tensor] = {}

    def copy(self, tensor: torch.Tensor) -> torch.Tensor:
        """Copy a tensor without its graph."""
        if type(tensor) is not torch.Tensor or tensor.layout is not torch.strided or tensor.is_quantized:
            return twin_of(tensor)
        storage = tensor.untyped_storage()
        key: int = storage._cdata
        whole = self._whole.get(key)
        if whole is None and tensor.nbytes == storage.nbytes():
            twin = twin_of(tensor)
            if tensor.is_contiguous() or twin.stride() == tensor.stride():
                self._whole[key] = twin
            return twin
        if tensor.is_conj() or tensor.is_neg() or tensor.is_meta:
            return twin_of(tensor)
        if whole is None:
            everything = torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage)
            whole = self._whole[key] = twin_of(everything)
        place = tensor.storage_offset(), tensor.size(), tensor.stride()
        return torch.empty(0, dtype=tensor.dtype, device=tensor.device).set_(whole.untyped_storage(), *place)

"""What each tensor of a pass was computed from: the image, and the modules whose outputs flowed into it.

A function mode hears every call of a torch function while the model runs, and notes for each resulting storage what
had flowed into the storages of the arguments. It changes no value and keeps no tensor alive. Whatever it cannot hear
(NumPy, scripted functions) has no origin; if a module returns that, it counts as computed from the module's inputs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial, reduce
from operator import or_
from typing import Any, NamedTuple, TypeVar
from weakref import ref

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef

from attn_widget.capture.modes import within
from attn_widget.capture.tensors import tensors_among, tensors_in

T = TypeVar("T")

_IMAGE = 1  # the first mark; each tensor that a module returns gets another one
_EVERYTHING = -1  # all marks
_MAY_HOLD_TENSORS = (torch.Tensor, tuple, list)


class Origin(NamedTuple):
    """What a tensor was computed from."""

    marks: int
    """A set of bits: that of the image, and those of the tensors that modules returned (`Output.mark`)."""
    values: frozenset[int]
    """Two tensors that share a number are the same, except for size, shape and an elementwise function, or joined with
    more. The negative of a tensor's number marks a sum of which it is a summand.
    """
    cells: frozenset[int]
    """Two tensors that share a number are the same, except for size, shape and pooling."""


_UNKNOWN = Origin(0, frozenset(), frozenset())


class Output(NamedTuple):
    """A tensor that a module returned: its own mark, and what it was computed from."""

    mark: int
    origin: Origin

    @property
    def saw_image(self) -> bool:
        """Whether the image flowed into it."""
        return bool(self.origin.marks & _IMAGE)


class Way(NamedTuple):
    """The way from the image to what is explained."""

    marks: int  # of all that flowed into what is explained (see `Origin`)
    values: frozenset[int]  # of the tensors in the model's output that it is taken from

    def passes(self, output: Output) -> bool:
        """Whether it leads through a module's output."""
        return self.marks == _EVERYTHING or (output.saw_image and bool(self.marks & output.mark))

    def ends_in(self, output: Output) -> bool:
        """Whether a module's output is the model's output except for size, shape and scale, or a summand of it."""
        own = {number for number in output.origin.values if number > 0}
        return any(abs(number) in own for number in self.values)


class Origins:
    """The origins of everything computed in one pass."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Origin]] = {}  # by `_key`, with what keeps that key from being reused
        self._detached: dict[int, ref[torch.Tensor]] = {}  # views that cut off gradients
        self._factors: set[int] = set()  # values multiplied with other values from the image
        self._marked = self._numbered = 0

    def followed(self, image: torch.Tensor, work: Callable[[], T]) -> T:
        """Return what `work` returns, noting the origins of what it computes from the image on this thread."""
        number = self._fresh()
        self._marked = 1
        self._put(image, _key(image), Origin(_IMAGE, number, number))
        return within(self._hear, work)

    def given(self, inputs: Any, tensors: Iterable[torch.Tensor]) -> tuple[Output, ...]:
        """Mark the tensors that a module's call returned."""
        with torch._C.DisableTorchFunction():
            return tuple([self._marked_output(inputs, tensor) for tensor in tensors])

    def only_pooled(self, inputs: Any, tensors: Sequence[torch.Tensor]) -> bool:
        """Whether the first tensor of a call's output is one of its inputs except for pooling, size and shape.

        A tensor that is an input itself may have been changed in place, and does not count.
        """
        if not tensors:
            return False
        with torch._C.DisableTorchFunction():
            cells = self._of(tensors[0]).cells
            before = [self._of(tensor).cells for tensor in tensors_in(inputs) if tensor is not tensors[0]]
        return any(not cells.isdisjoint(one) for one in before)

    def multiplies(self, output: Output) -> bool:
        """Whether a module's output, up to size, shape and scale, is multiplied with further values from the image."""
        return not self._factors.isdisjoint(output.origin.values)

    def way_to(self, output: Any, *explained: Callable[[Any], Any]) -> Way:
        """Trace what is explained, which is taken from the model's `output`, back to the image.

        Each of `explained` is called with the output and returns the tensors explained, in any container. The first
        counts that does not raise and whose tensors lead back to the image. If there is none, the way leads through
        everything.
        """
        whole = self.given((), tensors_in(output))
        for one in explained:
            try:
                found = list(tensors_in(within(self._hear, partial(one, output))))
            except Exception:  # in the user's own target, who will see it when the score is computed
                continue
            marks = _marks(map(self._of, found))
            if marks & _IMAGE:
                return Way(marks, _values(part for part in whole if marks & part.mark))
        return Way(_EVERYTHING, _values(whole[:1]))

    def _hear(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a function, and note what it did; errors in noting that are ignored."""
        result = func(*args, **kwargs)
        if torch.compiler.is_compiling():  # what is compiled meanwhile must not contain this
            return result
        if result is None or isinstance(result, _MAY_HOLD_TENSORS):
            with torch._C.DisableTorchFunction(), suppress(Exception):
                self._note(func, args, kwargs, result)
        return result

    def _marked_output(self, inputs: Any, tensor: torch.Tensor) -> Output:
        key = _key(tensor)
        origin = self._at(tensor, key)
        if origin is _UNKNOWN and not isinstance(tensor, nn.Parameter):
            origin = Origin(_marks(map(self._of, tensors_in(inputs))), self._fresh(), self._fresh())
        mark = 1 << self._marked
        self._marked += 1
        self._put(tensor, key, origin._replace(marks=origin.marks | mark))
        return Output(mark, origin)

    def _note(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """Note where the tensors that a function returned, or wrote to, come from."""
        name = getattr(func, "__name__", "")
        written = args[:1] if name == "__setitem__" or (name.endswith("_") and not name.startswith("__")) else ()
        found = list(tensors_among(written if result is None else (result,)))
        if not found:
            return
        given = [(tensor, _key(tensor)) for tensor in tensors_among((*args, *kwargs.values()))]
        origin: Origin | None = None
        for tensor in found:
            key = _key(tensor)
            if any(key == other for _, other in given) and all(tensor is not one for one, _ in given):  # it is a view
                cut = (name == "detach" or func == _DATA) and not torch.is_grad_enabled()
                # with gradients enabled, a layer's keeper may have detached it to make it a leaf
                if cut or any(self._is_detached(one) for one, _ in given):
                    self._detached[id(tensor)] = ref(tensor)
                continue
            origin = origin or self._computed(name, [self._at(one, other) for one, other in given])
            carried = origin if _carries_gradients(tensor) else origin._replace(marks=origin.marks & _IMAGE)
            self._put(tensor, key, carried)

    def _computed(self, name: str, sources: list[Origin]) -> Origin:
        """Return the origin of what the function of this name computes from tensors of these origins."""
        if name in _OF_SHAPES or name.endswith("_like"):
            sources = []
        if name.endswith("_as") or name == "to":
            sources = sources[:1]
        name = name.strip("_")
        seeing = [source for source in sources if source.marks & _IMAGE]
        if name in _MOVING:
            seeing = [source for source in sources[:1] if source in seeing]  # further arguments may be indices
        one = len(seeing) == 1
        if name in _MULTIPLYING and len({source.values for source in seeing}) > 1:
            self._factors.update(number for source in seeing for number in source.values if number > 0)
        passed = name in _MOVING or name in _JOINING or (one and name in _VALUE_BY_VALUE)
        values = frozenset[int]().union(*(source.values for source in seeing)) if passed else frozenset()
        if not one and name in _ADDING:
            values = self._fresh() | {-number for source in seeing for number in source.values if number > 0}
        cells = seeing[0].cells if one and (name in _MOVING or name in _POOLING) else frozenset()
        return Origin(_marks(sources), values or self._fresh(), cells or self._fresh())

    def _is_detached(self, tensor: torch.Tensor) -> bool:
        known = self._detached.get(id(tensor))
        return known is not None and known() is tensor

    def _of(self, tensor: torch.Tensor) -> Origin:
        return self._at(tensor, _key(tensor))

    def _at(self, tensor: torch.Tensor, key: int) -> Origin:
        known = self._known.get(key)
        if known is None:
            return _UNKNOWN
        return known[1]._replace(marks=known[1].marks & _IMAGE) if self._is_detached(tensor) else known[1]

    def _put(self, tensor: torch.Tensor, key: int, origin: Origin) -> None:
        known = self._known.get(key)
        self._known[key] = _held(tensor) if known is None else known[0], origin

    def _fresh(self) -> frozenset[int]:
        self._numbered += 1
        return frozenset((self._numbered,))


def _marks(sources: Iterable[Origin]) -> int:
    return reduce(or_, (source.marks for source in sources), 0)


def _values(outputs: Iterable[Output]) -> frozenset[int]:
    return frozenset[int]().union(*(output.origin.values for output in outputs))


def _key(tensor: torch.Tensor) -> int:
    """Identify a tensor by its storage or, if it has none, as in sparse layouts, by itself."""
    storage = _storage(tensor)
    return id(tensor) if storage is None else storage._cdata


def _held(tensor: torch.Tensor) -> Any:
    """Return an object that keeps a tensor's `_key` from being reused, but does not keep a storage's values alive."""
    storage = _storage(tensor)
    return tensor if storage is None else StorageWeakRef(storage)  # type: ignore[no-untyped-call]  # torch's own has no types


def _storage(tensor: torch.Tensor) -> torch.UntypedStorage | None:
    try:
        return tensor.untyped_storage()
    except (NotImplementedError, RuntimeError):
        transforms: Any = torch._C._functorch  # vmap, which wraps tensors
        wrapped = transforms.is_functorch_wrapped_tensor(tensor)
        return _storage(transforms.get_unwrapped(tensor)) if wrapped else None


def _carries_gradients(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex() or tensor.is_quantized


_DATA = torch.Tensor.data.__get__  # type: ignore[attr-defined]  # a descriptor, which the stubs call a tensor


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Names of functions, without leading and trailing underscores.
_MOVING = _named(
    "alpha_dropout bfloat16 channel_shuffle clone contiguous cpu cuda dequantize detach double dropout dropout1d "
    "dropout2d dropout3d expand feature_alpha_dropout flatten flip float fold gather getitem half index_select "
    "interpolate log_softmax masked_select movedim narrow pad permute pixel_shuffle pixel_unshuffle repeat "
    "repeat_interleave requires_grad reshape roll rot90 select softmax sort squeeze swapaxes t take_along_dim tile "
    "to topk transpose type type_as unflatten unsqueeze upsample upsample_bilinear upsample_nearest view"
)
_VALUE_BY_VALUE = _named(
    "abs add clamp clip div elu exp gelu hardsigmoid hardswish hardtanh iadd idiv imul isub itruediv leaky_relu log "
    "logsigmoid logit mish mul multiply neg pow radd relu relu6 rmul rsub rtruediv sigmoid silu softplus sqrt square "
    "sub tanh true_divide truediv"
)
_ADDING = _named("add iadd radd sub isub rsub")
_MULTIPLYING = _named("baddbmm bmm einsum imul matmul mm mul multiply mv rmatmul rmul")
_JOINING = _named("cat column_stack concat concatenate copy dstack hstack setitem stack vstack")
_POOLING = frozenset(
    f"{kind}_pool{rank}d" for kind in ("adaptive_avg", "adaptive_max", "avg", "max", "lp") for rank in (1, 2, 3)
) | _named("amax fractional_max_pool2d fractional_max_pool3d max mean sum")
_OF_SHAPES = _named("new_empty new_full new_ones new_zeros")

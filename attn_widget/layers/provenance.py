"""What a pass reveals about the tensors that a module made."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from attn_widget.capture import Axis, Capture, Ran, attends_whole, rows_sum_to_one


@dataclass(frozen=True)
class Made:
    """What is known about a tensor of a pass that helps to read it as maps.

    `shape` is for a batch of one image. `axis()` gives the axis of its channels, as far as the functions that made it
    show, or None; it may have to record a pass. `weights` says whether its rows are attention weights
    (`rows_sum_to_one`).
    """

    shape: tuple[int, ...]
    axis: Callable[[], Axis | None]
    weights: bool = False


def made_by(ran: Ran) -> tuple[list[Made], list[Made]]:
    """Say what a recorded pass shows about a module's attention weights, and about the tensors in its output."""
    attention = [
        _made(shape, axis, True)
        for shape, axis in zip(ran.attention, ran.attention_axes, strict=True)
        if attends_whole(shape)
    ]
    outputs = [
        _made(shape, axis, weights) for shape, axis, weights in zip(ran.shapes, ran.axes, ran.weights, strict=True)
    ]
    return attention, outputs


def made_in(captured: Capture, recorded: Callable[[], Ran | None]) -> tuple[list[Made], list[Made]]:
    """Say the same about a captured layer; `recorded` is only called if some tensor's `axis` is asked for."""

    def axis(place: int) -> Axis | None:
        ran = recorded()
        if ran is None:
            return None
        made = [one for part in made_by(ran) for one in part]
        return made[place].axis() if place < len(made) and made[place].shape == shapes[place] else None

    shapes = [_with_batch(tensor.shape, place < captured.attention) for place, tensor in enumerate(captured.tensors)]
    made = [
        Made(shape, partial(axis, place), place < captured.attention or rows_sum_to_one(tensor))
        for place, (shape, tensor) in enumerate(zip(shapes, captured.tensors, strict=True))
    ]
    return made[: captured.attention], made[captured.attention :]


def _made(shape: tuple[int, ...], axis: Axis | None, weights: bool) -> Made:
    return Made(shape, lambda: axis, weights)


def _with_batch(shape: tuple[int, ...], attention: bool) -> tuple[int, ...]:
    """Add the batch axis that attention weights may lack."""
    return (1,) * (4 - len(shape)) * attention + tuple(shape)

"""What is known of a tensor that a module made."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from attn_widget.capture import Axis, Capture, Ran, attends_whole, rows_sum_to_one


@dataclass(frozen=True)
class Made:
    """A tensor of a pass, as far as it says how it reads.

    Attributes
    ----------
    shape : tuple of int
        Its shape, for a batch of one image.
    axis : callable
        Gives the axis of its channels as the functions that made it show, or None; it may take a recorded pass.
    weights : bool
        Whether its rows are attention weights (`rows_sum_to_one`).
    """

    shape: tuple[int, ...]
    axis: Callable[[], Axis | None]
    weights: bool = False


def made_by(ran: Ran) -> tuple[list[Made], list[Made]]:
    """Say what a recorded pass shows of a module's attention weights, and of the tensors in its output."""
    attention = [
        Made(shape, partial(_given, axis), weights=True)
        for shape, axis in zip(ran.attention, ran.attention_axes, strict=True)
        if attends_whole(shape)
    ]
    outputs = [
        Made(shape, partial(_given, axis), weights)
        for shape, axis, weights in zip(ran.shapes, ran.axes, ran.weights, strict=True)
    ]
    return attention, outputs


def made_in(captured: Capture, recorded: Callable[[], Ran | None]) -> tuple[list[Made], list[Made]]:
    """Say the same of a layer that was captured; what made its tensors is `recorded` only where it is asked for."""

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


def _given(axis: Axis | None) -> Axis | None:
    return axis


def _with_batch(shape: tuple[int, ...], attention: bool) -> tuple[int, ...]:
    """Give attention weights their axis for the batch, which they may lack."""
    return (1,) * (4 - len(shape)) * attention + tuple(shape)

"""One forward pass in which layers, or all the attention, are kept, and the gradients of a score."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.grids import Grids
from attn_widget.capture.image_fit import fitted
from attn_widget.capture.keepers import AttentionKeeper, LayerKeeper
from attn_widget.capture.kept_tensors import (
    Capture,
    FurtherScore,
    Held,
    Roots,
    Score,
    Watch,
    both_gradients_of,
    gradients_of,
)
from attn_widget.capture.passes import Forward, Hook, hooked_pass
from attn_widget.capture.recording import Notes
from attn_widget.capture.tensors import as_batch
from attn_widget.cleanup import do_and_undo


def capture(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    layers: Sequence[str | None],
    *,
    call: int = -1,
    forward: Forward | None = None,
    score: Score | None = None,
    further: FurtherScore | None = None,
    notes: Notes | None = None,
) -> list[Capture]:
    """Run one forward pass and keep what each of `layers` gave at its `call`.

    With a score, one backward pass follows, from the score to those outputs and no further: no parameter and
    no ``.grad`` takes part, and what comes before the first of the layers runs without a graph.

    Parameters
    ----------
    model : Module
        In any mode, wrapped or not; it is left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``; moved to the model's device, and cast if the model does not take its dtype.
    layers : sequence of str or None
        Names from `model.named_modules()`; None for all the attention of the pass.
    call : int
        Which of a layer's calls, as an index into a list: 0 is the first, -1 the last.
    forward : callable, optional
        ``forward(model, batch)``, used instead of ``model(batch)``.
    score : callable, optional
        Returns, for the model's output, the scalar to differentiate.
    further : FurtherScore, optional
        Another one to differentiate after it, in the same graph.
    notes : Notes, optional
        Records every module that runs in the same pass.

    Raises
    ------
    ValueError
        If there is no such layer, or it was not called, or not that often.
    """
    if isinstance(call, bool) or not isinstance(call, int | np.integer):
        raise TypeError(f"call must be a whole number, got {call!r}")
    attempt = partial(_captured, model, layers, int(call), forward, score, further, notes)
    return fitted(model, as_batch(image), attempt)


def capture_batch(
    model: nn.Module,
    images: torch.Tensor,
    layer: str | None,
    *,
    call: int,
    forward: Forward | None,
    score: Score | None,
) -> Capture:
    """Do the same for images ``[N, C, H, W]`` and one layer: the tensors kept are those of the batch, and `score` sums.

    Grids are only recognised for a single image: the capture has none.
    """
    (captured,) = fitted(model, images, partial(_captured, model, [layer], call, forward, score, None, None))
    return captured


def _captured(
    model: nn.Module,
    layers: Sequence[str | None],
    call: int,
    forward: Forward | None,
    score: Score | None,
    further: FurtherScore | None,
    notes: Notes | None,
    batch: torch.Tensor,
) -> list[Capture]:
    if notes is not None:
        notes.begin()
    roots, count = None if score is None else Roots(), len(batch)
    keepers = [
        AttentionKeeper(roots, count) if layer is None else LayerKeeper(layer, call, roots, count) for layer in layers
    ]
    gradients: dict[Held, torch.Tensor | None] = {}
    others: dict[Held, torch.Tensor | None] = {}
    grids = Grids()

    def hooks(tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        own = [hook for keeper in keepers for hook in keeper.hooks(tree)]
        return [*own, *grids.hooks(tree), *([] if notes is None else notes.hooks(tree))]

    def watch(tree: nn.Module) -> None:
        for watcher in keepers if notes is None else [notes, *keepers]:
            watcher.watch(tree)

    def check() -> None:
        for keeper in keepers:
            keeper.check(forward)

    def differentiate(output: Any) -> None:
        check()
        if score is not None and roots is not None:
            roots.closed = True
            held = [each for keeper in keepers for each in keeper.held]
            if further is None:
                gradients.update(gradients_of(output, score, held))
            else:
                differentiated = both_gradients_of(output, score, further, held, stopwatch)
                gradients.update(differentiated[0])
                others.update(differentiated[1])

    stopwatch = Watch()
    then = None if score is None else differentiate
    within = None if notes is None else notes.follow
    done = do_and_undo(
        lambda: hooked_pass(model, batch, forward, hooks, then, watch, within),
        lambda: None if roots is None else roots.release(),
    )
    check()
    return [
        keeper.captured(
            model,
            tensors=[each.values for each in keeper.held],
            gradients=[] if roots is None else [gradients.get(each) for each in keeper.held],
            further=[others.get(each) for each in keeper.held] if others else None,
            size=done.size,
            grids=grids.seen,
            output=done.output,
            dtype=done.dtype,
            drew=done.drew,
        )
        for keeper in keepers
    ]

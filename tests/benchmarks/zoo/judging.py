"""One model of the zoo: what attn_widget says of it, held against plain hooks and plain autograd."""

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from attn_widget import Explanation, explain
from attn_widget.refusal import Refusal
from tests.benchmarks.zoo.catalogue import Specimen
from tests.benchmarks.zoo.reference import Axes, Run, Seen, Unreadable, axes_of, grad_cam, tensors_in, watch
from tests.benchmarks.zoo.traces import differences, state_of
from tests.benchmarks.zoo.weights import lively

Verdict = Literal["right", "refused", "wrong", "broken"]
ALL = 1 << 30


@dataclass(frozen=True)
class Judgement:
    """What was found of a model.

    Attributes
    ----------
    specimen : Specimen
        The model.
    verdict : str
        ``"right"``; ``"refused"`` by a sentence of attn_widget; ``"wrong"``; ``"broken"`` where the model itself or
        the comparison could not be made.
    reason : str
        Why it is not right.
    layer : str
        The default layer.
    traces : list of str
        What attn_widget left behind.
    peers : dict
        What each peer made of it.
    seconds : float
        How long it took.
    """

    specimen: Specimen
    verdict: Verdict
    reason: str = ""
    layer: str = ""
    traces: tuple[str, ...] = ()
    peers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Wrong(Exception):
    """What attn_widget says is not so."""


def judge(specimen: Specimen, *, peers: bool = False) -> Judgement:
    """Make the model and judge it; whatever fails is said in the judgement."""
    start = time.perf_counter()
    try:
        model = lively(lambda: specimen.make(specimen.size), zlib.crc32(specimen.name.encode()))
        found = _judged(specimen, model, peers)
    except Exception as error:  # a row, not the end of the run
        found = Judgement(specimen, "broken", _sentence(error))
    return replace(found, seconds=time.perf_counter() - start)


def _judged(specimen: Specimen, model: nn.Module, peers: bool) -> Judgement:
    image = torch.rand(3, *specimen.size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        _run(specimen)(model.eval(), image[None])  # what it cannot take is no refusal of ours
    before = state_of(model.train(), image)
    try:
        explanations = _explained(specimen, model, image)
    except Refusal as refusal:
        return Judgement(specimen, "refused", _sentence(refusal), traces=_traces(before, model, image))
    except Exception as error:  # no sentence of ours
        return Judgement(specimen, "wrong", _sentence(error), traces=_traces(before, model, image))
    found = Judgement(specimen, "right", layer=explanations[1].layer, traces=_traces(before, model, image))
    try:
        expected = _compared(specimen, model.eval(), image, *explanations)
    except Wrong as wrong:
        return replace(found, verdict="wrong", reason=str(wrong))
    if peers:
        found = replace(found, peers=_peers(specimen, model, found.layer, image, expected))
    return found


def _run(specimen: Specimen) -> Run:
    return specimen.forward or (lambda model, batch: model(batch))


def _traces(before: dict[str, Any], model: nn.Module, image: torch.Tensor) -> tuple[str, ...]:
    return tuple(differences(before, state_of(model, image)))


def _explained(specimen: Specimen, model: nn.Module, image: torch.Tensor) -> tuple[Explanation, Explanation]:
    target: Any = specimen.score or "predicted"
    asked = {"target": target, "forward": specimen.forward, "top_k": ALL}
    return explain(model, image, **asked), explain(model, image, method="grad-cam", **asked)


def _compared(
    specimen: Specimen, model: nn.Module, image: torch.Tensor, plain: Explanation, cam: Explanation
) -> np.ndarray:
    """Hold both explanations against the reference, and give its Grad-CAM ``[h, w]``, before the rectifier."""
    if plain.layer != cam.layer:
        raise Wrong(f"the default is {plain.layer!r} for one method and {cam.layer!r} for the other")
    if cam.unit != "channel":
        raise Wrong(f"{cam.layer!r}: shown by default are attention heads")
    run = _run(specimen)
    seen = watch(model, cam.layer, image, run)
    tensors, edges = seen.calls[cam.call]
    place, axes = _readable(specimen, model, cam, tensors, run)
    maps = axes.read(tensors[place])
    _sensible(tensors[place], maps, seen, cam)
    for one in (plain, cam):
        _agree(f"the maps of {one.method} at {one.layer!r}", _unranked(one, one.maps), maps.numpy())
    weighed = grad_cam(_score(specimen, seen.output), edges[place], axes, maps)
    if weighed is None:
        raise Wrong(f"no gradient reaches the default layer {cam.layer!r}")
    weights, expected = (one.numpy() for one in weighed)
    if not np.abs(weights).max() > 0:
        raise Wrong(f"the gradient at the default layer {cam.layer!r} is zero")
    _agree(f"Grad-CAM's weights at {cam.layer!r}", _unranked(cam, cam.weights), weights)
    _agree(f"the overall map of Grad-CAM at {cam.layer!r}", cam.overall_map, expected)
    return expected


def _readable(
    specimen: Specimen, model: nn.Module, cam: Explanation, tensors: list[torch.Tensor], run: Run
) -> tuple[int, Axes]:
    """Find the first tensor with a grid that follows the image, beside a pass over one of another size.

    The model itself may take that, or one made for that size: without values, which shapes do not need.
    """
    if specimen.told is not None:
        return 0, specimen.told
    image = torch.rand(3, *specimen.other, generator=torch.Generator().manual_seed(2))
    reasons = []
    for device in ("cpu", "meta"):
        try:
            with torch.no_grad(), torch.device(device):
                larger = model if device == "cpu" else specimen.make(specimen.other).eval()
                other = watch(larger, cam.layer, image.to(device), run).calls[cam.call][0]
        except Exception as error:  # a model for images of one size; what it raises is its own affair
            reasons.append(str(error))
            continue
        for place, (one, two) in enumerate(zip(tensors, other, strict=True)):
            try:
                return place, axes_of(one.shape, specimen.size, two.shape, specimen.other)
            except Unreadable as reason:
                reasons.append(str(reason))
    raise Wrong(f"{cam.layer!r} gives no maps: {'; '.join(dict.fromkeys(reasons))}")


def _without_states(output: Any) -> Any:
    """Leave out the layers' features that models of Hugging Face give beside what they predict."""
    if not isinstance(output, Mapping):
        return output
    return [part for name, part in output.items() if "hidden_state" not in str(name)]


def _sensible(tensor: torch.Tensor, maps: torch.Tensor, seen: Seen, cam: Explanation) -> None:
    """Refuse a default that shows nothing, or what is no layer's features."""
    if maps.shape[1] * maps.shape[2] < 2:
        raise Wrong(f"{cam.layer!r} has a single cell")
    if not maps.isfinite().all() or maps.std() == 0:
        raise ArithmeticError(f"the weights drawn let {cam.layer!r} give nothing but one value, or infinities")
    if (tensor >= 0).all() and torch.allclose(tensor.sum(-1), torch.ones(()), atol=1e-3):
        raise Wrong(f"{cam.layer!r} gives attention or probabilities")
    for one in tensors_in(_without_states(seen.output)):
        if one.shape == tensor.shape and torch.equal(one, tensor):
            raise Wrong(f"{cam.layer!r} is the model's own output")


def _score(specimen: Specimen, output: Any) -> torch.Tensor:
    if specimen.score is not None:
        return specimen.score(output)
    logits = output if isinstance(output, torch.Tensor) else output.logits
    return logits[0].max()


def _unranked(explanation: Explanation, values: np.ndarray) -> np.ndarray:
    """Put what is sorted by share back in the channels' order."""
    if len(explanation.channels) != explanation.channel_count:
        raise Wrong(f"{len(explanation.channels)} of {explanation.channel_count} channels were kept")
    return values[np.argsort(explanation.channels)]


def _agree(what: str, ours: np.ndarray, expected: np.ndarray) -> None:
    if ours.shape != expected.shape:
        raise Wrong(f"{what}: the shape is {ours.shape}, not {expected.shape}")
    off = np.abs(ours - expected).max() / max(np.abs(expected).max(), np.finfo(np.float32).tiny)
    if not off < 1e-3:
        raise Wrong(f"{what}: off by {off:.2g} of the largest")


def _peers(
    specimen: Specimen, model: nn.Module, layer: str, image: torch.Tensor, expected: np.ndarray
) -> dict[str, str]:
    from tests.benchmarks.zoo.beside import Scored, verdicts

    run = _run(specimen)
    scored = Scored(model, run, lambda output: _score(specimen, output)).eval()
    return verdicts(scored, f"model.{layer}", image, expected)


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"

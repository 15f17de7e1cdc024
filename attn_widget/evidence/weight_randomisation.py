"""The randomisation test: whether a heatmap depends on what the model has learnt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.stats import rankdata
from torch import nn

from attn_widget.capture import Forward, Ran, named_modules, record
from attn_widget.evidence.own_copy import own_copy
from attn_widget.explanation import Explanation, explain
from attn_widget.randomness import seeded
from attn_widget.targets import Target, as_target
from attn_widget.words import evidence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHUFFLES = 100


@dataclass(frozen=True, eq=False, repr=False)
class Randomisation:
    """How a heatmap changes while the model's layers are re-initialised, from its output down.

    Attributes
    ----------
    layer, method : str
        What explained; the layer is empty for a method that reads none.
    layers : tuple of str
        The modules with weights, in the order in which they were re-initialised; each stays so.
    correlations : ndarray ``[len(layers)]``, float64
        Spearman's rank correlation of the heatmap after each step with the original one; NaN where one of them is the
        same everywhere.
    untouched : float
        The same for the copy before the first step: 1, unless the model's passes differ by themselves.
    control : ndarray ``[m]``, float64
        The correlations of the original with maps that have nothing to do with it: those of the `unrelated` images, or
        its own cells shuffled.
    unrelated : bool
        Whether the control is of other images.
    """

    layer: str
    method: str
    layers: tuple[str, ...]
    correlations: np.ndarray
    untouched: float
    control: np.ndarray
    unrelated: bool

    @property
    def control_range(self) -> tuple[float, float]:
        """Where 95 % of the control's correlations lie; NaN where there are none."""
        if np.isnan(self.control).all():
            return float("nan"), float("nan")
        low, high = np.nanpercentile(self.control, (2.5, 97.5))
        return float(low), float(high)

    def plot(self) -> "Figure":
        """Draw the correlation after each step beside the control, on a figure that pyplot does not know."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(max(4.0, 1.5 + 0.22 * len(self.layers)), 3.6), layout="constrained")
        axes = figure.add_subplot()
        places = np.arange(len(self.layers) + 1)
        axes.axhspan(*self.control_range, color="0.85", label=evidence.randomisation_control(self.unrelated))
        axes.plot(places, [self.untouched, *self.correlations], marker="o", markersize=4, label=self.method)
        axes.set_xticks(places, [evidence.NOTHING_RANDOM, *self.layers], rotation=90, fontsize="small")
        axes.set(xlabel=evidence.RANDOM_DOWN_TO, ylabel=evidence.RANK_CORRELATION, ylim=(-1.05, 1.05))
        axes.legend(fontsize="small")
        return figure

    def __repr__(self) -> str:
        return evidence.randomisation_summary(
            self.method, self.layer, self.layers, self.correlations.tolist(), self.control_range, self.unrelated
        )


def randomisation(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    *,
    layer: str | None = None,
    method: str = "grad-cam",
    target: Target = "predicted",
    label: int | None = None,
    unrelated: Sequence[torch.Tensor] | torch.Tensor = (),
    seed: int = 0,
    forward: Forward | None = None,
    progress: Callable[[int], None] | None = None,
) -> Randomisation:
    """Re-initialise a copy of the model layer by layer, from the output down, and watch the heatmap.

    Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018: cascading randomisation. A heatmap of what a model
    has learnt must change. After each step the heatmap ``h'`` for the same target, on its own grid and rectified, is
    compared with the original ``h``: Spearman's rank correlation ``corr(rank(h), rank(h'))``, with mean ranks for ties.
    A layer's heatmap by its activity alone cannot change before the cascade reaches that layer: it is no evidence of
    what the class depends on.

    Each module that has weights of its own and ran is one step, in the reverse order of the pass; what belongs to a
    container follows its parts. `reset_parameters` re-initialises what has it, the statistics of batch norms included;
    other weights are drawn from a normal distribution of their own mean and standard deviation.

    Parameters
    ----------
    model, image, layer, method, target, label, forward
        As in `explain`. A target that depends on the prediction is settled by the model as it is.
    unrelated : sequence of Tensor ``[C, H, W]``
        Other images of the same size. The control is then how the original heatmap correlates with theirs, by the
        untouched model for the class that it predicts: maps that share nothing but the place where objects lie. By
        default it is how it correlates with 100 shufflings of its own cells.
    seed : int
        What is drawn depends on nothing else; the global random states stay as they are.
    progress : callable, optional
        Is told after each step how many are done; what it raises ends the work.

    Returns
    -------
    Randomisation

    Raises
    ------
    Refusal
        If the model cannot be copied.
    TypeError, ValueError
        As `explain` does, or if an unrelated image gives a map of another size.
    """

    def explained(shown: nn.Module, picture: torch.Tensor | np.ndarray, wanted: Target) -> Explanation:
        return explain(shown, picture, layer=layer, method=method, top_k=1, target=wanted, label=label, forward=forward)

    copy = own_copy(model, forward)
    original = explained(model, image, target)
    layer, settled = original.layer or None, as_target(original.target_classes)
    heat = _heat(original)
    own = target if callable(target) else "predicted"
    others = [_heat(explained(model, other, own)) for other in unrelated]
    if any(other.shape != heat.shape for other in others):
        raise ValueError(f"unrelated images must give maps of the image's own size {list(heat.shape)}")
    untouched = rank_correlation(heat, _heat(explained(copy, image, settled)))
    correlations, names = [], []
    for number, (name, modules) in enumerate(_from_the_top(copy, record(model, image, forward=forward).ran)):
        seeded(seed + number, partial(_reinitialise, modules))
        names.append(name)
        correlations.append(rank_correlation(heat, _heat(explained(copy, image, settled))))
        if progress is not None:
            progress(number + 1)
    draw = np.random.default_rng(seed)
    others = others or [draw.permutation(heat.ravel()).reshape(heat.shape) for _ in range(SHUFFLES)]
    return Randomisation(
        layer=original.layer,
        method=method,
        layers=tuple(names),
        correlations=np.array(correlations),
        untouched=untouched,
        control=np.array([rank_correlation(heat, other) for other in others]),
        unrelated=len(unrelated) > 0,
    )


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Give Spearman's rank correlation of two maps, with mean ranks for ties; NaN where one is the same everywhere."""
    first, second = (ranks - ranks.mean() for ranks in (rankdata(one), rankdata(other)))
    spread = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / spread) if spread > 0 else float("nan")


def _heat(explanation: Explanation) -> np.ndarray:
    return np.maximum(explanation.overall_map, 0)


def _from_the_top(model: nn.Module, ran: dict[str, Ran]) -> list[tuple[str, list[nn.Module]]]:
    """List the modules with weights of their own that ran, the last first, each with what it uses without a call."""
    steps: dict[str, list[nn.Module]] = {}
    for name, module in named_modules(model):
        if next(module.parameters(recurse=False), None) is not None:
            owner = name
            while owner not in ran and owner:
                owner = owner.rpartition(".")[0]
            steps.setdefault(owner, []).append(module)

    def started(name: str) -> tuple[int, int]:
        """When the first of a module's parts completed: a container's own weights come after theirs."""
        inside = [one.order for part, one in ran.items() if part == name or part.startswith(f"{name}." if name else "")]
        return min(inside), name.count(".") + bool(name)

    found = [name for name in steps if name in ran]
    return [(name, steps[name]) for name in sorted(found, key=started, reverse=True)]


def _reinitialise(modules: list[nn.Module]) -> None:
    with torch.no_grad():
        for module in modules:
            reset = getattr(module, "reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for parameter in module.parameters(recurse=False):
                if parameter.is_floating_point():
                    spread = parameter.std(correction=0)
                    parameter.copy_(parameter.mean() + spread * torch.randn_like(parameter))

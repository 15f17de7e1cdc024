"""What a method is given, and what it gives back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from attn_widget.methods.directions import Directions


class Answers(Protocol):
    """How an `Activation` asks the model; `attn_widget.explanation` answers with further passes."""

    def gradients(self) -> np.ndarray:
        """Give the gradient of the target's score with respect to the maps, ``[K, h, w]``."""

    def score(self) -> float:
        """Give the target's score."""

    def scores_with(self, changed: Iterable[np.ndarray]) -> np.ndarray:
        """Give the score with each of the changed maps ``[K, h, w]`` as the layer's output, ``[n]``."""

    def scores_through(self, masks: Iterable[np.ndarray]) -> np.ndarray:
        """Give the score for the image under each of the masks ``[h, w]``, normalised and resized, ``[n]``."""

    def class_scores(self) -> tuple[np.ndarray, tuple[int, ...]]:
        """Give all class scores, ``[n]``, and the class explained, followed by any that it is contrasted with."""

    def gradients_of(self, mixture: np.ndarray) -> np.ndarray:
        """Give the gradient of a weighted sum of the class scores, by its weights ``[n]``: ``[K, h, w]``."""

    def heatmaps_behind(self, weigh: "Callable[[Activation], Weighing]") -> np.ndarray:
        """Give the overall heatmaps of coarser layers behind this one, on its grid: ``[n, h, w]`` in [0, 1]."""


class Activation:
    """A layer's output for one sample, and what can be asked about it.

    Attributes
    ----------
    maps : ndarray ``[K, h, w]``, float64
        The layer's channels on their grid; for a `batched` method perhaps those of several samples, ``[N, K, h, w]``.
    """

    def __init__(self, maps: np.ndarray, answers: Answers) -> None:
        self.maps = maps.astype(np.float64)
        self._answers = answers

    @cached_property
    def gradients(self) -> np.ndarray:
        """The gradient of the target's score with respect to the maps, ``[K, h, w]``, float64."""
        return self._answers.gradients().astype(np.float64)

    @cached_property
    def score(self) -> float:
        """The target's score: a logit, a difference of two, or what a callable gave."""
        return self._answers.score()

    def scores_with(self, changed: Iterable[np.ndarray]) -> np.ndarray:
        """Run what follows the layer again, in batches, with each of the changed maps ``[K, h, w]`` as its output.

        Gives the target's score for each, ``[n]``, float64.
        """
        return self._answers.scores_with(changed)

    def scores_through(self, masks: Iterable[np.ndarray]) -> np.ndarray:
        """Run the model on the image times masks ``[h, w]``, each normalised to [0, 1] and resized to the image.

        Gives the target's score for each, ``[n]``, float64.
        """
        return self._answers.scores_through(masks)

    @cached_property
    def class_scores(self) -> tuple[np.ndarray, tuple[int, ...]]:
        """All class scores, ``[n]``, float64, and the class explained, followed by any that it is contrasted with."""
        return self._answers.class_scores()

    def gradients_of(self, mixture: np.ndarray) -> np.ndarray:
        """Run the model again for the gradient of another score, in the place of the target's.

        That score is a sum of the class scores, weighted by the mixture, ``[n]``; gives ``[K, h, w]``, float64.
        """
        return self._answers.gradients_of(mixture).astype(np.float64)

    def heatmaps_behind(self, weigh: "Callable[[Activation], Weighing]") -> np.ndarray:
        """Weigh the channels of the coarser layers behind this one: of each grid, the last of the outermost modules.

        Gives their overall heatmaps, resized to this layer's grid, ``[n, h, w]`` in [0, 1].
        """
        return self._answers.heatmaps_behind(weigh)


class BatchActivation(Activation):
    """A layer's output for several samples, for methods that are formulas of maps and gradients.

    Parameters
    ----------
    maps : ndarray ``[N, K, h, w]``
    gradients : ndarray ``[N, K, h, w]``, optional
        Of each sample's own score with respect to its own maps.
    """

    def __init__(self, maps: np.ndarray, gradients: np.ndarray | None) -> None:
        self.maps = maps.astype(np.float64)
        if gradients is not None:
            self.gradients = gradients.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Weighing:
    """How a method weights the channels; for a batch, all arrays have its axis first.

    Attributes
    ----------
    weights : ndarray ``[K]``, float64
        One number per channel.
    factors : ndarray ``[K]`` or ``[K, h, w]``, float64
        What each map is multiplied by, as a whole or element by element, to give the channel's contribution to the
        overall map.
    parts : Directions or None
        What is weighed in the place of the layer's own K channels: parts of them, which are the K then.
    maps : ndarray ``[K, h, w]`` or None, float64
        Their maps; None for the layer's channels themselves.
    """

    weights: np.ndarray
    factors: np.ndarray
    parts: Directions | None = None
    maps: np.ndarray | None = None

    def weighed(self, maps: np.ndarray) -> np.ndarray:
        """Give the maps that are weighed: those of parts, else the layer's own, ``[K, h, w]``."""
        return maps if self.maps is None else self.maps

    def overall_map(self, maps: np.ndarray) -> np.ndarray:
        """Sum all channels' contributions, given the layer's maps: ``[K, h, w]`` to ``[h, w]``, not rectified."""
        maps = self.weighed(maps)
        if self.factors.ndim < maps.ndim:
            with np.errstate(invalid="ignore"):
                total = _summed(self.factors, maps)
                if np.isnan(total).any():  # a factor of zero silences even infinite cells
                    total = _summed(self.factors, np.where(self.factors[..., None, None] != 0, maps, 0))
            return total
        return np.einsum("...khw,...khw->...hw", self.factors, maps)

    def strengths(self, maps: np.ndarray) -> np.ndarray:
        """Give the grid mean of each channel's contribution, ``[K]``, given the layer's maps."""
        maps = self.weighed(maps)
        if self.factors.ndim < maps.ndim:
            means = maps.mean(axis=(-2, -1))
            return np.multiply(self.factors, means, out=np.zeros_like(means), where=self.factors != 0)
        return np.einsum("...khw,...khw->...k", self.factors, maps) / (maps.shape[-2] * maps.shape[-1])


def _summed(factors: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Sum maps ``[..., K, h, w]`` times factors ``[..., K]`` over channels."""
    cells = maps.reshape(*maps.shape[:-2], maps.shape[-2] * maps.shape[-1])
    return np.matmul(factors[..., None, :], cells).reshape(*maps.shape[:-3], *maps.shape[-2:])

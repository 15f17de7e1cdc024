"""What `parts` has found, as a frozen value that is a method too."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attn_widget.explanation import Silencing
from attn_widget.methods import Activation, Directions, Weighing, register, weigh_parts
from attn_widget.surveys.exemplar import Exemplar
from attn_widget.words import part_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MORE = 0.02  # by which the parts must make up more of the values than those of shuffled values do


@dataclass(frozen=True, eq=False, repr=False)
class Parts:
    """Parts of a layer: directions among its channels, of which its values are non-negative mixtures.

    Attributes
    ----------
    layer : str
        The layer's name.
    class_ : int or None
        The class as which the samples were predicted; None for samples of all classes.
    class_name : str
        Its name, or its number where it has none; empty for all classes.
    directions : Directions
        The parts themselves.
    shares : ndarray ``[n]``, float64
        How much of all the parts' amounts, over the samples, is each one's; the largest first.
    explained : float
        How much of the layer's values the parts make up: 1 less the squares of what is left, as a fraction of all.
    by_chance : float
        The same for the parts of the same values with each channel's shuffled among the cells, so that nothing is left
        of which channels go together.
    similarity : ndarray ``[n]``, float64
        The least cosine of each part with its partner among the parts from `seeds` - 1 other random starts.
    seeds : int
        How many random starts there were.
    positions : tuple of int
        Of the samples that it was made of, in the loader.
    cells : int
        How many cells of their maps went in.
    strongest : tuple of tuple of Exemplar
        For each part what `exemplars` gives.
    """

    class_: int | None
    class_name: str
    directions: Directions
    shares: np.ndarray
    explained: float
    by_chance: float
    similarity: np.ndarray
    seeds: int
    positions: tuple[int, ...]
    cells: int
    strongest: tuple[tuple[Exemplar, ...], ...]

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.directions.layer

    @property
    def basis(self) -> np.ndarray:
        """The parts' directions among the layer's channels, of unit length: ``[n, K]``, float64."""
        return self.directions.vectors

    @property
    def stable(self) -> bool:
        """Whether every random start ended at the same parts, which make up more than those of shuffled values.

        They are called the same at a cosine of at least 0.9, and more means by at least 0.02.
        """
        return bool((self.similarity >= part_words.ALIKE).all()) and self._more_than_chance

    @property
    def _more_than_chance(self) -> bool:
        return self.explained - self.by_chance >= _MORE

    def exemplars(self, part: int) -> tuple[Exemplar, ...]:
        """Give the samples in whose cells there is most of a part, strongest first, among those it was made of.

        Raises an IndexError for a part that there is not.
        """
        return self.strongest[self._checked(part)]

    def weigh(self, activation: Activation) -> Weighing:
        """Parts instead of channels, each weighted by the mean gradient along its direction."""
        return weigh_parts(self.directions, activation)

    def without(self, *numbers: int) -> Silencing:
        """Say that parts are to be taken out of the layer's output: ``explain(..., silence=found.without(0))``.

        Raises an IndexError for a part that there is not, and a ValueError if none is named.
        """
        if not numbers:
            raise ValueError("without needs at least one part, as in without(0)")
        return Silencing(self.layer, tuple(sorted(set(map(self._checked, numbers)))), parts=self.directions)

    def _checked(self, part: int) -> int:
        if not isinstance(part, int | np.integer) or isinstance(part, bool):
            raise TypeError(f"part must be a whole number, got {part!r}")
        if not 0 <= part < len(self.basis):
            raise IndexError(f"part must be from 0 to {len(self.basis) - 1}, got {part}")
        return int(part)

    def register(self, name: str | None = None) -> str:
        """Make the parts a method of `explain` and of the panel, and give its name.

        Parameters
        ----------
        name : str, optional
            By default "parts of" the class or, for samples of all classes, of the layer.
        """
        name = part_words.parts_of(self.class_name or self.layer) if name is None else name
        register(name, self.weigh, gradients=True, batched=True, layer=self.layer, title=name)
        return name

    def show(self) -> "Figure":
        """Draw which channels each part is a mixture of, on a figure that pyplot does not know."""
        from matplotlib.figure import Figure

        count = len(self.basis)
        figure = Figure(figsize=(6, 1 + 0.8 * count), layout="constrained")
        axes = figure.subplots(count, sharex=True, sharey=True, squeeze=False)[:, 0]
        for part, (one, weights, share) in enumerate(zip(axes, self.basis, self.shares, strict=True)):
            one.vlines(np.arange(len(weights)), 0, weights, linewidth=0.8)
            one.set_title(part_words.part_drawn(part, share, _largest(weights)), fontsize="small", loc="left")
        axes[-1].set_xlabel(part_words.CHANNEL)
        return figure

    def __repr__(self) -> str:
        chance = None if self._more_than_chance else self.by_chance
        return part_words.parts_summary(
            self.class_name,
            self.layer,
            len(self.positions),
            (self.explained, self.by_chance),
            self.shares.tolist(),
            part_words.parts_stability(self.seeds, float(self.similarity.min()), chance),
        )


def _largest(weights: np.ndarray) -> list[int]:
    order = np.argsort(-weights, kind="stable")[:3]
    return [int(channel) for channel in order if weights[channel] > 0]

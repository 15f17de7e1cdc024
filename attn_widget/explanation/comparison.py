"""Two explanations of one sample side by side, and their signed difference."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attn_widget.explanation.heatmap import resized
from attn_widget.explanation.result import Explanation, read_only
from attn_widget.window import Window


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two explanations of the same image: by two methods, for two targets, or of two models."""

    first: Explanation
    second: Explanation
    models: tuple[str, str] | None = None  # their names, if there are two

    @property
    def on_one_scale(self) -> bool:
        """Whether both overall maps have the same unit, as for two targets of one method in one model."""
        return self.models is None and self.first.method == self.second.method and self.first.layer == self.second.layer

    @cached_property
    def highest(self) -> float | None:
        """The value shown as 1 in both heatmaps; None where they are not on one scale."""
        if not self.on_one_scale:
            return None
        finite = np.concatenate([map_[np.isfinite(map_)] for map_ in self._rectified])
        return float(finite.max()) if finite.size and finite.max() > 0 else 1.0

    @cached_property
    def heatmaps(self) -> np.ndarray:
        """Both overall heatmaps ``[2, H, W]`` in [0, 1], NaN where a map is.

        On one scale, both rectified maps are divided by the larger of their maxima, so that the weaker one looks
        weaker; else each is normalised by itself.
        """
        whole = Window.whole(self.first.size)
        return read_only(np.stack([self._shown(side, whole) for side in (0, 1)]))

    @cached_property
    def difference(self) -> np.ndarray:
        """The first heatmap minus the second: ``[H, W]`` in [-1, 1]."""
        return read_only(self.heatmaps[0] - self.heatmaps[1])

    def heatmap_in(self, side: int, window: Window) -> np.ndarray:
        """One of `heatmaps` in a window of the image: ``[rows, columns]``; only that is computed."""
        return self.heatmaps[side] if window.shows(self.first.size) else self._shown(side, window)

    def difference_in(self, window: Window) -> np.ndarray:
        """`difference` in a window of the image: ``[rows, columns]``; only that is computed."""
        if window.shows(self.first.size):
            return self.difference
        return self.heatmap_in(0, window) - self.heatmap_in(1, window)

    def _shown(self, side: int, window: Window) -> np.ndarray:
        if self.highest is None:
            return (self.first, self.second)[side].overall_in(window)
        return resized(np.minimum(self._rectified[side] / self.highest, 1), self.first.size, window)

    @property
    def _rectified(self) -> list[np.ndarray]:
        return [np.maximum(one.overall_map.astype(np.float64), 0) for one in (self.first, self.second)]

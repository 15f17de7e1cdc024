"""What a survey keeps of single samples: of mistakes, and of right predictions to compare them with."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Misclassified samples; or, as `Survey.right`, right ones."""

    positions: np.ndarray  # ``[m]``, int64
    labels: np.ndarray  # ``[m]``, int32
    predicted: np.ndarray  # ``[m]``, int32
    losses: np.ndarray  # in nats, ``[m]``, float32
    maps: np.ndarray  # overall heatmaps in [0, 1] on the layer's grid, ``[m, h, w]``, float32; NaN for none
    contributions: np.ndarray  # each channel's share, as `Explanation.shares` has it: ``[m, K]``, float32
    confidences: np.ndarray  # the predicted classes' probabilities, ``[m]``, float32; NaN for none
    pictures: np.ndarray  # each one's `picture_measures.brightness_and_sharpness`, ``[m, 2]``, float32; NaN for none

    def __len__(self) -> int:
        return len(self.positions)

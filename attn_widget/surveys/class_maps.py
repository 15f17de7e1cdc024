"""Mean heatmaps by class."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """Where the model looks for each class, on average."""

    counts: np.ndarray  # samples that went in, ``[n]``, int64
    mean: np.ndarray  # of their overall heatmaps in [0, 1] on the layer's grid: ``[n, h, w]``, float32; NaN for none
    spread: np.ndarray  # their standard deviation: ``[n, h, w]``, float32

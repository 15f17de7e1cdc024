"""The heatmaps of many samples as files, in one call."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid
from attn_widget.exports.export_run import exported
from attn_widget.exports.heatmap_files import HeatmapFiles
from attn_widget.exports.sample_explainer import SampleExplainer
from attn_widget.figure.style_checks import checked_style
from attn_widget.samples.position_lists import checked_positions
from attn_widget.targets import Target
from attn_widget.words import exports


def save_heatmaps(
    model: nn.Module,
    loader: Any,
    folder: str | os.PathLike[str],
    *,
    positions: Iterable[int] | None = None,
    layer: str | None = None,
    call: int = -1,
    method: str = "channel-mean",
    top_k: int = 3,
    target: Target = "predicted",
    class_names: Any = None,
    forward: Forward | None = None,
    smooth: int = 0,
    grid: Grid | None = None,
    prefix: int | None = None,
    view: str = "overlay",
    alpha: float = 0.5,
    cmap: str = "jet",
    scale: Any = "own",
    fade: bool = False,
    data: bool = False,
    overwrite: bool = False,
    progress: Callable[[int, int | None], object] | None = None,
) -> HeatmapFiles:
    """Write the overall heatmap of each sample as a PNG of the image's size, as the panel paints it.

    A file is called after the sample's position and its own file or, where it has none, its class:
    ``000012-cat_0003.png``. One sample is read, explained and written after another, so that memory does not grow with
    their number. Whatever ends the work, the files written so far stay.

    Parameters
    ----------
    model, layer, call, method, top_k, target, forward, smooth, grid, prefix
        As in `explain`; the default layer is chosen once, for the first sample that can be explained. Class names
        in `target` are understood too.
    loader : DataLoader, data set, list or iterable of batches, Tensor ``[N, C, H, W]``, or Samples
        Anything that `Samples` takes.
    folder : str or path
        Where to write; it is made if it does not exist.
    positions : iterable of int, optional
        Which samples, such as ``review.misclassified()``; by default all of them.
    class_names : list of str, or mapping of int to str, optional
        The names of the classes; by default the data set's own.
    view, alpha, cmap, scale, fade
        As in `Explanation.show`.
    data : bool
        Whether to save each `Explanation` too, in an ``.npz`` file of the same name (see `Explanation.save`).
    overwrite : bool
        Whether files of these samples in the folder may be replaced.
    progress : callable, optional
        Called after each sample with the number of samples done and the total (None where it is not known); what it
        raises ends the work. Without it, tqdm draws a progress bar or, where it is not installed, lines are written
        to standard error now and then.

    Returns
    -------
    HeatmapFiles
        How many were `written`, and `errors`: by position, why a sample has no heatmap. A warning says so too.

    Raises
    ------
    FileExistsError
        Where the folder holds files of these samples and `overwrite` is False; nothing is written then.
    TypeError, ValueError, OSError
        For a wrong argument, or where the files cannot be written.

    Examples
    --------
    >>> save_heatmaps(model, loader, "mistakes", positions=review.misclassified(), layer="layer4", method="grad-cam")
    """
    asked = {"call": call, "target": target, "top_k": top_k, "smooth": smooth, "grid": grid, "prefix": prefix}
    explainer = SampleExplainer(model, loader, class_names, layer=layer, method=method, forward=forward, asked=asked)
    chosen = None if positions is None else sorted(checked_positions(positions))  # as a stream is read forward
    files = HeatmapFiles(Path(folder), checked_style(view, alpha, cmap, scale, fade), data)
    existing = files.existing(chosen)
    if existing and not overwrite:
        raise FileExistsError(exports.pass_overwrite(exports.heatmaps_exist(files.folder, existing)))
    return exported(files, explainer, chosen, progress, exports.WRITING_HEATMAPS)

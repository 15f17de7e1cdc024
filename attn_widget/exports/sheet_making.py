"""Contact sheets of many samples, in one call."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid
from attn_widget.exports.contact_sheets import ContactSheets
from attn_widget.exports.export_run import exported
from attn_widget.exports.sample_explainer import SampleExplainer
from attn_widget.figure.style_checks import checked_style
from attn_widget.samples.position_lists import checked_positions
from attn_widget.targets import Target
from attn_widget.words import exports


def contact_sheet(
    model: nn.Module,
    loader: Any,
    path: str | os.PathLike[str],
    *,
    positions: Iterable[int] | None = None,
    layer: str | None = None,
    call: int = -1,
    method: str = "channel-mean",
    target: Target = "predicted",
    class_names: Any = None,
    forward: Forward | None = None,
    smooth: int = 0,
    grid: Grid | None = None,
    prefix: int | None = None,
    view: str = "overlay",
    alpha: float = 0.5,
    cmap: str = "jet",
    fade: bool = False,
    overwrite: bool = False,
    progress: Callable[[int, int | None], object] | None = None,
) -> ContactSheets:
    """Write a contact sheet as PNG: each sample's picture beside its heatmap, with its true and predicted class.

    A page has 60 samples. Several pages become ``sheet-1.png``, ``sheet-2.png``, and so on; only one is in memory at a
    time. A sample that cannot be read or explained has a tile too. If the work is ended, the samples done so far are
    on a page.

    Parameters
    ----------
    model, loader, positions, layer, call, method, target, class_names, forward, smooth, grid, prefix
        As in `save_heatmaps`.
    path : str or path
        Ends in ``.png``.
    view, alpha, cmap, fade
        As in `Explanation.show`; ``"overlay"`` or ``"heatmap"``.
    overwrite : bool
        Whether pages that exist may be replaced; those that are no longer needed are removed.
    progress : callable, optional
        As in `save_heatmaps`.

    Returns
    -------
    ContactSheets
        The `pages`, how many samples are `shown`, and `errors`: by position, why a sample has no heatmap. A warning
        says so too.

    Raises
    ------
    FileExistsError
        Where there is a page and `overwrite` is False.
    TypeError, ValueError, OSError
        For a wrong argument, or where the pages cannot be written.

    Examples
    --------
    >>> contact_sheet(model, loader, "mistakes.png", positions=review.misclassified(), method="grad-cam")
    """
    if Path(path).suffix.lower() != ".png":
        raise ValueError(f"path must end in .png, got {os.fspath(path)!r}")
    asked = {"call": call, "target": target, "top_k": 1, "smooth": smooth, "grid": grid, "prefix": prefix}
    explainer = SampleExplainer(model, loader, class_names, layer=layer, method=method, forward=forward, asked=asked)
    chosen = None if positions is None else checked_positions(positions)
    sheets = ContactSheets(Path(path), checked_style(view, alpha, cmap, "own", fade))
    existing = sheets.existing()
    if existing and not overwrite:
        raise FileExistsError(exports.pass_overwrite(exports.file_exists(*existing)))
    return exported(sheets, explainer, chosen, progress, exports.MAKING_SHEETS)

"""`Explanation`: what one layer shows about one sample."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attn_widget.explanation import explanation_files
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.silencing import Silencing
from attn_widget.methods import Directions, method_named
from attn_widget.samples import Label, Sample
from attn_widget.targets import Contrast, Target
from attn_widget.window import Window
from attn_widget.words import exports, forms, pictures, summaries

if TYPE_CHECKING:
    from matplotlib.figure import Figure


WIDTH = 500
"""The default width of an explanation's figure, in CSS pixels; it leaves room for a column of settings."""


@dataclass(frozen=True, eq=False)
class Explanation:
    r"""What one layer shows about one sample: numbers, maps and heatmaps.

    Compared by identity. Arrays are read-only, on the CPU, and float32 unless stated otherwise. H and W are the image's
    height and width, h and w those of the layer's grid, and k is how many of its `channel_count` channels are kept.

    Attributes
    ----------
    layer : str
        The layer's name; empty for a method that reads no layer.
    call, calls : int
        Which of the module's calls in the pass this is, from 0, and how many there were.
    method : str
        The method's name.
    target
        What was explained, as it was given.
    label, predicted
        The sample's label, and the class with the highest score; None where there is none.
    score : float or None
        The target's score: a logit, a difference of two, or what a callable gave.
    size : tuple of int
        ``(H, W)``.
    at : tuple of int or None
        The place ``(row, column)`` in the image that was asked about; see `ranked_by`.
    channel_count : int
        How many channels or heads the layer has, or how many parts there are; 0 for a method without channels.
    unit : str
        What a channel is: ``"channel"``, ``"head"`` of attention, or ``"part"``, a mixture of channels.
    ranked_by : str
        ``"share"``, or ``"value"`` at the place `at`; with a place and ``"share"``, the maps show where the patch at
        that place attends.
    notes : tuple of str
        Sentences on what to know before reading the picture.
    logits, probabilities : ndarray ``[n]`` or None
        The class scores; None where the output has none.
    channels : ndarray ``[k]``, int64
        The channels with the largest shares, or the highest values at a place, strongest first.
    weights, shares : ndarray ``[k]``
        Their weights, and their fractions of the total positive contribution.
    maps : ndarray ``[k, h, w]``
        These channels, as the layer gave them.
    overall_map : ndarray ``[h, w]``
        The sum of all channels' contributions, not rectified.
    class_shift : float
        How much of the heat moves from one class to another, from 0, where both have the same heatmap, to 1, where the
        two have no cell in common: the total variation of the overall maps M, rectified and each divided by its sum,

        .. math:: \frac{1}{2} \sum_{ij} \left| \frac{\max(M^a_{ij}, 0)}{\sum \max(M^a, 0)}
            - \frac{\max(M^b_{ij}, 0)}{\sum \max(M^b, 0)} \right|

        on the layer's grid, between the classes a and b of `shift_classes`. NaN where one of the maps is nowhere
        positive or not finite, and where it is not measured: for methods that are the same for every class, that use
        no gradients or take further passes, with `smooth`, and for targets or outputs without two classes.
    shift_classes : tuple of int or None
        The classes that `class_shift` is about: the one explained and the likeliest other one (so the two likeliest,
        where one of these is explained), or the two of a `Contrast`, each by itself. None where it is not measured.
    empty : str
        Why the overall heatmap is blank, in a word or two (`explanation.emptiness` lists them), which one of the notes
        puts in a sentence; empty if it is not.
    scores_at : str
        Where in the model's output the class scores are, in Python's notation, such as ``"[1]"`` or ``".logits"``;
        empty where they are the whole output, or there are none.
    silenced : Silencing or None
        The channels that were silenced: all the rest is about the model altered in that way. None for the model itself.
    parts : Directions or None
        What the parts are, where `channels` are parts.
    """

    layer: str
    call: int
    calls: int
    method: str
    target: Target
    label: Label
    predicted: int | None
    score: float | None
    size: tuple[int, int]
    at: tuple[int, int] | None
    channel_count: int
    unit: Literal["channel", "head", "part"]
    ranked_by: Literal["share", "value"]
    notes: tuple[str, ...]
    logits: np.ndarray | None
    probabilities: np.ndarray | None
    channels: np.ndarray
    weights: np.ndarray
    shares: np.ndarray
    maps: np.ndarray
    overall_map: np.ndarray
    scores_at: str = ""
    class_shift: float = math.nan
    shift_classes: tuple[int, int] | None = None
    empty: str = ""
    silenced: Silencing | None = None
    parts: Directions | None = None

    @cached_property
    def heatmaps(self) -> np.ndarray:
        """The kept channels as the panels show them: ``[k, H, W]`` in [0, 1], NaN where a map is NaN."""
        found = np.zeros((len(self.maps), *self.size), np.float32)
        for heatmap, map_ in zip(found, self.maps, strict=True):
            heatmap[:] = to_heatmap(map_, self.size)
        return read_only(found)

    @cached_property
    def overall(self) -> np.ndarray:
        """The overall map rectified, normalised and resized: ``[H, W]`` in [0, 1], NaN where it is NaN."""
        return read_only(to_heatmap(np.maximum(self.overall_map, 0), self.size))

    def heatmap_in(self, rank: int, window: Window) -> np.ndarray:
        """One of `heatmaps` in a window of the image: ``[rows, columns]``; only that is computed."""
        if window.shows(self.size):
            return self.heatmaps[rank]
        return to_heatmap(self.maps[rank], self.size, window)

    def overall_in(self, window: Window) -> np.ndarray:
        """`overall` in a window of the image: ``[rows, columns]``; only that is computed."""
        if window.shows(self.size):
            return self.overall
        return to_heatmap(np.maximum(self.overall_map, 0), self.size, window)

    def show(
        self,
        picture: "np.ndarray | Sample | None" = None,
        *,
        compare: "Explanation | None" = None,
        models: tuple[str, str] | None = None,
        view: Literal["overlay", "heatmap", "raw"] = "overlay",
        alpha: float = 0.5,
        cmap: str = "jet",
        class_names: Sequence[str] | Mapping[Any, Any] | None = None,
        width: int = WIDTH,
        scale: str | Sequence[Any] = "own",
        fade: bool = False,
    ) -> "Figure":
        """Draw it as the panel does, on a Matplotlib figure that pyplot does not know.

        Notebooks display the figure, and an Explanation itself.

        Parameters
        ----------
        picture : ndarray ``[H, W, 3]`` or Sample, optional
            What the image looks like, in [0, 1] or as bytes. An Explanation keeps no image; without one, only the
            heatmaps are shown.
        compare : Explanation, optional
            Another explanation of the same image, by another method or for another target; it is shown instead of the
            channels, with the difference of the two.
        models : pair of str, optional
            The names of both models, where `compare` is of another one.
        view : str
            ``"overlay"``, ``"heatmap"``, or ``"raw"`` for the layer's own values on its own grid.
        alpha : float
            The opacity of the heatmap over the picture, from 0 to 1.
        cmap : str
            The name of a Matplotlib colour map.
        class_names : sequence of str or mapping, optional
            As the panel takes them.
        width : int
            In CSS pixels.
        scale : str or pair
            From which value to which the colours run: ``"own"`` for each panel by itself; ``"alike"`` for all channels
            on one scale, and all overall heatmaps that have one unit; or a fixed scale: a pair ``(low, high)`` for all
            panels, or one such pair for overall heatmaps and one for channels.
        fade : bool
            Whether the heatmap's opacity over the picture grows with the heat, from none to `alpha`.

        Raises
        ------
        TypeError, ValueError
            Where the picture does not have the image's size, or for a wrong scale.
        """
        drawing = import_module("attn_widget.figure.single_figure")  # by name: this floor works without Matplotlib
        figure: Figure = drawing.figure_of(
            self,
            picture,
            compare=compare,
            models=models,
            view=view,
            alpha=alpha,
            cmap=cmap,
            class_names=class_names,
            width=width,
            scale=scale,
            fade=fade,
        )
        return figure

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write all of it to an ``.npz`` file, which NumPy reads without pickle.

        The file has an array for each array here, also for `overall` and `heatmaps`. ``about`` is JSON, as bytes, with
        all the rest, and with the versions of what made it: ``json.loads(file["about"].tobytes())``. A target that is
        a function becomes a text.

        Parameters
        ----------
        path : str or path
            By custom ``*.npz``.
        overwrite : bool
            Whether a file that exists may be replaced.

        Raises
        ------
        FileExistsError
            Where there is a file and `overwrite` is False.
        OSError
            Where it cannot be written; whatever was there before stays.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise FileExistsError(exports.pass_overwrite(exports.file_exists(path)))
        derived = {"overall": self.overall, "heatmaps": self.heatmaps}
        explanation_files.write(path, {one.name: getattr(self, one.name) for one in fields(self)}, derived)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "Explanation":
        """Read what `save` wrote: the same numbers, bit by bit.

        Raises
        ------
        ValueError
            Where the file is not an explanation that was saved, or is damaged.
        OSError
            Where it cannot be read.
        """
        return cls(**explanation_files.read(Path(path)))

    def _repr_png_(self) -> Any:
        figure: Any = self.show()
        return figure._repr_png_()

    @property
    def target_classes(self) -> Any:
        """What was explained for this image: a class, a pair of contrasted ones, a callable, or None for a value."""
        parts = (self.target.of, self.target.against) if isinstance(self.target, Contrast) else (self.target,)
        known = {"predicted": self.predicted, "true": self.label}
        found = tuple(known.get(part, part) if isinstance(part, str) else part for part in parts)
        return found if len(found) > 1 else found[0]

    def __repr__(self) -> str:
        target, channels, predicted = "", "", None
        if method_named(self.method).class_specific:
            target = pictures.target_words(self.target_classes, forms.class_number)
        if self.predicted is not None and self.probabilities is not None:
            predicted = self.predicted, float(self.probabilities[self.predicted])
        if self.channel_count:
            shares = list(zip(self.channels.tolist(), self.shares.tolist(), strict=True))
            at = self.at if self.ranked_by == "value" else None
            channels = summaries.strongest_channels(shares, self.channel_count, self.unit, at)
        height, width = self.overall_map.shape
        return summaries.explanation_summary(self.layer, self.method, target, predicted, channels, (height, width))


def cell_under(place: tuple[int, int], size: tuple[int, int], grid: tuple[int, int]) -> tuple[int, int]:
    """Give the cell of a grid ``(h, w)`` that lies under a pixel ``(row, column)`` of an image ``(H, W)``."""
    row, column = ((2 * at + 1) * cells // (2 * pixels) for at, pixels, cells in zip(place, size, grid, strict=True))
    return row, column


def read_only(array: np.ndarray) -> np.ndarray:
    """Make an array read-only, as others may hold it too."""
    array.setflags(write=False)
    return array

"""How a class's probability changes where only what a heatmap marks is shown: average drop, increase in confidence."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, as_batch, written_in
from attn_widget.evidence.image_scores import ImageScores
from attn_widget.explanation import Explanation
from attn_widget.outputs import label_beside
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Pair
from attn_widget.targets import Settled, Target
from attn_widget.words import evidence

Images = Sequence[torch.Tensor | np.ndarray] | torch.Tensor | np.ndarray
Heatmaps = Sequence[np.ndarray | Explanation] | np.ndarray


def average_drop(
    model: nn.Module,
    images: Images,
    heatmaps: Heatmaps,
    *,
    target: Target | None = None,
    labels: Sequence[Label | Pair] | None = None,
    forward: Forward | None = None,
    progress: Callable[[int], None] | None = None,
) -> float:
    r"""Give how much of a class's probability is lost where an image is multiplied by its heatmap, as a share of 1.

    With p the probability of the class, and the heatmap H in [0, 1] of each of N images X:

    .. math:: \frac{1}{N} \sum_{i=1}^{N} \frac{\max(0, p(X_i) - p(H_i \odot X_i))}{p(X_i)}

    Chattopadhay, Sarkar, Howlader & Balasubramanian, "Grad-CAM++", WACV 2018, where it is in percent. Lower is better,
    but a heatmap that is hot everywhere drops nothing: compare with one that knows nothing of the image. Zero is the
    image's own zero, so black for pixels in [0, 1], and a mean colour for normalised ones.

    Parameters
    ----------
    model, forward
        As in `explain`.
    images : sequence of Tensor or ndarray ``[C, H, W]``, or Tensor ``[N, C, H, W]``
        All of one size, as the model takes them.
    heatmaps : sequence of Explanation or ndarray ``[H, W]``
        One for each image, in [0, 1]; an Explanation's is its `overall`. NaN hides a pixel.
    target : str or int, optional
        ``"predicted"``, ``"true"`` or a class, for all images; by default what each Explanation explains, else the
        predicted class. It is resolved for the whole image.
    labels : sequence, optional
        One for each image, as `explain` takes them; ``"true"`` needs it.
    progress : callable, optional
        Is told after each batch how many images were scored, of 2 N; what it raises ends the work.

    Raises
    ------
    Refusal
        Where the model's output is no class scores, or what is explained is not one class.
    TypeError, ValueError
        If another argument is invalid.
    """
    before, after = _confidences(model, images, heatmaps, target, labels, forward, progress)
    lost = np.maximum(before - after, 0)
    return float(np.divide(lost, before, out=np.zeros_like(lost), where=before > 0).mean())


def increase_in_confidence(
    model: nn.Module,
    images: Images,
    heatmaps: Heatmaps,
    *,
    target: Target | None = None,
    labels: Sequence[Label | Pair] | None = None,
    forward: Forward | None = None,
    progress: Callable[[int], None] | None = None,
) -> float:
    r"""Give on which share of images a class's probability rises where the image is multiplied by its heatmap.

    .. math:: \frac{1}{N} \sum_{i=1}^{N} [p(H_i \odot X_i) > p(X_i)]

    Higher is better. All else as in `average_drop`, from the same paper, where it is in percent.
    """
    before, after = _confidences(model, images, heatmaps, target, labels, forward, progress)
    return float((after > before).mean())


def _confidences(
    model: nn.Module,
    images: Images,
    heatmaps: Heatmaps,
    target: Target | None,
    labels: Sequence[Label | Pair] | None,
    forward: Forward | None,
    progress: Callable[[int], None] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the probability of what is explained for each image, and for each under its heatmap: ``[N]`` each."""
    whole = [as_batch(image)[0] for image in images]
    _check(whole, heatmaps, labels)
    known = [None] * len(whole) if labels is None else list(labels)
    scores = ImageScores(model, whole[0], label=known[0], forward=forward, progress=progress)
    before = scores.probabilities_of(whole)
    after = scores.probabilities_of(_masked(*both) for both in zip(whole, heatmaps, strict=True))
    classes = [
        _class(_asked(target, heatmap), best, label, before.shape[1])
        for heatmap, best, label in zip(heatmaps, before.argmax(1).tolist(), known, strict=True)
    ]
    each = np.arange(len(whole))
    return before[each, classes], after[each, classes]


def _masked(image: torch.Tensor, heatmap: np.ndarray | Explanation) -> torch.Tensor:
    """Multiply an image by its heatmap."""
    given = heatmap.overall if isinstance(heatmap, Explanation) else np.asarray(heatmap)
    mask = torch.from_numpy(np.nan_to_num(given.astype(np.float64))).to(image.device)
    wide = image if image.is_floating_point() else image.float()
    return written_in(wide * mask.to(wide.dtype), image.dtype, image)


def _asked(target: Target | None, heatmap: np.ndarray | Explanation) -> Target | Settled:
    if target is None:
        return heatmap.target_classes if isinstance(heatmap, Explanation) else "predicted"
    return target


def _class(asked: Any, predicted: int, label: Label | Pair, count: int) -> int:
    """Resolve what is explained to a class of `count`."""
    known = {"predicted": predicted, "true": label_beside(count, label)}
    found = known.get(asked, asked) if isinstance(asked, str) else asked
    if isinstance(found, bool) or not isinstance(found, int | np.integer):
        raise Refusal(evidence.not_one_class(found))
    if not 0 <= found < count:
        raise ValueError(f"target must be a class from 0 to {count - 1}, got {found}")
    return int(found)


def _check(images: Sequence[torch.Tensor], heatmaps: Heatmaps, labels: Sequence[Label | Pair] | None) -> None:
    """Raise a ValueError or Refusal where images, heatmaps and labels do not go together."""
    if not images:
        raise ValueError("images must be at least one image [C, H, W], got none")
    for name, given in (("heatmaps", heatmaps), ("labels", labels)):
        if given is not None and len(given) != len(images):
            raise ValueError(f"{name} must be one for each of the {len(images)} images, got {len(given)}")
    for image, heatmap in zip(images, heatmaps, strict=True):
        if image.shape != images[0].shape:
            raise ValueError(f"images must be of one size, got {list(images[0].shape)} and {list(image.shape)}")
        if isinstance(heatmap, Explanation) and heatmap.silenced is not None:
            raise Refusal(evidence.OF_ALTERED_MODEL)
        size = heatmap.size if isinstance(heatmap, Explanation) else np.shape(heatmap)
        if size != tuple(image.shape[1:]):
            raise ValueError(f"heatmaps must have the images' size {list(image.shape[1:])}, got {list(size)}")

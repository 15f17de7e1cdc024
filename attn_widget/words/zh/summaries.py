"""The one-line forms of an `Explanation` and a `Sample`."""

from collections.abc import Sequence

from attn_widget.words.notation import spaced
from attn_widget.words.zh import forms

NO_PICTURE = "没有给出图像：\nexplanation.show(picture)"
_LISTED = 5


def explanation_summary(
    layer: str, method: str, target: str, predicted: tuple[int, float] | None, channels: str, grid: tuple[int, int]
) -> str:
    """Describe an Explanation.

    `layer` is empty for a method that reads the image or all layers, `target` for one that looks at activations alone,
    and `channels` (see `strongest_channels`) without channels. `predicted` is a class and its probability.
    """
    of = layer or (forms.ALL_LAYERS if channels else forms.OF_PIXELS)
    said = spaced(f"对 {of} 的解释，方法 {forms.method_name(method)}" + (f"，目标为 {target}" if target else ""))
    if predicted is not None:
        said += f"：预测为{forms.class_number(predicted[0])}（{forms.percent(predicted[1])}）"
    return said + (f"，{channels}，{forms.a_grid(grid)}" if channels else "")


def strongest_channels(shares: Sequence[tuple[int, float]], count: int, unit: str, at: tuple[int, int] | None) -> str:
    """List the strongest channels or heads with their shares; `at` is the place whose values rank them, if any."""
    listed = "、".join(f"{channel}（{forms.percent(share)}）" for channel, share in shares[:_LISTED])
    more = "……" if len(shares) > _LISTED else ""
    where = "" if at is None else f"{forms.pixel(*at)}处"
    return f"{where}最强的{forms.plural(unit, len(shares))}：{listed}{more}，共 {count} 个"


def sample_summary(position: int, name: str, shape: tuple[int, ...], dtype: str, label: str) -> str:
    """Describe a Sample; `name` and `label` may be empty."""
    named = f"（{name}）" if name else ""
    kind = dtype.removeprefix("torch.")
    return f"样本 {position}{named}：图像 {list(shape)} {kind}，" + (f"标签 {label}" if label else "没有标签")

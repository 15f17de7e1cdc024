"""What is written on the figures."""

from collections.abc import Callable, Sequence

from attn_widget.words.notation import spaced
from attn_widget.words.zh import forms

# The figure.
OWN_ENDS = ("最低", ["各图最高", "最高"])
SIGNED_OWN_ENDS = ("负", ["各图的正值", "正"])
ALL_CHANNELS = "所有通道"
BOTH_PANELS = "两张图"


def value_ends(
    span: tuple[float, float], *, below: bool, above: bool, signed: bool, where: str = "", fixed: bool = False
) -> tuple[str, list[str]]:
    """Write both ends of a scale, the high one also in shorter forms: where it holds, and whether it is fixed.

    A sign says where values lie beyond an end, and look as it does.
    """
    low = _low_end(forms.number(span[0]), below=below)
    high = _high_end(forms.number(span[1]), above=above, signed=signed)
    stays = ["固定"] if fixed else []
    return low, ["，".join(parts) for parts in ([high, *([where] if where else []), *stays], [high, *stays], [high])]


def value_span(span: tuple[float, float], *, below: bool, above: bool, signed: bool) -> list[str]:
    """Write from which value to which a panel's colours run, also with fewer digits; a flat map has one value."""
    if span[0] == span[1]:
        return [forms.number(span[0])]
    ends = [[forms.number(end, digits) for end in span] for digits in (3, 2)]
    return [f"{_low_end(low, below=below)} … {_high_end(high, above=above, signed=signed)}" for low, high in ends]


def _low_end(value: str, *, below: bool) -> str:
    return f"≤ {value}" if below else value


def _high_end(value: str, *, above: bool, signed: bool) -> str:
    return f"{'≥ ' if above else ''}{'+' if signed else ''}{value}"


def signed_ends(most: float) -> tuple[str, list[str]]:
    return forms.number(-most), [f"+{forms.number(most)}"]


def image_title(true: str) -> str:
    return f"真实：{true}" if true else "图像"


def predicted_class(name: str, probability: float) -> str:
    return f"预测：{name} {forms.percent(probability)}"


def predicted_value(value: float) -> str:
    return f"输出：{forms.number(value)}"


EMPTY_BECAUSE = {
    "flat": "各处数值相同",
    "inactive": "该层没有任何激活",
    "below zero": "该层没有大于零的值",
    "same class": "类别与其自身相比",
    "saturated": "softmax 已饱和",
    "unread": "没有证据到达该层",
    "no gradient": "此处梯度为零",
    "against": "这里的证据全都反对它",
    "zero": "这张图全为零",
    "nothing positive": "这张图没有大于零的值",
}
"""What stands in an overall panel that is blank, by `Explanation.empty`."""


OVERALL = "总热力图"

# The line below it.
SAME_FOR_EVERY_CLASS = [
    "此处活跃；对每个类别都是同一张图",
    "对每个类别都是同一张图",
    "各类别同一张图",
    "不分类别",
]
_LENGTHS = (20, 16, 12, 9, 7, 6)  # of class names


def heat_moves(share: float, first: str, second: str) -> list[str]:
    """Say how much of the heat moves between two classes, from the longest form to the shortest."""
    moved = forms.percent(share)
    longest = max(len(first), len(second))
    lengths = [longest, *(most for most in _LENGTHS if most < longest)]
    pairs = [[forms.shortened(name, most) for name in (first, second)] for most in lengths]
    return [
        spaced(f"{first} 与 {second} 之间移动了 {moved} 的热度"),
        *(f"移动 {moved}：{one} \N{LEFT RIGHT ARROW} {other}" for one, other in pairs),
        f"换类别移动 {moved}",
        f"移动 {moved}",
    ]


def no_heat_for(name: str) -> list[str]:
    """Say for which of two classes there is no heat, so that none can move."""
    return [spaced(f"{forms.shortened(name, most)} 没有热度") for most in (len(name), *_LENGTHS)]


def no_heat_for_one(first: str, second: str) -> list[str]:
    """Say that there is no heat for one of two contrasted classes by itself."""
    return [spaced(f"单看 {first} 或 {second} 没有热度"), "单看其中一类没有热度"]


def layer_and_method(layer: str, method: str) -> str:
    return f"{layer} · {forms.method_name(method)}"


def channel_titles(
    unit: str, channel: int, weight: float, share: float, here: float | None
) -> tuple[list[str], list[str]]:
    """Name a channel, and its share beside its weight or its value at a place: each long, then shorter."""
    words, value = ("权重", weight) if here is None else ("此处", here)
    value_text, share_text = forms.number(value), forms.percent(share)
    shorter = [f"{value_text} · {share_text}", share_text if here is None else value_text]
    title = [f"{forms.plural(unit, 1)} {channel}", str(channel)]
    return title, [f"{words} {value_text} · 占比 {share_text}", *shorter]


def difference_titles(first: str, second: str) -> tuple[list[str], list[str]]:
    """Name the difference of two overall heatmaps and its colours, each also in a shorter form."""
    return [f"{first} \N{MINUS SIGN} {second}", "差异"], [
        spaced(f"红：{first} 更多，蓝：{second} 更多"),
        "红：前者更多",
    ]


NO_DIFFERENCE = (["没有差异"], ["两个目标是同一类别", "同一类别"])


def asked_as(name: str, target: object) -> str:
    """Name a class, with the role ("predicted", "true") that it was asked for by."""
    return f"{name}（{_role(target)}）" if isinstance(target, str) else name


def same_target(name: str, first: object, second: object) -> str:
    roles = [_role(role) for role in (first, second) if isinstance(role, str)]
    if len(set(roles)) < 2:
        return spaced(f"两个目标都是 {name}：没有差异可看。")
    return spaced(f"{roles[0]}类别与{roles[1]}类别相同，都是 {name}：没有差异可看。")


def _role(target: str) -> str:
    return {"predicted": "预测", "true": "真实"}.get(target, target)


def pixel_value(row: int, column: int, cell: tuple[int, int], value: float, unit: float) -> str:
    """Name a pixel, the cell of the map over it, and the value there, raw and normalised."""
    place = f"{forms.pixel(row, column)} · 格子 {cell[0]}, {cell[1]}"
    return f"{place}：无数据" if value != value else f"{place}：{forms.number(value)}（归一化 {unit:.2f}）"


def pixel_difference(row: int, column: int, value: float) -> str:
    read = "无数据" if value != value else f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
    return f"{forms.pixel(row, column)}：{read}"


# The sheet of thumbnails.
def tile_caption(true: str, predicted: str, sure: str) -> list[list[str]]:
    """Write a thumbnail's classes and how sure the model is: lines, each from the longest form to the shortest."""
    known = bool(true) and true != predicted
    start, end = "→ " if known else "", f" {sure}" if sure else ""
    lengths = range(max(len(predicted), 3), 2, -1)
    return [*([[true]] if known else []), [f"{start}{forms.shortened(predicted, most)}{end}" for most in lengths]]


def distinct_names(names: Sequence[str]) -> list[list[str]]:
    """Give each name in full, then shorter: ends that tell it from the others."""
    return [[name, *_known_ends(name, [other for other in names if other != name])] for name in names]


def _known_ends(name: str, others: Sequence[str]) -> list[str]:
    """Give the shortest end that no other name has: of whole dotted parts, and of characters."""
    starts = [at for at in range(1, len(name)) if not any(other.endswith(name[at:]) for other in others)]
    whole = [at for at in starts if name[at - 1] == "."]
    return [f"…{name[at:]}" for at in (*whole[-1:], *starts[-1:])]


# The confusion matrix.
TRUE_ROWS = "真实 ↓"
PREDICTED_COLUMNS = "预测 →"


def confused(true: str, predicted: str, count: int, share: float) -> str:
    return spaced(f"{true} → {predicted}：{forms.counted(count, 'sample')}（占 {true} 的 {forms.percent(share)}）")


def cell_value(value: float) -> str:
    return f"{value:.0f}" if value >= 1 or value <= 0 else "<1"


def matrix_top(value: float, *, rates: bool) -> str:
    return f"真实类别的 {forms.percent(value / 100)}" if rates else forms.counted(round(value), "sample")


def classes_shown(shown: int, count: int) -> str:
    return f"{count:,} 个类别中混淆最多的 {shown} 个"


def target_words(target: object, name_of: Callable[[int], str]) -> str:
    if isinstance(target, tuple):
        return spaced(f"{name_of(target[0])} 而不是 {name_of(target[1])}")
    return name_of(target) if isinstance(target, int) else "目标函数" if target else "输出"

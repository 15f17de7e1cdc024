"""What is said about parts: directions among a layer's channels."""

from collections.abc import Sequence

from attn_widget.words.notation import spaced
from attn_widget.words.zh import evidence, forms

ALIKE = 0.9
"""The cosine from which on two parts are called the same."""


def other_channel_count(layer: str, count: int, came: int) -> str:
    counted = forms.counted(count, "channel")
    return f"这些部分来自层 {layer!r}（{counted}），而所选的层有 {came:,} 个通道：请选择 {layer!r}。"


def parts_of_another_layer(method: str, own: str, layer: str) -> str:
    return spaced(f"{forms.method_name(method)} 来自层 {own!r}，而不是 {layer!r}：请选择 {own!r}。")


def other_parts(method: str) -> str:
    return f"普查开始时，名为“{method}”的是另外一些部分。"


def parts_make_up(count: int, share: float) -> str:
    rest = "其余不属于任何部分" if share < 1 else "没有剩余"
    return f"这 {forms.counted(count, 'part')}构成该层对这幅图像的值的 {forms.percent(share)}；{rest}。"


def parts_of(name: str) -> str:
    return spaced(f"{name} 的部分")


def none_of_class(name: str, read: int) -> str:
    samples = forms.counted(read, "sample")
    which = f"{samples}中没有一个被预测为 {name}" if name else f"{samples}中没有一个能读取"
    return spaced(f"{which}：没有可以分解成部分的数据。")


def nothing_above_zero(layer: str) -> str:
    return f"{layer!r} 没有大于零的值，而各个部分正是由这样的值分解而来：请选择另一层。"


def heads_have_no_parts(layer: str) -> str:
    return f"{layer!r} 的通道是注意力头，它们的权重不是可以混合的值：请选择另一层。"


def parts_taken_out(numbers: Sequence[int], layer: str) -> str:
    which = f"部分 {forms.listed(list(map(str, numbers)))}"
    return f"模型已被改动：去掉了 {layer} 的{which}，即该层输出在这些方向上的分量；这里的一切都针对改动后的模型。"


def parts_on_bench(count: int, layer: str) -> str:
    return f"已去掉 {layer} 的 {forms.counted(count, 'part')}。"


def parts_chip(count: int, layer: str) -> str:
    return f"{evidence.MODEL_ALTERED}：去掉了 {layer} 的 {forms.counted(count, 'part')}"


def parts_control(before: float, mean: float, draws: int) -> str:
    change = evidence.before_and_after(forms.percent(before), forms.percent(mean))
    return f"沿随机方向去掉同样多：{change}（{draws} 次抽取的均值）。"


CHANNEL = "通道"


def part_drawn(part: int, share: float, channels: list[int]) -> str:
    mostly = f"，主要是通道 {forms.listed(list(map(str, channels)))}"
    return f"部分 {part}：占比 {forms.percent(share)}{mostly if channels else ''}"


def parts_stability(seeds: int, least: float, by_chance: float | None) -> str:
    """Say whether parts are stable; `by_chance` is what the shuffled values' parts make up if that is as much."""
    starts = f"（{seeds} 个随机起点，最小余弦 {least:.2f}）"
    if by_chance is not None:
        return f"不稳定：把数值在格子间打乱后分解，也能构成同样多（{forms.percent(by_chance)}），因此谈不上有部分"
    return (
        f"稳定：从不同起点得到的部分相同{starts}"
        if least >= ALIKE
        else f"不稳定：起点不同，部分也不同{starts}，请换一个 n"
    )


def parts_summary(
    name: str, layer: str, samples: int, explained: tuple[float, float], shares: list[float], stability: str
) -> str:
    """Describe Parts; `explained` is what they make up, and what those of shuffled values do."""
    of = f"{name} 在 {layer} 中的" if name else f"{layer} 中的"
    each = forms.listed([forms.percent(share) for share in shares])
    most, chance = map(forms.percent, explained)
    return spaced(
        f"{of} {forms.counted(len(shares), 'part')}，由 {forms.counted(samples, 'sample')}得出：共构成"
        f"其数值的 {most}（打乱后：{chance}），占比分别为 {each}；{stability}"
    )

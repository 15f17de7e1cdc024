"""What is said about evidence: what was altered or measured, with its control."""

from collections.abc import Sequence

from attn_widget.words.notation import spaced
from attn_widget.words.zh import forms

# --- Channels silenced.


def silenced_note(channels: Sequence[int], layer: str, fill: str) -> str:
    count = len(channels)
    numbers = "" if count > 5 else f"（{forms.listed(list(map(str, channels)))}）"
    to = {"zero": "零", "mean": "它们在几个样本上的均值", "values": "给定的值"}[fill]
    return (
        f"模型已被改动：{layer} 的 {forms.counted(count, 'channel')}{numbers}被屏蔽，"
        f"即在该层的输出中设为{to}；这里的一切都针对改动后的模型。"
    )


def no_such_channels(name: str, unknown: Sequence[int], count: int, layer: str) -> str:
    numbers = forms.listed(list(map(str, unknown[:5]))) + (" 等" if len(unknown) > 5 else "")
    return f"{name} 中有 {numbers}，但层 {layer!r} 的通道编号是 0 到 {count - 1}。"


def values_do_not_fit(given: int, count: int, layer: str) -> str:
    counted = forms.counted(count, "channel")
    return f"silence 给了 {given} 个值，而层 {layer!r} 有 {counted}：每个通道需要一个值。"


def heads_have_no_mean(layer: str) -> str:
    return f"{layer!r} 的注意力头只能用零屏蔽：各 token 的注意力各不相同，对每个头取均值没有意义。"


MODEL_ALTERED = "模型已改动"


def chip_of_silenced(count: int, layer: str) -> str:
    return f"{MODEL_ALTERED}：{f'{layer} 的 ' if layer else ''}{forms.counted(count, 'channel')}被屏蔽"


def before_and_after(before: str, after: str) -> str:
    return f"{before} \N{RIGHTWARDS ARROW} {after}"


# The channel bench.
SILENCE_SHOWN = "屏蔽这些"
KEEP_SHOWN = "只留这些"
CLEAR_SILENCED = "清除"
FILL = "设为"
FILLS = {"zero": "零", "mean": "前几个样本上的均值", "values": "给定的值"}
BENCH = "预测需要其中哪些通道？屏蔽几个，看看没有它们时模型怎么说。"
NO_BENCH = "这里没有可屏蔽的通道：请选择一种读取单个层的方法，以及一个能给出热力图的层。"
ALL_SILENCED = "所有通道都被屏蔽，没有其他通道可作对照。"
OF_THE_MODEL_ITSELF = "这里的错误是模型本身的错误，没有屏蔽任何通道。"
BENCH_TOOLTIPS = {
    "silence_shown": "运行模型时，把图中显示的通道设为零或均值",
    "keep_shown": "屏蔽这一层的所有通道，只保留图中显示的",
    "clear_silenced": "让所有通道恢复自己的值",
    "fill": "被屏蔽的通道在该层输出的所有位置上设成什么值",
}


def bench_said(count: int, layer: str, fill: str) -> str:
    return f"已屏蔽 {layer} 的 {forms.counted(count, 'channel')}：设为{FILLS[fill]}。"


def of_another_layer(layer: str) -> str:
    return f"在这里屏蔽 {layer} 的通道，会取代那里的屏蔽。"


def bench_channel(number: int, share: float | None, *, silenced: bool) -> str:
    parts = [str(number), "" if share is None else forms.percent(share), "已屏蔽" if silenced else ""]
    return " · ".join(filter(None, parts))


def bench_tooltip(number: int, unit: str, *, silenced: bool) -> str:
    which = f"{forms.plural(unit, 1)} {number}"
    return f"让{which} 恢复自己的值" if silenced else f"屏蔽{which}"


def no_means(error: Exception) -> str:
    return f"没有可用的均值，因此设为零（{forms.error_text(error)}）。"


def no_effect(error: Exception) -> str:
    return f"无法测出屏蔽的影响：{forms.error_text(error)}。"


def effect(name: str, before: float, after: float) -> str:
    return f"{name} {before_and_after(forms.percent(before), forms.percent(after))}"


def control(count: int, unit: str, before: float, mean: float, draws: int, *, kept: bool) -> str:
    drawn = f"随机抽取的另外 {forms.counted(count, unit)}"
    others = f"只保留{drawn}" if kept else drawn
    change = before_and_after(forms.percent(before), forms.percent(mean))
    return f"{others}：{change}（{draws} 次抽取的均值）。"


def by_altered_model(predicted: str) -> str:
    return f"改动后的模型：{predicted}" if predicted else MODEL_ALTERED


# Games: where the heat lies.


def with_interval(mean: float, interval: tuple[float, float]) -> str:
    low, high = (forms.percent(end).removesuffix(" %") for end in interval)
    return f"{forms.percent(mean)}（95 % 区间：{low} 到 {high}）"


def blank_heatmaps(blank: int, count: int) -> str:
    return f"{forms.counted(count, 'heatmap')}中有 {blank:,} 张没有热度。" if blank else ""


def grid_game_summary(
    method: str, layer: str, grids: int, size: tuple[int, int], shrunk: bool, share: str, hits: str, blank: int
) -> str:
    at = f"（{layer}）" if layer else " "
    how = "缩小到一幅图像的大小" if shrunk else "每幅图像保持原大小"
    nothing = blank_heatmaps(blank, 4 * grids)
    return (
        f"{method}{at}的网格指向游戏：{forms.counted(grids, 'grid')}，2x2，{size[0]}x{size[1]}，{how}。"
        f"落在正确的那一格中：热度的 {share}，峰值的 {hits}；随机情形下各为 25 %。{nothing}"
    )


def disconnected_summary(method: str, layer: str, grids: int, share: str, blank: int) -> str:
    at = f"（{layer}）" if layer else " "
    nothing = blank_heatmaps(blank, 4 * grids)
    return (
        f"{method}{at}落在模型看不到之处的热度（{forms.counted(grids, 'grid')}，2x2）：{share}；"
        f"与得分无关的图为 75 %。{nothing}"
    )


NOTHING_RANDOM = "无"
RANDOM_DOWN_TO = "从输出端起重新初始化，直到"
RANK_CORRELATION = "与原热力图的秩相关"


def randomisation_control(unrelated: bool) -> str:
    return "与无关的图像相比" if unrelated else "与打乱格子的图相比"


def randomisation_summary(
    method: str,
    layer: str,
    layers: Sequence[str],
    correlations: Sequence[float],
    control: tuple[float, float],
    unrelated: bool,
) -> str:
    at = f"（{layer}）" if layer else " "
    told = sorted({0, len(layers) // 2, len(layers) - 1})
    steps = [f"到 {layers[number]} 为止 {correlations[number]:.2f}" for number in told]
    low, high = control
    return (
        f"{method}{at}的随机化检验：从输出端起逐层重新初始化。"
        f"与原热力图的秩相关：{'，'.join(steps)}。"
        f"{randomisation_control(unrelated)}：{low:.2f} 到 {high:.2f}。"
    )


# The table of methods.
METHOD = "方法"
RANDOM_MAP = "随机图"
CENTRED_MAP = "居中图"
_MEASURES = {
    "deletion": "删除 ↓",
    "insertion": "插入 ↑",
    "road": "ROAD ↓",
    "average_drop": "平均下降 ↓",
    "increase_in_confidence": "置信度上升 ↑",
    "pointing_game": "指向游戏 ↑",
    "energy_inside": "框内能量 ↑",
}


def measure_heading(name: str) -> str:
    """Name a measure, with an arrow to where a heatmap is better."""
    return _MEASURES.get(name, name.replace("_", " "))


def cell(mean: float, low: float, high: float) -> str:
    return "–" if mean != mean else f"{mean:.3f}（{low:.3f} 到 {high:.3f}）"


def table_caption(layer: str, samples: int) -> str:
    at = f"在 {layer} 上，" if layer else ""
    return f"各方法比较：{at}{forms.counted(samples, 'sample')}，均值（95 % 区间）"


# What a heatmap is checked by.
FRACTION = "占图像的比例"
FRACTION_OF = {
    "deletion": "被替换的图像比例，从最热处开始",
    "insertion": "被还原的图像比例，从最热处开始",
    "road": "被插补的图像比例，从最热处开始",
    "road, coldest first": "被插补的图像比例，从最冷处开始",
}
THE_CLASS = "该类别"
SCORE = "得分"
NOTHING_TO_SCORE = "模型的输出既不是各类别的得分，也不是单个值，因此无从测量：请用 target= 传入一个以该输出为参数的函数"
NO_CLASS_PROBABILITIES = "模型的输出不是各类别的得分，因此没有类别概率。"
OF_ALTERED_MODEL = "这个解释来自屏蔽了通道的模型，不能在模型本身上测量：请不带 silence= 重新解释"


def not_one_class(found: object) -> str:
    return f"只有针对单个类别，才能测量类别概率的变化，而这里解释的是 {found!r}。"


BLANK = "热力图是空白的，无法给像素排出先后，因此无从检查。"
FLAT = "热力图处处相同，无法给像素排出先后，因此无从检查。"

_Areas = tuple[float, Sequence[float], float, int]
"""Of one measure: the area of the heatmap, of random maps, of the centred one, and how many random maps did worse."""


def check_verdict(name: str | None, deletion: _Areas, insertion: _Areas) -> str:
    """Say what was measured: the probability of a class by its name or, without one, the score."""
    draws, beaten = len(deletion[1]), (deletion[3], insertion[3])
    centred = deletion[0] < deletion[2], insertion[0] > insertion[2]
    if beaten == (draws, draws):
        found = f"按两种度量，它都优于全部 {draws} 张随机图，{_beside_centred(*centred)}。"
    elif max(beaten) <= draws // 2:
        found = "按两种度量，它都不比随机图更好：热度落在哪里，在这里说明不了什么。"
    else:
        found = "有些随机图同样好，因此无法断定热度是否落在关键的地方。"
    return spaced(f"{_deleted(name, deletion)}{_inserted(insertion)}{found}")


def _beside_centred(by_deletion: bool, by_insertion: bool) -> str:
    if by_deletion and by_insertion:
        return "也优于居中图"
    if not by_deletion and not by_insertion:
        return "但不优于居中图"
    return f"但只按{'删除' if by_deletion else '插入'}度量优于居中图"


def _deleted(name: str | None, areas: _Areas) -> str:
    what = "得分" if name is None else f"{name} 的概率"
    return f"从最热的像素开始替换时，{what}平均为 {_beside_controls(areas, '越低越好')}。"


def _inserted(areas: _Areas) -> str:
    return f"从最热的像素开始还原时，平均为 {_beside_controls(areas, '越高越好')}。"


def _beside_controls(areas: _Areas, better: str) -> str:
    own, random, centred, _ = areas
    return (
        f"{own:.2f}（{better}）；{len(random)} 张热度相同的随机图为 {min(random):.2f} 到 {max(random):.2f}，"
        f"居中图为 {centred:.2f}"
    )


# --- A region covered.


def no_pixel_covered(size: tuple[int, int]) -> str:
    return f"这幅 {size[0]}x{size[1]} 的图像没有像素落在要遮盖的区域内：请在图像上画一个更大的区域。"


def other_size(position: int, other: Sequence[int], own: Sequence[int]) -> str:
    return f"样本 {position} 的形状是 {list(other)}，而这个样本是 {list(own)}：只有形状相同的样本才能用来遮盖区域。"


REGION_COVERED = "区域已遮盖"
COVER_HEADING = "遮盖区域"
RECTANGLE = "矩形"
LASSO = "套索"
UNCOVER = "取消遮盖"
COVER_WITH = "遮盖为"
COVER_FILLS = {
    "blur": "原内容的模糊版",
    "mean": "平均颜色",
    "noise": "噪声",
    "sample": "另一个样本的同一块",
}
OTHER_SAMPLE = "取自样本"
COVER = "如果看不到图像的某一部分，模型会怎么说？在图像或热力图上把它圈出来。"
COVER_TOOLTIPS = {
    "rectangle": "在图像上拖动，遮盖一个矩形；再次点击则停止绘制",
    "lasso": "拖动圈出图像的一部分，把它遮盖；再次点击则停止绘制",
    "uncover": "重新让模型看到整幅图像",
    "cover_with": "模型在该区域看到的是什么",
    "other_sample": "用哪个样本在同一位置的像素来代替",
    "chip_cover": "重新让模型看到整幅图像",
}
NOWHERE_ELSE = "区域太大，图像中没有别处放得下它，因此没有对照。"
_COVERED_WITH = {"blur": "做了模糊处理", "mean": "填成了平均颜色", "noise": "填成了噪声"}


def _covered_with(fill: str, other: int | None) -> str:
    return f"换成了样本 {other} 的同一块" if fill == "sample" else _COVERED_WITH[fill]


def covered(fill: str, other: int | None) -> str:
    return f"模型看到的就是所显示的图像，其中一个区域{_covered_with(fill, other)}。要移动它，另画一个即可。"


def covered_note(fill: str, other: int | None) -> str:
    return f"图像的一个区域{_covered_with(fill, other)}；这里的一切都针对所显示的图像。"


def elsewhere(before: float, mean: float, places: int) -> str:
    change = before_and_after(forms.percent(before), forms.percent(mean))
    return f"同样形状遮盖别处：{change}（{forms.counted(places, 'place')}的均值）。"


# The check in the panel.
CHECK_HEADING = "检查这张热力图"
BENCH_HEADING = "屏蔽通道"
CHECK = "检查"
STOP_CHECK = "停止"
CHECK_TOOLTIPS = {
    "check": "从最热的像素开始替换，看得分是否比用随机图时下降得更快",
    "stop_check": "停止检查",
}
TO_CHECK = "热度是否落在关键的地方？从最热的像素开始替换，再从最热的开始还原，并与热度相同但位置不同的图对照。"
NOTHING_TO_CHECK = "没有可检查的热力图。"
CHECK_STOPPED = "检查已停止。"
CURVE_TITLES = {"deletion": "删除", "insertion": "插入"}
CURVE_BETTER = {"deletion": "越低越好", "insertion": "越高越好"}
CURVE_FRACTIONS = {
    "deletion": ["被替换的图像比例，从最热处开始", "被替换，从最热处开始", "被替换"],
    "insertion": ["被还原的图像比例，从最热处开始", "被还原，从最热处开始", "被还原"],
}
OWN_MAP = "这张热力图"
CENTRED_MAP_OF_CHECK = "居中图"


def random_maps(draws: int) -> str:
    return forms.counted(draws, "random map")


def checking(done: int, total: int) -> str:
    return f"检查中：{done:,} / {total:,} 幅图像……"


def no_check(error: Exception) -> str:
    return f"无法检查这张热力图：{forms.error_text(error)}"

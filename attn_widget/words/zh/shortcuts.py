"""What is said of shortcuts: which region is enough for a class, beside its controls."""

from collections.abc import Mapping, Sequence

from attn_widget.words.en.shortcuts import Measured as Measured
from attn_widget.words.notation import spaced
from attn_widget.words.zh import forms

CUES = {
    "patch": "一小块区域",
    "rows": "一条横带",
    "columns": "一条竖带",
    "frame": "一圈边框",
    "colours": "颜色",
}
_CUES_IN_SHORT = {"patch": "小块", "rows": "横带", "columns": "竖带", "frame": "边框", "colours": "颜色"}
CUE_CONTROLS = {
    "coldest": "最冷的同样区域",
    "random": "随机位置的区域",
    "another class": "另一类别的区域",
    "edge": "只用边缘、内部换成另一幅图",
}


def no_sure_samples(least: int) -> str:
    return f"没有一个类别有 {least} 个预测正确且能重新读取的样本，因此没有可移植的区域。"


ONE_CLASS_ALONE = "可供粘贴的其他类别的样本太少：几乎所有样本都属于同一类别，或被预测为它。"


def cue_said(kind: str, area: float) -> str:
    return CUES[kind] if kind == "colours" else f"{CUES[kind]}（占画面的 {forms.percent(area)}）"


def cue_in_short(kind: str, area: float) -> str:
    return _CUES_IN_SHORT[kind] if kind == "colours" else f"{_CUES_IN_SHORT[kind]}，{forms.percent(area)}"


def rate_in_short(rate: Measured) -> str:
    low, high = (forms.percent(end).removesuffix(" %") for end in (rate.low, rate.high))
    return f"{forms.percent(rate.share)}（{low} 到 {high}）"


def rate_said(rate: Measured) -> str:
    return f"{forms.percent(rate.share)}（{forms.percent(rate.low)} 到 {forms.percent(rate.high)}）"


def shortcut_said(
    name: str,
    cue: tuple[str, float],
    enough: bool,
    flips: Measured,
    controls: Mapping[str, Measured],
    lost: Measured,
    following: tuple[str, float] | None,
) -> str:
    """Say what was measured for a class; `following` is the class of the others that gains most by its own region."""
    which = f"{cue_said(*cue)}：对 {name} {'足够' if enough else '不够'}"
    by = [f"{CUE_CONTROLS[control]}为 {rate_said(rate)}" for control, rate in controls.items()]
    parts = [f"{which}。粘贴到其他类别的样本上后，其中 {rate_said(flips)}被预测为 {name}"]
    parts.append(f"；对照：{'，'.join(by)}。" if by else "。")
    parts.append(f"在最有把握的 {name} 样本中换掉它后，{rate_said(lost)}不再被预测为 {name}。")
    if following is not None:
        other, share = following
        parts.append(f"在其他类别中，因自己的区域而增加最多的是 {other}：{forms.percent(share)}。")
    return spaced("".join(parts))


def mean_heat_said(name: str, half: float, half_of_others: float, overlap: float, apart: bool) -> str:
    """Say where the model looks for a class on average."""
    said = (
        f"平均而言，{name} 的一半热度集中在画面的 {forms.percent(half)} 内（其他类别："
        f"{forms.percent(half_of_others)}），{forms.percent(overlap)} 的热度与其他类别的重合"
    )
    return spaced(f"{said}：范围窄，且不在其他类别的位置。" if apart else f"{said}。")


# The page.

FIND_SHORTCUTS = "查找捷径"
FIND_SHORTCUTS_AGAIN = "重新查找"
STOP_SHORTCUTS = "停止"
SHORTCUT_CLASS = "类别"
SHOW_SUREST = "显示这些样本"
TO_FIND_SHORTCUTS = (
    "从一个类别最有把握的样本中取出最热的小区域，粘贴到其他类别的样本上：有多少会被预测为该类别？"
    "旁边是用其他区域做的同样试验。"
)


SHORTCUTS_STOPPED = "已停止，尚未找到任何结果。"
JUDGE = "物体真正的一部分同样可以移植：模型是否本就只需要这些，请自行判断。"
SHORTCUT_TOOLTIPS = {
    "find_shortcuts": "在后台线程中逐个类别查找：有没有单独一块就足够的区域",
    "stop_shortcuts": "停止查找",
    "shortcut_class": "下面显示哪个类别的区域",
    "show_surest": "让滑块只经过被取出区域的样本，最有把握的在前",
}
SHORTCUT_HEADINGS = ("类别", "区域", "变为它", "对照", "换掉后失去")


def shortcuts_outdated(why: str) -> str:
    return f"{why}请重新查找。"


def searching_shortcuts(done: int, total: int | None) -> str:
    return f"已运行 {done:,} 次，共约 {total:,} 次" if total else f"已运行 {done:,} 次"


def no_shortcuts(error: Exception) -> str:
    return f"查找失败，{type(error).__name__}：{error}"


def shortcuts_found(enough: Sequence[str], tried: Sequence[str], apart: Sequence[str], sizes: Sequence[float]) -> str:
    """Say for which classes a small region is enough, or what was tried; `apart` are those whose heat is so."""
    if enough:
        said = f"查找了 {len(tried):,} 个类别：对 {forms.listed(enough)}，这样大小的区域就足够。{JUDGE}"
    else:
        areas = forms.listed([forms.percent(size) for size in sizes])
        said = (
            f"在 {len(tried):,} 个类别中都没有找到。对每个类别，都试过占画面 {areas} 的最热小块和贯穿画面的条带、"
            "边框，以及颜色。遍布整个画面的线索（例如模糊）用这种方法找不到。"
        )
    if apart:
        said += f"平均而言，{forms.listed(apart)} 的热度范围窄，且不在其他类别的位置。"
    return spaced(said)


def surest_of(name: str) -> str:
    return spaced(f"最有把握的 {name}")


def source_said(name: str, position: int) -> list[str]:
    return [f"{name}，样本 {position}", f"样本 {position}"]


def became_said(before: str, after: str) -> list[str]:
    return [f"{before} \N{RIGHTWARDS ARROW} {after}"]


def source_pointed(name: str, position: int) -> str:
    return spaced(f"样本 {position}（{name} 中最有把握的样本之一），以及单独取出的区域")


def target_pointed(position: int, before: str, after: str) -> str:
    return spaced(f"样本 {position}：原样预测为 {before}，加上该区域后预测为 {after}")

"""What is said about mistakes in groups: each fact beside its control."""

from attn_widget.words.notation import spaced
from attn_widget.words.zh import forms

_REGIONS = ("左上", "上方", "右上", "左侧", "中间", "右侧", "左下", "下方", "右下")
ARROW = "\N{RIGHTWARDS ARROW}"


def pair_said(true: str, predicted: str, share: float, predicted_share: float, true_share: float) -> str:
    """Name the commonest confusion of a group, by what its members share."""
    if share >= 0.5:
        return f"{true} {ARROW} {predicted}（{forms.percent(share)}）"
    if predicted_share >= 0.5:
        return spaced(f"误判为 {predicted}（{forms.percent(predicted_share)}）")
    if true_share >= 0.5:
        return spaced(f"{true} 被误判为其他类别（{forms.percent(true_share)}）")
    return spaced(f"多种混淆，最常见的是 {true} {ARROW} {predicted}（{forms.percent(share)}）")


def predicted_beside_others(name: str, here: float, others: float) -> str:
    return spaced(f"{forms.percent(here)} 被误判为 {name}（其他错误：{forms.percent(others)}）")


def fact_said(kind: str, which: int, value: float, right: float) -> str:
    """Say a fact with its control."""
    if kind in ("channel", "part"):
        here, there = forms.percent(value), forms.percent(right)
        if right > 0.001:
            times = forms.number(value / right, 2)
            return f"{forms.plural(kind, 1)} {which}：占热力图的 {here}，是预测正确的样本的 {times} 倍（{there}）"
        return f"{forms.plural(kind, 1)} {which}：占热力图的 {here}（预测正确的样本：{there}）"
    if kind == "sharpness":
        return f"清晰度：{forms.number(10**value, 2)}（预测正确的样本：{forms.number(10**right, 2)}）"
    what = {
        "outside": "中心以外的热度",
        "region": f"{_REGIONS[which] if kind == 'region' else ''}的热度",
        "brightness": "亮度",
        "confidence": "置信度",
    }[kind]
    return f"{what}：{forms.percent(value)}（预测正确的样本：{forms.percent(right)}）"


NOTHING_SETS_APART = "无论热度、通道、亮度还是清晰度，都与预测正确的样本没有区别"


def group_summary(size: int, pair: str, stability: float) -> str:
    return f"一组 {forms.counted(size, 'mistake')}：{pair}，稳定性 {forms.number(stability, 2)}"


def groups_summary(sizes: list[int], count: int, silhouette: float, by_chance: float) -> str:
    groups = forms.listed(list(map(str, sizes)))
    return (
        f"{forms.counted(count, 'mistake')}分为 {len(sizes)} 组，各有 {groups} 个"
        f"（轮廓系数 {forms.number(silhouette, 2)}；打乱后最高 {forms.number(by_chance, 2)}）"
    )


# Why there are no groups: whole sentences.


def too_few_mistakes(count: int, least: int) -> str:
    return f"没有分组：只有 {forms.counted(count, 'mistake')}，少于 {least} 个看不出可信的规律。"


def too_few_right(count: int, least: int) -> str:
    return f"没有分组：可与错误对照的正确预测只有 {count:,} 个，需要 {least} 个。"


def not_clearer_than_chance(silhouette: float, mean: float, most: float) -> str:
    return (
        "没有分组：把各个错误的特征相互打乱后，分组也几乎同样清晰"
        f"（轮廓系数 {forms.number(silhouette, 2)}；打乱后平均 {forms.number(mean, 2)}，"
        f"最高 {forms.number(most, 2)}）。"
    )


def not_stable(stability: float, least: float) -> str:
    return (
        "没有分组：重新抽取错误后，分组随之改变"
        f"（稳定性 {forms.number(stability, 2)}，需要达到 {forms.number(least, 2)}）。"
    )


ONLY_FRAGMENTS = "没有分组：绝大多数错误聚成一大团，其余只是零星几个。"

# The section of the page Mistakes.
GROUP_MISTAKES = "按模型所看之处分组"
TO_GROUP = (
    "把错误分组：按热力图、通道、画面和混淆的类别，把反常之处相同的归在一起，并与正确的预测对照。"
    "这需要先对全部样本做一次普查。"
)
SURVEY_FIRST = "先做普查。"
GROUPING = "正在给错误分组。"
GROUPING_STOPPED = "已停止。"
STOP_SIGN = "。"
SHOW_GROUP = "显示"
MARK_GROUP = "全部标记"
EXPORT_GROUP = "CSV"
NAME_GROUP = "给这一组起名，按回车确认"
MEAN_PICTURE = "均值"
NO_REVIEW_TO_MARK = "标记属于复核：请先点击“查找错误”。"
GROUP_TOOLTIPS = {
    "group": "把有共同点的错误归为一组；如果还没有普查，就先做一次",
    "stop_grouping": "停止；已普查的部分会保留",
    "show_group": "让滑块只经过这一组，最典型的错误在前",
    "name_group": "这一组的名称，会写入它的选择、标记和表格；按回车保存",
    "mark_group": "给这一组的每个样本加上这个标记，并以组名作为备注",
    "export_group": "把这一组写成表格，存为 notebook 内核工作目录中的新文件",
}


def group_heading(size: int, pair: str) -> str:
    return f"{forms.counted(size, 'mistake')}：{pair}"


def stability_said(stability: float) -> str:
    """Say how much of a group comes back, and what that is worth (Hennig 2007)."""
    worth = "非常稳定" if stability >= 0.85 else "稳定" if stability >= 0.75 else "存疑"
    if stability < 0.6:
        worth = "不可信"
    return f"重新抽取错误时，其中 {forms.percent(stability)} 会再次归为一组：{worth}"


def group_named(number: int, pair: str) -> str:
    return f"第 {number} 组：{pair}"


def group_marked(count: int, kind: str) -> str:
    return f"已标记 {forms.counted(count, 'sample')}：{kind}。"


def group_saved(path: str, count: int) -> str:
    return f"已保存到 {path}：{forms.counted(count, 'sample')}。"


def group_not_saved(path: str, why: str) -> str:
    return f"未能保存到 {path}：{why}。"


def grouping_failed(error: Exception) -> str:
    return f"无法给错误分组：{forms.error_text(error)}"


def grouped_of(layer: str, method: str) -> str:
    where = f"层 {layer}，{forms.method_name(method)}" if layer else forms.method_name(method)
    return f"热力图来自普查：{where}。"


def member_pointed(position: int | None, heading: str) -> str:
    return f"典型成员的均值：{heading}" if position is None else f"样本 {position}"

"""What is said where the panel has several models."""

from attn_widget.words.zh import forms

UNNAMED = ("第一个模型", "第二个模型")
MODELS_LINE = "──── 模型 ────"
PLAY_MODELS = "模型："
FIND_MOVES = "注意力移到了哪里？"
MOST_MOVED = "移动最多的在前"
CHANGED_FIRST = "预测改变的在前"
TO_FIND_MOVES = "在每个样本上比较两个模型的热力图，并按热度移动的多少给样本排序。"
CHOOSE_OTHER_MODEL = "模型不止一个：请先在上面选择要比较的另一个模型。"
MOVES_STOPPED = "已停止，没有保留任何结果。"


def quoted(name: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}"


def lacks_layer(model: str, layer: str, shown: str) -> str:
    return f"{quoted(model)}没有层 {layer!r}，显示的是它的默认层 {shown!r}。"


def itself(name: str) -> str:
    return f"{quoted(name)}就是当前显示的模型：请选择另一个来比较。"


def not_by(name: str, why: str) -> str:
    return f"{quoted(name)}没有可比较的结果：{why}"


def each_predicts(first: tuple[str, str], second: tuple[str, str], *, own: bool) -> str:
    """Say what two models predict, each given with its name; `own` says that each heatmap is for another class."""
    if not (first[1] and second[1]):
        return ""
    said = "，".join(f"{quoted(name)}（{predicted}）" for name, predicted in (first, second))
    return f"{said}。{'每张热力图解释的是各自模型的预测。' if own else ''}"


def of_other_model(name: str, shown: str) -> str:
    return f"这是{quoted(name)}的结果，而当前显示的是{quoted(shown)}。"


def said_of(name: str | None, said: str) -> str:
    """Say of which model something is, if it has a name."""
    return said if name is None else f"{quoted(name)}：{said}"


def none_explained(why: str) -> str:
    return f"没有一个样本能同时由两个模型解释：{why}"


def moving(first: str, second: str, done: str) -> str:
    return f"正在比较{quoted(first)}与{quoted(second)}{f'：{done}' if done else '……'}"


def moves_chosen(first: str, second: str, *, changed: bool) -> str:
    """Name the samples in one of the two orders."""
    return f"{CHANGED_FIRST if changed else MOST_MOVED}，{quoted(first)}与{quoted(second)}"


def moves_found(
    names: tuple[str, str],
    method: str,
    layers: tuple[str, str],
    shares: tuple[float | None, float],
    counts: tuple[int, int, int, int],
    broken_off: str | None,
) -> str:
    """Say how far the heat moved.

    `shares` are the median distance, None where there is none, and the mean distance between two samples of the first
    model; `counts` are the samples predicted otherwise, those with heat in one model only, those with none, and all.
    """
    (median, control), (changed, one_sided, without, count) = shares, counts
    at = "" if not any(layers) else f"，{layers[0]}" if layers[0] == layers[1] else f"，{layers[0]} 与 {layers[1]}"
    said = f"{quoted(names[0])}与{quoted(names[1])}，{forms.method_name(method)}{at}"
    if median is None:
        return f"{said}：没有一个样本在两个模型中都有热度。"
    between = f"（对照：{quoted(names[0])}中两个不同样本之间平均 {forms.percent(control)}）"
    parts = [
        f"{said}：半数样本中，移动的热度超过 {forms.percent(median)}{between if control == control else ''}",
        f"{forms.counted(count, 'prediction')}中有 {changed:,} 个改变",
        f"{forms.counted(one_sided, 'sample')}只在一个模型中有热度（排在最前）" if one_sided else "",
        f"{forms.counted(without, 'sample')}无法比较（排在最后）" if without else "",
        f"loader 中途中断：{broken_off}" if broken_off else "",
    ]
    return f"{'；'.join(filter(None, parts))}。"

"""What the panel says about the picture and the pages beside it."""

from attn_widget.words.notation import spaced
from attn_widget.words.zh import forms

STALE = "不是最新"


def same_for_every_class(method: str) -> str:
    name = forms.capitalised(forms.method_name(method))
    return spaced(f"{name} 对每个类别都一样：请选择与类别有关的方法，例如 Grad-CAM。")


# The filmstrip.
STRIP = "每个能给出热力图的层，按运行顺序排列，色标各自独立；点击一个即可选用。"
STRIP_OF_BEFORE = "上一幅能显示的图的各层；点击一个即可选用。"


def no_strip(method: str, *, slow: bool) -> str:
    why = "对每一层都要运行模型很多次" if slow else "不针对单个层"
    return spaced(f"{forms.capitalised(forms.method_name(method))} {why}：要看所有层，请选择其他方法。")


# The pages Compare and Code and files.
NOTHING_COMPARED = "选择另一种方法或另一个目标：它的总热力图以及两者之差，会取代各个通道。"


def comparison_read(first: str, second: str) -> str:
    return spaced(f"{first} 与 {second} 并排。{difference_read(first, second)}")


def pins(count: int) -> str:
    return "点击一个固定的视图即可移除：" if count else "还没有固定任何视图。"


def pinned(title: str, layer: str, method: str) -> str:
    return joined([title, layer, forms.method_name(method)])


COPY_CODE = "画出当前视图的脚本：点入其中，按 Ctrl+A（Mac 上 ⌘A）和 Ctrl+C（⌘C）即可全部复制。"
NO_CODE = "没有脚本，因为你要的结果无法计算。"


def picture_called(name: str) -> str:
    return f"文件名 {name}.png"


def pin_title(position: int, label: str, predicted: str) -> str:
    return joined([str(position), label or predicted])


# The picture.
NO_PICTURE_YET = "还没有图。"
STOPPED = "已停止；点击“重新运行”从头开始。"
NOT_SHOWN = "未显示"
ENDS_OF_COLOUR_MAPS = {
    "jet": ("深蓝", "深红"),
    "turbo": ("深蓝", "深红"),
    "viridis": ("紫色", "黄色"),
    "magma": ("黑色", "浅黄"),
    "inferno": ("黑色", "浅黄"),
    "plasma": ("深蓝", "黄色"),
    "cividis": ("深蓝", "黄色"),
    "gray": ("黑色", "白色"),
}


def names_set_aside(names: int, outputs: int) -> str:
    given, needed = forms.counted(names, "class name"), forms.counted(outputs, "output")
    return f"{given}与模型的 {needed}不符：类别改用编号显示。"


def step_of(step: int | None, count: int) -> str:
    """Say, after the number of all samples, how many are chosen, and where among them the slider is."""
    return f" · 选中 {count:,} 个" if step is None else f" · 选中的第 {step + 1:,} / {count:,} 个"


THE_MODEL = "模型"


def what_is_shown(
    layer: str, count: tuple[int, str], grid: tuple[int, int], calls: tuple[int, int], weighed: str
) -> str:
    """Begin the sentence about the picture.

    `count` is how many channels or heads there are, and which of the two; `calls` is the call, from 0, and of how many.
    """
    which = f"（第 {calls[0] + 1} 次调用，共 {calls[1]} 次）" if calls[1] > 1 else ""
    return f"{layer}{which}，{forms.counted(*count)}，{forms.a_grid(grid)}，{weighed}"


def what_pixels_show(weighed: str) -> str:
    return f"图像自身的像素，{weighed}"


def weighed_by(method: str, target: str) -> str:
    """Say how channels are weighted; `target` is empty for a method that looks at activations alone."""
    if method == "channel-mean":
        return "按各自的均值加权"
    return spaced(f"按 {forms.method_name(method)} 加权" + (f"，针对 {target}" if target else ""))


def heat_shares(shares: list[tuple[int, float]], unit: str, *, visible: bool) -> str:
    """Say how the heat is shared among the channels or heads shown, or which of them count against the target.

    `shares` holds the number of each, and its mean as a fraction of all positive means, strongest first; `visible` says
    whether their sum is positive anywhere.
    """
    positive = [(number, share) for number, share in shares if share > 0]
    against = [str(number) for number, share in shares if share < 0]
    name = forms.plural(unit, 1)
    if not positive:
        return f"没有{name}总体上支持它，只在局部支持" if visible else f"没有{name}带有热度"
    (strongest, share), together = positive[0], sum(share for _, share in positive)
    if against:
        numbers = forms.listed([str(number) for number, _ in positive])
        parts = forms.listed([forms.percent(share) for _, share in positive])
        return f"{name} {numbers} 支持它（占全部支持的 {parts}），{name} {forms.listed(against)} 反对它"
    rest = f"，图中 {forms.counted(len(shares), unit)}共占 {forms.percent(together)}" if len(shares) > 1 else ""
    return f"{name} {strongest} 占热度的 {forms.percent(share)}{rest}"


def colours_read(cmap: str, unit: str, *, raw: bool, evidence: bool, channels: bool, scale: str = "own") -> str:
    """Say what the colours mean: `raw` values, or `evidence` for a target in the overall panel, or activity.

    `scale` is ``"own"``, ``"alike"`` or ``"fixed"``.
    """
    least, most = ENDS_OF_COLOUR_MAPS.get(cmap, ("色条低端的颜色", "色条高端的颜色"))
    name = forms.plural(unit, 1)
    on = {"own": "各图独立", "alike": f"所有{name}用同一色标", "fixed": "色标固定"}
    if raw:
        return f"这些是该层的原始值，从{least}到{most}，{on[scale]}；有负值时，蓝色为负，零为白色，红色为正。"
    if scale == "fixed":
        return f"色标固定：在每个样本中，{most}都表示同一数值或更大。"
    if scale == "alike" and channels:
        overall = f"在总热力图中，{most}处证据最强。" if evidence else ""
        return f"{overall}所有{name}用同一色标，从{least}到{most}：弱的看上去就弱。"
    if evidence and not channels:
        return f"{most}处证据最强。"
    if evidence:
        most_of_one = "它关注最多的地方" if unit == "head" else "它最活跃的地方"
        return f"在总热力图中，{most}处证据最强；在单个{name}中，{most}是{most_of_one}。"
    if unit == "head":
        return f"在每张图中，{most}处得到的注意力最多，{least}处最少。"
    return f"在每张图中，{most}处该层最活跃，{least}处最不活跃。"


def class_shift_costs(passes: float) -> str:
    return (
        f"换一个类别时热度移动多少，在这一层没有测量：还需再运行模型约 {passes:.1f} 次。"
        "可以与另一个类别比较，或看“代码与文件”页脚本中的 class_shift。"
    )


CLASS_SHIFT_UNKNOWN = "换一个类别是否不同，没有测量：与另一个类别比较即可看到。"


def difference_read(first: str, second: str) -> str:
    return spaced(f"在差异图中，红色处 {first} 更多，蓝色处 {second} 更多。")


def ranked_at(at: tuple[int, int], unit: str) -> str:
    return f"图中的{forms.plural(unit, 1)}是在{forms.pixel(*at)}处数值最高的。"


def place_outside(at: tuple[int, int], size: tuple[int, int]) -> str:
    return f"位置 {at[0]}, {at[1]} 在这幅 {size[0]}×{size[1]} 像素的图像之外。"


def attends_from(at: tuple[int, int]) -> str:
    return f"它显示{forms.pixel(*at)}处的图块关注哪里。"


def joined(parts: list[str]) -> str:
    return " · ".join(part for part in parts if part)


def position_of(position: int, count: int | None) -> str:
    return f"样本 {position} {forms.extent(count)}"


def verdict_of_class(true: str, predicted: str, probability: float, right: bool | None) -> str:
    """Write the predicted class large, with the true one unless that is the same; `true` may be empty."""
    found = f"{predicted} {forms.percent(probability)}"
    if right is None:
        return f"真实 {true} \N{RIGHTWARDS ARROW} 预测 {found}" if true else f"预测 {found}"
    return f"\N{CHECK MARK} {found}" if right else f"\N{BALLOT X} 真实 {true} \N{RIGHTWARDS ARROW} 预测 {found}"


def verdict_of_value(true: str, value: float | None) -> str:
    """Write the label and the value that a model of one output gives; either may be missing."""
    parts = [f"真实 {true}" if true else "", "" if value is None else f"输出 {forms.number(value)}"]
    return " \N{RIGHTWARDS ARROW} ".join(part for part in parts if part)


def verdict(right: bool | None) -> str:
    return {True: "正确", False: "错误", None: ""}[right]


def true_class(name: str) -> str:
    return f"真实类别：{name}" if name else "无标签"


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} 毫秒"


def layer_name(name: str) -> str:
    return f"层 {name}" if name else "模型的输出"


def computing(tried: int, total: int | None) -> str:
    """Say how far a slow method is: how many passes it has made, and of how many if that is known."""
    return f"正在计算：已运行 {tried:,}{f' / {total:,}' if total else ''} 次"


NO_LAYERS_YET = "还没有图，因此也没有各层。"


def use_layer(name: str) -> str:
    return f"改用 {name}"


EXPLAIN_PREDICTED = "解释预测类别"


def use_method(name: str) -> str:
    return spaced(f"改用 {forms.method_name(name)}")


def chip_of_selection(chosen: str) -> str:
    return f"已选：{chosen}"


def no_such_name(name: str) -> str:
    return f"没有哪个样本的文件名含有 {name!r}。"


def alternative(status: str, sentence: str) -> str:
    """Describe the picture in a saved notebook."""
    return f"AttentionExplorer：{status}。{sentence}"

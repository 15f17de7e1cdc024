"""The page Channels: what one channel looks for, each number beside its control."""

from attn_widget.words.notation import spaced
from attn_widget.words.zh import forms

MORE_LIKE_THIS = "更多类似样本"
MEASURE_SILENCING = "屏蔽它会怎样？"
CARD_TOOLTIPS = {
    "survey": "在后台按当前的设置解释每个样本，并记下哪些样本最能激活每个通道",
    "stop_survey": "停止；已普查的样本有效，点击“继续普查”接着进行",
    "channel": "输入编号，按回车",
    "shown_channel": "显示它的卡片；点击图中它的小图也一样",
    "more_like_this": "让滑块经过最能激活它的样本，最强的在前",
    "measure_silencing": "在这个样本和最能激活它的样本上屏蔽它，并以随机抽取的作对照",
}


def to_choose(unit: str) -> str:
    what = forms.plural(unit, 1)
    return f"一个{what}在找什么？先普查全部样本，再点击图中的一个{what}。"


NO_CHANNELS = "这里没有通道：请选择一种读取单个层的方法，以及一个能给出热力图的层。"
OF_OTHER_PARTS = "普查中没有这些部分。要看哪些样本最能激活它们，请重新普查。"
OF_PARTS = "普查的是部分，图中显示的是通道。要看该层的通道，请重新普查。"
READING_CROPS = "正在读取样本……"
MEAN_OF_CLASSES = "所有类别的均值"
NO_CLASS_MEANS = "样本没有类别，因此无从知道它对哪些类别有响应。"
MEASURING = "正在屏蔽……"
NOTHING_DRIVES = "没有样本能激活它。"


def of_another_layer_surveyed(surveyed: str, shown: str) -> str:
    return f"普查的是层 {surveyed}，图中显示的是层 {shown}。要看它的通道，请重新普查。"


def channels_changed(surveyed: int, shown: int) -> str:
    return f"普查时有 {surveyed:,} 个通道，而这一层现在有 {shown:,} 个。请重新普查。"


NOT_THE_LAST_CALL = "普查的是该层的最后一次调用，图中显示的是另一次。"


def of_another_method(surveyed: str, shown: str) -> str:
    return spaced(
        f"占比按普查时的方法（{forms.method_name(surveyed)}）计算，图中用的是 {forms.method_name(shown)}。"
        "最能激活它的样本，两者相同。"
    )


OF_ANOTHER_TARGET = "占比针对的目标与图中的不同。最能激活它的样本，两者相同。"
OF_THE_UNALTERED = "以上都针对模型本身，没有任何屏蔽。"


def not_all_surveyed(done: int) -> str:
    return f"仅限前 {forms.counted(done, 'sample')}：普查尚未完成。"


def channel_heading(unit: str, number: int, layer: str) -> str:
    return f"{layer} 的{forms.plural(unit, 1)} {number}"


def crop_line(count: int, neighbourhoods: bool) -> str:
    """Say what the pictures are."""
    what = "它最强的格子及其邻域，因为一个格子取决于整幅图像" if neighbourhoods else "它最强的格子所依赖的全部区域"
    return f"最能激活它的 {forms.counted(count, 'sample')}；每张小图：{what}。"


def crop_caption(label: str, value: float) -> tuple[list[str], list[str]]:
    return [label], [forms.number(value)]


def crop_pointed(position: int, label: str, predicted: str, value: float) -> str:
    classes = label if label == predicted else f"{label} \N{RIGHTWARDS ARROW} {predicted}"
    return f"样本 {position}：{classes}，最强处 {forms.number(value)}"


def no_crops(error: Exception) -> str:
    return f"无法读取样本：{forms.error_text(error)}"


FIRES_FOR = "它对哪些类别有响应：在各真实类别的样本上的均值"


def among_strongest(count: int, of: int, top_k: int, on_average: float, unit: str) -> str:
    """Say how often a channel is among the strongest, beside a channel of the layer on average."""
    return (
        f"在 {forms.counted(of, 'sample')}中，它有 {count:,} 次（{forms.percent(count / of)}）位列最强的前 {top_k}；"
        f"该层的{forms.plural(unit, 1)}平均为 {forms.percent(on_average)}。"
    )


def share_said(right: float, wrong: float) -> str:
    return f"它在热力图中的占比：模型判对时 {forms.percent(right)}，判错时 {forms.percent(wrong)}。"


def of_this_sample(said: str) -> str:
    return f"屏蔽后，对这个样本：{said}"


def of_exemplars(count: int, own: tuple[float, float, float], others: tuple[float, float, float], unit: str) -> str:
    """Say what silencing does to samples: the mean probability before and after, and how often the class flips."""

    def change(before: float, after: float, flips: float) -> str:
        arrow = "\N{RIGHTWARDS ARROW}"
        return f"{forms.percent(before)} {arrow} {forms.percent(after)}，{forms.number(flips, 2)} 个变成其他类别"

    control = "改为沿随机方向去掉同样多" if unit == "part" else f"改为随机屏蔽另一个{forms.plural(unit, 1)}"
    return (
        f"对这 {forms.counted(count, 'sample')}，预测类别的平均概率：{change(*own)}（共 {count} 个）；"
        f"{control}：{change(*others)}（共 {count} 个）。"
    )


def measured(done: int, total: int) -> str:
    return f"正在屏蔽：{done} / {forms.counted(total, 'sample')}……"


def by_channel(number: int, layer: str, unit: str) -> str:
    return f"{layer} 的{forms.plural(unit, 1)} {number}"

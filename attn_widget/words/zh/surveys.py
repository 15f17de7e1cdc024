"""What is said of surveys."""

from collections.abc import Mapping

from attn_widget.words.zh import forms

SURVEYING = "普查中"
SURVEY_ALL = "普查全部样本"
SURVEY_ON = "继续普查"
SURVEY_ANEW = "重新普查"
SURVEY_BEGINS = "普查开始。"
SURVEY_STOPPED = "已停止：点击“继续普查”接着进行。"
TO_SURVEY = (
    "普查按当前的设置解释每个样本，并记下：哪些样本最能激活每个通道，模型对每个类别看哪里，以及各个错误有什么共同点。"
)


def survey_on_refused(why: str) -> str:
    return f"普查无法继续：{why}请重新开始一次普查。"


def nothing_surveyed(errors: Mapping[int, str]) -> str:
    why = next((f"样本 {position}：{why}" for position, why in errors.items()), "")
    return f"没有普查到任何样本。{why}"


def survey_failed(error: Exception) -> str:
    return f"普查失败，{type(error).__name__}：{error}"


def surveyed(count: int, layer: str, method: str, mistakes: int) -> str:
    """Say what a survey is of."""
    where = f"层 {layer}，{forms.method_name(method)}" if layer else forms.method_name(method)
    return f"已普查 {forms.counted(count, 'sample')}：{where}；保留了 {forms.counted(mistakes, 'mistake')}。"


# Why a sample could not be surveyed.
NOT_FINITE = "该层的特征图或热力图中有 NaN 或无穷大的值。"


def other_channels(here: int, first: int) -> str:
    return f"该层在这里给出 {forms.counted(here, 'channel')}，而在第一个样本上是 {first:,} 个。"


def reads_no_layer(method: str) -> str:
    return f"普查需要一种给某一层的通道加权的方法，而 {method!r} 不是这样的方法。"


TARGET_NOT_SAVED = "目标是函数的普查无法保存：请给出一个类别，或两个类别的 Contrast。"


def no_survey(path: object) -> str:
    return f"{path} 不是已保存的普查，或者已损坏。"


NO_SURVEY_THERE = "它不是普查"
OTHER_DATA_THERE = "它是另一份数据的普查"


def not_replaced(path: object, why: str) -> str:
    return f"{path} 已存在，而且{why}：请换一个名称，或传入 overwrite=True 将其替换。"

"""What is said about a review, its progress and its files."""

from collections.abc import Mapping

from attn_widget.words.zh import forms


def rechosen(before: str, now: str, label: int) -> str:
    return f"有一个标签是 {label}，但 output{before} 没有这个类别：改为从 output{now} 读取类别得分。"


EARLIER_UNREAD = "它之前的样本无法再次读取，因此没有预测。"

# Why a sample, or a loader, has no review: whole sentences.
MULTI_LABEL = "复核要求每个样本只有一个类别，但这个 loader 的标签有多个类别。"
LABEL_OF_SEVERAL = "它的标签有多个类别。"
NO_CLASS_SCORES = (
    "复核需要类别得分，但模型的输出中没有：请传入返回 logits [B, n] 的 forward=lambda model, images: ...。"
)
REGRESSION = (
    "复核需要类别得分，但模型对每个样本只给出一个值，而标签不只是 0 和 1：这是回归。"
    "（如果是二分类，标签必须是整数 0 和 1。）"
)


def always_failed(count: int, error: Exception) -> str:
    which = "唯一的样本上运行失败：" if count == 1 else f"前 {count} 个样本上都运行失败。最后一个错误："
    return f"模型在{which}{forms.error_text(error)}"


def label_outside(label: int, classes: int) -> str:
    return f"它的标签是 {label}，但模型的类别是 0 到 {classes - 1}。"


NOT_FOR_RAY = (
    "engine='ray' 需要一个 DataLoader，其数据集有 __getitem__，由 loader 把各项合成批次：请传入这样的 loader，"
    "或去掉 engine。"
)
UNEVEN_FOR_RAY = "engine='ray' 要求数据集的每一项是一幅图像：请去掉 engine。"
NO_RAY = "engine='ray' 需要 Ray Data，但没有安装：pip install 'attn-widget[ray]'。"

# Why a review is out of date: whole sentences.
MODEL_CHANGED = "模型的参数或缓冲区已与复核时不同。"
CLASSES_CHANGED = "数据集的类别名称已与复核时不同。"


def count_changed(before: int, now: int) -> str:
    return f"数据集有 {forms.counted(now, 'sample')}，而复核的是 {before:,} 个。"


def place_changed(position: int, before: str, now: str) -> str:
    return f"样本 {position} 现在是 {now or '没有名字的样本'}，而复核时是 {before or '没有名字的样本'}。"


def cannot_go_on(reason: str) -> str:
    return f"{reason}复核无法继续，只能重新开始。"


NOTHING_TO_COMPARE = "无从比较（没有标签或没有预测）"


def how_far(reviewed: int, count: int | None) -> str:
    if reviewed == count:
        return forms.counted(reviewed, "sample")
    if count is None:
        return f"目前 {forms.counted(reviewed, 'sample')}"
    return f"目前 {reviewed:,} / {forms.counted(count, 'sample')}"


def how_right(accuracy: float, wrong: int) -> str:
    """Say how good the predictions are; an accuracy of NaN means that nothing could be compared."""
    if accuracy != accuracy:
        return NOTHING_TO_COMPARE
    right = forms.percent(min(accuracy, 0.994) if wrong else accuracy)  # never 100 % if one is wrong
    return f"正确 {right}，错误 {wrong:,} 个"


def loader_failed(why: str) -> str:
    return f"之后 loader 出错（{why}）。"


def review_summary(
    reviewed: int, count: int | None, accuracy: float, wrong: int, marks: int, broken_off: str | None
) -> str:
    end = "" if broken_off is None else f"。{loader_failed(broken_off)}"
    return f"复核 {how_far(reviewed, count)}：{how_right(accuracy, wrong)}，已标记 {marks:,} 个{end}"


def broken_off_warning(reviewed: int, why: str) -> str:
    return (
        f"loader 在 {forms.counted(reviewed, 'sample')}之后出错（{why}），因此复核不完整。"
        "可用 Reviewing(model, found.samples, review=found).steps() 接着进行。"
    )


# A review's file.
NOT_A_REVIEW = "不是 Review.save 写出的复核，或已残缺"


def no_review(path: object) -> str:
    return f"{path} {NOT_A_REVIEW}。"


def a_table(path: object) -> str:
    return f"{path} 是给其他程序用的表格。复核要从“保存复核”或 Review.save 写出的 .npz 文件载入。"


def review_of_other_data(marks: int) -> str:
    return f"里面是另一个数据集的复核，含 {forms.counted(marks, 'mark')}"


def other_marks(marks: Mapping[int, object]) -> str:
    first = min(marks)
    if len(marks) == 1:
        return f"对样本 {first} 的标记不同"
    return f"对 {len(marks):,} 个样本的标记不同，第一个是样本 {first}"


NOT_A_TABLE = "不是由面板或 Review.to_csv 写出的表格"


def marks_in_table(count: int) -> str:
    return f"含有本复核没有的 {forms.counted(count, 'mark')}"


def would_replace(path: object, what: str) -> str:
    return f"{path} {what}。请换一个路径，或传入 overwrite=True 以替换已有文件。"


# How far a review is.
REVIEWING = "复核中"
SAMPLES = " 个样本"

"""What the panel says about mistakes: the search for the next one, the review, its marks, thumbnails and file."""

from collections.abc import Mapping, Sequence

from attn_widget.refusal import Refusal
from attn_widget.words.notation import spaced
from attn_widget.words.zh import captions, forms, reviews


def page(first: int, last: int, count: int) -> str:
    """Say which of the selected samples a page shows: from `first` + 1, counted from one, to `last`."""
    which = f"{last:,}" if last == first + 1 else f"{first + 1:,}–{last:,}"
    return f"第 {which} 个，共 {count:,} 个；点击一个即可打开。"


def tile_pointed(position: int, says: str, noted: str) -> str:
    return " · ".join(part for part in (f"样本 {position}", says, noted) if part)


def mark_said(kind: str, note: str) -> str:
    name = captions.MARK_NAMES.get(kind, kind)
    return f"{name}（{note}）" if note else name


def page_computed(done: int, count: int) -> str:
    return f"正在计算：{done} / {count} 个样本。"


def no_sheet(method: str) -> str:
    name = forms.capitalised(forms.method_name(method))
    return spaced(f"{name} 对每个样本都要运行模型很多次：要看一整页样本，请选择其他方法。")


NO_REVIEW_YET = "“查找错误”会在后台对全部样本运行模型。在此之前，样本按顺序显示。"
NOTHING_TO_SAVE = "还没有复核：请先点击“查找错误”。"


def chosen(count: int | None, reviewed: int) -> str:
    every = forms.counted(reviewed, "sample")
    if count is None:
        return every if reviewed == 1 else f"全部 {every}"
    return f"{count:,} / {every}"


def selection_said(which: str, true: str, predicted: str, confidence: tuple[float, float]) -> str:
    """Say in a few words what is selected from a review; a class is empty if any will do."""
    if true and predicted:
        classes = f"{true} → {predicted}"
    else:
        classes = f"真实 {true}" if true else f"预测 {predicted}" if predicted else ""
    low, high = map(forms.percent, confidence)
    sure = "" if confidence == (0.0, 1.0) else f"置信度 {low} 到 {high}"
    named = "" if which == "all" else captions.SELECTION_NAMES.get(which, which)
    return "，".join(part for part in (named, classes, sure) if part)


def nothing_chosen(selection: str) -> str:
    return f"没有符合条件的样本：{selection}。" if selection else "没有样本。"


def review_said(
    reviewed: int,
    count: int | None,
    accuracy: float,
    wrong: int,
    errors: Mapping[int, str],
    broken_off: str | None,
    notes: Sequence[str],
) -> str:
    """Say what a review has found, so far or altogether."""
    said = f"{reviews.how_far(reviewed, count)}：{reviews.how_right(accuracy, wrong)}"
    if errors:
        first = min(errors)
        said += f"，{len(errors):,} 个出错。第一个是样本 {first}：{errors[first]}"
    parts = [said if errors else f"{said}。", *([reviews.loader_failed(broken_off)] if broken_off else [])]
    return "".join([*parts, *notes])


def review_failed(error: Exception) -> str:
    return str(error) if isinstance(error, Refusal) else f"复核失败：{forms.error_text(error)}"


def saved(path: str, marks: int, of_before: int) -> str:
    before = f"，其中 {of_before:,} 个是先前的" if of_before else ""
    return f"已保存到 {path}" + (f"，含 {forms.counted(marks, 'mark')}{before}。" if marks else "。")


def marks_kept(path: str, marks: int) -> str:
    return f"{forms.counted(marks, 'mark')}，已存入 {path}。"


def marks_not_kept(path: str, error: OSError | ValueError) -> str:
    why = getattr(error, "strerror", None) or error
    return f"标记没有写入 {path}：{why}。点击“保存复核”会重新写入全部标记。"


def marks_of_before(count: int) -> str:
    return f"载入 {forms.counted(count, 'earlier mark')}"


def marks_loaded(count: int) -> str:
    return f"{forms.counted(count, 'earlier mark')}已恢复。"


def loaded_with(count: int) -> str:
    return f"已载入；此处所作的 {forms.counted(count, 'mark')}还不在文件中。"


def loading_drops(count: int) -> str:
    return f"那份复核属于其他数据，而此处所作的 {forms.counted(count, 'mark')}不在任何文件中。"


def is_there(name: str, what: str) -> str:
    return f"{name} {what}。"


def both_notes(note: str, kind: str, other: str) -> str:
    """Add the file's mark of a sample, its kind and its note, to the note of the mark made here."""
    name = captions.MARK_NAMES.get(kind, kind)
    before = f"先前：{name}，{other}" if other else f"先前：{name}"
    return f"{note}（{before}）" if note else before


def not_saved(path: str, error: OSError | ValueError) -> str:
    return f"没有保存到 {path or '没有名字的文件'}：{getattr(error, 'strerror', None) or error}。"


def not_loaded(path: str, error: OSError) -> str:
    return f"没有从 {path or '没有名字的文件'} 载入：{error.strerror or error}。"


def tried(count: int) -> str:
    return f"正在查找错误：已试 {forms.counted(count, 'sample')}。"


def found_after(count: int, position: int) -> str:
    return f"样本 {position} 判错了（试了 {count:,} 个）。"


def none_found(count: int, unknown: int, forward: bool) -> str:
    where = "之后" if forward else "之前"
    if count == 0:
        return f"这个样本{where}没有样本了。"
    known = f"，其中 {unknown:,} 个没有类别标签或无法读取" if unknown else ""
    return f"这个样本{where}没有错误（试了 {count:,} 个{known}）。"


def next_known(position: int | None, onwards: bool, selected: bool) -> str:
    if position is not None:
        return f"样本 {position} 判错了。"
    where = "之后" if onwards else "之前"
    return f"{'所选样本中，' if selected else ''}这个样本{where}没有错误。"


def search_broken_off(error: Exception) -> str:
    return f"到此为止没有错误：{error}"


def search_failed(error: Exception) -> str:
    return f"查找失败：{forms.error_text(error)}"


def stopped(count: int) -> str:
    return f"已停止；试了 {forms.counted(count, 'sample')}，没有错误。"

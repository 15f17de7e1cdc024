"""What is said when findings are written to files that others can open, in Chinese."""

from collections.abc import Mapping, Sequence

from attn_widget.words.zh import forms

_MOST_NAMED = 5

WRITING_HEATMAPS = "正在写出热力图"
MAKING_SHEETS = "正在制作缩略图总览"


def _several(parts: Sequence[object]) -> str:
    named = "、".join(str(part) for part in parts[:_MOST_NAMED])
    return f"{named} 等 {len(parts):,} 个" if len(parts) > _MOST_NAMED else named


def heatmaps_written(folder: object, written: int, failed: int) -> str:
    return f"已将 {written:,} 张热力图写入 {folder}{_without(failed)}。"


def sheets_written(pages: Sequence[str], shown: int, failed: int) -> str:
    where = f"，写入 {_several(pages)}" if pages else ""
    return f"共 {shown:,} 个样本{where}{_without(failed)}。"


def _without(failed: int) -> str:
    return f"；{failed:,} 个样本没有热力图" if failed else ""


def heatmaps_exist(folder: object, positions: Sequence[int]) -> str:
    return f"{folder} 中已有样本 {_several(positions)} 的文件。"


def file_exists(*paths: object) -> str:
    return f"{_several(paths)} 已存在。"


def pass_overwrite(existing: str) -> str:
    return f"{existing}请换一个名称，或传入 overwrite=True 以替换已有文件。"


def without_heatmap(errors: Mapping[int, str]) -> str:
    first, why = next(iter(errors.items()))
    return f"{len(errors):,} 个样本没有热力图，各自的原因见 .errors。样本 {first}：{why}"


def not_a_folder(path: object) -> str:
    return f"{path} 是文件，不是文件夹：请换一个名称。"


def sheet_about(layer: str, method: str) -> str:
    return f"{forms.method_name(method)}，层 {layer}" if layer else forms.method_name(method)


def sheet_heading(about: str, count: int, page: int) -> str:
    parts = (about, f"第 {page} 页", f"{count:,} 个样本")
    return " · ".join(part for part in parts if part)


def no_explanation(path: object) -> str:
    return f"{path} 不是保存的解释结果，或者已经损坏。"


def function_target(function: object) -> str:
    """Name a target that a file cannot hold."""
    return f"函数 {getattr(function, '__qualname__', repr(function))}"


# In the panel.
EXPORT = "导出"
EXPORT_KINDS = {
    "view": "当前视图的数据",
    "sheet": "缩略图总览",
    "names": "名称列表",
    "heatmaps": "热力图文件",
}
EXPORT_TOOLTIPS = {
    "export_kind": (
        "要导出的内容：当前显示的视图；或滑块所及的全部样本："
        "缩略图与热力图并排的总览、样本名称，或每张热力图的 PNG 文件"
    ),
    "export_path": "写到哪里（相对于 notebook 内核的工作目录）：文件，热力图则为文件夹；名称列表以 .csv 结尾时写成表格",
    "export": "写出；已有的文件不会未经同意就被替换",
    "stop_export": "停止；已写出的保留",
    "replace": "替换已有的文件",
}
REPLACE = "替换"


def exporting(done: int, total: int) -> str:
    return f"{done:,} / {total:,} 个样本"


def view_saved(path: object) -> str:
    return f"已将当前视图写入 {path}。"


def names_saved(path: object, count: int) -> str:
    return f"已将 {count:,} 个样本的名称写入 {path}。"


def export_stopped(said: str) -> str:
    return f"已停止：{said}"


def first_error(said: str, position: int, why: str) -> str:
    return f"{said}样本 {position}：{why}"


def not_exported(path: object, error: Exception) -> str:
    return f"无法写入 {path}：{forms.error_text(error)}"


NO_VIEW = "没有可写出的视图。"
NO_PATH = "请填写要写到哪里。"
NO_SAMPLES = "没有选中任何样本。"
OF_NOTHING_ALTERED = "不含视图中的屏蔽与遮盖。"


# FiftyOne.
NO_FIFTYONE = "to_fiftyone 需要 FiftyOne，但尚未安装：pip install fiftyone。"
REVIEW_WITHOUT_SAMPLES = (
    "此复核不知道它的样本，因此没有文件路径：请用 Review.load(path, loader) 载入，或传入 match='order'。"
)
NO_FILE_PATHS = "loader 的数据集没有文件路径：如果两边顺序相同，请传入 match='order'。"


def other_number(there: int, here: int) -> str:
    return f"match='order' 要求两边样本数相同，但数据集有 {there:,} 个，复核有 {here:,} 个。"


def not_matched(positions: Sequence[int], paths: Sequence[str], empty: Sequence[int]) -> str:
    parts = [
        f"数据集中没有样本 {_several(positions)}" if positions else "",
        f"复核中没有 {_several(paths)}" if paths else "",
        f"样本 {_several(empty)} 的热力图不是有限数值" if empty else "",
    ]
    return f"{'；'.join(part for part in parts if part)}。"

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


def sheet_heading(about: str, before: int, count: int, page: int) -> str:
    which = f"第 {page} 页：第 {before + 1:,} 至 {before + count:,} 个"
    return f"{about} · {which}" if about else which


def no_explanation(path: object) -> str:
    return f"{path} 不是保存的解释结果，或者已经损坏。"


def function_target(function: object) -> str:
    """Name a target that a file cannot hold."""
    return f"函数 {getattr(function, '__qualname__', repr(function))}"

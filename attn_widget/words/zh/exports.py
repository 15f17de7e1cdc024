"""What is said when findings are written to files that others can open, in Chinese."""

from collections.abc import Mapping, Sequence

_MOST_NAMED = 5

WRITING_HEATMAPS = "正在写出热力图"


def heatmaps_written(folder: object, written: int, failed: int) -> str:
    without = f"；{failed:,} 个样本没有热力图（原因见 .errors）" if failed else ""
    return f"已将 {written:,} 张热力图写入 {folder}{without}。"


def heatmaps_exist(folder: object, positions: Sequence[int]) -> str:
    which = "、".join(map(str, positions[:_MOST_NAMED]))
    if len(positions) > _MOST_NAMED:
        which += f" 等 {len(positions):,} 个样本"
    return f"{folder} 中已有样本 {which} 的文件：请换一个文件夹，或传入 overwrite=True 以替换它们。"


def without_heatmap(errors: Mapping[int, str]) -> str:
    first, why = next(iter(errors.items()))
    return f"{len(errors):,} 个样本没有热力图，各自的原因见 .errors。样本 {first}：{why}"


def not_a_folder(path: object) -> str:
    return f"{path} 是文件，不是文件夹：请换一个名称。"


def no_explanation(path: object) -> str:
    return f"{path} 不是保存的解释结果，或者已经损坏。"


def explanation_exists(path: object) -> str:
    return f"{path} 已存在：请换一个名称，或传入 overwrite=True 以替换它。"


def function_target(function: object) -> str:
    """Name a target that a file cannot hold."""
    return f"函数 {getattr(function, '__qualname__', repr(function))}"

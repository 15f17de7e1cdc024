"""How numbers, counts and names are written everywhere."""

from collections.abc import Callable, Sequence

from attn_widget.words.notation import OWN_METHOD_NAMES as OWN_METHOD_NAMES
from attn_widget.words.notation import error_text as error_text
from attn_widget.words.notation import marked as marked
from attn_widget.words.notation import number as number
from attn_widget.words.notation import percent as percent
from attn_widget.words.notation import shortened as shortened

_NOUNS = {
    "channel": ("个", "通道"),
    "class name": ("个", "类别名称"),
    "earlier mark": ("个", "先前的标记"),
    "file": ("个", "文件"),
    "folder": ("个", "文件夹"),
    "grid": ("张", "拼图"),
    "head": ("个", "注意力头"),
    "heatmap": ("张", "热力图"),
    "mark": ("个", "标记"),
    "mistake": ("个", "错误"),
    "name": ("个", "名称"),
    "output": ("个", "输出"),
    "part": ("个", "部分"),
    "place": ("个", "位置"),
    "position": ("个", "位置"),
    "prediction": ("个", "预测"),
    "random map": ("张", "随机图"),
    "right prediction": ("个", "正确预测"),
    "sample": ("个", "样本"),
}
"""What is counted, each with its measure word."""


def class_number(index: int) -> str:
    return f"类别 {index}"


def plural(noun: str, _count: int) -> str:
    """Write a noun as it stands beside a count."""
    return _NOUNS[noun][1]


def counted(count: int, noun: str) -> str:
    """Write a count of something, with its measure word."""
    measure, name = _NOUNS[noun]
    return f"{count:,} {measure}{name}"


def capitalised(text: str) -> str:
    """Leave a text as it is: Chinese has no capital letters, and names keep theirs."""
    return text


def listed(parts: Sequence[str]) -> str:
    """Write “1、2 和 3”."""
    *first, last = parts
    return f"{'、'.join(first)} 和 {last}" if first else last


def together(*sentences: str) -> str:
    """Write sentences after each other, without those that are empty."""
    found = [sentence for sentence in sentences if sentence]
    return "".join(one if one.endswith(_ENDS) else f"{one}；" for one in found[:-1]) + "".join(found[-1:])


_ENDS = ("。", "！", "？", "…", ".")


def ended(said: str) -> str:
    """End a sentence."""
    return f"{said}。"


def clauses(*parts: str) -> str:
    """Put parts of one sentence after each other, without those that are empty."""
    return "；".join(filter(None, parts))


def name_and_words(name: str, said: str) -> str:
    """Say something of what has a name."""
    return f"{name}：{said}"


def speed(done: int, total: int | None, seconds: float) -> str:
    rate = done / seconds if seconds > 0 else 0.0
    far = counted(done, "sample") if total is None else f"{done:,} / {counted(total, 'sample')}"
    parts = [far, f"每秒 {rate:,.0f} 个"]
    if total is not None and rate > 0:
        parts.append(f"剩余 {duration((total - done) / rate)}")
    return "，".join(parts)


def duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} 秒"
    return f"{seconds / 60:.0f} 分钟" if seconds < 6000 else f"{seconds / 3600:.1f} 小时"


def label_text(label: int | float | str | tuple[int, ...] | None, name_of: Callable[[int], str]) -> str:
    """Write a label; empty if there is none."""
    if label is None:
        return ""
    if isinstance(label, tuple):
        return "、".join(map(name_of, label)) or "无类别"
    if isinstance(label, float):
        return f"{label:.6g}"
    return name_of(label) if isinstance(label, int) else label


def pixel(row: int, column: int) -> str:
    return f"第 {row} 行第 {column} 列"


OF_PIXELS = "图像像素"
METHOD_NAMES = {
    "channel-mean": "通道均值",
    "eigen-cam": "Eigen-CAM",
    "grad-cam": "Grad-CAM",
    "grad-cam++": "Grad-CAM++",
    "xgrad-cam": "XGrad-CAM",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
    "finer-cam": "Finer-CAM",
    "refine-cam": "RefineCAM",
    "score-cam": "Score-CAM",
    "ablation-cam": "Ablation-CAM",
    "attention-rollout": "注意力 rollout",
    "legrad": "LeGrad",
    "saliency": "显著图",
    "integrated-gradients": "积分梯度",
    "occlusion": "遮挡法",
}


def method_name(name: str) -> str:
    """Write a method's name as its paper does, or as it was registered."""
    return OWN_METHOD_NAMES.get(name) or METHOD_NAMES.get(name, name)


def a_grid(grid: tuple[int, int]) -> str:
    """Name a grid."""
    return f"{grid[0]}×{grid[1]} 网格"


def extent(count: int | None) -> str:
    return "/ ?" if count is None else f"/ {count:,}"


ALL_LAYERS = "所有层"


def failed_pass(error: Exception) -> str:
    return f"模型运行失败：{error_text(error)}"

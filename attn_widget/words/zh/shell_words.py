"""What the command `attn-widget` says in a shell."""

from collections.abc import Sequence

from attn_widget.words.zh import forms

SHELL_COMMANDS = {
    "explain": "为文件夹中的每张图片写出叠加了热力图的图片。",
    "review": "预测文件夹中的每张图片：review.npz 供面板使用，review.csv 供其他程序使用。",
    "report": "写一个 HTML 文件，不用 Python 就能看图片和热力图。",
    "demo": "在 JupyterLab 中打开入门 notebook。",
}
SHELL_EPILOG = (
    "FUNCTION 不带参数，返回模型、(模型, transform) 或 (模型, transform, 类别名称)；transform 接收 RGB 的 PIL 图像，"
    "也可以用 torchvision 的 weights 代替。退出码：0 全部成功，1 有图片失败，2 用法错误，130 被中断；"
    "中断前完成的结果会保留。"
)
DEMO_EPILOG = "其他参数原样交给 JupyterLab，例如在容器中用 --ip 0.0.0.0。\n按两次 Ctrl+C 停止 JupyterLab。"
AS_ROOT = "正以 root 身份运行：JupyterLab 会得到 --allow-root，因此其中的 notebook 也以 root 身份运行。"
SHELL_OPTIONS = {
    "--no-browser": "只显示地址，不打开浏览器",
    "--port": "监听的端口（JupyterLab 默认为 8888）",
    "--model": "构造模型的函数；当前文件夹中的模块也能找到",
    "--images": "一个文件夹（连同其中的所有文件夹）或一张图片；其下第一层的文件夹就是类别",
    "--weights": "要载入模型的 state dict，或含有它的检查点",
    "--classes": "文本文件，每行一个类别名称，按模型的顺序",
    "--size": "224：把短边缩放到 224 并截取中间；192x256：不保持比例，直接缩放到这个高和宽",
    "--mean": "图片的值在 0 到 1 之间，归一化时减去的均值（与 --std 一起给出）",
    "--std": "见 --mean",
    "--device": "模型在哪里运行，例如 cuda；不给出时由 FUNCTION 决定",
    "--batch-size": "模型每次处理多少张图片（32）",
    "--workers": "用多少个进程读取图片（0：只用本进程）",
    "--overwrite": "替换已有的文件",
    "--layer": "model.named_modules() 中的名称；默认是最后一个能给出热力图的层",
    "--method": "通道如何加权，例如 grad-cam（channel-mean）",
    "--target": "解释什么：predicted、true，或者类别的名称或编号",
    "--npz": "同时把每个解释的全部数值写成 .npz 文件",
    "--continue": "从 --out 中被中断的结果继续",
    "--positions": "哪些图片，按它们在 review.csv 中的位置（前 50 张）",
    "--mistakes": "模型最有把握的 N 个错误（50）",
    "--review": "这些图片的 review.npz：会显示其中的标记，也不必重新查找错误",
    "--layers": "model.named_modules() 中的名称，用逗号隔开；默认是最后一层和一个网格更细的层",
    "--methods": "通道如何加权，用逗号隔开（channel-mean,grad-cam）",
    "--out": "结果写到哪里；需要时会建立文件夹",
}


def demo_description(notebook: str) -> str:
    return f"把 {notebook} 复制到当前文件夹（如果还没有），并在 JupyterLab 中打开。"


def command_overview(prog: str) -> str:
    lines = [f"  {name:<9}{text}" for name, text in SHELL_COMMANDS.items()]
    return "\n\n其他命令：\n\n" + "\n".join([*lines, "", f"各命令的说明：{prog} explain --help"])


def pictures_prepared(channels: int, size: int | tuple[int, int] | None, most: int, *, normalised: bool) -> str:
    """Say how pictures are prepared; a size of None leaves them as they are, up to `most` pixels."""
    if size is None:
        fitted = f"保持原样（更大的缩小到 {most} 像素）"
    elif isinstance(size, int):
        fitted = f"把短边缩放到 {size} 像素，截取中间的 {size}x{size}"
    else:
        fitted = f"不保持比例，直接缩放到 {size[0]}x{size[1]}"
    colours = "灰度" if channels == 1 else "彩色"
    values = "按 --mean 和 --std 归一化" if normalised else "值在 0 到 1 之间，未归一化"
    return f"送入模型的图片：{fitted}，{colours}，{values}（函数没有给出 transform）。"


NO_CLASS_FOLDERS = "没有类别文件夹，因此图片没有标签。"


def folders_in_order(folders: Sequence[str]) -> str:
    return f"按以下顺序当作类别 0 到 {len(folders) - 1}：{_some(folders)}。"


def foreign_folders(folders: Sequence[str]) -> str:
    return f"没有与文件夹 {_some(folders)} 同名的类别：其中的图片没有标签。"


def not_the_classes(folders: Sequence[str], classes: int) -> str:
    return (
        f"模型有 {classes:,} 个类别，而 {forms.counted(len(folders), 'folder')}（{_some(folders)}）无法与之对应，"
        "因此图片没有标签。请让文件夹与类别同名，并用 --classes FILE 按模型的顺序给出所有类别的名称，每行一个。"
    )


def files_left_out(count: int) -> str:
    return f"跳过了 {forms.counted(count, 'file')}，从名称看不是图片。"


def failed_picture(name: str, why: str) -> str:
    return f"{name}：{why}"


UNKNOWN_FORMAT = "不是 Pillow 认识的图片格式"
INTERRUPTED = "已中断。"
GOES_ON = "尚未完成：加上 --continue 再运行一次即可继续。"
MOST_CONFUSED = "最常见的混淆（真实 → 预测）："


def review_end(far: str, right: str, bad: int) -> str:
    return f"复核 {far}：{right}{_failures(bad)}"


def heatmaps_end(count: int, layer: str, method: str, bad: int, folder: object) -> str:
    of = f"层 {layer}，" if layer else ""
    by = forms.method_name(method)
    return f"{of}方法 {by}：{forms.counted(count, 'heatmap')}已写入 {folder}{_failures(bad)}"


def report_end(count: int, bad: int) -> str:
    return f"报告含 {forms.counted(count, 'sample')}{_failures(bad)}"


def files_written(what: str) -> str:
    return f"已写入：{what}"


def _failures(count: int) -> str:
    return f"，{count:,} 张失败" if count else ""


def _some(names: Sequence[str]) -> str:
    more = f"，另有 {len(names) - 5:,} 个" if len(names) > 5 else ""
    return f"{'、'.join(names[:5])}{more}"

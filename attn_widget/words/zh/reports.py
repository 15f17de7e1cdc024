"""What a report that was saved as a page says, and what is said about saving one."""

from collections.abc import Mapping

from attn_widget.words.zh import forms

REPORTING = "正在为报告计算热力图"

# The page.
REPORT_TITLE = "模型在看哪里"
NEEDS_SCRIPT = "本报告用自带的脚本绘制图片。请允许此页面运行脚本，然后重新加载。"
PAGE_WORDS: Mapping[str, str] = {
    "lead": "每张图片是给模型看的一个样本。叠加在上面的热力图，按所选的方法显示模型某一层在哪里有响应。",
    "limits": (
        "热力图还不是理由：它只显示这一层在哪里有响应，既不说明原因，也不说明没有这块区域时模型就会改变判断。"
        "要弄清楚，请遮盖该区域，或与另一个类别对比。"
    ),
    "image": "图像",
    "heatmap": "热力图",
    "sample": "样本",
    "previous": "上一个样本",
    "next": "下一个样本",
    "keys": "用方向键 \N{LEFTWARDS ARROW} 和 \N{RIGHTWARDS ARROW} 切换样本。",
    "layer": "层",
    "method": "方法",
    "alpha": "不透明度",
    "cmap": "配色",
    "fade": "淡化低值",
    "fadeTip": "热度越低，露出的图像越多",
    "mistakesOnly": "只看错误",
    "markedOnly": "只看有标记的",
    "noneLeft": "本报告中没有既被判错又有标记的样本。",
    "noMistakes": "模型在这些样本上没有错误。",
    "noneMarked": "本报告中没有带标记的样本。",
    "allSamples": "本报告的全部样本",
    "shown": "{shown} / {count}",
    "trueClass": "真实类别",
    "wrongClass": "预测错误",
    "marked": "标记",
    "notRead": "无法读取此样本",
    "notPredicted": "没有预测",
    "notExplained": "没有热力图",
    "low": "低",
    "high": "高",
    "about": "关于本报告",
    "guessFirst": "先猜后看",
    "guessTip": "在你猜之前，隐藏模型的预测和热力图",
    "guessAsk": "这是什么？先猜一猜，再看模型怎么说。",
    "guessChoose": "选择一个类别\N{HORIZONTAL ELLIPSIS}\N{HORIZONTAL ELLIPSIS}",
    "guessSkip": "不猜，直接看",
    "guessed": "你猜的是：{guess}。",
    "guessedRight": "\N{CHECK MARK} 你猜的是：{guess}，猜对了。",
    "guessedWrong": "\N{BALLOT X} 你猜的是：{guess}，猜错了。",
    "score": "猜过的 {count} 个样本中，你对了 {yours} 个，模型对了 {models} 个。",
    "scoreNone": "还没有猜过。",
    "again": "重新开始",
    "hidden": "猜过之后显示",
    "between": "",
    "colon": "：",
}
ENDS_OF_OTHER = ("色条低端的颜色", "色条高端的颜色")


def colours_mean(kind: str, least: str, most: str) -> str:
    """Say what the ends of the colours mean in a heatmap of evidence, or of a unit's activity."""
    if kind == "evidence":
        return f"{most}处证据最强，{least}处最弱。"
    if kind == "head":
        return f"{most}处得到的注意力最多，{least}处最少。"
    return f"{most}处该层最活跃，{least}处最不活跃。"


def as_sentence(said: str) -> str:
    """Write what stands below a heatmap as a sentence."""
    return forms.ended(said) if said else ""


MARK_WORDS = {"wrong label": "标签有误", "bad image": "图像不可用", "look again": "待复查"}


def about_samples(chosen: str, shown: int, count: int | None) -> str:
    """Say which samples there are: how they were chosen, how many, and of how many."""
    of = "" if count is None else f"（共 {count:,} 个）"
    return f"{shown:,} 个样本{of}：{chosen}"


ABOUT_MODEL = "模型"
ABOUT_SAMPLES = "样本"
ABOUT_LAYERS = "层"
ABOUT_METHODS = "方法"
ABOUT_TARGET = "解释的类别"
ABOUT_ACCURACY = "预测正确"
ABOUT_PICTURES = "图片"
ABOUT_MADE = "生成时间"
ABOUT_VERSIONS = "版本"

PREDICTED_EXPLAINED = "预测的类别"
TRUE_EXPLAINED = "真实类别"
FUNCTION_EXPLAINED = "模型输出的一个函数"


def accuracy_here(right: int, compared: int) -> str:
    return f"本报告的 {compared:,} 个样本中有 {right:,} 个；这不一定代表全部样本"


def pictures_are(quality: int | None, reduced: int | None, exact_maps: bool) -> str:
    """Say what was lost to keep the file small: the pictures' JPEG quality, the longest side, exactness of maps."""
    parts = ["没有任何损失" if quality is None else f"以质量 {quality} 的 JPEG 压缩"]
    parts += [] if reduced is None else [f"长边缩小到 {reduced} 像素"]
    parts += [] if exact_maps else ["热力图经过舍入，颜色可能相差一级"]
    return f"{'；'.join(parts)}。"


# Which samples they are.
GIVEN_POSITIONS = "指定的样本"
MOST_SURELY_WRONG = "错得最自信的预测在前"
ALL_OF_THEM = "全部"
FIRST_ONES = "最前面的样本"


def selected_as(selection: str, shown: int, of: int) -> str:
    """Name a selection, and say if only its first samples are in a report."""
    return f"已选择：{selection}" if shown == of else f"所选 {of:,} 个中的前 {shown:,} 个：{selection}"


def nothing_explained(why: str) -> str:
    return f"没有可报告的内容：没有一个样本能够被解释。{why}"


NOT_ALTERED = "面板中屏蔽的通道和遮盖的区域，在本报告中不生效。"
OWN_SCALE = "本报告中每张热力图都用各自的色标，不使用面板的色标。"

# In the panel.
SAVE_REPORT = "保存报告"
REPLACE_REPORT = "替换"
REPORT_FILE = "report.html"
TO_REPORT = "把所选样本（最多 200 个）做成一个网页，无需 Python 和网络，用任何浏览器都能打开。"
REPORT_BEGINS = "开始生成报告。"
REPORT_STOPPED = "已停止：没有写入报告。"
REPORT_TOOLTIPS = {
    "report": "把滑块所经过的样本连同热力图写入一个 HTML 文件",
    "report_path": "报告的文件名，位于 notebook 内核的工作目录",
    "stop_report": "停止生成报告；不会写入任何文件",
    "replace_report": "用这份报告替换已有的文件",
}


def reporting(done: int, total: int) -> str:
    return f"{done:,} / {total:,} 个样本"


def no_folder(folder: str) -> str:
    return f"文件夹 {folder} 不存在：请先创建它，或换一个文件名。"


def report_there(name: str) -> str:
    return f"{name} 已经存在。请换一个文件名，或者"


def report_saved(path: object, samples: int, size: int, failed: int) -> str:
    """Say what was written, and how large it is in bytes."""
    without = f"，其中 {failed:,} 个没有热力图" if failed else ""
    return f"{path} 包含 {samples:,} 个样本{without}，{size / 1e6:.1f} MB。"


def report_failed(why: str) -> str:
    return f"没有写入报告：{why}"

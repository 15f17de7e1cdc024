"""The panel's controls: labels, options and tooltips."""

from attn_widget.words.notation import spaced

PAGE_TITLES = {
    "look": "查看",
    "compare": "比较",
    "evidence": "证据",
    "mistakes": "错误",
    "channels": "通道",
    "shortcuts": "捷径",
    "layers": "各层",
    "code": "代码与文件",
}
"""What stands on the tabs of the inspector's pages."""
CODE = "代码"
SAVE_PICTURE = "保存图片"
WHOLE_MODEL = "（整个模型）"

# Pinned views.
PIN = "固定"
PIN_VIEW = "固定当前视图"

# The review in the panel.
FIND_MISTAKES = "查找错误"
CONTINUE = "继续"
REVIEW_BEGINS = "正在准备……"
SAVE_REVIEW = "保存复核"
LOAD_REVIEW = "载入"
SAVE_ANYWAY = "仍然保存"
LOAD_ANYWAY = "仍然载入"
KEEP_BOTH = "两者都保留"
REVIEW_FILE = "review.npz"
ANY_CLASS = "任意"
WHICH = "显示"
TRUE_CLASS = "真实类别"
PREDICTED_CLASS = "预测类别"
CONFIDENCE = "置信度"
CLEAR_SELECTION = "全部样本"
NOTE = "写备注，按回车"
SELECTION_NAMES = {
    "all": "全部",
    "mistakes": "预测错误",
    "right": "预测正确",
    "least sure": "最不确定",
    "most surely wrong": "错得最自信",
    "highest loss": "损失最大",
    "marked": "已标记",
}
MARK_NAMES = {"wrong label": "标签有误", "bad image": "图像不可用", "look again": "待复查"}
MARK_BADGES = {"wrong label": "✎ 标签", "bad image": "✎ 图像", "look again": "✎ 复查"}

# The other controls.
PREVIOUS_MISTAKE = "上一个错误"
NEXT_MISTAKE = "下一个错误"
STOP = "停止"
NOT_COMPARED = "（不比较）"
METHODS_LINE = "──── 方法 ────"
TARGETS_LINE = "──── 目标 ────"
PAN = "平移"
ZOOM = "缩放"
DOWNLOAD = "保存"
RUN_AGAIN = "重新运行"
RESET = "重置"
SEPARATOR = "──── 本次运行中没有热力图 ────"
GROUPS = {
    "block": "──── 块 ────",
    "attention": "──── 注意力（按头） ────",
    "convolution": "──── 卷积 ────",
    "other": "──── 其他 ────",
}
TARGET_NAMES = (("预测类别", "predicted"), ("真实类别", "true"))
OWN_TARGET = "自定义函数"
NO_CONTRAST = "（无）"
NO_GRID = "请选择"
VIEW_NAMES = (("叠加", "overlay"), ("只看热力图", "heatmap"), ("原始值", "raw"))
SCALE_NAMES = (("各图独立", "own"), ("通道统一", "alike"), ("各样本固定", "fixed"))
COLOUR_MAP_KINDS = {
    "jet": "教程所用",
    "viridis": "均匀",
    "magma": "均匀",
    "inferno": "均匀",
    "plasma": "均匀",
    "cividis": "均匀，色盲友好",
    "turbo": "更平滑的 jet",
}
TOOLTIPS = {
    "position": "当前样本：拖动滑块，或点击后用方向键切换",
    "number": "输入样本序号，按回车",
    "play": "逐个播放样本",
    "play_models": "对同一样本依次显示各个模型",
    "previous": "前一个样本",
    "following": "后一个样本",
    "count": "样本总数，以及选中的样本数",
    "file": "输入文件名或其中一部分，按回车",
    "remedy": "采用这条建议",
    "dark": "用深色背景绘图",
    "chip_selection": "回到全部样本",
    "chip_mistake": "撤销：这个样本及之后的样本都按原来的方式显示",
    "chip_compare": "结束比较",
    "chip_silenced": "恢复这些通道的原值：显示未经改动的模型",
    "place": "恢复按占比给通道排序；点击图像，则按该点的值排序",
    "find": "在后台对全部样本运行模型，然后逐个查看它的错误",
    "stop_review": "停止；已有的预测会保留，点击“继续”接着运行",
    "which": "滑块经过哪些样本，按什么顺序",
    "true": "只看真实类别为此类的样本",
    "predicted": "只看被预测为此类的样本",
    "confidence": "只看预测类别的概率在此范围内的样本",
    "clear_selection": "重新选中全部样本",
    "matrix": "混淆矩阵：哪些类别被误判成哪些类别；点击一格查看其中的样本",
    "rates": "不显示数量，显示占真实类别的百分比",
    "dimmed": "把预测正确的格子变灰，让颜色只突出错误",
    "note": "给这个样本写一条备注；按回车保存",
    "path": "复核文件，位于 notebook 内核的工作目录；文件名以 .csv 结尾则存为表格",
    "save": "把预测和标记写入该文件",
    "load": "从该文件读回，例如在重启之后",
    "offer": "从该文件载入先前的标记",
    "large": "让矩阵与页面同宽：类别更多，数字更大",
    "tiles": "缩略图的大小",
    "save_review": "把预测和标记写入复核文件；文件名见“代码与文件”页",
    "previous_page": "上一页",
    "next_page": "下一页",
    "pin": "保留这个视图，以便与之后的视图比较；最多四个",
    "pin_view": "保留图中当前显示的内容，以便与其他视图比较",
    "unpin": "移除这个视图",
    "code": "画出当前视图的脚本；Ctrl+A 全选，Ctrl+C 复制",
    "save_picture": "把图下载为 PNG，尺寸是此处显示的两倍",
    "previous_mistake": "回到前一个模型判错的样本",
    "next_mistake": "前往下一个模型判错的样本",
    "stop": "停止查找或计算",
    "moves": "对每个样本，比较当前模型与另一个模型的热力图",
    "stop_moves": "停止比较这两个模型",
    "most_moved": "让滑块经过全部样本，热度移动最多的排在最前",
    "changed_first": "两个模型预测不同的样本排在最前",
    "again": "对这个样本重新运行模型，例如在继续训练之后",
    "reset": "所有设置恢复初始值：全部样本，不指定位置，不作比较",
    "home": "重新显示整幅图像",
    "pan": "拖动，同时平移所有图像",
    "zoom": "画一个矩形，同时放大所有图像",
    "download": "把图下载为图片文件",
}
MARK_TOOLTIPS = {
    "wrong label": "这个样本的标签有误；再次点击取消标记",
    "bad image": "这幅图像无法判断；再次点击取消标记",
    "look again": "之后再看这个样本；再次点击取消标记",
}
ANSWER_TOOLTIPS = {
    SAVE_ANYWAY: "仍然保存复核：文件会失去此处列出的内容",
    LOAD_ANYWAY: "仍然载入那份复核：此处所作的标记会丢失",
    KEEP_BOTH: "保留本复核的标记，并把文件中的标记写进备注",
}


def colour_map(name: str) -> str:
    """Name a colour map, and say whether equal steps of the value look equal."""
    return f"{name}（{COLOUR_MAP_KINDS[name]}）" if name in COLOUR_MAP_KINDS else name


def layer_option(name: str, kind: str, shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{name or WHOLE_MODEL}  ·  {kind}  ·  {channels} × {height}×{width}"


def unusable_option(name: str, reason: str) -> str:
    return f"{name or WHOLE_MODEL}  ·  {reason}"


def place(at: tuple[int, int]) -> str:
    return f"位置 {at[0]}, {at[1]}"


def one_grid(grid: tuple[int, int]) -> str:
    return f"{grid[0]}×{grid[1]}"


def last_call(calls: int) -> str:
    return f"最后一次（共 {calls} 次）"


def one_call(call: int, calls: int) -> str:
    return f"第 {call + 1} 次（共 {calls} 次）"


SETTINGS = {
    "model": ("模型", "显示哪一个模型"),
    "layer": ("层", "显示哪一层的通道；按运行顺序列出，附通道数 × 网格"),
    "grid": ("网格", "图块可以排成不止一种网格：请选择"),
    "call": ("调用", "这个模块在一次运行中被调用多次：选择显示哪一次"),
    "method": ("方法", "如何给该层的通道加权"),
    "target": ("解释目标", "解释什么：这个类别的得分"),
    "against": ("而不是", "解释为什么是目标类别而不是这个类别"),
    "top_k": ("通道数", "显示多少个通道，占比最大的在前"),
    "compare": ("比较对象", "在旁边显示另一种方法或另一个目标，以及两者之差"),
    "alpha": ("强度", "热力图盖住图像的程度：0 表示只显示图像"),
    "view": ("显示方式", "热力图叠加在图像上、只看热力图，或该层在其网格上的原始值"),
    "cmap": ("配色", "从低值到高值；在均匀的配色中，数值相差多少，看上去就相差多少"),
    "scale": (
        "色标",
        "颜色对应的数值范围：各图独立、所有通道统一，或对所有样本固定为现在的范围；缩略图各用各的",
    ),
    "fade": ("淡化低值", "热度低的地方让图像透出来"),
    "guess": ("先猜后看", "猜出类别之前，不显示真实类别、预测和热力图"),
}
"""The label and the tooltip of each setting's control, by the setting's name."""

PAGE_TOOLTIPS = {
    "look": "解释什么，以及怎么画",
    "compare": "并排比较两种方法或两个目标，以及你固定的视图",
    "evidence": "向模型求证：屏蔽通道、遮盖区域，或把热力图与随机图作比较",
    "mistakes": "对全部样本运行模型，逐个查看它的错误",
    "channels": "一个通道在找什么：最能激活它的样本，以及屏蔽它的后果",
    "shortcuts": "一小块区域是否就足以让模型看出某个类别",
    "layers": "这个样本在每个能给出热力图的层中的样子",
    "code": "当前视图的代码；保存图片和复核",
}
DRAWN_IN_ENGLISH = (
    "图中的文字是英文，因为没有安装含有汉字的字体：请安装一种，例如 Noto Sans CJK"
    "（Debian、Ubuntu 上为 fonts-noto-cjk），然后重启内核。"
)
SAMPLE = "样本"
FILE_NAME = "文件名"
WHOLE_IMAGE = "整幅图像"
MISTAKE_CHIP = "预测与真实类别对照：撤销"


def size(name: str) -> str:
    return f"图的大小：{({'S': '小', 'M': '中', 'L': '大'})[name]}"


def class_bar(name: str, *, explained: bool) -> str:
    what = "正在解释这个类别；点击改为解释预测类别" if explained else "点击解释这个类别"
    return f"{name}：{what}"


def target_name(value: str) -> str:
    """Name a target that is no class, such as ``"predicted"``; a class's name stands for itself."""
    return next((label for label, each in TARGET_NAMES if each == value), value)


def contrast(of: str, against: str) -> str:
    return spaced(f"{of} 而不是 {against}")


def chip_of_comparison(name: str) -> str:
    return f"比较对象：{name}"

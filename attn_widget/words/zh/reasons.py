"""Why there is no map, and what to know before reading one."""

from collections.abc import Mapping, Sequence

from attn_widget.words.zh import forms

# Why a layer gives no map: parts of a sentence, after "layer 'x' gives no map: " or in the layer list.
NOT_CALLED = "本次运行没有调用它"
ONE_VECTOR = "只有一个向量，没有与图像对应的网格"
NO_TENSOR = "它的输出中没有张量"
NOT_REACHED = "目标的得分不依赖于它，或只通过没有梯度的步骤依赖于它（no_grad、detach、量化层）"
A_WEIGHT = "这是参数化的权重，不是在图像上的输出"
OUT_OF_ORDER = "向量序列的顺序与图像不一致"
BY_HEAD = "每个 token 和注意力头各有一个向量，没有与图像对应的网格"
ALONG_A_LINE = "数值排成一条线，没有与图像对应的网格"
A_STATE = "循环网络的状态，没有与图像对应的网格"
WEIGHTS = "各行之和为一：是注意力权重或概率，不是特征图"
BETWEEN_CHANNELS = "是通道之间的注意力，不是图像各位置之间的注意力"
BETWEEN_TOKENS = "是 token 两两之间的值，不是特征图"


def unclear_channels(shape: tuple[int, ...]) -> str:
    return f"从本次运行看不出，它的形状 {list(shape)} 中哪个轴是通道"


def perhaps_between_channels(count: int) -> str:
    return f"{count} 个 token 或 {count} 个通道之间的注意力：从本次运行看不出是哪一种"


def unreadable_shape(shape: tuple[int, ...]) -> str:
    return f"它的形状 {list(shape)} 无法读作一幅图像的特征图 [1, K, h, w]"


def tokens_without_grid(count: int) -> str:
    return f"{count} 个向量的序列，排不成图块网格"


def tokens_with_several_grids(count: int, grids: list[tuple[int, int]]) -> str:
    fitting = " 或 ".join(f"{h}x{w}" for h, w in grids)
    first = "（即第一种）" if len(grids) > 1 else ""
    return f"{count} 个 token 可能是 {fitting} 的网格；请传入 grid={grids[0]}{first}"


def tokens_not_of_grid(count: int, grid: tuple[int, int], prefix: int | None) -> str:
    before = "" if prefix is None else f"前面带 {prefix} 个 token 的 "
    return f"{count} 个 token 排不成{before or ' '}{grid[0]}x{grid[1]} 网格"


# Why attention cannot be read as a whole: sentences.
NO_ATTENTION = "在这个模型的运行中，看不到图像各 token 之间的注意力"
ATTENTION_IN_PARTS = "这个模型的注意力只在窗口内，或在变化的网格上进行，而不是在同一网格的所有 token 之间"

# Why Finer-CAM cannot compare: a sentence.
NO_CLASSES_TO_COMPARE = (
    "方法 'finer-cam' 把一个类别的得分与相似类别的得分作比较，而这里解释的不是类别："
    "请选择一个类别作为目标，或换一种方法"
)


def no_gradients_of_pixels(dtype: object) -> str:
    kind = str(dtype).removeprefix("torch.")
    return (
        f"像素没有梯度：模型以 {kind} 接收像素，换成同样数值的浮点数时，输出会不同，或没有输出；"
        "请使用 'occlusion'，或读取某一层的方法，例如 'grad-cam'"
    )


def patches_unreached(layer: str, better: str | None) -> str:
    instead = f"层 {better!r} 仍带有这些梯度。" if better is not None and better != layer else ""
    return f"在层 {layer!r}，得分已不再依赖于各图块：从这里起只读取分类 token，各图块上的梯度全为零。{instead}"


# Notes of an Explanation: whole sentences.
NAN_IN_MAPS = "该层的输出中有 NaN：这些格子按缺失绘制。"
INFINITE_IN_MAPS = "该层的输出中有无穷大的值：这些格子按饱和绘制。"
NAN_IN_OVERALL_MAP = "总热力图中有 NaN：这些格子按缺失绘制。"
NAN_IN_IMAGE = "图像本身含有 NaN。"
WHY_EMPTY = {
    "flat": "总热力图处处数值相同，因此没有突出的位置。",
    "inactive": "该层对这幅图像的值全为零，因此没有可加权的内容。",
    "below zero": "该层对这幅图像没有大于零的值，因此总热力图是空白的。",
    "same class": "对比的双方是同一个类别，因此无论图像如何，得分都是零。",
    "saturated": (
        "得分是一个概率，四舍五入后为 0 或 1：它的 softmax 已饱和，不再传递梯度。"
        "请解释 softmax 之前的 logit，或两个 logit 的 Contrast；如果模型本身以 softmax 结尾，"
        "可以用 forward= 去掉它。"
    ),
    "unread": "该层之后没有任何部分读取它：把它换成零或其他值，得分都不变。",
    "no gradient": "得分对该层每个值的梯度都是零，因此总热力图是空白的。",
    "against": "这里没有支持该目标的正面证据：该层给出的内容不利于它。",
    "zero": "总热力图处处为零，因此是空白的。",
    "nothing positive": "总热力图没有一处为正，因此是空白的。",
}
"""Why the overall heatmap is blank, by `Explanation.empty`; each is what was measured and no more."""
NAN_IN_OUTPUT = "模型的输出中有 NaN：没有预测出类别。"
BYTES = "图像由字节组成，而模型不接受字节：它得到的是 0 到 255 的浮点数。"


TAKEN_ALONE = "这幅图像是单独解释的：放在一批中，模型给它的结果与单独时不同。"
ALL_ALONE = "各图像是逐幅处理的：放在一批中，模型给它们的结果与单独时不同。"
ALL_DRAWN_ALONE = "各图像是逐幅处理的：模型会抽取随机数，在一批中每幅图像得到的随机数会不同。"
DRAWN_ALONE = "这幅图像是单独解释的：模型会抽取随机数，在一批中每幅图像得到的随机数会不同。"


def raised_for_a_batch(error: Exception) -> str:
    return f"这幅图像是单独解释的：给模型一批图像时，它报错 {forms.error_text(error)}。"


def nan_first_in(module: str, kind: str, holders: Sequence[str]) -> str:
    """Say which module first gives NaN, and which of its own tensors hold NaN."""
    where = f" {module!r}（{kind}）" if module else f"模型本身（{kind}）"
    held = f"，它的 {forms.listed(list(holders))} 含有 NaN" if holders else ""
    return f"NaN 最先出现在{where}的输出中{held}。"


def nan_before(module: str) -> str:
    return f"NaN 最先出现在 {module!r} 的输入中；它不是由之前的任何模块产生的。"


def attention_left_out(left_out: Mapping[tuple[int, int, int], int], total: int, tokens: int) -> str:
    """Say which attention layers are left out, being unlike those between all of the image's tokens.

    `left_out` counts layers by their number of groups, and of queries and keys in each; `total` is how many layers
    attend at all, and `tokens` the number of tokens in those that are read.
    """
    kinds = "，".join(f"{count} 个{_attending(*shape)}" for shape, count in left_out.items())
    count = sum(left_out.values())
    return f"{total} 个注意力层中，有 {count} 个的注意力不在图像的 {tokens} 个 token 之间，已略去：{kinds}。"


def _attending(groups: int, queries: int, keys: int) -> str:
    if queries != keys:
        return f"从 {queries} 个查询到 {keys} 个 token"
    return f"在另外 {keys} 个 token 之间" if groups == 1 else f"在 {groups} 组内进行，每组 {keys} 个 token"


def not_the_last_call(call: int, calls: int) -> str:
    """Say that a later call of a layer saw something other than this image, such as a reference."""
    return f"该层运行了 {calls} 次；其中看到这幅图像的最后一次是 call={call}。"


def read_as_binary(label: float) -> str:
    return f"标签 {label} 读作二分类模型的类别 {label:.0f}，而不是数值。"


def uncertain_scores(taken: str, widths: Mapping[str, int]) -> str:
    listed = "、".join(f"output{place}（{width}）" for place, width in widths.items())
    return (
        f"模型有几个输出都可能是类别得分：{listed}。这里使用 output{taken}；"
        "要使用另一个，请从 forward=lambda model, images: ... 中单独返回它。"
    )


def not_taken(shape: tuple[int, ...], error: Exception) -> str:
    """Name images that a model raised for by their shape, as part of `takes_neither`."""
    return f"{list(shape)}（{forms.error_text(error)}）"


def takes_neither(as_given: str, turned: str) -> str:
    return (
        f"无论是 loader 给出的形式 {as_given}，还是 {turned}，模型都不接受这些图像：请传入 "
        "forward=lambda model, images: model(...)，它得到的图像是 [B, C, H, W]"
    )

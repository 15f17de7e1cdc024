"""Why something that is asked for makes no sense, where no subject of its own says so."""

# What is explained: a target.
PREDICTED_NEEDS_SCORES = "目标 'predicted' 需要各类别的得分，而模型的输出中没有：请给出一个以该输出为参数的函数"
TARGET_NEEDS_SCORES = "目标需要各类别的得分，而模型的输出中没有：请改为给出一个以该输出为参数的函数"


def no_true_class(label: object) -> str:
    return f"目标 'true' 需要整数标签，而这个样本的标签是 {label!r}"


def not_a_class_index(target: object) -> str:
    return f"目标应为 'predicted'、'true' 或类别编号（类别名称只有面板知道），而给出的是 {target!r}"


def not_a_target(target: object) -> str:
    return f"目标应为 'predicted'、'true'、类别编号、Contrast 或以模型输出为参数的函数，而给出的是 {target!r}"


def no_such_class(index: object, count: int) -> str:
    return f"目标应为 0 到 {count - 1} 的类别编号，而给出的是 {index}"


# Where a map is read: a layer and its call.
NO_LAYER_FOR_PANEL = "这个模型没有一层能给出这幅图像的热力图；层列表中说明了每一层的原因。"
NO_LAYER = "模型没有一层能给出这幅图像的热力图；find_layers(model, image) 会说明每一层的原因"


def no_map(layer: str, reason: str) -> str:
    return f"层 {layer!r} 给不出热力图：{reason}"


def no_gradient(layer: str, reason: str) -> str:
    return f"层 {layer!r} 没有梯度：{reason}"


def nothing_to_read(method: str, reason: str) -> str:
    return f"方法 {method!r} 没有可读取的内容：{reason}"


def layer_not_called(layer: str, *, own_forward: bool) -> str:
    hint = "；forward= 必须调用传给它的模型，而不是别的模型" if own_forward else ""
    return f"本次运行没有调用层 {layer!r}{hint}"


def no_such_call(layer: str, calls: int, call: int) -> str:
    return f"层 {layer!r} 的 call 应在 {-calls} 到 {calls - 1} 之间，而给出的是 {call}"


def call_did_not_happen(layer: str, call: int) -> str:
    return f"要改动的是层 {layer!r} 的 call={call}，但这次调用没有发生"


# What the model takes and gives.
def needs_more_than_images(error: Exception) -> str:
    return f"只传入图像无法调用模型（{error}）：请传入 forward=lambda model, images: model(images, ...)"


def no_score_per_image(count: int) -> str:
    return f"对于一批 {count} 幅图像，模型没有给每幅图像一个得分"


def no_row_per_image(count: int) -> str:
    return f"对于一批 {count} 幅图像，模型没有给每幅图像一行得分"


def target_not_scalar(kind: str, shape: list[int] | None) -> str:
    given = kind if shape is None else f"形状为 {shape} 的张量"
    return f"以模型输出调用目标函数时，它应返回标量张量，而得到的是 {given}"


FORWARD_RUNS_ANOTHER = "forward 运行了一个并非作为参数传给它的模块：请使用传给它的模型"
HOLDS_UNCOPIED = (
    "它含有无法复制的内容，例如打开的文件或编译后的代码，或者它的代码通过全局名称使用某个模块：请传入真正执行计算的模块"
)


def not_copied(why: str) -> str:
    return f"改动只在模型的副本上进行，而这个模型无法复制：{why}"


CELLS_NEED_SCORES = "disconnected_heat 需要各类别的得分，而模型没有为每幅图像输出得分"


def not_maps_of_convolutions(layer: str, given: object) -> str:
    return f"层 {layer!r} 应像卷积层那样给出特征图 [B, K, h, w]，而它给出的是 {given}"


def too_many_classes(classes: int, most: int) -> str:
    return f"{classes:,} 个类别的混淆矩阵太大，上限是 {most:,}：请改用 confused_pairs()"


# The script of a view: comments in it.
def given_to_panel(names: str) -> str:
    return f"# {names}：创建面板时给出的对象。"


def method_of_ones_own(name: str) -> str:
    return f"# {name!r} 是自定义的方法：请先注册。"


PARTS_OF_METHOD = "# found：面板所用方法依据的 Parts。"

"""What is said of single samples: how they were read and drawn, and why one cannot be read."""

# How a picture was drawn: parts of a sentence.
SCALED = "没有找到 mean 和 std：图像的数值经过缩放后显示。"
UNFIT = "找到的 mean 和 std 与图像的数值不符：图像的数值经过缩放后显示。"
LEFT = "找到了 mean 和 std，但这些数值本身就可能是图像：按原样显示（可用 mean= 和 std= 指定）。"
UNDONE = "已按找到的 mean 和 std 还原，但这些数值本身也可能是图像（mean=0, std=1 会按原样显示）。"
SEVERAL = "找到了多组 mean 和 std，符合图像数值的不止一组（可用 mean= 和 std= 指定）。"


def not_so_many(count: int, channels: int) -> str:
    return f"找到的 mean 和 std 有 {count} 个数，而不是 {channels} 个：没有使用。"


def first_channels(channels: int) -> str:
    return f"只显示 {channels} 个通道中的前 3 个。"


def pixels_nan(count: int) -> str:
    return f"{count} 个像素不是数（NaN），画成灰色。"


def pixels_infinite(count: int) -> str:
    return f"{count} 个像素为无穷大，按饱和绘制。"


# How an item was read: parts of a sentence.
def read_as_class(label: list[int], index: object) -> str:
    return f"标签 {label} 读作类别 {index}。"


def read_as_classes(label: list[int], first: int, second: int) -> str:
    return f"标签 {label} 读作类别 {first} 和 {second}。"


MOVED = "发现一个数据项含有多幅图像，每幅算作一个样本：其后的位置已顺延。"


def iter_not_run(kind: str, reason: str) -> str:
    return (
        f"这个 loader 的类 {kind} 有自己的 __iter__，无法只为单个样本运行（{reason}）：图像来自数据集和 collate 函数。"
    )


# Why it could not be run.
GAVE_NO_SAMPLE = "它没有给出样本"
GAVE_NO_BATCH = "它没有给出批次"
SAMPLES_OTHERWISE = "它的数据项不是取自它自己的 batch sampler"

# Why a sample cannot be read.


def unreadable(position: int, why: str) -> str:
    return f"样本 {position} 无法读取（{why}）。其他样本不受影响。"


def no_longer_kept(position: int, kept: int, first: int, last: int) -> str:
    return (
        f"样本 {position} 已不再保留：这个 loader 只能向前读取，只保留最后 {kept} 个样本，即 {first} 到 {last}。"
        "要能自由回看，请传入可按索引访问的数据集，或批次的列表。"
    )


def no_such_position(position: int, count: int | None) -> str:
    extent = "0 或更大" if count is None else f"0 到 {count - 1}（loader 有 {count:,} 个样本）"
    return f"position 是 {position}，应为 {extent}"


def broke_off(position: int, why: str, outlook: str) -> str:
    return f"loader 在样本 {position} 处中断（{why}）。{OUTLOOKS[outlook]}"


OUTLOOKS = {
    "ask again": "再次请求即可从那里重试。",
    "only once": "它无法继续：它只能迭代一次。",
    "others": "它无法继续：重新打开后，它给出的样本与之前不同。",
    "sooner": "它无法继续：重新打开后，它比之前更早结束。",
}
NO_SAMPLE_GIVEN = "数据集或 loader 的 collate_fn 没有为它给出样本"
EMPTY_LOADER = "loader 是空的，至少应有一个样本。请检查它背后的数据集或文件夹"


def no_image_shape(shape: list[int]) -> str:
    return (
        f"图像的形状是 {shape}，应为 [C, H, W]，且至少有一个像素。"
        "请让 loader 为每个样本返回一幅由通道、高、宽组成的图像"
    )


def no_image_in(described: str) -> str:
    return (
        f"在 {described} 中找不到图像；应为张量 [B, C, H, W]、(x, y)、带 'image' 或 'pixel_values' 的字典，"
        "或由这类样本组成的列表。请让 loader 或它的 collate_fn 返回其中一种"
    )


def numbers_do_not_fit(name: str, count: int, channels: int) -> str:
    return f"{name} 有 {count} 个数，而图像有 {channels} 个通道；应为 1 个数，或 {channels} 个"


def in_a_worker(error: str) -> str:
    return f"在工作进程中：{error}"

"""The questions of the lesson `from_hook_to_heatmap`, and their hints."""

ASKS_FINEST = "哪一层画出的热力图网格最细？把那一层显示出来。"
COARSE_GRID = "列表里每个层名后面都写着它的网格（行 × 列）。现在这一层有多少格？"
FINER_GRID = "这一层的网格比 conv3 细。还有没有更细的？"

ASKS_HALF = (
    "回到 conv3，方法用通道均值。三个通道并没有包含全部热度："
    "至少要显示几个通道，才能看到一半以上？就显示这么多，一个也不要多。"
)
BACK_TO_CONV3 = "这道题问的是另一层：请选 conv3。"
BACK_TO_MEANS = "这道题问的是通道均值：请把方法换回它。"

ASKS_ANOTHER_CLASS = "Grad-CAM 问的是：某一个类别的证据在哪里。选一个网络没有预测的类别，看看它的 Grad-CAM 热力图。"
KNOWS_NO_CLASS = "不管问哪个类别，这种方法给出的图都一样。请选题目里说的那种方法。"
ANOTHER_METHOD = "这种方法也针对类别，不过题目说的是另一种。"
ONE_CLASS = "现在解释的不是单独一个类别。请在“解释目标”里只选一个类别。"
SAME_CLASS = "这是预测类别的热力图。哪个控件决定解释的对象？"

ASKS_WHICH_CHANGES = (
    "你已经见过三种图：单个通道的特征图、通道均值的热力图、Grad-CAM。换几个类别看看：三种图里哪一种会变？"
)
WRITE_ONE = "写出三种图之一的名字，放在引号里。"
NOT_THAT_ONE = "在面板里显示这种图，再换一个类别：它变了吗？"


def less_than_half(count: int, share: float) -> str:
    return f"现在显示的 {count} 个通道共占热度的 {100 * share:.1f} %。"


def fewer_will_do(count: int, share: float) -> str:
    return f"现在显示的 {count} 个通道共占热度的 {100 * share:.1f} %，用不了这么多。"

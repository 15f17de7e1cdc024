"""The questions of the lesson `your_own_model`, and their hints."""

ASKS_BY_NAME = "显示名为 042.png 的图。面板可以按文件名找到它。"
OTHER_FILE = "这是另一张图。图像上方哪个框可以输入文件名（或其中一部分）？"

ASKS_FINE_LAYER = "现在显示的层是面板自己选的：最后一个有网格的层。请显示它前面的那个卷积层 conv2，其网格细一倍。"
OTHER_LAYER = "这不是 conv2。"

ASKS_WHY_NOT = (
    "在这个文件夹里找一张网络答错的图，问一问：为什么是预测类别，而不是真实类别？"
    "用一种认识类别的方法，再用“解释目标”和“而不是”。"
)
RIGHT_IN_FOLDER = "这张图网络答对了。"
BLIND_TO_CLASSES = "不管哪个类别，这种方法给出的图都一样，所以没法区分。试试 Grad-CAM。"
NOT_AGAINST_TRUE = "接下来要解释的是：为什么是预测类别，而不是真实类别。"

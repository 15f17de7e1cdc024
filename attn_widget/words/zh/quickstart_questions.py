"""The questions of the lesson `quickstart`, and their hints."""

ASKS_A_MISTAKE = "找一张网络答错的图，把它显示出来。"
RIGHT_ONE = "这张图网络答对了：左上角的真实类别和预测类别是同一个。"

ASKS_TRUE_CLASS = "继续看一张网络答错的图。用 Grad-CAM 显示：网络在哪里找到了支持正确类别的证据？"
NO_MISTAKE_NOW = "这道题要看网络答错的图，而现在这张它答对了。"
OTHER_METHOD = "题目要用 Grad-CAM：哪个控件决定怎样给通道加权？"
OTHER_CLASS = "Grad-CAM 现在解释的是另一个类别。用“解释目标”或点类别条可以更换。"

ASKS_TO_SILENCE = "回到第 2 张图，它是星形（star），用 Grad-CAM 解释预测类别。屏蔽一些通道，直到预测变成别的类别。"
NOT_PICTURE_2 = "这不是第 2 张图。"
NOTHING_TAKEN = "还没有屏蔽任何通道。有一页可以问模型：没有了某些通道，它会怎么说？"
STAR_WITHOUT_CHANNELS = "已经屏蔽了一些通道，但预测仍然是 star。多显示几个通道，把它们也屏蔽掉。"

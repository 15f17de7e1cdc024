"""The questions of the lesson `active_is_not_used`, and their hints."""

ASKS_RIGHT_SHAPE = "选一张图，用 Grad-CAM 问右边的图形：大部分热度要落在右半边。"
AS_IT_IS = "现在有遮盖或屏蔽。请先撤销：这里要问的是原原本本的网络。"
ACTIVE_ONLY = "这种方法只显示哪里活跃，不知道类别。题目说的是哪种方法？"
ASK_GRAD_CAM = "这种方法也针对类别，不过题目说的是另一种。"
ONE_CLASS_AT_A_TIME = "一次只问一个类别：请在“解释目标”里选择。"
HEAT_NOT_ON_THE_RIGHT = (
    "大部分热度不在右边。右边是什么图形？“解释目标”里选的是什么类别？如果两者一致，可能是网络自己拿不准，换一张图试试。"
)

ASKS_LEFT_SHAPE = "还是这张图，这次问左边的图形。"
STAY_WITH_THE_SAMPLE = "这不是上一题用的那张图，请回到那张图。"
STILL_THE_SAME_CLASS = "这还是刚才问过的类别。请在“解释目标”里选另一个图形。"
HEAT_NOT_ON_THE_LEFT = "大部分热度不在左边。左边是什么图形？你问的是什么类别？"

ASKS_TO_COVER_A_SHAPE = (
    "让网络对这张图改变主意：遮住其中一个图形，使它预测成别的类别。（在“证据”页按下“矩形”，然后在图上画。）"
)
NO_SHAPE_COVERED = "现在还没有遮盖任何东西。工具在哪一页？"
COVERED_TOO_MUCH = "你遮住了大半张图，那样什么都会变。只遮一个图形就好。"
SAME_ANSWER = "网络的预测没有变。它说的是哪个图形？你遮住的是它吗？"

ASKS_BLIND_METHOD = "换一种方法来显示这张图：不管问哪个类别，它给出的图都一样。"
CHANGES_WITH_THE_CLASS = "这种方法的图会随类别变化。前面哪一节里，两个图形的图是一样的？"

ASKS_RANDOM_WEIGHTS = "第 3 节里，fc 层被换成了随机数。哪种方法的图毫无察觉？"
NAME_THE_METHOD = "写出方法的名字，放在引号里。"
LOOK_AT_THE_CURVES = "再看看那两条曲线在“fc”这一步的位置：哪一条停在 1？"
CHANNEL_MEANS = "channelmean channelmeans mean means 通道均值 均值"
"""What may be written for the method of channel means, in small letters without signs."""

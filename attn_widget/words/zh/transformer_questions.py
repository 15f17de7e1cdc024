"""The questions of the lesson `reading_a_transformer`, and their hints."""

ASKS_TOKENS = "回到第一节：这个网络把一张图变成多少个 token？"
WRITE_A_NUMBER = "请写一个整数。"
ONLY_PATCHES = "图块正好是这么多。有没有哪个 token 不属于任何图块？"
OTHER_COUNT = "图块有几行几列？另外还加了哪个 token？"

ASKS_A_PATCH = "在最后一个注意力层 blocks.2.attention 里，落在图形上的图块在看哪里？把它显示出来。"
LAST_ATTENTION = "现在是另一层或另一种方法。请选 blocks.2.attention，方法用通道均值。"
CLASS_TOKEN_ASKS = "现在提问的是分类 token。怎样让一个图块来提问？"
BESIDE_THE_SHAPE = "你选的图块不在图形上。"

ASKS_ALL_LAYERS = "从分类 token 出发，沿着所有的层追踪注意力，会追到哪里？把它显示出来。"
PATCH_ASKS = "现在提问的是一个图块，而题目问的是分类 token。怎样换回来？"
ONE_LAYER = "这种方法只看一层。哪种方法会沿着所有的层追踪？"
A_CLASS_ASKED = "这种方法问的是注意力怎样影响某个类别的得分，而题目只问注意力通向哪里。"

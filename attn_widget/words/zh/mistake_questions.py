"""The questions of the lesson `debugging_mistakes`, and their hints."""

ASKS_SUREST = "在所有错误里，网络最有把握的是哪一个？把那张图显示出来。"
FIND_FIRST = "面板还不知道有哪些错误：请先在“错误”页查找。"
NO_MISTAKE_HERE = "这张图网络答对了。"
LESS_SURE = "这张确实错了，但还有网络更有把握的错误。“错误”页的“显示”列表可以排序。"

ASKS_TO_MARK = "把三张应该重拍的图标记为“图像不可用”：图里有灯的反光，并且因此答错。"

ASKS_TO_COVER_CORNER = "打开其中一张，遮住一部分，直到网络答对为止。"
WITHOUT_A_LAMP = "这张图本来就答对了，或者没有灯的反光：右上角的白色圆斑。"
NO_CORNER_COVERED = "这张图还没有遮住任何地方。“证据”页有两个可以在图上画的工具。"
STILL_WRONG = "已经遮住了一块，但预测还是错的。灯的反光全遮住了吗？有没有遮到图形本身？"


def marked_so_far(count: int) -> str:
    return f"已标记 {count} 张，一共要三张。最大的那一组里是哪些图？"


def marked_in_vain(position: int) -> str:
    return f"样本 {position} 做了标记，但它要么答对了，要么右上角没有灯的反光。"

"""What every lesson says, whatever its subject."""

ALL_DONE = "全部答完了，做得好！"
NO_LONGER_SHOWN = "这个面板已经不在页面上了。请重新运行创建面板的单元格，然后再检查。"
PANEL_IS_EMPTY = "面板现在没有图像，原因写在图像上方的那一行。解决之后再检查。"
RIGHT = "答对了！请看下一题。"
TAKES_NO_ANSWER = "这道题不用写答案：把面板调好，再运行 lesson.check(explorer)。"


def answered(done: int, count: int) -> str:
    return f"已答对 {done} / {count} 题"


def hint(text: str) -> str:
    return f"还不对。{text}"


def no_explorer(kind: str) -> str:
    return f"lesson.check 需要的是面板，写法是 lesson.check(explorer)；这里传入的类型是 {kind}。"


def with_answer(question: str) -> str:
    return f"{question}用 lesson.check(explorer, answer=…) 作答。"

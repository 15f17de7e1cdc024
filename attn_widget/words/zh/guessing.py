"""Guess first: what the panel asks before it tells what the model says."""

from collections.abc import Sequence

from attn_widget.words.notation import marked, spaced

GUESS_QUESTION = "这张图里是什么？"
GUESS_FIRST = "请选一个类别。猜过之后，才会显示真实类别、预测和热力图。"
GUESS_WAITS = "模型还在计算这张图。"
PAGE_WAITS = "这一页会泄露答案，猜过之后再显示。"
SELECTED_CHIP = "只看选中的样本"
TYPE_CLASS = "输入类别后按回车"
YOUR_GUESSES = "你的猜测"
MODELS_ANSWERS = "模型的答案"
NEXT_PICTURE = "下一张"
TAKE_BACK = "撤回"
CLEAR_GUESSES = "清空"
GUESSED_COLUMNS = "猜测 →"
BOTH_MATRICES = "谁容易混淆什么"
GUESS_TOOLTIPS = {
    "guess_typed": "图里是哪个类别：输入名称的一部分，选中后按回车",
    "next_picture": "转到下一张还没猜过的图",
    "take_back": "撤回对这张图的猜测，重新猜",
    "clear_guesses": "清空所有猜测，重新计分",
    "bring_back": "撤销：恢复刚才清空的猜测",
    "both_matrices": "把你的混淆矩阵和模型的并排显示（只算猜过的图）；点击格子可查看对应的图",
}
NO_LABEL_TO_GUESS = "这个样本没有标签，无从判断对错，所以不用猜。"
SEVERAL_LABELS_TO_GUESS = "这个样本有多个真实类别（或一个也没有），所以不用猜。"
NO_CLASS_TO_GUESS = "这个样本的标签不在模型的类别之中，所以不用猜。"
NO_SCORES_TO_GUESS = "模型没有给出这个样本的类别，所以不用猜。"


def choose_class(name: str) -> str:
    return f"猜：{name}"


def you_said(name: str, right: bool) -> str:
    return f"你：{marked(name, right)}"


def model_said(name: str, right: bool) -> str:
    return f"模型：{marked(name, right)}"


def guess_score(yours: int, models: int, count: int) -> str:
    return f"共 {count} 张，你猜对 {yours} 张，模型答对 {models} 张"


def bring_back(count: int) -> str:
    return f"恢复 {count} 次猜测"


def unknown_guess(text: str, near: Sequence[str]) -> str:
    hint = spaced(f"，是不是想说 {' 或 '.join(near)}？") if near else "，请输入类别名称的一部分。"
    return f"没有叫“{text}”的类别{hint}"


def several_classes(text: str, names: Sequence[str], count: int) -> str:
    shown = "、".join(names) + ("" if count == len(names) else "……")
    return f"有 {count} 个类别的名称里含有“{text}”（{shown}），请多输入几个字。"


def name_with_number(name: str, index: int) -> str:
    return f"{name} ({index})"


def cell_of_guesses(true: str, said: str, *, by_model: bool) -> str:
    return spaced(f"真实类别是 {true}，{'预测' if by_model else '猜'}成 {said}")

"""The questions of the lesson `clever_hans`, and their hints."""

ASKS_FOR_THE_CHEAT = (
    "找一个由条形码造成的错误：一张带条形码的图，图里不是星形却被说成 star，而且 Grad-CAM 对 star 的热度落在条形码上。"
)
TAKE_IT_BACK = "现在有遮盖或屏蔽，请先撤销。"
NOT_CALLED_A_STAR = "这张图没有被说成 star。在“错误”页可以找到被说成 star 的图。"
IS_A_STAR = "这张图本来就是星形，不算错误。"
NO_TAG_HERE = "这张图里没有条形码。看看右上角。"
BY_GRAD_CAM = "哪种方法问的是一个类别的证据在哪里？就用它来看：Grad-CAM。"
WHY_A_STAR = "要问的是为什么说成 star：请在“解释目标”里选预测的类别。"

ASKS_FOR_PROOF = (
    "还是这个网络、这张图，来证明一下：遮住条形码，别的尽量不遮，使它不再被说成 star。"
    "（在“证据”页按下“矩形”，然后在图上画；再和那里列出的其他位置比一比。）"
)
SAME_CASE = "这不是上一题的网络和图片，请回到那里。"
COVER_IT = "现在还没有遮盖任何东西。工具在哪一页？"
TAG_STILL_SEEN = "条形码还露出一部分，或者遮住的是别的地方。"
COVERS_TOO_MUCH = "遮住的比条形码大得多。就算预测变了，又怎么知道是因为什么？"
STILL_CALLED_A_STAR = "它仍然被说成 star。这里网络依据的会不会是别的东西？"

ASKS_FOR_A_VERDICT = "下结论吧：A、B、C 三个网络中，哪些是靠条形码的？把你指认的都写出来。"
WRITE_LETTERS = '把字母写在引号里，例如指认这两个就写 answer="AB"。'
INNOCENT = (
    "你冤枉了一个无辜的网络。它见过的条形码比作弊者还多，可它依赖条形码吗？"
    "比较每个网络有条形码和没有条形码时答对的比例，再看看遮住条形码后有什么变化。"
)
GUILTY_OF_ANOTHER_THING = "你指认的网络里，有一个虽然使用中会失灵，但条形码对它毫无影响。请看第 3 节。"

ASKS_TO_CLEAR = (
    "为那个见过条形码却不依赖条形码的网络洗清嫌疑：找一张带条形码而它答对的图，Grad-CAM 的热度只有一点点落在条形码上。"
)
THAT_IS_THE_CHEAT = "你刚刚证明了这个网络是靠条形码的。"
NEVER_SAW_A_TAG = "不是这个网络：它有自己的毛病。哪一个没有毛病？"
NOT_RIGHT = "这张图网络答错了。请选一张带条形码而它答对的。"

ASKS_FOR_THE_RIDDLE = "剩下的那个网络，没有条形码也会失灵。找一个由它的线索造成的错误：一张不是星形却被说成 star 的图。"
THE_THIRD_NETWORK = "这不是剩下的那个网络。哪一个你既没有指认，也没有洗清？"
NOT_BY_ITS_CUE = "这个错误另有原因。看看被它说成 star 的图，大多数有什么共同点？"

ASKS_FOR_ITS_CUE = "被这个网络误说成 star 的图有什么共同点？用一个词回答。"
WRITE_A_WORD = "写一个词，放在引号里。"
COMPARE_THEM = "不是这个。拿一张这样的图和它答对的图比一比：看整张图，不要只看某个地方。"
BLUR_WORDS = "糊 清晰 虚 焦 blur focus sharp"
"""One of these is in a right answer, in small letters."""


def heat_elsewhere(share: float) -> str:
    return f"条形码上的热度占 {100 * share:.0f} %。每个网络都在看条形码吗？换一个网络或一张图试试。"


def still_on_the_tag(share: float) -> str:
    return f"这里条形码上的热度占 {100 * share:.0f} %。一般都这样吗？看看其他带条形码的图。"

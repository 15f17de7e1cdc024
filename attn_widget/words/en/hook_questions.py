"""The questions of the lesson `from_hook_to_heatmap`, and their hints."""

ASKS_FINEST = "In which layer is the heatmap drawn on the finest grid? Show that layer."
COARSE_GRID = "Each layer in the list has its grid beside its name, rows × columns. How fine is this one?"
FINER_GRID = "That grid is finer than conv3's. Is there a layer whose grid is finer still?"

ASKS_HALF = (
    "Go back to conv3 and channel means. Three channels do not carry all of the heat: how many must be shown to see "
    "at least half of it? Show that many, and not one more."
)
BACK_TO_CONV3 = "This question is about another layer: choose conv3."
BACK_TO_MEANS = "This question is about channel means: choose that method."

ASKS_ANOTHER_CLASS = (
    "Grad-CAM asks where one class has its evidence. Show it for a class that the network did not predict."
)
KNOWS_NO_CLASS = "This method gives the same map whatever class you ask about. Choose the one that the question names."
ANOTHER_METHOD = "This method asks about a class, too, but the question names another one."
ONE_CLASS = "This explains something else than one class. Choose a single class under “Explains”."
SAME_CLASS = "This is the heatmap of the predicted class. Which control says what is explained?"

ASKS_WHICH_CHANGES = (
    "You have seen three kinds of picture: the feature map of a channel, the heatmap of channel means, and Grad-CAM. "
    "Choose different classes and watch: which of the three changes?"
)
WRITE_ONE = "Write the name of one of the three, in quotation marks."
NOT_THAT_ONE = "Show it in the panel and choose another class under “Explains”: does it move?"


def less_than_half(count: int, share: float) -> str:
    return f"{_carried(count, share)}."


def fewer_will_do(count: int, share: float) -> str:
    return f"{_carried(count, share)}; fewer will do."


def _carried(count: int, share: float) -> str:
    shown = "The channel shown carries" if count == 1 else f"The {count} channels shown carry"
    return f"{shown} {100 * share:.1f} % of the heat"

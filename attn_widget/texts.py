"""Every word that a person reads in the panel and in an Explanation.

Errors say their own words where they are raised.
"""

# Why a layer gives no map: parts of a sentence, after "layer 'x': " or in the layer list.
NOT_CALLED = "not called in this pass"
ONE_VECTOR = "one vector, no grid over the image"
NO_TENSOR = "its output holds no tensor"
A_WEIGHT = "a parametrized weight, not an output over the image"
ALONG_A_LINE = "a convolution along a line, no grid over the image"
ATTENTION_WEIGHTS = "attention weights between tokens, not maps over the image"


def unreadable_shape(shape: tuple[int, ...]) -> str:
    """Say that an output of this shape does not read as maps of one image."""
    return f"its shape {list(shape)} does not read as maps [1, K, h, w] of one image"


def tokens_without_grid(count: int) -> str:
    """Say that no patch grid fits a sequence."""
    return f"a sequence of {count} vectors that fits no grid of patches"


def tokens_with_several_grids(count: int, grids: list[tuple[int, int]]) -> str:
    """Say that more than one patch grid fits a sequence."""
    fitting = " or ".join(f"{h}x{w}" for h, w in grids)
    return f"{count} tokens could be a grid of {fitting}"


# Notes of an Explanation: whole sentences.
NAN_IN_MAPS = "The layer's output holds NaN: those cells are drawn as no data."
INFINITE_IN_MAPS = "The layer's output holds infinite values: those cells are drawn saturated."
NOTHING_POSITIVE = "No channel contributes anything positive, so the overall heatmap is empty."
NAN_IN_OUTPUT = "The model's output holds NaN: no class is predicted."

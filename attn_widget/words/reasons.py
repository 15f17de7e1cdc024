"""Why there is no map, and what to know before reading one: floors 1 and 2."""

from collections.abc import Mapping

from attn_widget.words import forms

# Why a layer gives no map: parts of a sentence, after "layer 'x': " or in the layer list.
NOT_CALLED = "not called in this pass"
ONE_VECTOR = "one vector, no grid over the image"
NO_TENSOR = "its output holds no tensor"
NOT_REACHED = (
    "the target's score does not depend on it, or through steps without gradients (no_grad, detach, quantised layers)"
)
A_WEIGHT = "a parametrized weight, not an output over the image"
OUT_OF_ORDER = "a sequence of vectors that are not in the image's order"
BY_HEAD = "one vector for each token and head, no grid over the image"
ALONG_A_LINE = "values along a line, no grid over the image"
A_STATE = "a recurrent state, no grid over the image"
WEIGHTS = "rows that sum to one: attention weights or probabilities, not maps"
BETWEEN_CHANNELS = "attention between channels, not between places of the image"
BETWEEN_TOKENS = "values between pairs of tokens, not maps"


def unclear_channels(shape: tuple[int, ...]) -> str:
    """Say that nothing tells which axis of an output of this shape holds its channels."""
    return f"nothing in this pass tells which axis of its shape {list(shape)} holds the channels"


def perhaps_between_channels(count: int) -> str:
    """Say that nothing tells attention between tokens from such between channels."""
    return f"attention between {count} tokens or as many channels: nothing in this pass tells which"


def unreadable_shape(shape: tuple[int, ...]) -> str:
    """Say that an output of this shape does not read as maps of one image."""
    return f"its shape {list(shape)} does not read as maps [1, K, h, w] of one image"


def tokens_without_grid(count: int) -> str:
    """Say that no patch grid fits a sequence."""
    return f"a sequence of {count} vectors that fits no grid of patches"


def tokens_with_several_grids(count: int, grids: list[tuple[int, int]]) -> str:
    """Say that more than one patch grid fits a sequence, or one that nothing but its count speaks for."""
    fitting = " or ".join(f"{h}x{w}" for h, w in grids)
    return f"{count} tokens could be a grid of {fitting}; grid={grids[0]} chooses it"


def tokens_not_of_grid(count: int, grid: tuple[int, int], prefix: int | None) -> str:
    """Say that a sequence does not hold the grid that is asked for."""
    before = "" if prefix is None else f"{prefix} before "
    return f"{count} tokens are not {before}a grid of {grid[0]}x{grid[1]}"


# Why attention cannot be read as a whole: sentences.
NO_ATTENTION = "the model computes no attention between the image's tokens that can be seen in a pass"
ATTENTION_IN_PARTS = "this model attends within windows or between changing tokens, not between all of one grid's"


def no_gradients_of_pixels(dtype: object) -> str:
    """Say why pixels have no gradients."""
    kind = str(dtype).removeprefix("torch.")
    return (
        f"pixels have no gradients: the model takes them as {kind}, and not the same numbers as floats; "
        "use 'occlusion', or a method of a layer, such as 'grad-cam'"
    )


def patches_unreached(layer: str, better: str | None) -> str:
    """Say why gradients are zero on every patch, and which layer's are not."""
    instead = f" Layer {better!r} still carries them." if better is not None and better != layer else ""
    return (
        f"At layer {layer!r} the score no longer depends on the patches: from there on only the class token is read, "
        f"and every gradient on a patch is zero.{instead}"
    )


# Notes of an Explanation: whole sentences.
NAN_IN_MAPS = "The layer's output holds NaN: those cells are drawn as no data."
INFINITE_IN_MAPS = "The layer's output holds infinite values: those cells are drawn saturated."
NOTHING_POSITIVE = "No channel contributes anything positive, so the overall heatmap is empty."
NAN_IN_OUTPUT = "The model's output holds NaN: no class is predicted."
BYTES = "The image is bytes, which the model does not take: it gets the numbers 0 to 255 as floats."


def attention_left_out(left_out: Mapping[tuple[int, int, int], int], total: int, tokens: int) -> str:
    """Say which attention layers are not read with those between all tokens of the image.

    Parameters
    ----------
    left_out : mapping of (int, int, int) to int
        For how many groups of how many queries and keys there were how many layers.
    total, tokens : int
        How many layers attend at all, and the number of tokens of those that are read.
    """
    kinds = ", ".join(f"{count} {_attending(*shape)}" for shape, count in left_out.items())
    count = sum(left_out.values())
    do, are = ("does", "is") if count == 1 else ("do", "are")
    others = f"{count} of {total} attention layers {do} not lie between the image's {tokens} tokens"
    return f"{others} and {are} left out: {kinds}."


def _attending(groups: int, queries: int, keys: int) -> str:
    """Say between which tokens an attention layer lies."""
    if queries != keys:
        return f"from {queries} {'query' if queries == 1 else 'queries'} to {keys} tokens"
    return f"between {keys} others" if groups == 1 else f"within {groups} groups of {keys}"


def not_the_last_call(call: int, calls: int) -> str:
    """Say that a later call of a layer saw something else than this image, such as a reference."""
    return f"The layer ran {calls} times; call {call} is the last that saw this image."


def read_as_binary(label: float) -> str:
    """Say that a float was read as a class."""
    return f"The label {label} is read as class {label:.0f} of a model of two classes, not as a value."


def uncertain_scores(taken: str, widths: Mapping[str, int]) -> str:
    """Say which of a model's outputs, of these widths by place, was taken for the class scores."""
    listed = ", ".join(f"output{place} ({width})" for place, width in widths.items())
    return (
        f"Several of the model's outputs could be the class scores: {listed}. output{taken} is used; "
        "forward=lambda model, images: ... can give another one alone."
    )


def not_taken(shape: tuple[int, ...], error: Exception) -> str:
    """Say that a model raised for images of this shape; a part of a sentence."""
    return f"{list(shape)} ({forms.error_text(error)})"


def takes_neither(as_given: str, turned: str) -> str:
    """Say that a model takes the images in neither layout."""
    return (
        f"the model takes the images neither as the loader gives them, {as_given}, nor as {turned}: pass "
        "forward=lambda model, images: model(...), which is given images [B, C, H, W]"
    )

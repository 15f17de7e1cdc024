"""Why there is no map, and what to know before reading one."""

from collections.abc import Mapping, Sequence

from attn_widget.words.en import forms

# Why a layer gives no map: parts of a sentence, after "layer 'x' gives no map: " or in the layer list.
NOT_CALLED = "not called in this pass"
ONE_VECTOR = "one vector, no grid over the image"
NO_TENSOR = "its output holds no tensor"
NOT_REACHED = (
    "the target's score does not depend on it, or only through steps without gradients (no_grad, detach, "
    "quantised layers)"
)
A_WEIGHT = "a parametrized weight, not an output over the image"
OUT_OF_ORDER = "a sequence of vectors that does not follow the image's order"
BY_HEAD = "one vector per token and head, no grid over the image"
ALONG_A_LINE = "values along a line, no grid over the image"
A_STATE = "a recurrent state, no grid over the image"
WEIGHTS = "rows that sum to one: attention weights or probabilities, not maps"
BETWEEN_CHANNELS = "attention between channels, not between places in the image"
BETWEEN_TOKENS = "values between pairs of tokens, not maps"


def unclear_channels(shape: tuple[int, ...]) -> str:
    return f"nothing in this pass tells which axis of its shape {list(shape)} holds the channels"


def perhaps_between_channels(count: int) -> str:
    return f"attention between {count} tokens or {count} channels: nothing in this pass tells which"


def unreadable_shape(shape: tuple[int, ...]) -> str:
    return f"its shape {list(shape)} does not read as maps [1, K, h, w] of one image"


def tokens_without_grid(count: int) -> str:
    return f"a sequence of {count} vectors that fits no grid of patches"


def tokens_with_several_grids(count: int, grids: list[tuple[int, int]]) -> str:
    fitting = " or ".join(f"{h}x{w}" for h, w in grids)
    first = " for the first" if len(grids) > 1 else ""
    return f"{count} tokens could be a grid of {fitting}; pass grid={grids[0]}{first}"


def tokens_not_of_grid(count: int, grid: tuple[int, int], prefix: int | None) -> str:
    before = "" if prefix is None else f" with {prefix} before it"
    return f"{count} tokens do not form a grid of {grid[0]}x{grid[1]}{before}"


# Why attention cannot be read as a whole: sentences.
NO_ATTENTION = "no attention between the image's tokens can be seen in a pass of this model"
ATTENTION_IN_PARTS = "this model attends within windows, or on changing grids, not between all tokens of one grid"

# Why Finer-CAM cannot compare: a sentence.
NO_CLASSES_TO_COMPARE = (
    "method 'finer-cam' compares a class's score with those of similar classes, and what is explained is no class: "
    "choose a class as the target, or another method"
)


def no_gradients_of_pixels(dtype: object) -> str:
    kind = str(dtype).removeprefix("torch.")
    return (
        f"pixels have no gradients: the model takes them as {kind}, and gives another output, or none, for the same "
        "values as floats; use 'occlusion', or a method that reads a layer, such as 'grad-cam'"
    )


def patches_unreached(layer: str, better: str | None) -> str:
    instead = f" Layer {better!r} still carries them." if better is not None and better != layer else ""
    return (
        f"At layer {layer!r} the score no longer depends on the patches: from there on only the class token is read, "
        f"and every gradient on a patch is zero.{instead}"
    )


# Notes of an Explanation: whole sentences.
NAN_IN_MAPS = "The layer's output holds NaN: those cells are drawn as missing."
INFINITE_IN_MAPS = "The layer's output holds infinite values: those cells are drawn saturated."
NAN_IN_OVERALL_MAP = "The overall map holds NaN: those cells are drawn as missing."
NAN_IN_IMAGE = "The image itself holds NaN."
WHY_EMPTY = {
    "flat": "The overall map has the same value everywhere, so no place stands out.",
    "inactive": "All values of this layer are zero for this image, so there is nothing to weigh.",
    "below zero": "No value of this layer is above zero for this image, so the overall heatmap is blank.",
    "same class": "The contrast is of a class with itself, so its score is zero whatever the image is.",
    "saturated": (
        "The score is a probability that is 0 or 1 to rounding: its softmax is saturated and passes no gradient on. "
        "Explain the logit in front of the softmax, or a Contrast of two logits; where the model itself ends in the "
        "softmax, forward= can leave it out."
    ),
    "unread": (
        "Nothing behind this layer reads it: the score stays the same with zeros or with other values in its place."
    ),
    "no gradient": "The gradient of the score is zero at every value of this layer, so the overall heatmap is blank.",
    "against": "There is no positive evidence for this target here: what this layer gives counts against it.",
    "zero": "The overall map is zero everywhere, so the heatmap is blank.",
    "nothing positive": "The overall map is positive nowhere, so the heatmap is blank.",
}
"""Why the overall heatmap is blank, by `Explanation.empty`; each is what was measured and no more."""
NAN_IN_OUTPUT = "The model's output holds NaN: no class is predicted."
BYTES = "The image holds bytes, which the model does not take: it gets the numbers 0 to 255 as floats."


TAKEN_ALONE = "This image was explained by itself: in a batch, the model gives it another result than alone."
ALL_ALONE = "The images were taken one by one: in a batch, the model gives them another result than alone."
ALL_DRAWN_ALONE = (
    "The images were taken one by one: the model draws random numbers, which would differ from image to image in a "
    "batch."
)
DRAWN_ALONE = (
    "This image was explained by itself: the model draws random numbers, which would differ from image to image in a "
    "batch."
)


def raised_for_a_batch(error: Exception) -> str:
    return f"This image was explained by itself: given a batch, the model raises {forms.error_text(error)}."


def nan_first_in(module: str, kind: str, holders: Sequence[str]) -> str:
    """Say which module first gives NaN, and which of its own tensors hold NaN."""
    where = f"{module!r} ({kind})" if module else f"the model itself ({kind})"
    held = f", whose {forms.listed(list(holders))} {'holds' if len(holders) == 1 else 'hold'} NaN" if holders else ""
    return f"NaN first appears in the output of {where}{held}."


def nan_before(module: str) -> str:
    return f"NaN first appears in what {module!r} is given; it comes from no module before it."


def attention_left_out(left_out: Mapping[tuple[int, int, int], int], total: int, tokens: int) -> str:
    """Say which attention layers are left out, being unlike those between all of the image's tokens.

    `left_out` counts layers by their number of groups, and of queries and keys in each; `total` is how many layers
    attend at all, and `tokens` the number of tokens in those that are read.
    """
    kinds = ", ".join(f"{count} {_attending(*shape)}" for shape, count in left_out.items())
    count = sum(left_out.values())
    do, are = ("does", "is") if count == 1 else ("do", "are")
    others = f"{count} of {total} attention layers {do} not attend between the image's {tokens} tokens"
    return f"{others} and {are} left out: {kinds}."


def _attending(groups: int, queries: int, keys: int) -> str:
    if queries != keys:
        return f"from {queries} {'query' if queries == 1 else 'queries'} to {keys} tokens"
    return f"between {keys} others" if groups == 1 else f"within {groups} groups of {keys}"


def not_the_last_call(call: int, calls: int) -> str:
    """Say that a later call of a layer saw something other than this image, such as a reference."""
    return f"The layer ran {calls} times; call {call} is the last that saw this image."


def read_as_binary(label: float) -> str:
    return f"The label {label} is read as class {label:.0f} of a two-class model, not as a value."


def uncertain_scores(taken: str, widths: Mapping[str, int]) -> str:
    listed = ", ".join(f"output{place} ({width})" for place, width in widths.items())
    return (
        f"Several of the model's outputs could be the class scores: {listed}. output{taken} is used; "
        "to use another, return it alone from forward=lambda model, images: ..."
    )


def not_taken(shape: tuple[int, ...], error: Exception) -> str:
    """Name images that a model raised for by their shape, as part of `takes_neither`."""
    return f"{list(shape)} ({forms.error_text(error)})"


def takes_neither(as_given: str, turned: str) -> str:
    return (
        f"the model takes the images neither as the loader gives them, {as_given}, nor as {turned}: pass "
        "forward=lambda model, images: model(...), which gets images [B, C, H, W]"
    )

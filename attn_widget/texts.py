"""Every word that a person reads in the panel and in an Explanation.

Errors say their own words where they are raised.
"""

from collections.abc import Callable, Mapping, Sequence

from attn_widget.refusal import Refusal
from attn_widget.samples import Label

# Why a layer gives no map: parts of a sentence, after "layer 'x': " or in the layer list.
NOT_CALLED = "not called in this pass"
ONE_VECTOR = "one vector, no grid over the image"
NO_TENSOR = "its output holds no tensor"
NOT_REACHED = (
    "the target's score does not depend on it, or through steps without gradients (no_grad, detach, quantised layers)"
)
A_WEIGHT = "a parametrized weight, not an output over the image"
OUT_OF_ORDER = "a sequence of vectors that are not in the image's order"
BY_HEAD = "a vector of each token for each head, no grid over the image"
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
        f"Several of the model's outputs could be the class scores: {listed}. Taken is output{taken}; "
        "forward=lambda model, images: ... can give another one alone."
    )


def rechosen(before: str, now: str, label: int) -> str:
    """Say that a label has shown which of a model's outputs are the class scores."""
    return f"A label is {label}, and output{before} has no such class: the class scores are read from output{now}."


EARLIER_UNREAD = "The samples before that label cannot be read again: they count as not predicted."


# A review: which samples are shown, in which order; how one is marked.
SELECTIONS = ("all", "mistakes", "right", "least sure", "most surely wrong", "highest loss")
MARKS = ("wrong label", "bad image", "look again")

# Why a sample, or a loader, has no review: whole sentences.
MULTI_LABEL = "A review needs one class a sample, and labels of this loader name several: it cannot be reviewed."
LABEL_OF_SEVERAL = "Its label names several classes."
NO_CLASS_SCORES = (
    "A review needs class scores, and the model's output has none: "
    "pass forward=lambda model, images: ... that gives logits [B, n]."
)
REGRESSION = (
    "A review needs class scores, and the model gives one value a sample beside labels that are not 0 or 1: "
    "that is a regression (a model of two classes needs whole numbers 0 and 1 as labels)."
)


def always_failed(count: int, error: Exception) -> str:
    """Say that a model fails on everything."""
    which = "the only sample" if count == 1 else f"all of the first {count} samples, as on the last one"
    return f"The model failed on {which}: {error_text(error)}"


def label_outside(label: int, classes: int) -> str:
    """Say that a label is no class of the model's."""
    return f"Its label, {label}, is outside the model's classes 0 to {classes - 1}."


NOT_FOR_RAY = (
    "engine='ray' needs a DataLoader over a data set that is reached by index, with its items collated: "
    "pass one, or leave engine out."
)
UNEVEN_FOR_RAY = "engine='ray' needs a data set of which each item is one image: leave engine out."
NO_RAY = "engine='ray' needs Ray Data, which is not installed: pip install 'attn-widget[ray]'."

# Why a review is out of date: whole sentences.
MODEL_CHANGED = "The model's parameters or buffers are other ones than those that were reviewed."
CLASSES_CHANGED = "The data set's class names are other ones than those that were reviewed."


def count_changed(before: int, now: int) -> str:
    """Say that there are more or fewer samples than there were."""
    return f"The data set has {now:,} samples, and {before:,} were reviewed."


def place_changed(position: int, before: str, now: str) -> str:
    """Say that another sample stands at a position."""
    return f"Sample {position} is {now or 'without a name'} now, and {before or 'one without a name'} was reviewed."


def cannot_go_on(reason: str) -> str:
    """Say that a review must begin anew."""
    return f"{reason} The review cannot go on and must begin anew."


def class_number(index: int) -> str:
    """Name a class that has no name."""
    return f"class {index}"


NOTHING_TO_COMPARE = "nothing to compare (no labels, or no predictions)"


def review_summary(
    reviewed: int, count: int | None, accuracy: float, wrong: int, marks: int, broken_off: str | None
) -> str:
    """Describe a review in a line."""
    right = NOTHING_TO_COMPARE if accuracy != accuracy else f"{percent(accuracy)} right, {wrong:,} wrong"
    end = "" if broken_off is None else f". {broken_off_after(reviewed, broken_off)}"
    return f"Review of {reviewed:,} {extent(count)} samples: {right}, {marks:,} marked{end}"


def broken_off_after(reviewed: int, why: str) -> str:
    """Say that a review is not complete, because its loader raised."""
    return f"Broken off after {reviewed:,} sample{'s' if reviewed != 1 else ''} ({why})"


def broken_off_warning(reviewed: int, why: str) -> str:
    """Say to a script that a review is not complete."""
    return (
        f"{broken_off_after(reviewed, why)}: the review found is not complete. "
        "Reviewing(model, found.samples, review=found).steps() goes on."
    )


# A review's file.
NOT_A_REVIEW = "is no review that Review.save wrote, or is cut short"


def no_review(path: object) -> str:
    """Say that a file is no review."""
    return f"{path} {NOT_A_REVIEW}."


def a_table(path: object) -> str:
    """Say that a file is a review's table."""
    return (
        f"{path} is a table for other programs that the panel, or Review.to_csv, wrote; "
        "reviews are loaded from the .npz file that Save review, or Review.save, writes."
    )


def count_of_marks(count: int) -> str:
    """Write a number of marks."""
    return f"{count:,} mark{'s' if count != 1 else ''}"


def review_of_other_data(marks: int) -> str:
    """Say that a file has a review of another data set."""
    return f"holds a review of other data, with {count_of_marks(marks)}"


def other_marks(marks: Mapping[int, object]) -> str:
    """Say that a file has marks of samples that the review marks otherwise."""
    first = min(marks)
    which = f"sample {first}" if len(marks) == 1 else f"{len(marks):,} samples, the first {first}"
    return f"marks {which} otherwise than this review"


NOT_A_TABLE = "is no table that the panel, or Review.to_csv, wrote"


def marks_in_table(count: int) -> str:
    """Say that a table has marks that the review has not."""
    return f"has {count_of_marks(count)} that this review does not have"


def would_replace(path: object, what: str) -> str:
    """Say that a save would lose something."""
    return f"{path} {what}. Choose another path, or replace it by save(path, overwrite=True)."


# How far a review is.
REVIEWING = "Reviewing"
SAMPLES = " samples"


def speed(done: int, total: int | None, seconds: float) -> str:
    """Say how far a review is, how fast, and how long it will take."""
    rate = done / seconds if seconds > 0 else 0.0
    parts = [f"{done:,} {extent(total)} samples", f"{rate:,.0f} a second"]
    if total is not None and rate > 0:
        parts.append(f"{duration((total - done) / rate)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Write a time in seconds, minutes or hours."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


# The figure.
BAR_ENDS = ("low", ["high of each panel", "high"])
ENDS_ON_ONE_SCALE = ("none", ["the most of both", "most"])
STALE = "out of date"
COMPUTING = "computing …"


def bar_ends(low: float, high: float) -> tuple[str, list[str]]:
    """Write the ends of the scale that the channel panels share; the high one also shorter."""
    return number(low), [f"{number(high)} in every channel", number(high)]


def signed_ends(most: float) -> tuple[str, list[str]]:
    """Write the ends of the scale of a signed difference."""
    return number(-most), [f"+{number(most)}"]


def number(value: float) -> str:
    """Write a value to three digits."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def percent(fraction: float) -> str:
    """Write a fraction in per cent, to two digits where it is small."""
    hundredths = 100 * fraction
    digits = f"{hundredths:.1f} %" if 0 < abs(hundredths) < 9.95 else f"{hundredths:.0f} %"
    return digits.replace("-", "\N{MINUS SIGN}")


def label_text(label: Label, name_of: Callable[[int], str]) -> str:
    """Write a label; empty where there is none."""
    if label is None:
        return ""
    if isinstance(label, tuple):
        return ", ".join(map(name_of, label)) or "no class"
    if isinstance(label, float):
        return f"{label:.6g}"
    return name_of(label) if isinstance(label, int) else label


def image_titles(true: str, predicted: str) -> tuple[str, str]:
    """Name the true class, where it is known, and the predicted one."""
    return (f"true: {true}" if true else "image"), predicted


def predicted_class(name: str, probability: float) -> str:
    """Name the predicted class, with its probability."""
    return f"predicted: {name} {percent(probability)}"


def marked(text: str, right: bool | None) -> str:
    """Put a mark for right or wrong before a text."""
    return {True: "✓ ", False: "✗ ", None: ""}[right] + text


def predicted_value(value: float) -> str:
    """Write what a model of one output gives."""
    return f"output: {number(value)}"


def overall_titles(layer: str, method: str, unit: str) -> tuple[str, str]:
    """Say what the overall panel shows; a method of the whole model has no layer."""
    return f"all {unit}s", f"{layer or ALL_LAYERS} · {method_name(method)}"


def channel_titles(
    unit: str, channel: int, weight: float, share: float, here: float | None
) -> tuple[list[str], list[str]]:
    """Name a channel, then its weight or its value at a place, and its share: in words, and shorter."""
    words, value = ("weight", weight) if here is None else ("here", here)
    value_text, share_text = number(value), percent(share)
    shorter = [f"{value_text} · {share_text}", share_text if here is None else value_text]
    return [f"{unit} {channel}", str(channel)], [f"{words} {value_text} · share {share_text}", *shorter]


def difference_titles(first: str, second: str) -> tuple[list[str], list[str]]:
    """Name the difference of two overall heatmaps, and its colours."""
    return [f"{first} \N{MINUS SIGN} {second}", "difference"], [
        f"red: more for {first}, blue: for {second}",
        "red: more for the first",
    ]


def pixel(row: int, column: int) -> str:
    """Name a place in the image."""
    return f"row {row}, column {column}"


def pixel_value(row: int, column: int, cell: tuple[int, int], value: float, unit: float) -> str:
    """Name a place in the image, the cell of the map over it, and its value raw and normalised."""
    place = f"{pixel(row, column)} · cell {cell[0]}, {cell[1]}"
    return f"{place}: no data" if value != value else f"{place}: {number(value)} (normalised {unit:.2f})"


def pixel_difference(row: int, column: int, value: float) -> str:
    """Name a place in the image and the signed difference there."""
    return f"{pixel(row, column)}: " + ("no data" if value != value else f"{value:+.2f}".replace("-", "\N{MINUS SIGN}"))


OF_PIXELS = "the image's pixels"

METHOD_NAMES = {
    "channel-mean": "channel mean",
    "eigen-cam": "Eigen-CAM",
    "grad-cam": "Grad-CAM",
    "grad-cam++": "Grad-CAM++",
    "xgrad-cam": "XGrad-CAM",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
    "score-cam": "Score-CAM",
    "ablation-cam": "Ablation-CAM",
    "attention-rollout": "attention rollout",
    "legrad": "LeGrad",
    "saliency": "saliency",
    "integrated-gradients": "integrated gradients",
    "occlusion": "occlusion",
}


def method_name(name: str) -> str:
    """Write a method as its paper does; one of the user's own as it is registered."""
    return METHOD_NAMES.get(name, name)


def same_for_every_class(method: str) -> str:
    """Say that a method gives no difference between targets."""
    name = method_name(method)
    return (
        f"{name[0].upper()}{name[1:]} is the same for every class: choose a method that asks for one, as Grad-CAM does."
    )


# The filmstrip.
STRIP = "Every layer that gives a map, in the order in which they run; click one to choose it."
STRIP_OF_BEFORE = "The layers of the last picture that could be shown; click one to choose it."


def no_strip(method: str, *, slow: bool) -> str:
    """Say why there is no filmstrip of a method."""
    why = "takes many passes for each layer" if slow else "looks at no layer"
    name = method_name(method)
    return f"{name[0].upper()}{name[1:]} {why}: choose another method to see all layers."


# The confusion matrix.
TRUE_ROWS = "true ↓"
PREDICTED_COLUMNS = "predicted →"


def confused(true: str, predicted: str, count: int, share: float) -> str:
    """Say how often a class is taken for another one."""
    samples = "1 sample" if count == 1 else f"{count:,} samples"
    return f"true {true}, predicted {predicted}: {samples} ({percent(share)} of {true})"


def cell_value(value: float) -> str:
    """Write a count, or a share in per cent."""
    return f"{value:.0f}" if value >= 1 or value <= 0 else "<1"


def matrix_top(value: float, *, rates: bool) -> str:
    """Write the value of the darkest colour."""
    return f"{percent(value / 100)} of the true class" if rates else f"{value:,.0f} samples"


def classes_shown(shown: int, count: int) -> str:
    """Say that not all classes are in the matrix."""
    return f"The {shown} most confused of {count:,} classes"


# The contact sheet.
CONTACT = "Contact sheet"
PREVIOUS_PAGE = "Page back"
NEXT_PAGE = "Next page"


def page(first: int, last: int, count: int) -> str:
    """Say which of the samples chosen are on a page, counted from one."""
    return "No sample is chosen." if count == 0 else f"{first + 1:,} to {last:,} of {count:,}; click one to open it."


def page_computed(done: int, count: int) -> str:
    """Say how much of a page is computed."""
    return f"Computing: {done} of {count} samples."


def no_sheet(method: str) -> str:
    """Say why there is no contact sheet of a method."""
    name = method_name(method)
    return (
        f"{name[0].upper()}{name[1:]} takes many passes for each sample: choose another method to see a page of them."
    )


# Pinned views.
PIN = "Pin"
UNPIN = "Unpin"


def pin_title(position: int, label: str, predicted: str) -> str:
    """Name the sample of a pinned view."""
    return " · ".join(part for part in (str(position), label or predicted) if part)


# The review in the panel.
FIND_MISTAKES = "Find mistakes"
CONTINUE = "Continue"
SAVE_REVIEW = "Save review"
LOAD_REVIEW = "Load"
SAVE_ANYWAY = "Save anyway"
LOAD_ANYWAY = "Load anyway"
KEEP_BOTH = "Keep both"
REVIEW_FILE = "review.npz"
ANY_CLASS = "any"
MATRIX = "Confusion matrix"
RATES = "Rates"
DIMMED = "Dim the right ones"
NO_MARK = "no mark"
NOTHING_TO_SAVE = "There is no review yet: find mistakes first."


def chosen(count: int | None, reviewed: int) -> str:
    """Say how many samples are chosen."""
    return f"all {reviewed:,} samples" if count is None else f"{count:,} of {reviewed:,} samples"


def review_said(
    reviewed: int,
    count: int | None,
    accuracy: float,
    wrong: int,
    errors: Mapping[int, str],
    broken_off: str | None,
    notes: Sequence[str],
) -> str:
    """Say what a review found, or how far it came."""
    far = f"{reviewed:,} samples" if reviewed == count else f"{reviewed:,} {extent(count)} samples so far"
    if broken_off is not None:
        far = broken_off_after(reviewed, broken_off)
    right = NOTHING_TO_COMPARE if accuracy != accuracy else f"{percent(accuracy)} right, {wrong:,} wrong"
    said = f"{far}: {right}."
    if errors:
        first = min(errors)
        said = f"{far}: {right}, {len(errors):,} with an error. The first, sample {first}: {errors[first]}"
    return " ".join([said, *notes])


def review_failed(error: Exception) -> str:
    """Say that a review raised."""
    return str(error) if isinstance(error, Refusal) else f"The review failed: {error_text(error)}"


def saved(path: str, marks: int, of_before: int) -> str:
    """Say that a review is in a file, and how many of its marks were there."""
    before = f", {of_before:,} of them from before" if of_before else ""
    return f"Saved in {path}" + (f" with {count_of_marks(marks)}{before}." if marks else ".")


def marks_kept(path: str, marks: int) -> str:
    """Say that a file has the marks as they are now."""
    return f"{count_of_marks(marks).capitalize()}, kept in {path}."


def marks_not_kept(path: str, error: OSError | ValueError) -> str:
    """Say that a mark could not be written."""
    return f"The mark is not in {path}: {getattr(error, 'strerror', None) or error}. Save review writes all again."


def marks_of_before(count: int) -> str:
    """Offer the marks that are in a file."""
    return f"{count_of_marks(count)} of before: load {'them' if count != 1 else 'it'}"


def marks_loaded(count: int) -> str:
    """Say that the marks of a file are in the review."""
    return f"{count_of_marks(count)} of before {'are' if count != 1 else 'is'} here again."


def loaded_with(count: int) -> str:
    """Say that a review was loaded to which marks of the one before came."""
    return f"Loaded; {count_of_marks(count)} made here {'are' if count != 1 else 'is'} not in the file yet."


def loading_drops(count: int) -> str:
    """Say that marks would be lost by loading a review of other data."""
    return (
        f"That review is of other data: {count_of_marks(count)} made here {'are' if count != 1 else 'is'} in no file."
    )


def is_there(name: str, what: str) -> str:
    """Say what is in a file before it is replaced."""
    return f"{name} {what}."


def both_notes(note: str, kind: str, other: str) -> str:
    """Write another mark into a mark's note."""
    before = f"before: {kind}, {other}" if other else f"before: {kind}"
    return f"{note} ({before})" if note else before


def not_saved(path: str, error: OSError | ValueError) -> str:
    """Say that a review could not be written."""
    return f"Not saved in {path or 'a file without a name'}: {getattr(error, 'strerror', None) or error}."


def not_loaded(path: str, error: OSError) -> str:
    """Say that a review could not be read."""
    return f"Not loaded from {path or 'a file without a name'}: {error.strerror or error}."


# The panel's controls.
PREVIOUS = "Back"
FOLLOWING = "Next"
PREVIOUS_MISTAKE = "Previous mistake"
NEXT_MISTAKE = "Next mistake"
STOP = "Stop"
STRIP_TOGGLE = "All layers"
CODE_TOGGLE = "Code"
NOT_COMPARED = "(nothing)"
METHODS_LINE = "──── methods ────"
TARGETS_LINE = "──── targets ────"
HOME = "Home"
PAN = "Pan"
ZOOM = "Zoom"
DOWNLOAD = "Save"
MORE = "More"
RUN_AGAIN = "Run again"
RESET = "Reset"
TOP_CLASSES = "Top classes"
SEPARATOR = "──── no map in this pass ────"
GROUPS = {
    "block": "──── blocks ────",
    "attention": "──── attention, by head ────",
    "convolution": "──── convolutions ────",
    "other": "──── others ────",
}
TARGET_NAMES = (("predicted class", "predicted"), ("true class", "true"))
OWN_TARGET = "own function"
NO_CONTRAST = "(nothing)"
NO_GRID = "choose one"
VIEW_NAMES = (("overlay", "overlay"), ("heatmap alone", "heatmap"), ("raw values", "raw"))
TOOLTIPS = {
    "position": "Which sample: drag, or click and use the arrow keys",
    "number": "Type a position and press Enter",
    "play": "Step through the samples",
    "previous": "The sample before this one",
    "following": "The sample after this one",
    "layer": "The layer whose channels are shown, in the order in which they run, with channels × grid",
    "grid": "The patch tokens could lie on more than one grid: which it is",
    "call": "This module runs several times in a pass: which of its calls is shown",
    "method": "How the layer's channels are weighed",
    "target": "What is explained: the score of this class",
    "against": "Explain why the target and not this class",
    "compare": "Set another method or target beside this one, with the difference of the two",
    "place": "Rank the channels by share again; click into an image to rank them by their value there",
    "find": "Predict all samples beside the panel, to choose among the mistakes",
    "stop_review": "Stop; what was done is kept, and Continue goes on from there",
    "which": "Which samples the slider runs over, in which order",
    "true": "Only samples of this true class",
    "predicted": "Only samples that were taken for this class",
    "confidence": "Only samples whose predicted class has a probability in this range",
    "matrix": "Which classes are taken for which: a click on a cell shows its samples",
    "rates": "Shares of each true class, in the place of counts",
    "dimmed": "Grey out what is right, so that the colours are for the mistakes",
    "mark": "Note something of this sample; it is saved with the review",
    "note": "A free text about this sample; press Enter",
    "path": "The review's file, in the folder of the notebook's kernel; saved as .csv, it is a table",
    "save": "Write predictions and marks to that file",
    "load": "Read them again, for instance after a restart",
    "offer": "Take over the marks that are in that file, made before",
    "anyway": "Go on all the same: what is said here is lost",
    "both": "Keep this review's marks, and write the file's into their notes",
    "contact": "The samples chosen as small pictures with heatmaps, 24 a page",
    "previous_page": "The page before this one",
    "next_page": "The page after this one",
    "pin": "Keep this view beside the next ones; four at most",
    "unpin": "Take the first pinned view away",
    "strip": "This sample in every layer that gives a map",
    "code": "The lines that give this view in a script: click into them and copy",
    "top_k": "How many channels to show, those of largest share first",
    "alpha": "How strongly the heatmap covers the image: 0 is the image alone",
    "view": "Heatmap over the image, heatmap alone, or the layer's own values on its own grid",
    "cmap": "How low to high is coloured",
    "previous_mistake": "Go back to the last sample before this one that the model gets wrong",
    "next_mistake": "Go on to the next sample that the model gets wrong",
    "stop": "End the search",
    "more": "View, colour map, compare, all layers, code, run again, reset",
    "again": "Repeat the pass on this sample, for instance after more training",
    "reset": "Layer, method, target, top-k, alpha, view, colours as at first; all samples, no place, nothing compared",
    "home": "Show the whole image again",
    "pan": "Drag the images to another place, all at once",
    "zoom": "Draw a rectangle to look closer, in all images at once",
    "download": "Download the figure as a picture",
    "classes": "The five classes of highest probability",
}


def layer_option(name: str, kind: str, shape: tuple[int, ...]) -> str:
    """Name a usable layer with its kind, channels and grid."""
    channels, height, width = shape
    return f"{name or '(the model)'}  ·  {kind}  ·  {channels} × {height}×{width}"


def unusable_option(name: str, reason: str) -> str:
    """Name a layer that gives no map, with the reason."""
    return f"{name or '(the model)'}  ·  {reason}"


def place(at: tuple[int, int]) -> str:
    """Name the place by whose values channels are ranked."""
    return f"Place {at[0]}, {at[1]}"


def one_grid(grid: tuple[int, int]) -> str:
    """Name a grid of patches."""
    return f"{grid[0]}×{grid[1]}"


def last_call(calls: int) -> str:
    """Name the last call."""
    return f"last of {calls}"


def one_call(call: int, calls: int) -> str:
    """Name a call, counted from one."""
    return f"{call + 1} of {calls}"


# What the panel says.
NO_PICTURE_YET = "No picture yet."
STOPPED = "Stopped; Run again begins anew."
NOT_SHOWN = "not shown"


def _article(count: int) -> str:
    """Choose between "a" and "an" as the number is spoken."""
    return "an" if count in (8, 11, 18) or 80 <= count <= 89 else "a"


ENDS_OF_COLOUR_MAPS = {
    "jet": ("dark blue", "dark red"),
    "turbo": ("dark blue", "dark red"),
    "viridis": ("purple", "yellow"),
    "inferno": ("black", "pale yellow"),
    "gray": ("black", "white"),
}


def names_set_aside(names: int, outputs: int) -> str:
    """Say that class names do not fit."""
    return f"{names} class names do not fit the model's {outputs} outputs: classes are shown by number."


def extent(count: int | None) -> str:
    """Write how many samples there are, after a position."""
    return "of ?" if count is None else f"of {count:,}"


def step_of(step: int | None, count: int) -> str:
    """Write at which of the samples chosen the slider is, after how many there are in all."""
    return f" · {count:,} chosen" if step is None else f" · {step + 1:,} of {count:,} chosen"


ALL_LAYERS = "all layers"
THE_MODEL = "The model"


def what_is_shown(
    layer: str, count: tuple[int, str], grid: tuple[int, int], calls: tuple[int, int], weighed: str
) -> str:
    """Begin the sentence about the picture: the layer and how it is weighed.

    Parameters
    ----------
    layer : str
        The layer's name.
    count : (int, str)
        How many channels or heads it has, and which of the two.
    grid : tuple of int
        ``(h, w)``.
    calls : tuple of int
        Which call, from 0, of how many.
    weighed : str
        By what, and for what.
    """
    channels = f"{count[0]} {count[1]}" + ("s" if count[0] != 1 else "")
    which = f" (call {calls[0] + 1} of {calls[1]})" if calls[1] > 1 else ""
    return f"{layer}{which}, {channels} on {_article(grid[0])} {grid[0]}×{grid[1]} grid, {weighed}"


def what_pixels_show(weighed: str) -> str:
    """Begin the sentence about a picture without channels."""
    return f"The image's own pixels, {weighed}"


def weighed_by(method: str, target: str) -> str:
    """Say how channels are weighed; `target` is empty for a method that looks at activations alone."""
    if method == "channel-mean":
        return "weighed by their means"
    return f"weighed by {method_name(method)}" + (f" for {target}" if target else "")


def target_words(target: object, name_of: Callable[[int], str]) -> str:
    """Write a target: a class, two in contrast, or an own function."""
    if isinstance(target, tuple):
        return f"{name_of(target[0])} rather than {name_of(target[1])}"
    return name_of(target) if isinstance(target, int) else "the target function" if target else "the output"


def heat_shares(shares: list[tuple[int, float]], unit: str) -> str:
    """Say how the heat is shared among the channels or heads shown, strongest first."""
    (strongest, share), together = shares[0], sum(share for _, share in shares)
    if not together > 0:
        return f"no {unit} carries any heat"
    rest = f", the {len(shares)} {unit}s shown {percent(together)}" if len(shares) > 1 else ""
    return f"{unit} {strongest} carries {percent(share)} of the heat{rest}"


def colours_read(cmap: str, unit: str, *, raw: bool, evidence: bool, channels: bool) -> str:
    """Say what the colours mean: in the raw view, and where the overall panel shows evidence for a target."""
    least, most = ENDS_OF_COLOUR_MAPS.get(cmap, ("the low end of the bar", "the high end"))
    if raw:
        return f"These are the layer's own values, from {least} to {most} on one scale for all channels."
    if evidence and not channels:
        return f"{most[0].upper()}{most[1:]} is where the evidence is strongest."
    if evidence:
        most_of_one = "where it attends most" if unit == "head" else "where it is most active"
        return f"Over all {unit}s, {most} is where the evidence is strongest; in a {unit}, {most_of_one}."
    if unit == "head":
        return f"In each panel, {most} is where most attention goes and {least} where least does."
    return f"In each panel, {most} is where the layer is most active and {least} where it is least."


def difference_read(first: str, second: str) -> str:
    """Say what the colours of a difference mean."""
    return f"In the difference, red is where {first} has more, blue where {second} has."


def ranked_at(at: tuple[int, int], unit: str) -> str:
    """Say that a place ranks the channels."""
    return f"The {unit}s shown are those of highest value at {pixel(*at)}."


def place_outside(at: tuple[int, int], size: tuple[int, int]) -> str:
    """Say that a place is not in this image."""
    return f"The place {at[0]}, {at[1]} lies outside this image of {size[0]}×{size[1]} pixels."


def attends_from(at: tuple[int, int]) -> str:
    """Say whose attention is shown."""
    return f"It is where the patch at {pixel(*at)} attends."


def status_line(parts: list[str]) -> str:
    """Join what the status line says; empty parts are left out."""
    return " · ".join(part for part in parts if part)


def position_of(position: int, count: int | None) -> str:
    """Write a position."""
    return f"Sample {position} {extent(count)}"


def verdict(right: bool | None) -> str:
    """Write right or wrong."""
    return {True: "right", False: "wrong", None: ""}[right]


def true_class(name: str) -> str:
    """Name the label; empty where there is none."""
    return f"true: {name}" if name else "no label"


def milliseconds(seconds: float) -> str:
    """Write how long a pass took."""
    return f"{1000 * seconds:.0f} ms"


def layer_name(name: str) -> str:
    """Name the layer."""
    return f"layer {name}" if name else "the model's output"


def not_taken(shape: tuple[int, ...], error: Exception) -> str:
    """Say that a model raised for images of this shape; a part of a sentence."""
    return f"{list(shape)} ({error_text(error)})"


def takes_neither(as_given: str, turned: str) -> str:
    """Say that a model takes the images in neither layout."""
    return (
        f"the model takes the images neither as the loader gives them, {as_given}, nor as {turned}: pass "
        "forward=lambda model, images: model(...), which is given images [B, C, H, W]"
    )


def failed_pass(error: Exception) -> str:
    """Say that a pass raised."""
    return f"The pass failed: {error_text(error)}"


def error_text(error: Exception) -> str:
    """Write an error of somebody else's code: its type and its first line."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def computing(tried: int) -> str:
    """Say how far a method of many passes is: how many changed images or maps it has tried."""
    return f"Computing: {tried:,} changes tried."


def tried(count: int) -> str:
    """Say how far a search is."""
    return f"Looking for a mistake: {count:,} samples tried."


def found_after(count: int, position: int) -> str:
    """Say what a search found."""
    return f"Sample {position} is a mistake ({count:,} tried)."


def none_found(count: int, unknown: int, forward: bool) -> str:
    """Say that a search found nothing."""
    where = "after" if forward else "before"
    if count == 0:
        return f"There is no sample {where} this one."
    known = f", {unknown:,} of them without a class label or unreadable" if unknown else ""
    return f"No mistake {where} this sample ({count:,} tried{known})."


def search_broken_off(error: Exception) -> str:
    """Say that a search came to where a loader broke off."""
    return f"No mistake until there: {error}"


def search_failed(error: Exception) -> str:
    """Say that a search raised."""
    return f"The search failed: {error_text(error)}"


def stopped(count: int) -> str:
    """Say that a search was stopped."""
    return f"Stopped after {count:,} samples without a mistake."


def alternative(status: str, sentence: str) -> str:
    """Describe the picture in a saved notebook."""
    return f"AttentionExplorer: {status}. {sentence}"

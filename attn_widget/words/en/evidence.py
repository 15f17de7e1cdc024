"""What is said about evidence: what was altered or measured, with its control."""

from collections.abc import Sequence

from attn_widget.words.en import forms

# --- Channels silenced.


def silenced_note(channels: Sequence[int], layer: str, fill: str) -> str:
    count = len(channels)
    numbers = "" if count > 5 else f" ({forms.listed(list(map(str, channels)))})"
    to = {"zero": "zero", "mean": "their mean over several samples", "values": "given values"}[fill]
    return (
        f"The model was altered: {forms.counted(count, 'channel')} of {layer}{numbers} silenced, "
        f"that is, set to {to} in that layer's output; all of this is about the altered model."
    )


def no_such_channels(name: str, unknown: Sequence[int], count: int, layer: str) -> str:
    numbers = forms.listed(list(map(str, unknown[:5]))) + (" and more" if len(unknown) > 5 else "")
    return f"{name} names {numbers}, but layer {layer!r} has channels 0 to {count - 1}."


def values_do_not_fit(given: int, count: int, layer: str) -> str:
    counted = forms.counted(count, "channel")
    return f"silence has {given} values, but layer {layer!r} has {counted}: one for each is needed."


def heads_have_no_mean(layer: str) -> str:
    return (
        f"The heads of {layer!r} can only be silenced with zero: their attention differs from token to token, "
        "so a mean value for each head makes no sense."
    )


MODEL_ALTERED = "model altered"


def chip_of_silenced(count: int, layer: str) -> str:
    return f"{MODEL_ALTERED}: {forms.counted(count, 'channel')}{f' of {layer}' if layer else ''} silenced"


def before_and_after(before: str, after: str) -> str:
    return f"{before} \N{RIGHTWARDS ARROW} {after}"


# The channel bench.
SILENCE_SHOWN = "Silence these"
KEEP_SHOWN = "All but these"
CLEAR_SILENCED = "Clear"
FILL = "Set to"
FILLS = {"zero": "zero", "mean": "their mean over the first samples", "values": "given values"}
BENCH = "Which of these channels does the prediction need? Silence some, and see what the model says without them."
NO_BENCH = "There are no channels to silence here: choose a method that looks at one layer, and a layer with a map."
ALL_SILENCED = "All are silenced, so there are no others to compare with."
OF_THE_MODEL_ITSELF = "Mistakes are those of the model itself, with no channel silenced."
BENCH_TOOLTIPS = {
    "silence_shown": "Set the channels that the picture shows to zero or to their mean while the model runs",
    "keep_shown": "Silence all channels of this layer except those that the picture shows",
    "clear_silenced": "Give all channels their own values again",
    "fill": "What a silenced channel is set to, at all places of the layer's output",
}


def bench_said(count: int, layer: str, fill: str) -> str:
    return f"{forms.counted(count, 'channel')} of {layer} silenced: set to {FILLS[fill]}."


def of_another_layer(layer: str) -> str:
    return f"Silencing one of {layer} here takes the place of that."


def bench_channel(number: int, share: float | None, *, silenced: bool) -> str:
    parts = [str(number), "" if share is None else forms.percent(share), "silenced" if silenced else ""]
    return " · ".join(filter(None, parts))


def bench_tooltip(number: int, unit: str, *, silenced: bool) -> str:
    return f"Let {unit} {number} have its own values again" if silenced else f"Silence {unit} {number}"


def no_means(error: Exception) -> str:
    return f"There is no mean to set them to, so they are set to zero ({forms.error_text(error)})."


def no_effect(error: Exception) -> str:
    return f"What that does could not be measured: {forms.error_text(error)}."


def effect(name: str, before: float, after: float) -> str:
    return f"{name} {before_and_after(forms.percent(before), forms.percent(after))}"


def control(count: int, unit: str, before: float, mean: float, draws: int, *, kept: bool) -> str:
    others = f"{'all but ' if kept else ''}{count:,} other {forms.plural(unit, count)}"
    change = before_and_after(forms.percent(before), forms.percent(mean))
    return f"{others}, drawn at random: {change} (mean of {draws} draws)."


def by_altered_model(predicted: str) -> str:
    return f"altered model: {predicted}" if predicted else MODEL_ALTERED


# Games: where the heat lies.


def with_interval(mean: float, interval: tuple[float, float]) -> str:
    low, high = (forms.percent(end).removesuffix(" %") for end in interval)
    return f"{forms.percent(mean)} (95 % interval {low} to {high})"


def blank_heatmaps(blank: int, count: int) -> str:
    return f" {blank:,} of {forms.counted(count, 'heatmap')} had no heat." if blank else ""


def grid_game_summary(
    method: str, layer: str, grids: int, size: tuple[int, int], shrunk: bool, share: str, hits: str, blank: int
) -> str:
    at = f" at {layer}" if layer else ""
    how = "shrunk to the size of one image" if shrunk else "each image in its own size"
    nothing = blank_heatmaps(blank, 4 * grids)
    return (
        f"Grid pointing game of {method}{at}: {forms.counted(grids, 'grid')} of 2x2 at {size[0]}x{size[1]}, {how}. "
        f"In the right quarter: {share} of the heat, {hits} of the peaks; by chance 25 % of each.{nothing}"
    )


def disconnected_summary(method: str, layer: str, grids: int, share: str, blank: int) -> str:
    at = f" at {layer}" if layer else ""
    nothing = blank_heatmaps(blank, 4 * grids)
    return (
        f"Heat of {method}{at} where the model cannot look, in {forms.counted(grids, 'grid')} of 2x2: {share}; "
        f"75 % for a map that ignores the score.{nothing}"
    )


NOTHING_RANDOM = "nothing"
RANDOM_DOWN_TO = "re-initialised, from the output down to"
RANK_CORRELATION = "rank correlation with the original"


def randomisation_control(unrelated: bool) -> str:
    return "with unrelated images" if unrelated else "with its cells shuffled"


def randomisation_summary(
    method: str,
    layer: str,
    layers: Sequence[str],
    correlations: Sequence[float],
    control: tuple[float, float],
    unrelated: bool,
) -> str:
    at = f" at {layer}" if layer else ""
    told = sorted({0, len(layers) // 2, len(layers) - 1})
    steps = [f"{correlations[number]:.2f} after {layers[number]}" for number in told]
    low, high = control
    return (
        f"Randomisation of {method}{at}, layers re-initialised from the output down. Rank correlation with the "
        f"original heatmap: {', '.join(steps)}. "
        f"{forms.capitalised(randomisation_control(unrelated))}: {low:.2f} to {high:.2f}."
    )


# The table of methods.
METHOD = "method"
RANDOM_MAP = "random map"
CENTRED_MAP = "centred map"
_BETTER = {
    "deletion": "lower",
    "insertion": "higher",
    "road": "lower",
    "average_drop": "lower",
    "increase_in_confidence": "higher",
    "pointing_game": "higher",
    "energy_inside": "higher",
}


def measure_heading(name: str) -> str:
    """Name a measure, with an arrow to where a heatmap is better."""
    arrow = {"higher": " ↑", "lower": " ↓"}.get(_BETTER.get(name, ""), "")
    return f"{name.replace('_', ' ')}{arrow}"


def cell(mean: float, low: float, high: float) -> str:
    return "–" if mean != mean else f"{mean:.3f} ({low:.3f} to {high:.3f})"


def table_caption(layer: str, samples: int) -> str:
    at = f" at {layer}" if layer else ""
    return f"Methods{at} on {forms.counted(samples, 'sample')}: mean (95 % interval)"


# What a heatmap is checked by.
FRACTION = "share of the image"
FRACTION_OF = {
    "deletion": "share of the image replaced, hottest first",
    "insertion": "share of the image restored, hottest first",
    "road": "share of the image imputed, hottest first",
    "road, coldest first": "share of the image imputed, coldest first",
}
THE_CLASS = "the class"
SCORE = "score"
NOTHING_TO_SCORE = (
    "The model's output is neither class scores nor a single value, so there is nothing to measure: pass a function of "
    "it as target="
)
NO_CLASS_PROBABILITIES = "The model's output is no class scores, so there are no class probabilities."
OF_ALTERED_MODEL = (
    "The explanation is of a model with silenced channels and cannot be measured on the model itself: explain it "
    "without silence="
)


def not_one_class(found: object) -> str:
    return (
        f"The change of a class's probability can only be measured for one class, and what is explained is {found!r}."
    )


BLANK = "The heatmap is blank, so it puts no pixel before another, and there is nothing to check."
FLAT = "The heatmap is the same everywhere, so it puts no pixel before another, and there is nothing to check."

_Areas = tuple[float, Sequence[float], float, int]
"""Of one measure: the area of the heatmap, of random maps, of the centred one, and how many random maps did worse."""


def check_verdict(name: str | None, deletion: _Areas, insertion: _Areas) -> str:
    """Say what was measured: the probability of a class by its name or, without one, the score."""
    draws, beaten = len(deletion[1]), (deletion[3], insertion[3])
    centred = deletion[0] < deletion[2], insertion[0] > insertion[2]
    if beaten == (draws, draws):
        found = f"By both measures it does better than all {draws} random maps, {_beside_centred(*centred)}."
    elif max(beaten) <= draws // 2:
        found = "By both measures it does no better than a random map may do: where the heat lies says nothing here."
    else:
        found = "Some random maps do as well, so this does not settle whether the heat lies where it matters."
    return f"{_deleted(name, deletion)} {_inserted(insertion)} {found}"


def _beside_centred(by_deletion: bool, by_insertion: bool) -> str:
    if by_deletion and by_insertion:
        return "and than the centred one"
    if not by_deletion and not by_insertion:
        return "but not better than the centred one"
    return f"but better than the centred one by {'deletion' if by_deletion else 'insertion'} only"


def _deleted(name: str | None, areas: _Areas) -> str:
    what = "the score" if name is None else f"the probability of {name}"
    return f"With the hottest pixels replaced first, {what} averages {_beside_controls(areas, 'the lower the better')}."


def _inserted(areas: _Areas) -> str:
    return f"With the hottest restored first, it averages {_beside_controls(areas, 'the higher the better')}."


def _beside_controls(areas: _Areas, better: str) -> str:
    own, random, centred, _ = areas
    return (
        f"{own:.2f} ({better}); by {len(random)} random maps of the same heat {min(random):.2f} to {max(random):.2f}, "
        f"by a centred one {centred:.2f}"
    )


# --- A region covered.


def no_pixel_covered(size: tuple[int, int]) -> str:
    return (
        f"No pixel of this image of {size[0]}x{size[1]} lies in the region to cover: draw a larger one, on the image."
    )


def other_size(position: int, other: Sequence[int], own: Sequence[int]) -> str:
    return (
        f"Sample {position} has the shape {list(other)} and this one {list(own)}: only a patch of a sample of the same "
        "shape can cover a region."
    )


REGION_COVERED = "region covered"
COVER_HEADING = "Cover a region"
RECTANGLE = "Rectangle"
LASSO = "Lasso"
UNCOVER = "Uncover"
COVER_WITH = "Cover with"
COVER_FILLS = {
    "blur": "the same, blurred",
    "mean": "the mean colour",
    "noise": "noise",
    "sample": "another sample's patch",
}
OTHER_SAMPLE = "of sample"
COVER = "What would the model say if it could not see a part of this image? Draw round it, on the image or the heatmap."
COVER_TOOLTIPS = {
    "rectangle": "Drag over the image to cover a rectangle; click again to stop drawing",
    "lasso": "Drag round a part of the image to cover it; click again to stop drawing",
    "uncover": "Show the model the whole image again",
    "cover_with": "What the model sees in place of the region",
    "other_sample": "The sample whose pixels at that place are shown instead",
    "chip_cover": "Show the model the whole image again",
}
NOWHERE_ELSE = "So large a region has no other place in this image, so there is nothing to compare with."
_COVERED_WITH = {"blur": "blurred", "mean": "filled with the mean colour", "noise": "filled with noise"}


def _covered_with(fill: str, other: int | None) -> str:
    return f"covered with that of sample {other}" if fill == "sample" else _COVERED_WITH[fill]


def covered(fill: str, other: int | None) -> str:
    return (
        f"The model sees the image as it is shown, with a region {_covered_with(fill, other)}. Draw another to move it."
    )


def covered_note(fill: str, other: int | None) -> str:
    return f"A region of the image is {_covered_with(fill, other)}; all of this is about the image as it is shown."


def elsewhere(before: float, mean: float, places: int) -> str:
    change = before_and_after(forms.percent(before), forms.percent(mean))
    return f"the same shape elsewhere: {change} (mean of {forms.counted(places, 'place')})."


# The check in the panel.
CHECK_HEADING = "Check this heatmap"
BENCH_HEADING = "Silence channels"
CHECK = "Check"
STOP_CHECK = "Stop"
CHECK_TOOLTIPS = {
    "check": "Replace the hottest pixels first, and see whether the score falls faster than with random maps",
    "stop_check": "Stop the check",
}
TO_CHECK = (
    "Does the heat lie where it matters? The hottest pixels are replaced first, then restored first, "
    "beside maps of the same heat in other places."
)
NOTHING_TO_CHECK = "There is no heatmap to check."
CHECK_STOPPED = "The check was stopped."
CURVE_TITLES = {"deletion": "Deletion", "insertion": "Insertion"}
CURVE_BETTER = {"deletion": "lower is better", "insertion": "higher is better"}
CURVE_FRACTIONS = {
    "deletion": ["of the image replaced, hottest first", "replaced, hottest first", "replaced"],
    "insertion": ["of the image restored, hottest first", "restored, hottest first", "restored"],
}
OWN_MAP = "this heatmap"
CENTRED_MAP_OF_CHECK = "centred"


def random_maps(draws: int) -> str:
    return forms.counted(draws, "random map")


def checking(done: int, total: int) -> str:
    return f"Checking: {done:,} of {total:,} images …"


def no_check(error: Exception) -> str:
    return f"This heatmap could not be checked: {forms.error_text(error)}"

"""What is said about evidence: what was altered or measured, with its control."""

from collections.abc import Sequence

from attn_widget.words import forms

# --- Channels silenced.


def silenced_note(channels: Sequence[int], layer: str, fill: str) -> str:
    count = len(channels)
    numbers = "" if count > 5 else f" ({forms.listed(list(map(str, channels)))})"
    to = {"zero": "zero", "mean": "their mean over several samples", "values": "given values"}[fill]
    return (
        f"The model was altered: {forms.counted(count, 'channel')} of {layer}{numbers} silenced, "
        f"that is set to {to} in that layer's output; all of this is about the altered model."
    )


def no_such_channels(name: str, unknown: Sequence[int], count: int, layer: str) -> str:
    numbers = forms.listed(list(map(str, unknown[:5]))) + (" and more" if len(unknown) > 5 else "")
    return f"{name} names {numbers}, but layer {layer!r} has channels 0 to {count - 1}."


def values_do_not_fit(given: int, count: int, layer: str) -> str:
    counted = forms.counted(count, "channel")
    return f"silence has {given} values, but layer {layer!r} has {counted}: one for each is needed."


NO_CLASSES = "The model's output is no class scores, so silencing has no effect on class probabilities to be shown."


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

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

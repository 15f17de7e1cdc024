"""The one-line forms of an `Explanation` and a `Sample`."""

from collections.abc import Sequence

from attn_widget.words.en import forms

NO_PICTURE = "no picture given:\nexplanation.show(picture)"
_LISTED = 5


def explanation_summary(
    layer: str, method: str, target: str, predicted: tuple[int, float] | None, channels: str, grid: tuple[int, int]
) -> str:
    """Describe an Explanation.

    `layer` is empty for a method that reads the image or all layers, `target` for one that looks at activations alone,
    and `channels` (see `strongest_channels`) without channels. `predicted` is a class and its probability.
    """
    of = layer or (forms.ALL_LAYERS if channels else forms.OF_PIXELS)
    said = f"Explanation of {of} by {forms.method_name(method)}" + (f" for {target}" if target else "")
    if predicted is not None:
        said += f": predicted {forms.class_number(predicted[0])} ({forms.percent(predicted[1])})"
    shown = f", {channels} on {forms.a_grid(grid)}" if channels else ""
    return said + shown


def strongest_channels(shares: Sequence[tuple[int, float]], count: int, unit: str, at: tuple[int, int] | None) -> str:
    """List the strongest channels or heads with their shares; `at` is the place whose values rank them, if any."""
    listed = ", ".join(f"{channel} ({forms.percent(share)})" for channel, share in shares[:_LISTED])
    more = ", …" if len(shares) > _LISTED else ""
    where = "" if at is None else f" at {forms.pixel(*at)}:"
    return f"strongest {forms.plural(unit, len(shares))}{where} {listed}{more} of {count}"


def sample_summary(position: int, name: str, shape: tuple[int, ...], dtype: str, label: str) -> str:
    """Describe a Sample; `name` and `label` may be empty."""
    named = f" ({name})" if name else ""
    kind = dtype.removeprefix("torch.")
    return f"Sample {position}{named}: image {list(shape)} {kind}, " + (f"label {label}" if label else "no label")

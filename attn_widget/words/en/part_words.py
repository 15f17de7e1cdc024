"""What is said about parts: directions among a layer's channels."""

from collections.abc import Sequence

from attn_widget.words.en import evidence, forms

ALIKE = 0.9
"""The cosine from which on two parts are called the same."""


def other_channel_count(layer: str, count: int, came: int) -> str:
    of = f"parts of layer {layer!r} with its {forms.counted(count, 'channel')}"
    return f"These are {of}; the layer asked for has {came:,}: choose {layer!r}."


def parts_of_another_layer(method: str, own: str, layer: str) -> str:
    return f"{forms.capitalised(forms.method_name(method))} are of layer {own!r}, not of {layer!r}: choose {own!r}."


def other_parts(method: str) -> str:
    return f"It was made with other parts, which had the name {method!r}."


def parts_make_up(count: int, share: float) -> str:
    rest = "the rest is in none of them" if share < 1 else "nothing is left"
    return f"The {forms.counted(count, 'part')} make up {forms.percent(share)} of the layer's values here; {rest}."


def parts_of(name: str) -> str:
    return f"parts of {name}"


def none_of_class(name: str, read: int) -> str:
    samples = forms.counted(read, "sample")
    which = f"None of the {samples} was predicted as {name}" if name else f"None of the {samples} could be read"
    return f"{which}: there is nothing to factor into parts."


def nothing_above_zero(layer: str) -> str:
    return f"No value of {layer!r} is above zero, and parts are made of such values: choose another layer."


def heads_have_no_parts(layer: str) -> str:
    return f"The channels of {layer!r} are attention heads, whose weights are not values to mix: choose another layer."


def parts_taken_out(numbers: Sequence[int], layer: str) -> str:
    which = f"{forms.plural('part', len(numbers))} {forms.listed(list(map(str, numbers)))}"
    return (
        f"The model was altered: {which} of {layer} taken out, that is, what the layer gives in the direction of each; "
        "all of this is about the altered model."
    )


def parts_on_bench(count: int, layer: str) -> str:
    return f"{forms.counted(count, 'part')} of {layer} taken out."


def parts_chip(count: int, layer: str) -> str:
    return f"{evidence.MODEL_ALTERED}: {forms.counted(count, 'part')} of {layer} taken out"


def parts_control(before: float, mean: float, draws: int) -> str:
    change = evidence.before_and_after(forms.percent(before), forms.percent(mean))
    return f"as much along directions drawn at random: {change} (mean of {draws} draws)."


CHANNEL = "channel"


def part_drawn(part: int, share: float, channels: list[int]) -> str:
    mostly = f", mostly {forms.plural('channel', len(channels))} {forms.listed(list(map(str, channels)))}"
    return f"part {part}: share {forms.percent(share)}{mostly if channels else ''}"


def parts_stability(seeds: int, least: float, by_chance: float | None) -> str:
    """Say whether parts are stable; `by_chance` is what the shuffled values' parts make up if that is as much."""
    starts = f"from {seeds} random starts (least cosine {least:.2f})"
    if by_chance is not None:
        shuffled = "those of values shuffled among the cells"
        return f"unstable: {shuffled} make up as much ({forms.percent(by_chance)}), so there are no parts"
    return f"stable: the same {starts}" if least >= ALIKE else f"unstable: not the same {starts}, so try another n"


def parts_summary(
    name: str, layer: str, samples: int, explained: tuple[float, float], shares: list[float], stability: str
) -> str:
    """Describe Parts; `explained` is what they make up, and what those of shuffled values do."""
    of = f" of {name}" if name else ""
    each = forms.listed([forms.percent(share) for share in shares])
    most, chance = map(forms.percent, explained)
    return (
        f"{forms.counted(len(shares), 'part')}{of} in {layer}, from {forms.counted(samples, 'sample')}: they make up "
        f"{most} of its values (of shuffled ones: {chance}), in shares of {each}; {stability}"
    )

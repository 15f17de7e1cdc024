"""What is said about mistakes in groups: each fact beside its control."""

from attn_widget.words import forms

_REGIONS = (
    *("in the top left", "at the top", "in the top right"),
    *("at the left", "in the middle", "at the right"),
    *("in the bottom left", "at the bottom", "in the bottom right"),
)
ARROW = "\N{RIGHTWARDS ARROW}"


def pair_said(true: str, predicted: str, share: float, predicted_share: float, true_share: float) -> str:
    """Name the commonest confusion of a group, by what its members share."""
    if share >= 0.5:
        return f"{true} {ARROW} {predicted} ({forms.percent(share)})"
    if predicted_share >= 0.5:
        return f"taken for {predicted} ({forms.percent(predicted_share)})"
    if true_share >= 0.5:
        return f"{true} taken for others ({forms.percent(true_share)})"
    return f"several pairs, most often {true} {ARROW} {predicted} ({forms.percent(share)})"


def predicted_beside_others(name: str, here: float, others: float) -> str:
    return f"{forms.percent(here)} are taken for {name} (other mistakes: {forms.percent(others)})"


def fact_said(kind: str, which: int, value: float, right: float) -> str:
    """Say a fact with its control."""
    if kind == "channel":
        times = f", {forms.number(value / right, 2)} times as strong" if right > 0.001 else ""
        return f"channel {which}: {forms.percent(value)} of the heatmap{times} (right ones: {forms.percent(right)})"
    if kind == "sharpness":
        return f"sharpness: {forms.number(10**value, 2)} (right ones: {forms.number(10**right, 2)})"
    what = {
        "outside": "heat outside the centre",
        "region": f"heat {_REGIONS[which] if kind == 'region' else ''}",
        "brightness": "brightness",
        "confidence": "how sure the model is",
    }[kind]
    return f"{what}: {forms.percent(value)} (right ones: {forms.percent(right)})"


NOTHING_SETS_APART = "neither heat nor channels nor brightness nor sharpness sets them apart from right ones"


def group_summary(size: int, pair: str, stability: float) -> str:
    return f"Group of {forms.counted(size, 'mistake')}: {pair}, stability {forms.number(stability, 2)}"


def groups_summary(sizes: list[int], count: int, silhouette: float, by_chance: float) -> str:
    groups = forms.listed(list(map(str, sizes)))
    return (
        f"{count:,} mistakes in {len(sizes)} groups of {groups} "
        f"(silhouette {forms.number(silhouette, 2)}; shuffled: at most {forms.number(by_chance, 2)})"
    )


# Why there are no groups: whole sentences.


def too_few_mistakes(count: int, least: int) -> str:
    return f"No groups: {forms.counted(count, 'mistake')}, and fewer than {least} show no pattern that can be trusted."


def too_few_right(count: int, least: int) -> str:
    return (
        f"No groups: {forms.counted(count, 'right prediction')} to compare the mistakes with, and {least} are needed."
    )


def not_clearer_than_chance(silhouette: float, mean: float, most: float) -> str:
    return (
        "No groups: the mistakes lie hardly more clearly in groups than when what is known of each is shuffled among "
        f"them (silhouette {forms.number(silhouette, 2)}; shuffled: {forms.number(mean, 2)} on average, "
        f"at most {forms.number(most, 2)})."
    )


def not_stable(stability: float, least: float) -> str:
    return (
        "No groups: they change when the mistakes are drawn again "
        f"(stability {forms.number(stability, 2)}, where {forms.number(least, 2)} is needed)."
    )


ONLY_FRAGMENTS = "No groups: the mistakes fall into one large lot and fragments of a few."

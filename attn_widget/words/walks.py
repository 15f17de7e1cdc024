"""What is said about the walk over a loader that a survey takes, and about its files."""

from collections.abc import Mapping

from attn_widget.words import forms

SURVEYING = "Surveying"

NOT_FINITE = "The layer's maps, or the heatmap, have values that are not finite."


def other_channels(here: int, first: int) -> str:
    return f"The layer gives {forms.counted(here, 'channel')} here, but {first:,} for the first sample."


# Why a survey cannot go on, or be saved: whole sentences.


def survey_stands_still(reason: str) -> str:
    return f"The survey cannot be continued. {reason}"


TARGET_NOT_SAVED = "A survey of a target that is a function cannot be saved: give a class, or a Contrast of two."


def no_survey(path: object) -> str:
    return f"{path} is not a survey that was saved, or is damaged."


def reads_no_layer(method: str) -> str:
    return f"survey needs a method that weighs the channels of one layer, got {method!r}, which does not."


def nothing_surveyed(errors: Mapping[int, str]) -> str:
    why = next((f" Sample {position}: {why}" for position, why in errors.items()), "")
    return f"No sample could be surveyed.{why}"


def survey_summary(layer: str, method: str, surveyed: int, count: int | None, mistakes: int) -> str:
    of = "" if count is None else f" of {count:,}"
    return f"Survey of {layer!r} by {method}: {surveyed:,}{of} samples, {forms.counted(mistakes, 'mistake')} kept"

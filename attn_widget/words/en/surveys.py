"""What is said of surveys."""

from collections.abc import Mapping

from attn_widget.words.en import forms

SURVEYING = "Surveying"
SURVEY_ALL = "Survey all samples"
SURVEY_ON = "Go on surveying"
SURVEY_ANEW = "Survey again"
SURVEY_BEGINS = "The survey begins."
SURVEY_STOPPED = "Stopped: Go on surveying continues."
TO_SURVEY = (
    "A survey explains every sample as it is explained now, and notes which samples drive each channel, where the "
    "model looks for each class, and what the mistakes have in common."
)


def survey_on_refused(why: str) -> str:
    return f"The survey cannot go on: {why} Begin a new one."


def nothing_surveyed(errors: Mapping[int, str]) -> str:
    why = next((f" Sample {position}: {why}" for position, why in errors.items()), "")
    return f"No sample has been surveyed.{why}"


def survey_failed(error: Exception) -> str:
    return f"The survey failed with {type(error).__name__}: {error}"


def surveyed(count: int, layer: str, method: str, mistakes: int) -> str:
    """Say what a survey is of."""
    where = f"layer {layer} by {forms.method_name(method)}" if layer else forms.method_name(method)
    return f"{forms.counted(count, 'sample')} surveyed: {where}; {forms.counted(mistakes, 'mistake')} kept."


# Why a sample could not be surveyed.
NOT_FINITE = "The layer's maps, or the heatmap, have values that are not finite."


def other_channels(here: int, first: int) -> str:
    return f"The layer gives {forms.counted(here, 'channel')} here, but {first:,} for the first sample."


def reads_no_layer(method: str) -> str:
    return f"survey needs a method that weighs the channels of one layer, got {method!r}, which does not."


TARGET_NOT_SAVED = "A survey of a target that is a function cannot be saved: give a class, or a Contrast of two."


def no_survey(path: object) -> str:
    return f"{path} is not a survey that was saved, or is damaged."


NO_SURVEY_THERE = "it is not a survey"
OTHER_DATA_THERE = "it is a survey of other data"


def not_replaced(path: object, why: str) -> str:
    return f"{path} exists, and {why}: choose another name, or pass overwrite=True to replace it."

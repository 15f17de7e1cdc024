"""What is said of surveys."""

from attn_widget.words import forms

NOTHING_SURVEYED = "No sample has been surveyed yet."
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


def none_surveyed(error: Exception) -> str:
    return f"None of the first samples could be surveyed. The first error, {type(error).__name__}: {error}"


def survey_failed(error: Exception) -> str:
    return f"The survey failed with {type(error).__name__}: {error}"


def surveyed(count: int, layer: str, method: str, mistakes: int) -> str:
    """Say what a survey is of."""
    where = f"layer {layer} by {forms.method_name(method)}" if layer else forms.method_name(method)
    return f"{forms.counted(count, 'sample')} surveyed: {where}; {forms.counted(mistakes, 'mistake')} kept."

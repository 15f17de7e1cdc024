"""What a report that was saved as a page says, and what is said about saving one."""

from collections.abc import Mapping

from attn_widget.words.en import forms

REPORTING = "Explaining for the report"

# The page.
REPORT_TITLE = "What the model looks at"
NEEDS_SCRIPT = (
    "This report shows its pictures by a script that is part of it. Allow scripts for this page, and reload it."
)
PAGE_WORDS: Mapping[str, str] = {
    "lead": (
        "Each picture is one sample that was shown to the model. The heatmap over it says where one of the model's "
        "layers responded, as the chosen method weighs it."
    ),
    "limits": (
        "A heatmap is not yet a reason. It shows where the layer responded, not why, nor that the model would decide "
        "otherwise without that place: cover the place, or compare with another class, to find out."
    ),
    "image": "image",
    "heatmap": "heatmap",
    "sample": "Sample",
    "previous": "Previous sample",
    "next": "Next sample",
    "keys": "The arrow keys \N{LEFTWARDS ARROW} and \N{RIGHTWARDS ARROW} go from sample to sample.",
    "layer": "Layer",
    "method": "Method",
    "alpha": "Opacity",
    "cmap": "Colours",
    "fade": "Fade low heat",
    "fadeTip": "The less heat there is, the more of the image shows",
    "mistakesOnly": "Mistakes only",
    "markedOnly": "Marked only",
    "noneLeft": "No sample of this report is both of these.",
    "noMistakes": "The model makes no mistake on these samples.",
    "noneMarked": "No sample of this report is marked.",
    "allSamples": "All samples of this report",
    "shown": "{shown} of {count}",
    "trueClass": "true class",
    "wrongClass": "predicted, wrong",
    "marked": "Marked",
    "notRead": "This sample could not be read",
    "notPredicted": "No prediction",
    "notExplained": "No heatmap",
    "low": "low",
    "high": "high",
    "about": "About this report",
    "guessFirst": "Guess first",
    "guessTip": "Hides what the model says, and its heatmap, until you have guessed",
    "guessAsk": "What is it? Guess before you see what the model says.",
    "guessChoose": "Choose a class \N{HORIZONTAL ELLIPSIS}",
    "guessSkip": "Show without a guess",
    "guessed": "You guessed {guess}.",
    "guessedRight": "\N{CHECK MARK} You guessed {guess}: right.",
    "guessedWrong": "\N{BALLOT X} You guessed {guess}: wrong.",
    "score": "Right: you {yours}, the model {models}, of {count} guessed.",
    "scoreNone": "No guess yet.",
    "again": "Start over",
    "hidden": "hidden until you guess",
    "between": " ",
    "colon": ": ",
}

ENDS_OF_OTHER = ("the low end of the colours", "the high end")


def colours_mean(kind: str, least: str, most: str) -> str:
    """Say what the ends of the colours mean in a heatmap of evidence, or of a unit's activity."""
    most = forms.capitalised(most)
    if kind == "evidence":
        return f"{most} is where the evidence is strongest, {least} where it is weakest."
    if kind == "head":
        return f"{most} is where the most attention goes, {least} where the least does."
    return f"{most} is where the layer is most active, {least} where it is least."


def as_sentence(said: str) -> str:
    """Write what stands below a heatmap as a sentence."""
    return forms.ended(forms.capitalised(said)) if said else ""


MARK_WORDS = {"wrong label": "wrong label", "bad image": "bad image", "look again": "look again"}


def about_samples(chosen: str, shown: int, count: int | None) -> str:
    """Say which samples there are: how they were chosen, how many, and of how many."""
    of = "" if count is None else f" {forms.extent(count)}"
    return f"{forms.counted(shown, 'sample')}{of}: {chosen}"


ABOUT_MODEL = "Model"
ABOUT_SAMPLES = "Samples"
ABOUT_LAYERS = "Layers"
ABOUT_METHODS = "Methods"
ABOUT_TARGET = "Explained class"
ABOUT_ACCURACY = "Right predictions"
ABOUT_PICTURES = "Pictures"
ABOUT_MADE = "Made"
ABOUT_VERSIONS = "Versions"

PREDICTED_EXPLAINED = "the predicted one"
TRUE_EXPLAINED = "the true one"
FUNCTION_EXPLAINED = "a function of the model's output"


def accuracy_here(right: int, compared: int) -> str:
    return f"{right:,} of {compared:,} in this report, which need not stand for all samples"


def pictures_are(quality: int | None, reduced: int | None, exact_maps: bool) -> str:
    """Say what was lost to keep the file small: the pictures' JPEG quality, the longest side, exactness of maps."""
    parts = ["nothing is lost" if quality is None else f"compressed as JPEG of quality {quality}"]
    parts += [] if reduced is None else [f"reduced to {reduced} pixels along the longer side"]
    parts += [] if exact_maps else ["heatmaps are rounded, and may be a step of colour off"]
    return forms.capitalised("; ".join(parts)) + "."


# Which samples they are.
GIVEN_POSITIONS = "those that were asked for"
MOST_SURELY_WRONG = "the most surely wrong predictions first"
ALL_OF_THEM = "all of them"
FIRST_ONES = "the first ones"


def selected_as(selection: str, shown: int, of: int) -> str:
    """Name a selection, and say if only its first samples are in a report."""
    return f"selected: {selection}" if shown == of else f"the first {shown:,} of {of:,} selected: {selection}"


def nothing_explained(why: str) -> str:
    return f"There is nothing to report, because no sample could be explained. {why}"


NOT_ALTERED = "Nothing is silenced or covered in this report, although it is in the panel."
OWN_SCALE = "Each heatmap of this report is on its own scale; the panel's scale is not used."

# In the panel.
SAVE_REPORT = "Save report"
REPLACE_REPORT = "Replace it"
REPORT_FILE = "report.html"
TO_REPORT = "A page of the selected samples, at most 200, that opens in any browser without Python or a network."
REPORT_BEGINS = "The report begins."
REPORT_STOPPED = "Stopped: no report was written."
REPORT_TOOLTIPS = {
    "report": "Write the samples that the slider runs over, with their heatmaps, to one HTML file",
    "report_path": "The name of the report's file, in the notebook kernel's working folder",
    "stop_report": "Stop the report; nothing is written",
    "replace_report": "Write the report in the place of the file that is there",
}


def reporting(done: int, total: int) -> str:
    return f"{done:,} of {forms.counted(total, 'sample')}"


def no_folder(folder: str) -> str:
    return f"The folder {folder} does not exist: create it, or choose another name."


def report_there(name: str) -> str:
    return f"{name} exists. Choose another name, or"


def report_saved(path: object, samples: int, size: int, failed: int) -> str:
    """Say what was written, and how large it is in bytes."""
    without = f", {failed:,} of them without a heatmap" if failed else ""
    return f"{path} has {forms.counted(samples, 'sample')}{without}, {size / 1e6:.1f} MB."


def report_failed(why: str) -> str:
    return f"No report was written: {why}"

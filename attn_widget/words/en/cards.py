"""The page Channels: what one channel looks for, each number beside its control."""

from attn_widget.words.en import forms

MORE_LIKE_THIS = "More like this"
MEASURE_SILENCING = "What does silencing it do?"
CARD_TOOLTIPS = {
    "survey": "Run every sample in the background, as it is explained now, and note which samples drive each channel",
    "stop_survey": "Stop; the samples surveyed so far count, and Go on surveying continues from there",
    "channel": "Type a number and press Enter",
    "shown_channel": "Show its card; so does a click on its panel in the figure",
    "more_like_this": "Let the slider run over the samples that drive it most, strongest first",
    "measure_silencing": "Silence it for this sample and those that drive it most, beside others drawn at random",
}


def to_choose(unit: str) -> str:
    return f"What is a {unit} looking for? Survey all samples; then click a {unit}'s panel in the figure."


NO_CHANNELS = "There are no channels here: choose a method that looks at one layer, and a layer with a map."
OF_OTHER_PARTS = "The survey does not know these parts. Survey again to see which samples drive them."
OF_PARTS = "The survey is of parts, and the picture shows channels. Survey again for the layer's channels."
READING_CROPS = "Reading the samples …"
MEAN_OF_CLASSES = "mean of all classes"
NO_CLASS_MEANS = "The samples have no classes, so it is not known for which it fires."
MEASURING = "Silencing it …"
NOTHING_DRIVES = "No sample drives it."


def of_another_layer_surveyed(surveyed: str, shown: str) -> str:
    return f"The survey is of layer {surveyed}, and the picture shows layer {shown}. Survey again for its channels."


def channels_changed(surveyed: int, shown: int) -> str:
    return f"The survey is of {surveyed:,} channels, and this layer has {shown:,} now. Survey again."


NOT_THE_LAST_CALL = "The survey is of the layer's last call, and the picture shows another one."


def of_another_method(surveyed: str, shown: str) -> str:
    return (
        f"Shares are by {forms.method_name(surveyed)}, as surveyed; the picture is by {forms.method_name(shown)}. "
        "The samples that drive it most are the same for both."
    )


OF_ANOTHER_TARGET = (
    "Shares are for another target than the picture's. The samples that drive it most are the same for both."
)
OF_THE_UNALTERED = "All of this is about the model itself, with nothing silenced."


def not_all_surveyed(done: int) -> str:
    return f"Among the first {forms.counted(done, 'sample')}: the survey is not complete."


def channel_heading(unit: str, number: int, layer: str) -> str:
    return f"{forms.capitalised(unit)} {number} of {layer}"


def crop_line(count: int, neighbourhoods: bool) -> str:
    """Say what the pictures are."""
    what = (
        "its strongest cell and the cell's neighbours, as a cell depends on the whole image"
        if neighbourhoods
        else "all that its strongest cell depends on"
    )
    return f"{forms.counted(count, 'sample')} that {'drives' if count == 1 else 'drive'} it most; each picture: {what}."


def crop_caption(label: str, value: float) -> tuple[list[str], list[str]]:
    return [label], [forms.number(value)]


def crop_pointed(position: int, label: str, predicted: str, value: float) -> str:
    classes = label if label == predicted else f"{label} \N{RIGHTWARDS ARROW} {predicted}"
    return f"sample {position}: {classes}, {forms.number(value)} at its strongest"


def no_crops(error: Exception) -> str:
    return f"The samples could not be read: {forms.error_text(error)}"


FIRES_FOR = "For which classes it fires: its mean over the samples of each true class"


def among_strongest(count: int, of: int, top_k: int, on_average: float, unit: str) -> str:
    """Say how often a channel is among the strongest, beside a channel of the layer on average."""
    return (
        f"Among the {top_k} strongest for {count:,} of {forms.counted(of, 'sample')} ({forms.percent(count / of)}); "
        f"on average, a {unit} of this layer is among them for {forms.percent(on_average)}."
    )


def share_said(right: float, wrong: float) -> str:
    return (
        f"Its share of the heatmap: {forms.percent(right)} where the model is right, {forms.percent(wrong)} where not."
    )


def of_this_sample(said: str) -> str:
    return f"Silenced, for this sample: {said}"


def of_exemplars(count: int, own: tuple[float, float, float], others: tuple[float, float, float], unit: str) -> str:
    """Say what silencing does to samples: the mean probability before and after, and how often the class flips."""

    def change(before: float, after: float, flips: float) -> str:
        arrow = "\N{RIGHTWARDS ARROW}"
        return f"{forms.percent(before)} {arrow} {forms.percent(after)}, another class for {forms.number(flips, 2)}"

    control = "with as much along a direction" if unit == "part" else f"with one other {unit},"
    return (
        f"For these {forms.counted(count, 'sample')}, the predicted class on average: {change(*own)} of {count}; "
        f"{control} drawn at random: {change(*others)} of {count}."
    )


def measured(done: int, total: int) -> str:
    return f"Silencing it: {done} of {forms.counted(total, 'sample')} …"


def by_channel(number: int, layer: str, unit: str) -> str:
    return f"{unit} {number} of {layer}"

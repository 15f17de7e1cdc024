"""What the command `attn-widget` says in a shell."""

from collections.abc import Sequence

from attn_widget.words.en import forms

SHELL_COMMANDS = {
    "explain": "Write each picture of a folder with its heatmap laid over it.",
    "review": "Predict every picture of a folder: review.npz for the panel, review.csv for everything else.",
    "report": "Write one HTML file that shows pictures and heatmaps without Python.",
    "demo": "Open the quickstart notebook in JupyterLab.",
}
SHELL_EPILOG = (
    "FUNCTION takes no arguments and gives a model, (model, transform) or (model, transform, class names); the "
    "transform takes a PIL image in RGB, and torchvision's weights may stand for it. Exit code: 0 if all went well, 1 "
    "if some pictures failed, 2 for wrong use, 130 when interrupted; what was finished by then is kept."
)
DEMO_EPILOG = (
    "Further arguments go to JupyterLab as they are, for example --ip 0.0.0.0 in a container.\n"
    "Press Ctrl+C twice to stop JupyterLab."
)
AS_ROOT = "Running as root: JupyterLab gets --allow-root, so its notebooks run as root too."
SHELL_OPTIONS = {
    "--no-browser": "print the address, open no browser",
    "--port": "the port to listen on (JupyterLab's own: 8888)",
    "--model": "the function that makes the model; modules in the working folder are found too",
    "--images": "a folder, searched with all folders in it, or one picture; the folders directly in it are the classes",
    "--weights": "a state dict, or a checkpoint that holds one, to load into the model",
    "--classes": "a text file with the name of a class in each line, in the model's order",
    "--size": "224: make the shorter side 224 and cut out the middle; 192x256: squeeze to this height and width",
    "--mean": "what pictures, with values from 0 to 1, are normalised by (with --std)",
    "--std": "see --mean",
    "--device": "where the model runs, such as cuda; where FUNCTION puts it if this is not given",
    "--batch-size": "how many pictures the model gets at once (32)",
    "--workers": "how many processes read pictures (0: none besides this one)",
    "--overwrite": "replace files that are there already",
    "--layer": "a name in model.named_modules(); by default the last layer that gives a map",
    "--method": "how channels are weighed, such as grad-cam (channel-mean)",
    "--target": "what is explained: predicted, true, or the name or index of a class",
    "--npz": "also write all numbers of each explanation as an .npz file",
    "--continue": "go on with what is in --out, from a command that was interrupted",
    "--positions": "which pictures, by their positions in review.csv (the first 50)",
    "--mistakes": "the N mistakes that the model is surest of (50)",
    "--review": "the review.npz of these pictures: its marks are shown, and mistakes need not be looked for again",
    "--layers": "names in model.named_modules(), with commas between; by default the last and one on a finer grid",
    "--methods": "how channels are weighed, with commas between (channel-mean,grad-cam)",
    "--out": "where the results go; its folder is made if need be",
}


def demo_description(notebook: str) -> str:
    return f"Copy {notebook} into the working folder, unless it is already there, and open it in JupyterLab."


def command_overview(prog: str) -> str:
    lines = [f"  {name:<9}{text}" for name, text in SHELL_COMMANDS.items()]
    return "\n\nOther commands:\n\n" + "\n".join([*lines, "", f"More on each: {prog} explain --help"])


def pictures_prepared(channels: int, size: int | tuple[int, int] | None, most: int, *, normalised: bool) -> str:
    """Say how pictures are prepared; a size of None leaves them as they are, up to `most` pixels."""
    if size is None:
        fitted = f"as they are, or shrunk to {most} pixels if they are larger"
    elif isinstance(size, int):
        fitted = f"with the shorter side made {size} pixels and the middle {size}x{size} cut out"
    else:
        fitted = f"squeezed to {size[0]}x{size[1]}"
    colours = "in grey" if channels == 1 else "in colour"
    values = "normalised by --mean and --std" if normalised else "values from 0 to 1, not normalised"
    return f"Pictures go to the model {fitted}, {colours}, {values} (the function gave no transform)."


NO_CLASS_FOLDERS = "There are no class folders, so the pictures have no labels."


def folders_in_order(folders: Sequence[str]) -> str:
    return f"Taken as classes 0 to {len(folders) - 1}, in this order: {_some(folders)}."


def foreign_folders(folders: Sequence[str]) -> str:
    return f"No class has the name of the folder {_some(folders)}: pictures there have no label."


def not_the_classes(folders: Sequence[str], classes: int) -> str:
    return (
        f"The model has {classes:,} classes, and {forms.counted(len(folders), 'folder')} ({_some(folders)}) cannot "
        "tell which is which, so the pictures have no labels. Name the folders like their classes, and give --classes "
        "FILE with the names of all classes, one in a line, in the model's order."
    )


def files_left_out(count: int) -> str:
    return f"{forms.counted(count, 'file')} left out, as no pictures by their names."


def failed_picture(name: str, why: str) -> str:
    return f"{name}: {why}"


UNKNOWN_FORMAT = "Pillow knows no picture of this kind"
INTERRUPTED = "Interrupted."
GOES_ON = "It is not complete: run it again with --continue to go on."
MOST_CONFUSED = "Most frequent confusions (true → predicted):"


def review_end(far: str, right: str, bad: int) -> str:
    return f"Review of {far}: {right}{_failures(bad)}"


def heatmaps_end(count: int, layer: str, method: str, bad: int, folder: object) -> str:
    of = f" of {layer}" if layer else ""
    by = forms.method_name(method)
    return f"{forms.counted(count, 'heatmap')}{of} by {by} written to {folder}{_failures(bad)}"


def report_end(count: int, bad: int) -> str:
    return f"Report of {forms.counted(count, 'sample')}{_failures(bad)}"


def files_written(what: str) -> str:
    return f"Written: {what}"


def _failures(count: int) -> str:
    return f", {count:,} failed" if count else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f"{', '.join(names[:5])}{more}"

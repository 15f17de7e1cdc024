"""What is said when findings are written to files that others can open."""

from collections.abc import Mapping, Sequence

from attn_widget.words.en import forms

_MOST_NAMED = 5

WRITING_HEATMAPS = "Writing heatmaps"
MAKING_SHEETS = "Making contact sheets"


def _several(parts: Sequence[object]) -> str:
    named = [str(part) for part in parts[:_MOST_NAMED]]
    more = len(parts) - len(named)
    return f"{', '.join(named)} and {more:,} more" if more else forms.listed(named)


def heatmaps_written(folder: object, written: int, failed: int) -> str:
    return f"{forms.counted(written, 'heatmap')} written to {folder}{_without(failed)}."


def sheets_written(pages: Sequence[str], shown: int, failed: int) -> str:
    where = f" on {_several(pages)}" if pages else ""
    return f"{forms.counted(shown, 'sample')}{where}{_without(failed)}."


def _without(failed: int) -> str:
    return f"; {forms.counted(failed, 'sample')} without a heatmap" if failed else ""


def heatmaps_exist(folder: object, positions: Sequence[int]) -> str:
    return f"{folder} has files of {forms.plural('sample', len(positions))} {_several(positions)} already."


def file_exists(*paths: object) -> str:
    return f"{_several(paths)} {'exists' if len(paths) == 1 else 'exist'} already."


def pass_overwrite(existing: str) -> str:
    return f"{existing} Choose another name, or pass overwrite=True to replace what is there."


def without_heatmap(errors: Mapping[int, str]) -> str:
    first, why = next(iter(errors.items()))
    have = "has" if len(errors) == 1 else "have"
    return f"{forms.counted(len(errors), 'sample')} {have} no heatmap; .errors says why for each. Sample {first}: {why}"


def not_a_folder(path: object) -> str:
    return f"{path} is a file, not a folder: choose another name."


def sheet_about(layer: str, method: str) -> str:
    return f"{forms.method_name(method)}, layer {layer}" if layer else forms.method_name(method)


def sheet_heading(about: str, count: int, page: int) -> str:
    parts = (about, f"page {page}", forms.counted(count, "sample"))
    return " · ".join(part for part in parts if part)


def no_explanation(path: object) -> str:
    return f"{path} is not an explanation that was saved, or is damaged."


def function_target(function: object) -> str:
    """Name a target that a file cannot hold."""
    return f"the function {getattr(function, '__qualname__', repr(function))}"


# In the panel.
EXPORT = "Export"
EXPORT_KINDS = {
    "view": "this view as data",
    "sheet": "contact sheet",
    "names": "list of names",
    "heatmaps": "heatmaps as files",
}
EXPORT_TOOLTIPS = {
    "export_kind": (
        "What to hand on: the view that is shown, or of all samples that the slider runs over: small pictures beside "
        "their heatmaps, their names, or a PNG of each heatmap"
    ),
    "export_path": (
        "Where to write it, from the notebook kernel's working folder: a file, or a folder for heatmaps; a list of "
        "names that ends in .csv is a table"
    ),
    "export": "Write it; nothing that exists is replaced before you say so",
    "stop_export": "Stop; what has been written stays",
    "replace": "Replace what is there",
}
REPLACE = "Replace"


def exporting(done: int, total: int) -> str:
    return f"{done:,} of {forms.counted(total, 'sample')}"


def view_saved(path: object) -> str:
    return f"This view was written to {path}."


def names_saved(path: object, count: int) -> str:
    return f"The names of {forms.counted(count, 'sample')} are in {path}."


def export_stopped(said: str) -> str:
    return f"Stopped: {said}"


def first_error(said: str, position: int, why: str) -> str:
    return f"{said} Sample {position}: {why}"


def not_exported(path: object, error: Exception) -> str:
    return f"{path} cannot be written: {forms.error_text(error)}"


NO_VIEW = "There is no view to write."
NO_PATH = "Say where to write it."
NO_SAMPLES = "No sample is selected."
OF_NOTHING_ALTERED = "Without what is silenced or covered in the view."


# FiftyOne.
NO_FIFTYONE = "to_fiftyone needs FiftyOne, which is not installed: pip install fiftyone."
REVIEW_WITHOUT_SAMPLES = (
    "This review does not know its samples, so they have no file paths: load it with Review.load(path, loader), "
    "or pass match='order'."
)
NO_FILE_PATHS = "The loader's data set knows no file paths: pass match='order' if the dataset has the same order."


def other_number(there: int, here: int) -> str:
    return f"match='order' needs as many samples there as here, but the dataset has {there:,} and the review {here:,}."


def not_matched(positions: Sequence[int], paths: Sequence[str], empty: Sequence[int]) -> str:
    parts = [
        f"the dataset lacks {forms.plural('sample', len(positions))} {_several(positions)}" if positions else "",
        f"the review lacks {_several(paths)}" if paths else "",
        f"no finite heatmap for {forms.plural('sample', len(empty))} {_several(empty)}" if empty else "",
    ]
    return f"{forms.capitalised('; '.join(part for part in parts if part))}."

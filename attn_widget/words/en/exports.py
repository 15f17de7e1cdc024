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


def sheet_heading(about: str, before: int, count: int, page: int) -> str:
    which = f"page {page}: {before + 1:,} to {before + count:,}"
    return f"{about} · {which}" if about else which


def no_explanation(path: object) -> str:
    return f"{path} is not an explanation that was saved, or is damaged."


def function_target(function: object) -> str:
    """Name a target that a file cannot hold."""
    return f"the function {getattr(function, '__qualname__', repr(function))}"

"""What is said when findings are written to files that others can open."""

from collections.abc import Mapping, Sequence

from attn_widget.words.en import forms

_MOST_NAMED = 5

WRITING_HEATMAPS = "Writing heatmaps"


def heatmaps_written(folder: object, written: int, failed: int) -> str:
    without = f"; {forms.counted(failed, 'sample')} without (see .errors)" if failed else ""
    return f"{forms.counted(written, 'heatmap')} written to {folder}{without}."


def heatmaps_exist(folder: object, positions: Sequence[int]) -> str:
    which = forms.listed([*map(str, positions[:_MOST_NAMED])])
    if len(positions) > _MOST_NAMED:
        which = f"{', '.join(map(str, positions[:_MOST_NAMED]))} and {len(positions) - _MOST_NAMED:,} more"
    return (
        f"{folder} has files of {forms.plural('sample', len(positions))} {which} already: "
        "choose another folder, or pass overwrite=True to replace them."
    )


def without_heatmap(errors: Mapping[int, str]) -> str:
    first, why = next(iter(errors.items()))
    have = "has" if len(errors) == 1 else "have"
    return f"{forms.counted(len(errors), 'sample')} {have} no heatmap; .errors says why for each. Sample {first}: {why}"


def not_a_folder(path: object) -> str:
    return f"{path} is a file, not a folder: choose another name."


def no_explanation(path: object) -> str:
    return f"{path} is not an explanation that was saved, or is damaged."


def explanation_exists(path: object) -> str:
    return f"{path} exists: choose another name, or pass overwrite=True to replace it."


def function_target(function: object) -> str:
    """Name a target that a file cannot hold."""
    return f"the function {getattr(function, '__qualname__', repr(function))}"

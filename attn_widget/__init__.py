"""A Jupyter widget that shows what an image model looks at; each name is loaded on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attn_widget.explanation import Explanation as Explanation
    from attn_widget.explanation import explain as explain
    from attn_widget.explanation import explain_batch as explain_batch
    from attn_widget.explanation import explain_many as explain_many
    from attn_widget.explanation import fuse as fuse
    from attn_widget.explorer import AttentionExplorer as AttentionExplorer
    from attn_widget.layers import Layer as Layer
    from attn_widget.layers import NoMap as NoMap
    from attn_widget.layers import find_layers as find_layers
    from attn_widget.methods import register as register
    from attn_widget.predictions import Review as Review
    from attn_widget.predictions import Reviewing as Reviewing
    from attn_widget.predictions import review as review
    from attn_widget.refusal import Refusal as Refusal
    from attn_widget.reports import report as report
    from attn_widget.samples import SampleError as SampleError
    from attn_widget.samples import Samples as Samples
    from attn_widget.shortcuts import Shortcut as Shortcut
    from attn_widget.shortcuts import find_shortcuts as find_shortcuts
    from attn_widget.surveys import AttentionMoves as AttentionMoves
    from attn_widget.surveys import Parts as Parts
    from attn_widget.surveys import Survey as Survey
    from attn_widget.surveys import Surveying as Surveying
    from attn_widget.surveys import attention_moves as attention_moves
    from attn_widget.surveys import parts as parts
    from attn_widget.surveys import survey as survey
    from attn_widget.targets import Contrast as Contrast

_PARTS = {
    "explanation": ["Explanation", "explain", "explain_batch", "explain_many", "fuse"],
    "explorer": ["AttentionExplorer"],
    "layers": ["Layer", "NoMap", "find_layers"],
    "methods": ["register"],
    "predictions": ["Review", "Reviewing", "review"],
    "refusal": ["Refusal"],
    "reports": ["report"],
    "samples": ["SampleError", "Samples"],
    "shortcuts": ["Shortcut", "find_shortcuts"],
    "surveys": ["AttentionMoves", "Parts", "Survey", "Surveying", "attention_moves", "parts", "survey"],
    "targets": ["Contrast"],
}
_PART_OF = {name: part for part, names in _PARTS.items() for name in names}
__all__ = sorted(_PART_OF)


def __getattr__(name: str) -> Any:
    if name not in _PART_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PART_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

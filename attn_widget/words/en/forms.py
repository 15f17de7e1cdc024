"""How numbers, counts and names are written everywhere."""

from collections.abc import Callable, Sequence

from attn_widget.words.notation import OWN_METHOD_NAMES as OWN_METHOD_NAMES
from attn_widget.words.notation import error_text as error_text
from attn_widget.words.notation import marked as marked
from attn_widget.words.notation import number as number
from attn_widget.words.notation import percent as percent
from attn_widget.words.notation import shortened as shortened


def class_number(index: int) -> str:
    return f"class {index}"


def plural(noun: str, count: int) -> str:
    """Write a noun as it stands beside a count."""
    return noun if count == 1 else f"{noun}s"


def counted(count: int, noun: str) -> str:
    """Write a count of something; each noun is also a key in the Chinese table."""
    return f"{count:,} {plural(noun, count)}"


def capitalised(text: str) -> str:
    """Begin with a capital letter; unlike `str.capitalize`, leave the others."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str]) -> str:
    """Write "1, 2 and 3"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def together(*sentences: str) -> str:
    """Write sentences after each other, without those that are empty."""
    return " ".join(filter(None, sentences))


def ended(said: str) -> str:
    """End a sentence."""
    return f"{said}."


def clauses(*parts: str) -> str:
    """Put parts of one sentence after each other, without those that are empty."""
    return "; ".join(filter(None, parts))


def name_and_words(name: str, said: str) -> str:
    """Say something of what has a name."""
    return f"{name}: {said}"


def speed(done: int, total: int | None, seconds: float) -> str:
    rate = done / seconds if seconds > 0 else 0.0
    far = counted(done, "sample") if total is None else f"{done:,} of {counted(total, 'sample')}"
    parts = [far, f"{rate:,.0f} a second"]
    if total is not None and rate > 0:
        parts.append(f"{duration((total - done) / rate)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def label_text(label: int | float | str | tuple[int, ...] | None, name_of: Callable[[int], str]) -> str:
    """Write a label; empty if there is none."""
    if label is None:
        return ""
    if isinstance(label, tuple):
        return ", ".join(map(name_of, label)) or "no class"
    if isinstance(label, float):
        return f"{label:.6g}"
    return name_of(label) if isinstance(label, int) else label


def pixel(row: int, column: int) -> str:
    return f"row {row}, column {column}"


OF_PIXELS = "the image's pixels"
METHOD_NAMES = {
    "channel-mean": "channel mean",
    "eigen-cam": "Eigen-CAM",
    "grad-cam": "Grad-CAM",
    "grad-cam++": "Grad-CAM++",
    "xgrad-cam": "XGrad-CAM",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
    "finer-cam": "Finer-CAM",
    "refine-cam": "RefineCAM",
    "score-cam": "Score-CAM",
    "ablation-cam": "Ablation-CAM",
    "attention-rollout": "attention rollout",
    "legrad": "LeGrad",
    "saliency": "saliency",
    "integrated-gradients": "integrated gradients",
    "occlusion": "occlusion",
}


def method_name(name: str) -> str:
    """Write a method's name as its paper does, or as it was registered."""
    return OWN_METHOD_NAMES.get(name) or METHOD_NAMES.get(name, name)


def a_grid(grid: tuple[int, int]) -> str:
    """Name a grid, with "a" or "an" by how its number of rows is spoken."""
    rows, columns = grid
    article = "an" if rows in (8, 11, 18) or 80 <= rows <= 89 else "a"
    return f"{article} {rows}×{columns} grid"


def extent(count: int | None) -> str:
    return "of ?" if count is None else f"of {count:,}"


ALL_LAYERS = "all layers"


def failed_pass(error: Exception) -> str:
    return f"The pass failed: {error_text(error)}"

"""How numbers, counts and names are written everywhere."""

from collections.abc import Callable, Sequence


def class_number(index: int) -> str:
    return f"class {index}"


def plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def counted(count: int, noun: str) -> str:
    return f"{count:,} {plural(noun, count)}"


def capitalised(text: str) -> str:
    """Begin with a capital letter; unlike `str.capitalize`, leave the others."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str]) -> str:
    """Write "1, 2 and 3"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


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


def number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def percent(fraction: float) -> str:
    """Write a fraction in per cent, to two digits if it is small; one that is not zero never looks like zero."""
    size, sign = 100 * abs(fraction), "\N{MINUS SIGN}" if fraction < 0 else ""
    if 0 < size < 0.05:
        return f"{'>' if fraction < 0 else '<'}{sign}0.1 %"
    return f"{sign}{size:.{1 if 0 < size < 9.95 else 0}f} %"


def shortened(text: str, most: int) -> str:
    """Fit a text into `most` characters, replacing its middle by an ellipsis if it is longer."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end].rstrip()}…{text[len(text) - end :].lstrip()}"


def label_text(label: int | float | str | tuple[int, ...] | None, name_of: Callable[[int], str]) -> str:
    """Write a label; empty if there is none."""
    if label is None:
        return ""
    if isinstance(label, tuple):
        return ", ".join(map(name_of, label)) or "no class"
    if isinstance(label, float):
        return f"{label:.6g}"
    return name_of(label) if isinstance(label, int) else label


def marked(text: str, right: bool | None) -> str:
    return {True: "✓ ", False: "✗ ", None: ""}[right] + text


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
OWN_METHOD_NAMES: dict[str, str] = {}
"""The titles that methods were registered with; they take precedence."""


def method_name(name: str) -> str:
    """Write a method's name as its paper does, or as it was registered."""
    return OWN_METHOD_NAMES.get(name) or METHOD_NAMES.get(name, name)


def article(count: int) -> str:
    """Choose "a" or "an", by how the number is spoken."""
    return "an" if count in (8, 11, 18) or 80 <= count <= 89 else "a"


def extent(count: int | None) -> str:
    return "of ?" if count is None else f"of {count:,}"


ALL_LAYERS = "all layers"


def failed_pass(error: Exception) -> str:
    return f"The pass failed: {error_text(error)}"


def error_text(error: Exception) -> str:
    """Write an error from code that is not ours: its type and its first line."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__

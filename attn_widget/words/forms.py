"""Numbers, counts and names as they are written everywhere."""

from collections.abc import Callable


def class_number(index: int) -> str:
    """Name a class that has no name."""
    return f"class {index}"


def counted(count: int, noun: str) -> str:
    """Write a number of things."""
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def speed(done: int, total: int | None, seconds: float) -> str:
    """Say how far a review is, how fast, and how long it will take."""
    rate = done / seconds if seconds > 0 else 0.0
    far = counted(done, "sample") if total is None else f"{done:,} of {counted(total, 'sample')}"
    parts = [far, f"{rate:,.0f} a second"]
    if total is not None and rate > 0:
        parts.append(f"{duration((total - done) / rate)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Write a time in seconds, minutes or hours."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def number(value: float) -> str:
    """Write a value to three digits."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def percent(fraction: float) -> str:
    """Write a fraction in per cent, to two digits where it is small; what is not nothing does not look like nothing."""
    size, sign = 100 * abs(fraction), "\N{MINUS SIGN}" if fraction < 0 else ""
    if 0 < size < 0.05:
        return f"{'>' if fraction < 0 else '<'}{sign}0.1 %"
    return f"{sign}{size:.{1 if 0 < size < 9.95 else 0}f} %"


def shortened(text: str, most: int) -> str:
    """Give a text in so many characters at most, where it is longer with an ellipsis in the place of its middle."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end].rstrip()}…{text[len(text) - end :].lstrip()}"


def label_text(label: int | float | str | tuple[int, ...] | None, name_of: Callable[[int], str]) -> str:
    """Write a label; empty where there is none."""
    if label is None:
        return ""
    if isinstance(label, tuple):
        return ", ".join(map(name_of, label)) or "no class"
    if isinstance(label, float):
        return f"{label:.6g}"
    return name_of(label) if isinstance(label, int) else label


def marked(text: str, right: bool | None) -> str:
    """Put a mark for right or wrong before a text."""
    return {True: "✓ ", False: "✗ ", None: ""}[right] + text


def pixel(row: int, column: int) -> str:
    """Name a place in the image."""
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
    "score-cam": "Score-CAM",
    "ablation-cam": "Ablation-CAM",
    "attention-rollout": "attention rollout",
    "legrad": "LeGrad",
    "saliency": "saliency",
    "integrated-gradients": "integrated gradients",
    "occlusion": "occlusion",
}


OWN_METHOD_NAMES: dict[str, str] = {}
"""The titles that methods were registered with; they win."""


def method_name(name: str) -> str:
    """Write a method as its paper does; one of the user's own as it is registered."""
    return OWN_METHOD_NAMES.get(name) or METHOD_NAMES.get(name, name)


def article(count: int) -> str:
    """Choose between "a" and "an" as the number is spoken."""
    return "an" if count in (8, 11, 18) or 80 <= count <= 89 else "a"


def extent(count: int | None) -> str:
    """Write how many samples there are, after a position."""
    return "of ?" if count is None else f"of {count:,}"


ALL_LAYERS = "all layers"


def failed_pass(error: Exception) -> str:
    """Say that a pass raised."""
    return f"The pass failed: {error_text(error)}"


def error_text(error: Exception) -> str:
    """Write an error of somebody else's code: its type and its first line."""
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__

"""What is said of evidence for and against a heatmap."""

from attn_widget.words import forms

# Games: where the heat lies.


def with_interval(mean: float, interval: tuple[float, float]) -> str:
    low, high = (forms.percent(end).removesuffix(" %") for end in interval)
    return f"{forms.percent(mean)} (95 % interval {low} to {high})"


def grid_game_summary(
    method: str, layer: str, grids: int, size: tuple[int, int], shrunk: bool, share: str, hits: str, blank: int
) -> str:
    at = f" at {layer}" if layer else ""
    how = "shrunk to the size of one image" if shrunk else "each image in its own size"
    nothing = f" {blank:,} of {forms.counted(4 * grids, 'heatmap')} had no heat." if blank else ""
    return (
        f"Grid pointing game of {method}{at}: {forms.counted(grids, 'grid')} of 2x2 at {size[0]}x{size[1]}, {how}. "
        f"In the right quarter: {share} of the heat, {hits} of the peaks; by chance 25 % of each.{nothing}"
    )

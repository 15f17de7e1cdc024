"""What was found, as files that others can open without this package.

`save_heatmaps` (`heatmap_saving`) writes the overlays of many samples; `heatmap_files` writes them one by one, as the
panel does too, under `file_names`. `sample_explainer` explains each sample, `position_lists` says which ones.
"""

from attn_widget.exports.heatmap_files import HeatmapFiles
from attn_widget.exports.heatmap_saving import save_heatmaps

__all__ = ["HeatmapFiles", "save_heatmaps"]

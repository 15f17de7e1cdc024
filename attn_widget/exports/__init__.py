"""What was found, as files that others can open without this package.

`save_heatmaps` (`heatmap_saving`, `heatmap_files`) writes the overlays of many samples under their `file_names`,
`contact_sheet` (`sheet_making`, `contact_sheets`) pages of small pictures, and `save_names` (`sample_lists`) which
samples these are. `sample_explainer` explains one sample after another, `export_run` is what the first two have in
common. The panel writes with the same classes.
"""

from attn_widget.exports.contact_sheets import ContactSheets
from attn_widget.exports.heatmap_files import HeatmapFiles
from attn_widget.exports.heatmap_saving import save_heatmaps
from attn_widget.exports.sample_explainer import explanations
from attn_widget.exports.sample_lists import save_names
from attn_widget.exports.sheet_making import contact_sheet

__all__ = ["ContactSheets", "HeatmapFiles", "contact_sheet", "explanations", "save_heatmaps", "save_names"]

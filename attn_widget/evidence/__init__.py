"""Whether a heatmap shows what the model uses: measures, each beside its control."""

from attn_widget.evidence.channel_means import channel_means
from attn_widget.evidence.confidence_changes import average_drop, increase_in_confidence
from attn_widget.evidence.covering import FILLS, cover
from attn_widget.evidence.covering_effect import CoveringEffect, covering_effect
from attn_widget.evidence.curves import Curve, deletion, insertion
from attn_widget.evidence.disconnection import DisconnectedHeat, disconnected_heat
from attn_widget.evidence.grid_game import GridGame, grid_pointing_game
from attn_widget.evidence.heatmap_check import HeatmapCheck, check_heatmap, images_of_check
from attn_widget.evidence.image_scores import ImageScores
from attn_widget.evidence.method_comparison import compare_methods
from attn_widget.evidence.method_table import Table
from attn_widget.evidence.named_measures import MEASURES, Case
from attn_widget.evidence.pointing import energy_inside, pointing_game
from attn_widget.evidence.region_cover import Cover
from attn_widget.evidence.road_curve import road
from attn_widget.evidence.silencing_effect import SilencingEffect, silencing_effect
from attn_widget.evidence.weight_randomisation import Randomisation, randomisation
from attn_widget.explanation import Silencing

__all__ = [
    "FILLS",
    "MEASURES",
    "Case",
    "Cover",
    "CoveringEffect",
    "Curve",
    "DisconnectedHeat",
    "GridGame",
    "HeatmapCheck",
    "ImageScores",
    "Randomisation",
    "Silencing",
    "SilencingEffect",
    "Table",
    "average_drop",
    "channel_means",
    "check_heatmap",
    "compare_methods",
    "cover",
    "covering_effect",
    "deletion",
    "disconnected_heat",
    "energy_inside",
    "grid_pointing_game",
    "images_of_check",
    "increase_in_confidence",
    "insertion",
    "pointing_game",
    "randomisation",
    "road",
    "silencing_effect",
]

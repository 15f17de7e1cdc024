"""Whether a heatmap shows what the model uses: measures, each beside its control."""

from attn_widget.evidence.grid_game import GridGame, grid_pointing_game
from attn_widget.evidence.pointing import energy_inside, pointing_game

__all__ = ["GridGame", "energy_inside", "grid_pointing_game", "pointing_game"]

"""Whether a heatmap shows what the model uses: measures, each beside its control."""

from attn_widget.evidence.channel_means import channel_means
from attn_widget.evidence.silencing_effect import SilencingEffect, silencing_effect
from attn_widget.explanation import Silencing

__all__ = [
    "Silencing",
    "SilencingEffect",
    "channel_means",
    "silencing_effect",
]

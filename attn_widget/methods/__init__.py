"""How channels are weighed.

A method is a function of an `Activation` that gives a `Weighing`: a weight for each channel, ``[K]``, and the
factors by which the maps are multiplied to give the channels' contributions to the overall map.
"""

from attn_widget.methods.activation import Activation, Weighing
from attn_widget.methods.mean import channel_mean
from attn_widget.methods.registry import METHODS, method_named, register

register("channel-mean", channel_mean)

__all__ = ["METHODS", "Activation", "Weighing", "channel_mean", "method_named", "register"]

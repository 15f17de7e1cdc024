"""How channels are weighted: `registry` has each method by its name.

A method is a function of an `Activation` (`activation`) that gives a `Weighing`: a weight for each channel, ``[K]``,
and the factors that the maps are multiplied by to give the channels' contributions to the overall map. A method
without channels (`pixel_methods`) is a function of an `Input`, the image itself, that gives the overall map; one that
reads the whole model's attention (`attention_methods`) is a function of `Attentions`, whose channels are heads. A
method may weigh parts (`directions`) in the place of a layer's channels.
"""

from importlib.util import find_spec

from attn_widget.methods.activation import Activation, Answers, BatchActivation, Weighing
from attn_widget.methods.activation_methods import channel_mean, eigen_cam
from attn_widget.methods.attention_methods import Attentions, attention_rollout, legrad
from attn_widget.methods.directions import Directions, same_parts
from attn_widget.methods.gradient_methods import (
    finer_cam,
    grad_cam,
    grad_cam_plus_plus,
    hires_cam,
    layer_cam,
    refine_cam,
    xgrad_cam,
)
from attn_widget.methods.name_lists import check_name_list
from attn_widget.methods.part_method import weigh_parts
from attn_widget.methods.perturbation_methods import ablation_cam, score_cam
from attn_widget.methods.pixel_methods import Input, integrated_gradients, occlusion, saliency
from attn_widget.methods.registry import METHODS, Method, method_named, register
from attn_widget.methods.weighing_check import weighing_by

register("channel-mean", channel_mean, class_specific=False, batched=True)
register("eigen-cam", eigen_cam, class_specific=False)
register("grad-cam", grad_cam, gradients=True, batched=True)
register("grad-cam++", grad_cam_plus_plus, gradients=True, batched=True)
register("xgrad-cam", xgrad_cam, gradients=True, batched=True)
register("hires-cam", hires_cam, gradients=True, batched=True)
register("layer-cam", layer_cam, gradients=True, batched=True)
register("finer-cam", finer_cam)
register("refine-cam", refine_cam, gradients=True)
register("score-cam", score_cam, slow=True)
register("ablation-cam", ablation_cam, slow=True)
register("attention-rollout", attention_rollout, reads="attention", class_specific=False)
register("legrad", legrad, reads="attention", gradients=True)
if find_spec("captum") is not None:
    register("saliency", saliency, reads="image")
    register("integrated-gradients", integrated_gradients, reads="image", slow=True)
    register("occlusion", occlusion, reads="image", slow=True)

__all__ = [
    "METHODS",
    "Activation",
    "Answers",
    "Attentions",
    "BatchActivation",
    "Directions",
    "Input",
    "Method",
    "Weighing",
    "check_name_list",
    "method_named",
    "register",
    "same_parts",
    "weigh_parts",
    "weighing_by",
]

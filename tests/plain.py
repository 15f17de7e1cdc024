"""What plain hooks and plain autograd say of an untouched model: the reference of a captured pass."""

import copy

import torch
from torch.autograd.graph import get_gradient_edge

from attn_widget.capture import capture

CLASS = 1


def score(output):
    return output[0, CLASS]


def captured(model, image, layer, **options):
    """What we keep of a layer, and its gradient: the first tensor's."""
    (found,) = capture(model, image, [layer], score=score, **options)
    return found.tensors[0], found.gradients[0]


def by_autograd(model, image, layer, first=lambda output: output):
    """What a hook sees of a layer, and the gradient of the score with respect to it, as autograd's graph has it.

    The image is given a gradient, and so the whole model has a graph. The hook notes where the layer's output is in
    it, whatever is made of the output afterwards.
    """
    model = copy.deepcopy(model).eval()
    seen = []

    def see(module, inputs, output):
        tensor = first(output)
        seen.append((tensor.detach().clone(), get_gradient_edge(tensor)))

    model.get_submodule(layer).register_forward_hook(see)
    # with a first operation between, so that the model may change its input in place
    value = score(model(image[None].clone().requires_grad_() * 1))
    values, edge = seen[-1]
    return values, torch.autograd.grad(value, edge)[0]


def by_a_leaf(model, image, layer):
    """The same where a hook puts a leaf in the output's place, whose uses alone count."""
    model = copy.deepcopy(model).eval()
    leaves = []

    def put(module, inputs, output):
        leaves.append(output.detach().clone().requires_grad_())
        return leaves[-1].clone()

    model.get_submodule(layer).register_forward_hook(put)
    value = score(model(image[None]))
    return leaves[-1].detach(), torch.autograd.grad(value, leaves[-1])[0]

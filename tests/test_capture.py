"""What is captured is what the layer gave, whatever happens to it afterwards and however it is packed."""

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from models import Showing, Thrice, Tiny, WithContext
from torch import nn
from torch.nn.functional import relu
from torchvision import models as zoo
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformerBlockV2

from attn_widget import explain, find_layers
from attn_widget.capture import record, tensors_in

IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))


def maps_of(model, layer, image=IMAGE, **options):
    """The maps of all the layer's channels, in the layer's own order."""
    e = explain(model, image, layer=layer, top_k=10_000, **options)
    return e.maps[np.argsort(e.channels)]


# --- changed in place afterwards


def test_a_relu_in_place_after_the_layer_does_not_change_its_map():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(144, 3))
    with torch.no_grad():
        expected = model[0](IMAGE[None])[0]
    assert expected.min() < 0
    assert np.array_equal(maps_of(model, "0"), expected.numpy())
    assert np.array_equal(maps_of(model, "1"), expected.relu().numpy())


def test_a_shortcut_added_in_place_after_the_layer_does_not_change_its_map():
    model = zoo.resnet18(num_classes=3).eval()
    image = torch.rand(3, 32, 32)
    block = model.layer1[0]
    with torch.no_grad():
        stem = model.maxpool(relu(model.bn1(model.conv1(image[None]))))
        branch = block.bn2(block.conv2(relu(block.bn1(block.conv1(stem)))))
    np.testing.assert_allclose(maps_of(model, "layer1.0.bn2", image), branch[0], atol=1e-5)
    np.testing.assert_allclose(maps_of(model, "layer1.0", image), relu(branch + stem)[0], atol=1e-5)


def test_a_layer_that_changes_its_input_in_place_is_told_from_the_one_before():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Identity(), nn.Flatten())
    ran = record(model, IMAGE).ran
    assert ran["0"].identity != ran["1"].identity == ran["2"].identity


# --- calls


def test_the_calls_of_a_module_are_counted_as_a_list_is_indexed():
    model = Thrice()
    with torch.no_grad():
        outputs = [IMAGE[None]]
        for _ in range(3):
            outputs.append(model.conv(outputs[-1]))
    for call in range(-3, 3):
        e = explain(model, IMAGE, layer="conv", call=call)
        assert (e.call, e.calls) == (call % 3, 3)
        np.testing.assert_allclose(maps_of(model, "conv", call=call), outputs[call % 3 + 1][0], atol=1e-6)
    assert explain(model, IMAGE, layer="conv").call == 2


@pytest.mark.parametrize("call", [3, -4, 100])
def test_a_call_that_was_not_made_is_an_error_with_those_that_were(call):
    with pytest.raises(ValueError, match=rf"call must lie in -3\.\.2 for layer 'conv', got {call}"):
        explain(Thrice(), IMAGE, layer="conv", call=call)


@pytest.mark.parametrize("call", [True, 1.0, "last", None])
def test_a_call_that_is_no_number_is_an_error(call):
    with pytest.raises(TypeError, match="call must be a whole number, got"):
        explain(Thrice(), IMAGE, layer="conv", call=call)


# --- containers


@dataclass
class Features:
    name: str
    maps: Any


Pair = namedtuple("Pair", ["maps", "more"])
MAPS = torch.rand(1, 6, 4, 4, generator=torch.Generator().manual_seed(1))
CONTAINERS = {
    "a tuple": (MAPS, torch.rand(1, 3)),
    "a tuple, a vector first": (torch.rand(1, 3), MAPS),
    "a list": [None, "text", MAPS],
    "a named tuple": Pair(MAPS, None),
    "a dict": {"mask": None, "maps": MAPS},
    "a dataclass": Features("name", MAPS),
    "nested": {"features": [(Features("name", {"maps": MAPS}),)]},
}


@pytest.mark.parametrize("output", CONTAINERS.values(), ids=CONTAINERS.keys())
def test_maps_are_found_in_every_container(output):
    assert np.array_equal(maps_of(Showing(output), "layer"), MAPS[0].numpy())
    assert {layer.name: layer.shape for layer in find_layers(Showing(output), IMAGE)}["layer"] == (6, 4, 4)


def test_the_first_tensor_with_maps_is_read():
    assert np.array_equal(maps_of(Showing((MAPS, MAPS + 1)), "layer"), MAPS[0].numpy())


def test_an_object_that_hides_its_tensors_gives_no_map():
    with pytest.raises(ValueError, match="layer 'layer' gives no map: its output holds no tensor"):
        explain(Showing(object()), IMAGE, layer="layer")


# --- callers and models in every gradient mode


CALLERS = {"no_grad": torch.no_grad, "inference_mode": torch.inference_mode, "enable_grad": torch.enable_grad}


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS.keys())
@pytest.mark.parametrize("maker", CALLERS.values(), ids=CALLERS.keys())
def test_the_callers_and_the_makers_gradient_mode_do_not_matter(caller, maker):
    torch.manual_seed(0)
    expected = maps_of(Tiny(), "conv")
    torch.manual_seed(0)
    with maker():
        model = Tiny()
        model.register_buffer("extra", torch.zeros(3))
        image = IMAGE.clone()
    with caller():
        assert np.array_equal(maps_of(model, "conv", image), expected)
        assert np.array_equal(maps_of(model, "conv", image, method="grad-cam"), expected)
        assert [layer.name for layer in find_layers(model, image)] == ["conv", "head"]


class Frozen(Tiny):
    """Runs its convolution in inference mode, as a frozen backbone."""

    def forward(self, x):
        with torch.inference_mode():
            x = self.conv(x)
        return self.head(x.mean((2, 3)))


def test_a_part_that_runs_in_inference_mode_is_seen_like_any_other():
    model = Frozen()
    assert [layer.name for layer in find_layers(model, IMAGE)] == ["conv", "head"]
    with torch.no_grad():
        assert np.array_equal(maps_of(model, "conv"), model.conv(IMAGE[None])[0].numpy())


def test_an_image_that_the_model_does_not_take_is_given_in_the_models_dtype():
    seen = []
    explain(Tiny().double(), IMAGE, layer="conv", forward=lambda model, x: (seen.append(x), model(x))[1])
    assert [x.dtype for x in seen] == [torch.float32, torch.float64]
    assert [(*x.shape, x.requires_grad) for x in seen] == [(1, 3, 8, 8, False)] * 2


def test_the_model_may_change_its_input_in_place():
    class Destructive(Tiny):
        def forward(self, x):
            return super().forward(x.mul_(0))

    image, array = IMAGE.clone(), IMAGE.numpy().copy()
    for given in (image, image[None], array):
        explain(Destructive(), given)
    assert torch.equal(image, IMAGE)
    assert np.array_equal(array, IMAGE.numpy())


# --- forward=


def test_a_forward_with_further_arguments_is_refused_in_a_sentence_that_offers_a_way():
    words = r"model cannot be called with the images alone \(.*'scale'\): pass forward=lambda model, images: "
    for run in (explain, find_layers):
        with pytest.raises(TypeError, match=words) as caught:
            run(WithContext(), IMAGE)
        assert "\n" not in str(caught.value)


def test_forward_calls_the_model_as_it_must_be_called():
    model = WithContext()
    forward = lambda model, images: model(images, scale=2)  # noqa: E731  # as a user writes it
    with torch.no_grad():
        expected = model.tiny.conv(2 * IMAGE[None])[0]
    np.testing.assert_allclose(maps_of(model, "tiny.conv", forward=forward), expected, atol=1e-6)
    assert explain(model, IMAGE, forward=forward).layer == "tiny.conv"
    assert find_layers(model, IMAGE, forward=forward)[0].name == "tiny.conv"


def test_a_forward_that_calls_another_model_gets_a_hint():
    model, other = WithContext(), WithContext()
    with pytest.raises(ValueError, match=r"layer 'tiny\.conv' was not called .*must call the model that it is given"):
        explain(model, IMAGE, layer="tiny.conv", forward=lambda _, images: other(images, 2))


def test_a_forward_may_call_the_model_by_its_own_name():
    model = WithContext()
    given, named = lambda model, images: model(images, 2), lambda _, images: model(images, 2)
    expected = maps_of(model, "tiny.conv", forward=given)
    np.testing.assert_array_equal(maps_of(model, "tiny.conv", forward=named), expected)


# --- what cannot be run


def scripted():
    return torch.jit.script(Tiny())


def with_a_scripted_part():
    model = Tiny()
    model.conv = torch.jit.script(model.conv)
    return model


def half_meta():
    model = Tiny()
    model.head.to("meta")
    return model


REFUSED = {
    "no module": (lambda: "resnet18", TypeError, "model must be a torch.nn.Module, got str"),
    "a class": (lambda: Tiny, TypeError, "model must be a torch.nn.Module, got type"),
    "scripted": (scripted, ValueError, r"model is TorchScript \(its root\), which takes no hooks"),
    "traced": (lambda: torch.jit.trace(Tiny(), IMAGE[None]), ValueError, r"model is TorchScript \(its root\)"),
    "a scripted part": (with_a_scripted_part, ValueError, r"model is TorchScript \(conv\)"),
    "meta": (lambda: Tiny().to("meta"), ValueError, r"no values on the meta device \(conv\): load its weights"),
    "half meta": (half_meta, ValueError, r"no values on the meta device \(head\)"),
    "lazy": (lambda: nn.Sequential(nn.LazyConv2d(4, 1)), ValueError, r"lazy module .* \(0\): run the model once"),
}


@pytest.mark.filterwarnings("ignore:`torch.jit:FutureWarning", "ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize(("make", "error", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_looked_into_is_refused_in_one_sentence(make, error, words):
    model = make()
    for run in (explain, find_layers):
        with pytest.raises(error, match=words) as caught:
            run(model, IMAGE)
        assert "\n" not in str(caught.value)


def test_a_lazy_model_is_not_initialised_by_the_look():
    model = nn.Sequential(nn.LazyConv2d(4, 1))
    with pytest.raises(ValueError, match="lazy"):
        find_layers(model, IMAGE)
    assert isinstance(model[0], nn.LazyConv2d)
    assert nn.parameter.is_lazy(model[0].weight)


def test_an_error_of_the_model_comes_through_as_it_is():
    model = nn.Sequential(nn.Conv2d(4, 4, 1))
    with pytest.raises(RuntimeError, match="expected input"):
        explain(model, IMAGE, layer="0")


# --- the pass is what the model computes in evaluation mode


ZOO = {
    "resnet18": lambda: zoo.resnet18(num_classes=7),
    "mobilenet_v2": lambda: zoo.mobilenet_v2(num_classes=7),
    "mobilenet_v3_small": lambda: zoo.mobilenet_v3_small(num_classes=7),
    "efficientnet_b0": lambda: zoo.efficientnet_b0(num_classes=7),
    "squeezenet1_1": lambda: zoo.squeezenet1_1(num_classes=7),
    "shufflenet_v2_x0_5": lambda: zoo.shufflenet_v2_x0_5(num_classes=7),
    "mnasnet0_5": lambda: zoo.mnasnet0_5(num_classes=7),
    "regnet_y_400mf": lambda: zoo.regnet_y_400mf(num_classes=7),
    "densenet121": lambda: zoo.densenet121(num_classes=7),
    "googlenet": lambda: zoo.googlenet(num_classes=7, init_weights=False),
    "inception_v3": lambda: zoo.inception_v3(num_classes=7, init_weights=False),
    "convnext": lambda: zoo.ConvNeXt([CNBlockConfig(8, 16, 2), CNBlockConfig(16, None, 1)], num_classes=7),
    "swin": lambda: zoo.SwinTransformer([4, 4], 16, [1, 1], [2, 2], [4, 4], num_classes=7),
    "swin_v2": lambda: zoo.SwinTransformer(
        [4, 4], 16, [1, 1], [2, 2], [4, 4], num_classes=7, block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2
    ),
    "vit": lambda: zoo.VisionTransformer(64, 16, 2, 2, 16, 32, num_classes=7),
    "lraspp": lambda: zoo.segmentation.lraspp_mobilenet_v3_large(weights_backbone=None, num_classes=7),
}


def first_tensor(output):
    return next(tensors_in(output))


@pytest.mark.parametrize("make", ZOO.values(), ids=ZOO.keys())
def test_models_of_the_zoo_give_in_train_mode_what_they_give_themselves_in_evaluation_mode(make):
    model, outputs = make().train(), []
    image = torch.rand(3, 96, 96) if isinstance(model, zoo.Inception3) else torch.rand(3, 64, 64)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    layers = find_layers(model, image, forward=lambda tree, x: outputs.append(tree(x)) or outputs[0])
    assert all(module.training for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert any(layer.usable for layer in layers)
    with torch.no_grad():
        expected = first_tensor(model.eval()(image[None]))
    torch.testing.assert_close(first_tensor(outputs[0]), expected, atol=1e-5, rtol=1e-5)


# --- inside of torch.vmap


class Mapped(nn.Module):
    """Its `outer` convolution sees the batch; its `inner` one an image at a time, inside of `torch.vmap`."""

    def __init__(self):
        super().__init__()
        self.outer, self.inner, self.head = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3), nn.Linear(5, 3)

    def forward(self, x):
        return self.head(torch.vmap(lambda one: self.inner(one).mean((1, 2)))(self.outer(x)))


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_a_layer_inside_of_vmap_says_that_it_gives_nothing_and_others_are_shown(method):
    torch.manual_seed(0)
    model = Mapped().eval()
    with pytest.raises(ValueError, match="layer 'inner' gives no map"):
        explain(model, IMAGE, layer="inner", method=method)
    e = explain(model, IMAGE, method=method, top_k=4)
    assert e.layer == "outer"
    with torch.no_grad():
        maps, logits = model.outer(IMAGE[None])[0], model(IMAGE[None])[0]
    np.testing.assert_allclose(e.maps, maps.numpy()[e.channels], atol=1e-6)
    np.testing.assert_allclose(e.logits, logits.numpy(), atol=1e-6)

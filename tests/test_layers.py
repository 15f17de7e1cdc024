"""Which layers a heatmap can come from, which one is the default, and how each output reads as maps."""

import numpy as np
import pytest
import torch
from models import SeedCNN, Showing, Thrice, Tiny
from torch import nn
from torch.nn.utils import parametrizations
from torchvision import models as zoo

from attn_widget import explain, find_layers
from attn_widget.layers import Layout, default_layer
from attn_widget.methods import METHODS
from attn_widget.words import reasons

IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))


def layers_of(model, image=IMAGE):
    return {layer.name: layer for layer in find_layers(model, image)}


def usable(model, image=IMAGE):
    return [layer.name for layer in find_layers(model, image) if layer.usable]


def unfilled(make, **options):
    """A model whose weights hold anything: it is quickly made."""
    with torch.device("meta"):
        model = make(**options)
    return model.to_empty(device="cpu")


# --- the default


LAST_NORM = "encoder.layers.encoder_layer_11.ln_1"  # behind which only the class token is read
KNOWN = {
    "resnet18": (lambda: unfilled(zoo.resnet18), 64, "layer4", (512, 2, 2)),
    "vgg11": (lambda: unfilled(zoo.vgg11), 32, "features.19", (512, 2, 2)),
    "vgg16": (lambda: unfilled(zoo.vgg16), 32, "features.29", (512, 2, 2)),
    "densenet121": (lambda: unfilled(zoo.densenet121), 64, "features", (1024, 2, 2)),
    "mobilenet_v2": (lambda: unfilled(zoo.mobilenet_v2), 64, "features", (1280, 2, 2)),
    "efficientnet_b0": (lambda: unfilled(zoo.efficientnet_b0), 64, "features", (1280, 2, 2)),
    "convnext_tiny": (lambda: unfilled(zoo.convnext_tiny), 64, "features", (768, 2, 2)),
    "googlenet": (lambda: unfilled(zoo.googlenet, init_weights=False), 64, "inception5b", (1024, 2, 2)),
    "shufflenet": (lambda: unfilled(zoo.shufflenet_v2_x0_5), 64, "conv5", (1024, 2, 2)),
    "swin_t": (zoo.swin_t, 64, "norm", (768, 2, 2)),
    "vit_b_16": (lambda: unfilled(zoo.vit_b_16), 224, LAST_NORM, (768, 14, 14)),
    "vit_b_16 of 4x4 patches": (lambda: unfilled(zoo.vit_b_16, image_size=64), 64, LAST_NORM, (768, 4, 4)),
    "vit_b_16 of 2x2 patches": (lambda: unfilled(zoo.vit_b_16, image_size=32), 32, LAST_NORM, (768, 2, 2)),
    "the tutorial's": (SeedCNN, 32, "bn3", (128, 8, 8)),
}


@pytest.mark.parametrize(("make", "side", "name", "shape"), KNOWN.values(), ids=KNOWN.keys())
def test_the_default_layer_of_a_known_model_is_its_last_maps(make, side, name, shape):
    default = default_layer(find_layers(make(), torch.rand(3, side, side)))
    assert (default.name, default.shape) == (name, shape)


@pytest.mark.parametrize(
    "last",
    [nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Dropout(), nn.Dropout2d(), nn.Identity(), nn.PixelUnshuffle(2)],
    ids=lambda module: type(module).__name__,
)
def test_pooling_dropout_and_changes_of_shape_are_never_the_default(last):
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), last, nn.Flatten(), nn.LazyLinear(3))
    model(IMAGE[None])
    assert "2" in usable(model)
    assert default_layer(find_layers(model, IMAGE)).name == "1"


def test_neither_is_the_models_own_output_unless_there_is_nothing_else():
    segmenting = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1))
    assert usable(segmenting) == ["0", "1"]
    assert default_layer(find_layers(segmenting, IMAGE)).name == "0"
    single = nn.Conv2d(3, 4, 1)
    assert [(layer.name, layer.kind) for layer in find_layers(single, IMAGE)] == [("", "Conv2d")]
    assert default_layer(find_layers(single, IMAGE)).name == ""


def test_without_a_usable_layer_there_is_no_default():
    assert default_layer(find_layers(nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), IMAGE)) is None
    assert default_layer([]) is None


# --- the list


class Backwards(nn.Module):
    """Runs its modules in another order than it names them, and one of them never."""

    def __init__(self):
        super().__init__()
        self.last, self.unused = nn.Conv2d(4, 5, 1), nn.Conv2d(3, 3, 1)
        self.block = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.last(self.block(x)).mean((2, 3)))


def test_layers_come_in_the_order_in_which_they_completed_then_those_without_a_map():
    layers = find_layers(Backwards(), IMAGE)
    assert [layer.name for layer in layers] == ["block.0", "block.1", "block", "last", "head", "unused"]
    assert [layer.shape for layer in layers[:4]] == [(4, 8, 8)] * 3 + [(5, 8, 8)]
    assert [layer.reason for layer in layers[4:]] == [reasons.ONE_VECTOR, reasons.NOT_CALLED]
    assert [(layer.shape, layer.calls) for layer in layers[4:]] == [((1, 2), 1), ((), 0)]


def test_a_module_that_runs_several_times_is_listed_once_with_its_calls():
    layer = layers_of(Thrice())["conv"]
    assert layer.calls == 3
    assert list(layers_of(Thrice())) == ["conv", "head"]


def test_a_module_under_two_names_is_listed_once_and_found_by_both():
    model = Tiny()
    model.alias = model.conv
    assert list(layers_of(model)) == ["conv", "head"]
    assert np.array_equal(explain(model, IMAGE, layer="alias").maps, explain(model, IMAGE, layer="conv").maps)


def test_a_layer_that_was_called_elsewhere_only_is_not_called_in_this_pass():
    class Functional(Tiny):
        def forward(self, x):
            return self.head(nn.functional.conv2d(x, self.conv.weight, padding=1).mean((2, 3)))

    assert layers_of(Functional())["conv"].reason == reasons.NOT_CALLED
    with pytest.raises(ValueError, match="layer 'conv' was not called in this pass"):
        explain(Functional(), IMAGE, layer="conv")


def test_a_parametrized_weight_is_no_layer_and_its_convolution_is():
    model = Tiny()
    parametrizations.weight_norm(model.conv)
    layers = layers_of(model)
    assert layers["conv"].usable
    said = {layer.reason for name, layer in layers.items() if "parametrizations" in name}
    assert said in ({reasons.A_WEIGHT, reasons.NOT_CALLED}, {reasons.A_WEIGHT})


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (torch.rand(1, 5), reasons.ONE_VECTOR),
        (torch.rand(5), reasons.ONE_VECTOR),
        (torch.rand(1, 5, 1, 1), reasons.ONE_VECTOR),
        (torch.rand(1, 1, 5), reasons.ONE_VECTOR),
        (torch.rand(1, 7, 5), reasons.tokens_without_grid(7)),
        (torch.rand(1, 2, 3, 4, 5), reasons.unreadable_shape((1, 2, 3, 4, 5))),
        (torch.rand(4, 3, 8, 8), reasons.unreadable_shape((4, 3, 8, 8))),
        (None, reasons.NO_TENSOR),
        ("text", reasons.NO_TENSOR),
        ({}, reasons.NO_TENSOR),
    ],
)
def test_an_output_without_a_grid_says_why(shown, reason):
    layer = layers_of(Showing(shown))["layer"]
    assert not layer.usable
    assert layer.reason == reason
    with pytest.raises(ValueError, match="layer 'layer' gives no map: "):
        explain(Showing(shown), IMAGE, layer="layer")


def test_a_convolution_along_a_line_has_no_grid():
    class Line(Tiny):
        def __init__(self):
            super().__init__()
            self.line = nn.Conv1d(1, 1, 3, padding=1)

        def forward(self, x):
            x = self.conv(x).mean((2, 3))
            return self.head(self.line(x[:, None])[:, 0])

    assert layers_of(Line())["line"].reason == reasons.ALONG_A_LINE


# --- layouts


class Patches(nn.Module):
    """Cuts an image into patches of 4 pixels, in front of them `prefix` tokens, and hands them on as `order` says."""

    def __init__(self, prefix=0, order=lambda tokens: tokens):
        super().__init__()
        self.patch, self.prefix, self.order = nn.Conv2d(3, 6, 4, stride=4), prefix, order
        self.norm = nn.LayerNorm(6)
        self.weights, self.pair = nn.Softmax(-1), nn.Identity()

    def forward(self, x):
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([tokens.new_zeros(1, self.prefix, 6), tokens], 1)
        self.pair(tokens[:, :2])
        self.weights((tokens @ tokens.transpose(1, 2))[:, None].expand(-1, 2, -1, -1))
        return self.norm(self.order(tokens)).sum((0, 1))[None]


WIDE = torch.rand(3, 24, 40, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("prefix", [0, 1, 2, 5])
@pytest.mark.parametrize(
    "order", [lambda tokens: tokens, lambda tokens: tokens.transpose(0, 1)], ids=["batch first", "batch second"]
)
def test_tokens_are_laid_on_the_grid_of_patches_without_those_before_it(prefix, order):
    model = Patches(prefix, order)
    assert layers_of(model, WIDE)["norm"].shape == (6, 6, 10)
    e = explain(model, WIDE, layer="norm", top_k=6)
    with torch.no_grad():
        maps = model.norm(model.patch(WIDE[None]).permute(0, 2, 3, 1))[0].permute(2, 0, 1).numpy()
    np.testing.assert_allclose(e.maps, maps[e.channels], atol=1e-5)


@pytest.mark.parametrize("prefix", [0, 1, 4])
def test_few_tokens_are_laid_on_the_patches_grid_and_not_on_a_part_of_it(prefix):
    assert layers_of(Patches(prefix), torch.rand(3, 16, 16))["norm"].shape == (6, 4, 4)
    assert layers_of(Patches(prefix), IMAGE)["norm"].shape == (6, 2, 2)


def test_a_few_tokens_are_not_read_as_a_grid_of_one_cell():
    assert layers_of(Patches(), IMAGE)["pair"].reason == reasons.tokens_without_grid(2)


def test_weights_between_tokens_are_the_maps_of_heads():
    layer = layers_of(Patches(1), WIDE)["weights"]
    assert (layer.shape, layer.group) == ((2, 6, 10), "attention")


@pytest.mark.parametrize(("size", "grid"), [((64, 64), (8, 8)), ((64, 128), (8, 16)), ((50, 37), (7, 5))])
@pytest.mark.parametrize("channels", [3, 6, 24, 64])
def test_channels_are_found_whether_they_come_first_or_last(size, grid, channels):
    maps = torch.rand(channels, *grid)
    image = torch.rand(3, *size)
    for shown in (maps[None], maps.permute(1, 2, 0)[None]):
        e = explain(Showing(shown), image, layer="layer", top_k=channels)
        assert e.channel_count == channels
        assert np.array_equal(e.maps, maps.numpy()[e.channels])


# --- a batch that the model drops


class Dropping(nn.Module):
    """Works on one image without an axis for the batch, unless it keeps that."""

    def __init__(self, drop):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
            self.pool, self.narrow = nn.MaxPool2d(2), nn.Conv2d(4, 1, 1)
            self.conv, self.relu, self.head = nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.Linear(5, 3)
        self.drop = drop

    def forward(self, x):
        x = self.pool(self.stem(self.drop(x)))
        x = x * self.narrow(x).sigmoid()
        return self.head(self.relu(self.conv(x)).mean((-2, -1)))


DROPS = {"squeeze": lambda x: x.squeeze(0), "first": lambda x: x[0]}


@pytest.mark.parametrize("drop", DROPS.values(), ids=DROPS.keys())
def test_layers_of_a_model_that_drops_the_batch_are_known_by_their_kind_and_weights(drop):
    layers = layers_of(Dropping(drop))
    shapes = {name: layer.shape for name, layer in layers.items() if layer.usable}
    assert shapes == {"stem.0": (4, 8, 8), "stem": (4, 8, 8), "pool": (4, 4, 4), "narrow": (1, 4, 4), "conv": (5, 4, 4)}
    assert layers["relu"].reason == reasons.unreadable_shape((5, 4, 4))
    assert default_layer(find_layers(Dropping(drop), IMAGE)).name == "conv"


@pytest.mark.parametrize("drop", DROPS.values(), ids=DROPS.keys())
@pytest.mark.parametrize("layer", ["stem", "pool", "narrow", "conv"])
@pytest.mark.parametrize("method", [name for name, one in METHODS.items() if one.reads != "attention"])
def test_maps_without_a_batch_are_those_with_one(drop, layer, method):
    kept, dropped = (
        explain(Dropping(one), IMAGE, layer=layer, method=method, label=1, top_k=9) for one in (lambda x: x, drop)
    )
    np.testing.assert_array_equal(dropped.channels, kept.channels)
    np.testing.assert_allclose(dropped.maps, kept.maps, atol=1e-6)
    np.testing.assert_allclose(dropped.overall_map, kept.overall_map, atol=1e-5)
    np.testing.assert_allclose(dropped.logits, kept.logits, atol=1e-6)
    assert dropped.label == kept.label == 1


def test_maps_without_a_batch_are_written_as_they_were_read():
    layout, maps = Layout("channels first", (5, 4, 4), batched=False), torch.rand(5, 4, 4)
    assert torch.equal(layout.write(layout.read(maps)[None], maps), maps)


def test_three_axes_of_other_modules_are_no_maps_without_a_batch():
    windows = Showing(torch.rand(4, 9, 5))
    assert not layers_of(windows)["layer"].usable

    class Block(nn.Sequential):
        def forward(self, x):
            super().forward(x)
            return torch.rand(4, 3, 7)  # as many as its convolution's channels, on no grid of the image's shape

    assert not layers_of(nn.Sequential(Block(nn.Conv2d(3, 4, 1))))["0"].usable
    assert not layers_of(nn.Sequential(Block(nn.Conv2d(3, 6, 1))))["0"].usable


def test_a_convolution_over_a_plane_of_another_shape_still_has_its_channels_first():
    model = nn.Sequential(nn.Conv2d(3, 8, (1, 8)), nn.Flatten())  # [1, 8, 8, 1]: as channels last it would be 8x8
    assert layers_of(model)["0"].shape == (8, 8, 1)


# --- wrappers and names


WRAPPED = {
    "DataParallel": nn.DataParallel,
    "torch.compile": torch.compile,
    "DataParallel of torch.compile": lambda model: nn.DataParallel(torch.compile(model)),
    "torch.compile of DataParallel": lambda model: torch.compile(nn.DataParallel(model)),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED.keys())
def test_wrappers_leave_no_trace_in_names_and_maps(wrap):
    model = Tiny()
    wrapped = wrap(model)
    assert list(layers_of(wrapped)) == ["conv", "head"]
    expected = explain(model, IMAGE, layer="conv")
    for name in ("conv", "module.conv", "_orig_mod.conv", "module._orig_mod.conv"):
        assert np.array_equal(explain(wrapped, IMAGE, layer=name).maps, expected.maps)


def test_a_part_that_is_compiled_is_looked_into():
    model, part = Tiny(), nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
    model.conv = torch.compile(part)
    assert list(layers_of(model)) == ["conv.0", "conv.1", "conv", "head"]


def test_a_model_compiled_in_place_runs_uncompiled():
    model = Tiny()
    expected = explain(model, IMAGE, layer="conv").maps
    model.compile(backend=refusing_backend)
    compiled = model._compiled_call_impl
    assert np.array_equal(explain(model, IMAGE, layer="conv").maps, expected)
    assert model._compiled_call_impl is compiled
    torch._dynamo.reset()


def refusing_backend(graph, inputs):
    raise AssertionError("the pass must not compile anything")


def test_a_module_that_is_named_like_a_wrapper_keeps_its_name():
    model = nn.Sequential()
    model.module = nn.Conv2d(3, 4, 1)
    model.head = nn.Flatten()
    assert list(layers_of(model)) == ["module", "head"]
    assert explain(model, IMAGE, layer="module").channel_count == 4


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("conv33", r"layer must be one of the model's modules, got 'conv33'; did you mean .*'conv3'"),
        ("Conv3", r"got 'Conv3'; did you mean .*'conv3'"),
        ("encoder.block", r"got 'encoder\.block'; find_layers\(model, image\) lists them"),
    ],
)
def test_an_unknown_layer_is_an_error_that_names_near_matches(layer, words):
    with pytest.raises(ValueError, match=words):
        explain(SeedCNN(), torch.rand(3, 32, 32), layer=layer)


def test_a_layer_that_is_no_name_is_an_error():
    with pytest.raises(TypeError, match="layer must be a module's name, got Conv2d"):
        explain(Tiny(), IMAGE, layer=nn.Conv2d(3, 4, 1))

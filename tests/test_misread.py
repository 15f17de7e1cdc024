"""What fits a layout by its shape alone is read by what it is: as a plain hook gives it, or refused with the reason."""

import numpy as np
import pytest
import torch
from models import Showing
from torch import nn
from torch.nn import functional
from torchvision.models.convnext import CNBlockConfig, ConvNeXt, LayerNorm2d
from transformers import Swinv2Config, Swinv2Model

from attn_widget import explain, explain_many, find_layers
from attn_widget.words import reasons

EVERY = 10**6


def image(height, width=None):
    return torch.rand(3, height, width or height, generator=torch.Generator().manual_seed(0))


def seeded(make):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make().eval()


def layers_of(model, picture):
    return {layer.name: layer for layer in find_layers(model, picture)}


def copied(output):
    """A copy of an output of which the rest of the pass may change what it was."""
    return tuple(map(copied, output)) if isinstance(output, tuple) else output.clone()


def hooked(model, picture, name):
    """What a plain hook sees of a layer."""
    return all_hooked(model, picture, [name])[name]


def all_hooked(model, picture, names):
    """What plain hooks see of layers, by their names."""
    found = {}

    def hook(name):
        return lambda module, inputs, output: found.update({name: copied(output)})

    handles = [model.get_submodule(name).register_forward_hook(hook(name)) for name in names]
    with torch.no_grad():
        model(picture[None])
    for handle in handles:
        handle.remove()
    return found


def maps_of(model, picture, name):
    """The maps that are explained, in the order of their channels; the list of layers must agree with them."""
    e = explain(model, picture, layer=name, top_k=EVERY)
    maps = e.maps[np.argsort(e.channels)]
    assert layers_of(model, picture)[name].shape == maps.shape
    return maps


def assert_refused(model, picture, name, reason):
    """The list of layers and an explanation refuse a layer alike."""
    layer = layers_of(model, picture)[name]
    assert (layer.usable, layer.reason) == (False, reason)
    with pytest.raises(ValueError, match=f"layer '{name}' gives no map: "):
        explain(model, picture, layer=name)


# --- rows that sum to one


class Attending(nn.Module):
    """Patches ``[1, 8, 4, 4]`` whose tokens attend to each other in modules of their own."""

    def __init__(self, side=4, heads=2):
        super().__init__()
        self.patch, self.heads = nn.Conv2d(3, 8, 4, 4), heads
        self.qkv, self.scores, self.softmax = nn.Linear(8, 24), nn.Identity(), nn.Softmax(-1)
        self.dropout, self.mean, self.head = nn.Dropout(0.5), nn.Identity(), nn.Linear(8, 3)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        weights = self.dropout(self.softmax(self.scores(q @ k.transpose(-2, -1))))
        self.mean(weights.mean(1))
        return self.head((weights @ v).transpose(1, 2).flatten(2).mean(1))


@pytest.mark.parametrize("name", ["softmax", "dropout"])
@pytest.mark.parametrize("size", [(16, 16), (16, 24)])
def test_weights_between_the_images_tokens_are_heads(name, size):
    model, picture = seeded(Attending), image(*size)
    weights = hooked(model, picture, name)
    expected = weights[0].mean(1).reshape(2, size[0] // 4, size[1] // 4)
    np.testing.assert_allclose(maps_of(model, picture, name), expected, atol=1e-6)
    assert layers_of(model, picture)[name].group == "attention"


def test_weights_are_never_maps():
    model, picture = seeded(Attending), image(16)
    assert_refused(model, picture, "mean", reasons.WEIGHTS)  # of heads that were averaged
    for shape in ((1, 4, 197, 197), (1, 4, 9, 16), (1, 16, 16), (1, 16, 5)):
        shown = torch.randn(shape, generator=torch.Generator().manual_seed(0)).softmax(-1)
        assert_refused(Showing(shown), image(32), "layer", reasons.WEIGHTS)


def test_scores_between_tokens_are_no_maps_before_their_softmax():
    assert_refused(seeded(Attending), image(16), "scores", reasons.BETWEEN_TOKENS)


def test_class_probabilities_are_maps():
    model, picture = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.Softmax(1)), image(16)
    np.testing.assert_array_equal(maps_of(model, picture, "1"), hooked(model, picture, "1")[0].numpy())


class Decoding(Attending):
    """Also gives maps as large as the image, whose side is the number of its tokens."""

    def __init__(self):
        super().__init__()
        self.narrow, self.act = nn.Conv2d(3, 8, 1), nn.ReLU()

    def forward(self, x):
        small = self.patch(x)
        whole = self.act(functional.interpolate(small, scale_factor=4.0) + self.narrow(x))
        return super().forward(x) + whole.mean((2, 3))[:, :3]


def test_a_map_whose_side_is_the_number_of_tokens_is_a_map():
    model, picture = seeded(Decoding), image(16)
    for name in ("narrow", "act"):
        np.testing.assert_allclose(maps_of(model, picture, name), hooked(model, picture, name)[0], atol=1e-6)
        assert layers_of(model, picture)[name].group != "attention"


class BetweenChannels(nn.Module):
    """DANet's attention between the channels of ``[1, 16, h, w]``, or, with heads, XCiT's."""

    def __init__(self, heads=0):
        super().__init__()
        self.patch, self.softmax, self.heads = nn.Conv2d(3, 16, 4, 4), nn.Softmax(-1), heads
        self.out = nn.Conv2d(16, 16, 1)

    def forward(self, x):
        planes = self.patch(x)
        x = planes.flatten(2)
        if self.heads:
            x = x.unflatten(1, (self.heads, -1))
        weights = self.softmax(x @ x.transpose(-2, -1))
        return self.out((weights @ x).reshape(planes.shape) + planes).mean((2, 3))


@pytest.mark.parametrize("heads", [0, 1, 4])
@pytest.mark.parametrize("size", [16, 8, 24])
def test_attention_between_channels_is_no_head(heads, size):
    model = seeded(lambda: BetweenChannels(heads))  # 16 channels, of an image of 16, 4 and 36 tokens
    layers = layers_of(model, image(size))
    assert not layers["softmax"].usable
    assert [layer.group for layer in layers.values() if layer.group == "attention"] == []
    np.testing.assert_allclose(maps_of(model, image(size), "out"), hooked(model, image(size), "out")[0], atol=1e-6)


@pytest.mark.parametrize("heads", [0, 1])
@pytest.mark.parametrize("method", ["attention-rollout", "legrad"])
def test_attention_between_channels_is_not_followed_even_of_as_many_as_tokens(heads, method):
    with pytest.raises(ValueError, match=f"method '{method}' has nothing to read: {reasons.ATTENTION_IN_PARTS}"):
        explain(seeded(lambda: BetweenChannels(heads)), image(16), method=method)
    assert explain(seeded(Attending), image(16), method=method).channel_count == 2


# --- sequences


class Line(nn.Module):
    """What `last` makes of 1,024 channels on 4x4 patches, or of their sequence."""

    def __init__(self, last, sequence=False):
        super().__init__()
        self.patch, self.last, self.sequence = nn.Conv2d(3, 16, 4, 4), last, sequence

    def forward(self, x):
        x = self.patch(x).flatten(2)
        x = self.last(x.transpose(1, 2) if self.sequence else x)
        return (x[0] if isinstance(x, tuple) else x).flatten(1)[:, :3]


@pytest.mark.parametrize(
    "last",
    [nn.AdaptiveAvgPool1d(1), nn.Conv1d(16, 16, 1), nn.BatchNorm1d(16), nn.MaxPool1d(4)],
    ids=lambda m: m._get_name(),
)
def test_modules_along_a_line_give_no_maps(last):
    assert_refused(Line(last), image(16), "last", reasons.ALONG_A_LINE)


def test_the_pooler_of_swin_v2_gives_no_maps_and_its_norm_does():
    config = Swinv2Config(image_size=32, patch_size=2, embed_dim=32, depths=[1, 1], num_heads=[2, 2], window_size=4)
    model, picture = seeded(lambda: Swinv2Model(config)), image(32)  # as many channels at last as patches at first
    expected = hooked(model, picture, "layernorm")[0].T.reshape(64, 8, 8)
    np.testing.assert_allclose(maps_of(model, picture, "layernorm"), expected, atol=1e-6)
    assert_refused(model, picture, "pooler", reasons.ALONG_A_LINE)


class Returning(nn.Module):
    """Hands on all that a recurrent module gives."""

    def __init__(self, recurrent):
        super().__init__()
        self.inner = recurrent

    def forward(self, x):
        return self.inner(x)[1]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_modules_sequence_is_one_and_its_states_are_no_maps(kind):
    model, picture = seeded(lambda: Line(kind(16, 12, num_layers=2, batch_first=True), sequence=True)), image(16)
    expected = hooked(model, picture, "last")[0][0].T.reshape(12, 4, 4)
    np.testing.assert_allclose(maps_of(model, picture, "last"), expected, atol=1e-6)

    class States(Line):
        def forward(self, x):
            x = self.last(self.patch(x).flatten(2).transpose(1, 2))
            return (x[0] if isinstance(x, tuple) else x)[-1]

    stated = seeded(lambda: States(Returning(kind(16, 12, num_layers=2, batch_first=True))))
    assert not layers_of(stated, image(4, 8))["last"].usable  # two states of 12 channels beside patches on 1x2
    assert not layers_of(stated, picture)["last"].usable


def test_as_many_states_as_tokens_are_no_maps_either():
    class Short(Line):
        def forward(self, x):
            return self.last(self.patch(x).flatten(2).transpose(1, 2)[:, :5])[0][:, 0, :3]

    model = seeded(lambda: Short(nn.GRU(16, 12, num_layers=16, batch_first=True)))
    assert_refused(model, image(16), "last", reasons.tokens_without_grid(5))


class Distances(nn.Module):
    """YOLOv8's `dfl`: of 16 values for each of 4 sides, their mean by softmax, at each of the anchors."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 1, 1, bias=False)

    def forward(self, x):
        return self.conv(x.view(1, 4, 16, -1).transpose(2, 1).softmax(1)).view(1, 4, -1)


class Detecting(nn.Module):
    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList([nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)])
        self.heads, self.dfl = nn.ModuleList([nn.Conv2d(8, 64, 1) for _ in range(3)]), Distances()

    def forward(self, x):
        found = []
        for stage, head in zip(self.stages, self.heads, strict=True):
            x = stage(x)
            found.append(head(x).flatten(2))
        return self.dfl(torch.cat(found, 2))


@pytest.mark.parametrize("size", [16, 32, 128])
def test_distances_for_each_anchor_are_no_maps_on_two_by_two(size):
    model, picture = seeded(Detecting), image(size)
    layers = layers_of(model, picture)
    usable = {name for name, layer in layers.items() if layer.usable}
    assert usable == {"stages.0", "stages.1", "stages.2", "heads.0", "heads.1", "heads.2"}
    assert layers["dfl"].grids == ()
    for name in ("dfl", "dfl.conv"):
        with pytest.raises(ValueError, match="gives no map"):
            explain(model, picture, layer=name)


class Mixing(nn.Module):
    """An MLP-Mixer's block over patches: across the tokens, transposed, then across the channels."""

    def __init__(self, channels, tokens):
        super().__init__()
        self.patch, self.norm = nn.Conv2d(3, channels, 4, 4), nn.LayerNorm(channels)
        self.across, self.act = nn.Linear(tokens, tokens), nn.GELU()
        self.channels, self.head = nn.Linear(channels, channels), nn.Linear(channels, 3)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = x + self.act(self.across(self.norm(x).transpose(1, 2))).transpose(1, 2)
        return self.head((x + self.channels(x)).mean(1))


@pytest.mark.parametrize("channels", [12, 16, 17])
@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
def test_a_sequence_that_is_transposed_to_mix_its_tokens_is_read_as_what_it_is(channels, method):
    model, picture = seeded(lambda: Mixing(channels, 16)), image(16)
    for name in ("norm", "across", "act", "channels"):
        tensor = hooked(model, picture, name)[0]
        expected = (tensor if name in ("across", "act") else tensor.T).reshape(channels, 4, 4)
        np.testing.assert_allclose(maps_of(model, picture, name), expected, atol=1e-6)
    e = explain(model, picture, layer="act", method=method, target=1, top_k=EVERY)
    assert e.channel_count == channels
    if method == "grad-cam":
        found = []
        handle = model.act.register_forward_hook(lambda module, inputs, output: found.append(output))
        (gradient,) = torch.autograd.grad(model(picture[None])[0, 1], found)
        handle.remove()
        expected = gradient[0].mean(1)
        np.testing.assert_allclose(e.weights[np.argsort(e.channels)], expected, atol=1e-6)


class Beside(Showing):
    """Shows a tensor that nothing in the pass has made, beside a convolution."""

    def __init__(self, shown, side):
        super().__init__(shown)
        self.patch = nn.Conv2d(3, 4, side, side)

    def forward(self, x):
        self.patch(x)
        return super().forward(x)


def test_a_square_sequence_of_which_nothing_tells_the_channels_is_refused():
    shown = torch.randn(1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert_refused(Beside(shown, 4), image(16), "layer", reasons.unclear_channels((1, 16, 16)))
    assert_refused(Beside(shown[:, :4], 4), image(8), "layer", reasons.unclear_channels((1, 4, 16)))
    assert layers_of(Beside(shown[..., :6], 4), image(16))["layer"].shape == (6, 4, 4)


# --- channels first or last


class OwnNorm(nn.Module):
    """A layer norm over channels that come first, written out, as in many models."""

    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.rand(channels)), nn.Parameter(torch.rand(channels))

    def forward(self, x):
        off = x - x.mean(1, keepdim=True)
        x = off / (off.pow(2).mean(1, keepdim=True) + 1e-6).sqrt()
        return self.weight[:, None, None] * x + self.bias[:, None, None]


@pytest.mark.parametrize("norm", [LayerNorm2d, OwnNorm], ids=["torchvision's", "written out"])
@pytest.mark.parametrize("channels", [22, 24, 26])
def test_layer_norms_over_channels_that_come_first_are_read_so(norm, channels):
    model = seeded(lambda: nn.Sequential(nn.Conv2d(3, channels, 2, 2), norm(channels), nn.GELU()))
    picture = image(48)
    for name in ("0", "1", "2"):
        np.testing.assert_allclose(maps_of(model, picture, name), hooked(model, picture, name)[0], atol=1e-6)


class Last(nn.Module):
    """The same with channels last, where torch's own norm is, and a norm of another name."""

    def __init__(self, channels):
        super().__init__()
        self.patch, self.norm, self.act = nn.Conv2d(3, channels, 2, 2), nn.LayerNorm(channels), nn.GELU()
        self.linear, self.head = nn.Linear(channels, channels), nn.Linear(channels, 3)

    def forward(self, x):
        x = self.act(self.norm(self.patch(x).permute(0, 2, 3, 1)))
        return self.head((x + self.linear(x)).mean((1, 2)))


@pytest.mark.parametrize("channels", [22, 24, 26])
def test_channels_that_come_last_are_read_so(channels):
    model, picture = seeded(lambda: Last(channels)), image(48)
    for name in ("norm", "act", "linear"):
        expected = hooked(model, picture, name)[0].permute(2, 0, 1)
        np.testing.assert_allclose(maps_of(model, picture, name), expected, atol=1e-6)


def test_every_layer_of_a_convnext_whose_sides_are_all_equal_is_read_as_it_is():
    model = seeded(lambda: ConvNeXt([CNBlockConfig(24, 32, 1), CNBlockConfig(32, None, 1)], num_classes=3))
    picture, layers = image(96), layers_of(model, image(96))
    last = {f"features.{stage}.0.block.{place}" for stage in (1, 3) for place in (1, 2, 3, 4, 5)}
    usable = [name for name, layer in layers.items() if layer.usable]
    assert last | {"features.0.1", "features.1", "features.2.0", "features"} <= set(usable)
    seen = all_hooked(model, picture, usable)
    for e in explain_many(model, picture, layers=usable, methods=["channel-mean"], top_k=EVERY):
        expected = seen[e.layer][0].permute(2, 0, 1) if e.layer in last else seen[e.layer][0]
        np.testing.assert_allclose(e.maps[np.argsort(e.channels)], expected, atol=1e-6)
        assert layers[e.layer].shape == expected.shape


def test_where_nothing_tells_the_channels_a_tensor_is_refused():
    for shape in ((1, 24, 24, 24), (1, 22, 23, 24)):
        assert_refused(Beside(torch.rand(shape), 2), image(48), "layer", reasons.unclear_channels(shape))
    assert_refused(Beside(torch.rand(1, 7, 3, 24), 2), image(48), "layer", reasons.unreadable_shape((1, 7, 3, 24)))
    for shape in ((1, 4, 24, 24), (1, 22, 24, 24)):  # of the second, one grid was seen and the other not
        assert layers_of(Beside(torch.rand(shape), 2), image(48))["layer"].shape == shape[1:]


# --- grids


class Halving(nn.Module):
    """Halves 8x8 patches as `halve` says, and gives tokens."""

    def __init__(self, halve):
        super().__init__()
        self.patch, self.halve, self.norm = nn.Conv2d(3, 8, 4, 4), halve, nn.LayerNorm(8)

    def forward(self, x):
        return self.norm(self.halve(self.patch(x)).flatten(2).transpose(1, 2)).mean(1)


HALVES = {
    "a pooling module": lambda: nn.MaxPool2d(2),
    "a pooling function": lambda: lambda x: functional.avg_pool2d(x, 2),
    "resizing": lambda: lambda x: functional.interpolate(x, scale_factor=0.5),
    "every second place": lambda: lambda x: x[:, :, ::2, ::2],
}


@pytest.mark.parametrize("halve", HALVES.values(), ids=HALVES.keys())
def test_tokens_lie_on_a_grid_that_was_made_in_the_pass(halve):
    model, picture = seeded(lambda: Halving(halve())), image(32)
    expected = hooked(model, picture, "norm")[0].T.reshape(8, 4, 4)
    np.testing.assert_allclose(maps_of(model, picture, "norm"), expected, atol=1e-6)


@pytest.mark.parametrize("side", [4, (4, 4), [4, 4]], ids=str)
def test_patches_that_a_module_cuts_out_lie_on_their_grid(side):
    class Cutting(nn.Module):
        def __init__(self):
            super().__init__()
            self.cut, self.embed = nn.Unfold(side, stride=side), nn.Linear(48, 8)

        def forward(self, x):
            return self.embed(self.cut(x).transpose(1, 2)).mean(1)

    model, picture = seeded(Cutting), torch.rand(3, 16, 24, generator=torch.Generator().manual_seed(1))
    expected = hooked(model, picture, "embed")[0].T.reshape(8, 4, 6)
    np.testing.assert_allclose(maps_of(model, picture, "embed"), expected, atol=1e-6)


@pytest.mark.parametrize("keep", [16, 17, 4, 1], ids=str)
def test_tokens_of_which_some_were_dropped_are_on_no_grid(keep):
    class Dropping(Halving):
        def forward(self, x):
            x = self.patch(x).flatten(2).transpose(1, 2)
            return self.norm(x[:, x.norm(dim=2)[0].argsort()[:keep]]).mean(1)

    assert not layers_of(seeded(lambda: Dropping(None)), image(32))["norm"].usable

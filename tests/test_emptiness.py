"""Why a heatmap is blank: each cause in a small model, and beside it a twin of which it must not be said."""

import pytest
import torch
from explorer.panels import Counter
from torch import nn

from attn_widget import Contrast, explain
from attn_widget.layers import NoMap
from attn_widget.words import reasons

IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))


class Net(nn.Module):
    """A convolution, and whatever comes behind it."""

    def __init__(self, behind=None):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.conv, self.head = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, 4)
            nn.init.constant_(self.conv.bias, 1.0)
        self.behind = behind
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        maps = self.conv(x)
        scores = self.head(maps.mean((2, 3)))
        return scores if self.behind is None else self.behind(maps, scores)


def why(model=None, method="grad-cam", layer="conv", image=IMAGE, **options):
    """Give the cause and the notes; each cause that is given has its sentence among the notes, and no other one."""
    e = explain((model or Net()).eval(), image, layer=layer, method=method, **options)
    said = [note for note in e.notes if note in reasons.WHY_EMPTY.values()]
    assert said == ([reasons.WHY_EMPTY[e.empty]] if e.empty else [])
    assert bool(e.empty) is not (e.overall.any() or bool(torch.tensor(e.overall).isnan().any()))
    return e.empty, e.notes


def with_conv(weight=None, bias=None):
    model = Net()
    with torch.no_grad():
        if weight is not None:
            model.conv.weight.fill_(weight)
        if bias is not None:
            model.conv.bias.fill_(bias)
    return model


def test_a_heatmap_that_shows_something_has_no_cause():
    for method in ("channel-mean", "layer-cam"):
        assert why(method=method) == ("", ())


def test_channels_that_are_all_zero_are_called_inactive_and_those_of_which_one_is_not_are_not():
    dead = with_conv(0.0, 0.0)
    assert {why(dead, method)[0] for method in ("channel-mean", "grad-cam", "layer-cam")} == {"inactive"}
    with torch.no_grad():
        dead.conv.bias[2] = 1.0
    assert why(dead, "channel-mean")[0] == "flat"


def test_values_of_which_none_is_positive_are_called_so_and_those_that_sum_to_none_are_not():
    assert why(with_conv(bias=-9.0), "channel-mean")[0] == "below zero"
    mixed = with_conv(bias=-9.0)
    with torch.no_grad():
        mixed.conv.weight[0, :, 1, 1] = 50.0
        mixed.conv.bias[0] = -76.0
    e = explain(mixed.eval(), IMAGE, layer="conv", method="channel-mean")
    assert e.empty in ("", "zero")
    assert (e.empty == "zero") is not bool(e.overall_map.any())


def test_evidence_that_only_counts_against_a_class_is_called_so_and_for_the_other_class_it_is_not():
    model = with_conv(bias=9.0)
    with torch.no_grad():
        model.head.weight[0], model.head.weight[1] = -1.0, 1.0
    assert why(model, target=0)[0] == "against"
    assert why(model, target=1)[0] == ""


def test_a_layer_that_nothing_behind_reads_is_called_unread():
    assert why(Net(lambda maps, scores: 0 * scores + torch.arange(4.0)))[0] == "unread"


def test_a_layer_that_is_read_and_has_no_gradient_is_not_called_unread():
    class Steps(torch.autograd.Function):
        """Passes everything on, and no gradient back."""

        @staticmethod
        def forward(context, x):
            return x.clone()

        @staticmethod
        def backward(context, gradient):
            return gradient * 0

    assert why(Net(lambda maps, scores: Steps.apply(scores)))[0] == "no gradient"


def saturating(scale):
    def behind(maps, scores):
        return (scores * scale + torch.tensor([scale, 0, 0, 0])).softmax(1)

    return Net(behind)


def test_a_saturated_softmax_is_named_in_the_model_and_an_ordinary_one_is_not():
    assert why(saturating(1e6), "layer-cam")[0] == "saturated"
    assert why(saturating(1e6), "layer-cam", target=2)[0] == "saturated"
    assert why(saturating(1e6), "layer-cam", target=Contrast(0, 2))[0] == "saturated"
    assert why(saturating(1.0), "layer-cam")[0] == ""


def test_a_saturated_softmax_is_named_in_the_target_and_the_logit_has_a_heatmap():
    def probability(output):
        return (output * 1e6).softmax(1)[0, 0]

    assert why(method="layer-cam", target=probability)[0] == "saturated"
    assert why(method="layer-cam", target=lambda output: output.softmax(1)[0, 0])[0] == ""
    assert why(method="layer-cam", target=0)[0] == ""


def test_a_target_without_gradient_that_has_no_softmax_is_not_called_saturated():
    assert why(method="layer-cam", target=lambda output: (output * 0).sum())[0] == "unread"


def test_a_map_of_one_value_is_flat_and_a_grid_of_one_cell_is_refused_as_no_map():
    assert why(with_conv(0.0, 1.0), "channel-mean")[0] == "flat"
    pooled = Net()
    pooled.conv = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    assert why(pooled, "channel-mean", layer="conv.1")[0] == ""
    with pytest.raises(NoMap, match=reasons.ONE_VECTOR):
        why(pooled, "channel-mean")


def test_a_contrast_of_a_class_with_itself_is_called_so_and_of_two_classes_is_not():
    assert why(method="layer-cam", target=Contrast(1, 1))[0] == "same class"
    assert why(method="layer-cam", target=Contrast(1, 2))[0] == ""


def test_methods_of_whole_passes_say_only_what_is_seen():
    assert why(Net(lambda maps, scores: 0 * scores + torch.arange(4.0)), "saliency", layer=None)[0] == "zero"
    assert why(method="saliency", layer=None)[0] == ""


def test_a_further_pass_is_made_only_for_a_heatmap_that_is_blank_with_a_gradient_of_zero():
    for behind, passes in ((None, 1), (lambda maps, scores: 0 * scores + torch.arange(4.0), 2)):
        model = Net(behind).eval()
        explain(model, IMAGE, layer="conv", method="layer-cam")
        assert model.counter.passes == passes


# --- NaN


class Deep(nn.Module):
    """Three layers, the second of which may be told to give NaN."""

    def __init__(self, between=None):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.first = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
            self.second, self.third = nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3)
        self.between = between
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        x = self.second(self.first(x))
        x = x if self.between is None else self.between(x)
        return self.third(x).mean((2, 3))


def nan_note(model, image=IMAGE, layer="third"):
    e = explain(model.eval(), image, layer=layer, method="channel-mean")
    return [note for note in e.notes if "first appears" in note or note == reasons.NAN_IN_IMAGE]


def test_the_first_module_with_nan_is_named_with_the_parameter_that_holds_it():
    model = Deep()
    with torch.no_grad():
        model.second.bias[1] = torch.nan
    for layer in ("second", "third"):
        assert nan_note(model, layer=layer) == [reasons.nan_first_in("second", "Conv2d", ["bias"])]
    assert nan_note(model, layer="first") == [reasons.nan_first_in("second", "Conv2d", ["bias"])]  # of the scores


def test_nan_that_a_module_computes_from_good_values_is_its_own():
    class Root(nn.Module):
        def forward(self, x):
            return x.sub_(9).sqrt_()  # in place, so that its input has NaN afterwards

    model = Deep()
    model.first[1] = Root()
    assert nan_note(model) == [reasons.nan_first_in("first.1", "Root", [])]


def test_nan_between_modules_is_not_blamed_on_the_module_that_is_given_it():
    assert nan_note(Deep(lambda x: x / 0 * 0)) == [reasons.nan_before("third")]
    assert nan_note(Deep(lambda x: x / 2)) == []


def test_nan_in_the_image_is_the_images():
    image = IMAGE.clone()
    image[0, 3, 3] = torch.nan
    assert nan_note(Deep(), image) == [reasons.NAN_IN_IMAGE]


def test_the_pass_that_looks_for_nan_is_made_only_then_and_once():
    good, broken = Deep().eval(), Deep(lambda x: x / 0 * 0).eval()
    for model, passes in ((good, 1), (broken, 2)):
        explain(model, IMAGE, layer="third")
        assert model.counter.passes == passes


@pytest.mark.parametrize("method", ["grad-cam", "layer-cam"])
def test_nan_in_the_gradient_alone_is_said_of_the_map(method):
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            return x.clone()

        @staticmethod
        def backward(context, gradient):
            return gradient * torch.nan

    empty, notes = why(Net(lambda maps, scores: Broken.apply(scores)), method)
    assert (empty, notes) == ("", (reasons.NAN_IN_OVERALL_MAP,))

"""The page Channels: a survey on a thread, and the card of a channel, beside what plain loops find."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset

from attn_widget import demo
from attn_widget.evidence import silencing_effect
from attn_widget.words import forms

from .panels import Counter, Gate, images, net


class Spots(nn.Module):
    """Channel 0 is strong where a pixel is red, channel 1 where it is green."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1, bias=False)
        self.conv.weight.data = torch.tensor([[1.0, -1, -1], [-1.0, 1, -1]])[..., None, None]
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        self.counter.before()
        return self.conv(x).amax((2, 3))


def spots(count=12):
    """Grey images, each with one red and one green pixel; and which of these is the brighter one."""
    random = np.random.default_rng(0)
    stack = torch.full((count, 3, 10, 10), 0.3)
    for image in stack:
        places = random.choice(100, 2, replace=False)
        for colour, place in enumerate(places):
            image[:, place // 10, place % 10] = 0.0
            image[colour, place // 10, place % 10] = float(random.uniform(0.6, 1))
    return stack, (stack[:, 1].amax((1, 2)) > stack[:, 0].amax((1, 2))).long()


def surveyed(opened, **options):
    """Open a panel of spots, and survey them."""
    panel = opened(Spots().eval(), [spots()], **options)
    panel.click("Survey")
    panel.wait()
    return panel


def by_loop(model, layer, stack, channel):
    """The samples that drive a channel, strongest first, and the channel's peak in each."""
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(lambda _module, _given, output: kept.append(output))
    with torch.no_grad():
        model(stack)
    handle.remove()
    peaks = kept[0][:, channel].amax((1, 2)).numpy()
    order = np.argsort(-peaks, kind="stable")
    return order.tolist(), peaks[order]


def test_the_exemplars_are_those_of_a_plain_loop_over_the_demo(opened):
    shown = demo.load()
    some = Subset(shown.loader.dataset, range(0, 600, 30))
    panel = opened(shown.model, DataLoader(some, batch_size=20), class_names=shown.class_names)
    panel.click("Survey")
    panel.wait()
    stack = torch.stack([some[index][0] for index in range(len(some))])
    panel.choose("Channel", 63)
    panel.wait()
    order, peaks = by_loop(shown.model.eval(), "conv3", stack, 63)
    assert panel.crops.positions == order[:9]
    assert [text.split(", ")[1].split(" ")[0] for text in panel.crops.pointed] == list(map(forms.number, peaks[:9]))


def test_a_crop_is_what_the_cell_depends_on(opened):
    panel = surveyed(opened, layer="conv")
    for channel in (0, 1):
        panel.choose("Channel", channel)
        panel.wait()
        tile = panel.crops.tile(0).reshape(-1, 3).mean(0)
        assert tile[channel] > 240
        assert np.delete(tile, channel).max() < 15
    assert "all that its strongest cell depends on" in panel.crops.text


def test_where_a_cell_depends_on_the_whole_image_its_neighbours_are_shown(opened):
    class Whole(Spots):
        def forward(self, x):
            return super().forward(x + 1e-4 * x.mean((2, 3), keepdim=True))

    panel = opened(Whole().eval(), [spots()], layer="conv")
    panel.click("Survey")
    panel.wait()
    assert "and the cell's neighbours, as a cell depends on the whole image" in panel.crops.text


def test_a_click_on_a_crop_opens_its_sample(opened):
    panel = surveyed(opened, layer="conv")
    third = panel.crops.positions[2]
    panel.crops.click(2)
    assert panel.sample == third
    assert panel.crops.framed == 2


def test_a_channel_is_chosen_by_its_button_its_number_or_its_panel_and_stays(opened):
    panel = surveyed(opened, layer="conv", top_k=2)
    first, second = panel.offered_channels
    assert panel.card[0] == f"Channel {first} of conv"
    panel.choose_channel(second)
    assert (panel.card[0], panel.value("Channel")) == (f"Channel {second} of conv", second)
    panel.choose("Channel", first)
    assert panel.card[0] == f"Channel {first} of conv"
    panel.click_image(3, 4, panel=3)
    assert (panel.card[0], panel.at) == (f"Channel {second} of conv", None)
    panel.choose("Sample", 5)
    panel.open_page("Look")
    assert panel.card[0] == f"Channel {second} of conv"


def test_elsewhere_a_click_on_a_channels_panel_chooses_a_place(opened):
    panel = surveyed(opened, layer="conv", top_k=2)
    panel.click_image(3, 4, panel=1)
    assert panel.at == (3, 4)
    panel.open_page("Look")
    panel.click_image(5, 6, panel=3)
    assert panel.at == (5, 6)


def test_more_like_this_plays_the_samples_by_that_channel(opened):
    panel = surveyed(opened, layer="conv")
    panel.choose("Channel", 1)
    panel.click("More like this")
    order, _ = by_loop(panel.model, "conv", spots()[0], 1)
    assert panel.walk() == order
    assert panel.sample == order[0]
    assert any("channel 1 of conv" in chip for chip in panel.chips)


def test_for_which_classes_it_fires_stands_beside_the_mean_of_all(opened):
    panel = surveyed(opened, layer="conv", class_names=["reddish", "greenish"])
    panel.choose("Channel", 1)
    stack, labels = spots()
    means = (stack[:, 1] - stack[:, 0] - stack[:, 2]).mean((1, 2)).numpy()
    by_class = {name: float(means[labels == index].mean()) for index, name in enumerate(["reddish", "greenish"])}
    order = sorted(by_class, key=by_class.get, reverse=True)
    assert panel.firing == {
        **{name: forms.number(by_class[name]) for name in order},
        "mean of all classes": forms.number(np.mean(list(by_class.values()))),
    }


def test_how_often_it_is_among_the_strongest_stands_beside_the_layers_average(opened):
    panel = opened(net(), [(images(), torch.arange(6) % 3)], layer="conv2")
    panel.click("Survey")
    panel.wait()
    number, often, share, average = panel.value("Channel"), panel.survey.strongest, forms.percent, 3 / 40
    said = f"Among the 3 strongest for {often[number]} of 6 samples ({share(often[number] / 6)}); on average"
    assert any(f"{said}, a channel of this layer is among them for {share(average)}." in line for line in panel.card)


def test_what_silencing_does_is_measured_beside_other_channels(opened):
    panel = surveyed(opened, layer="conv", class_names=["reddish", "greenish"])
    panel.choose("Channel", 1)
    panel.click("Silence it")
    panel.wait()
    effect = silencing_effect(panel.model, spots()[0][0], "conv", [1])
    predicted = int(effect.before.argmax())
    before, after = (forms.percent(values[predicted]) for values in (effect.before, effect.after))
    mean = forms.percent(effect.others[:, predicted].mean())
    said = "".join(panel.card)
    assert (
        f"Silenced, for this sample: {['reddish', 'greenish'][predicted]} {before} → {after}; 1 other channel" in said
    )
    assert f"{before} → {mean} (mean of 8 draws)" in said
    effects = [silencing_effect(panel.model, spots()[0][one], "conv", [1]) for one in panel.crops.positions]
    own = [(one.before.max(), one.after[one.before.argmax()], one.flips) for one in effects]
    before, after, flips = np.mean(own, axis=0)
    assert (
        f"For these 9 samples, the predicted class on average: {forms.percent(before)} → {forms.percent(after)}, "
        f"another class for {forms.number(9 * flips, 2)} of 9; with one other channel"
    ) in said
    panel.choose("Sample", 1)
    assert "Silenced" not in "".join(panel.card)


def test_before_a_survey_the_page_says_what_to_do(opened):
    panel = opened(Spots().eval(), [spots()], layer="conv")
    assert any("Survey all samples; then click a channel's panel" in line for line in panel.card)
    assert not panel.is_shown("More like this")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layer": "bn"}, "The survey is of layer conv2, and the picture shows layer bn."),
        ({"method": "grad-cam"}, "Shares are by channel mean, as surveyed; the picture is by Grad-CAM."),
        ({"method": "saliency"}, "There are no channels here"),
        ({"silence": [1]}, "All of this is about the model itself, with nothing silenced."),
    ],
)
def test_what_the_survey_is_not_of_is_said(opened, change, said):
    panel = opened(net(), [(images(), torch.arange(6) % 3)], layer="conv2")
    panel.click("Survey")
    panel.wait()
    ((name, value),) = change.items()
    setattr(panel, name, value)
    assert any(said in line for line in panel.card)
    assert panel.is_shown("More like this") is (name in ("method", "silence") and value != "saliency")


def survey_and_stop(panel):
    """Survey, and stop while the first portion runs."""
    panel.open_page("Channels")
    gate = Gate(panel.model)
    panel.click("Survey")
    gate.wait()
    panel.click("Stop the survey")
    gate.open()
    panel.wait()


def test_a_survey_is_stopped_and_goes_on(opened):
    stack, labels = spots(40)
    panel = opened(Spots().eval(), [(stack[:20], labels[:20]), (stack[20:], labels[20:])], layer="conv")
    survey_and_stop(panel)
    assert (panel.survey_text, panel.label("Survey")) == ("Stopped: Go on surveying continues.", "Go on surveying")
    assert 0 < panel.survey.surveyed < 40
    said = f"Among the first {panel.survey.surveyed} samples: the survey is not complete."
    assert any(said in line for line in panel.card)
    panel.click("Survey")
    panel.wait()
    assert panel.survey.complete
    assert panel.survey_text.startswith("40 samples surveyed")
    assert panel.crops.positions == by_loop(panel.model, "conv", stack, panel.value("Channel"))[0][:9]


def test_a_survey_is_stopped_before_any_sample_could_be_surveyed(opened):
    stack, labels = spots(40)
    labels[:32] = -1  # a portion
    panel = opened(Spots().eval(), [(stack, labels)], layer="conv", method="grad-cam", target="true")
    survey_and_stop(panel)
    assert (panel.survey_text, panel.survey) == ("Stopped: Go on surveying continues.", None)
    panel.click("Survey")
    panel.wait()
    assert panel.survey.complete
    assert set(panel.survey.errors) == set(range(32))


def test_a_stopped_survey_of_a_model_that_was_trained_meanwhile_is_begun_anew(opened):
    stack, labels = spots(40)
    panel = opened(Spots().eval(), [(stack, labels)], layer="conv")
    survey_and_stop(panel)
    panel.model.conv.weight.data *= 2
    panel.click("Survey")
    panel.wait()
    assert "no longer those" in panel.survey_text
    panel.click("Survey")
    panel.wait()
    assert panel.survey.complete
    assert panel.survey.stale(panel.model) is None


def test_a_survey_of_before_is_out_of_date_once_the_model_was_trained(opened):
    panel = surveyed(opened, layer="conv")
    panel.model.conv.weight.data *= 2
    panel.refresh()
    assert "The model's parameters or buffers are no longer those that were reviewed." in panel.card
    panel.click("Survey")
    panel.wait()
    assert not any("no longer" in line for line in panel.card)


def test_a_survey_made_elsewhere_is_shown(opened):
    panel, other = surveyed(opened, layer="conv"), opened(Spots().eval(), [spots()], layer="conv")
    other.survey = panel.survey
    other.open_page("Channels")
    other.wait()
    assert other.crops.positions == panel.crops.positions
    with pytest.raises(TypeError, match="survey must be a Survey, got str"):
        other.survey = "survey.npz"

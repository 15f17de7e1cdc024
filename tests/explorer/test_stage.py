"""What stands around the picture: chips that are taken back, what helps, file names, and work on its way."""

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from attn_widget import Contrast
from attn_widget.words import captions, messages, reasons

from .panels import Gate, Reads, batches, images, net, read_batches


class Sees(Reads):
    """Reads the class in the first pixel, and adds a little of what its convolution sees."""

    def forward(self, x):
        return super().forward(x) + 0.01 * self.conv(x).sum(1).mean((1, 2))[:, None] * torch.arange(self.classes)


class Beside(nn.Module):
    """The class scores come from one of two layers, the other one is multiplied by 0."""

    def __init__(self):
        super().__init__()
        self.silent, self.heard = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return self.heard(x + 0 * self.silent(x)).mean((2, 3))


class Files(Dataset):
    def __init__(self):
        self.samples = [("/data/moon/a.png", 0), ("/data/moon/ab.png", 0), ("/data/sun/b.png", 1)]

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return images()[index], self.samples[index][1]


# --- chips


@pytest.fixture
def reviewed(opened):
    panel = opened(Sees(), read_batches([0, 1, 2, 0, 1], [0, 2, 2, 1, 1]))
    panel.click("Find mistakes")
    panel.wait()
    return panel


def test_a_selection_is_a_chip_and_taken_back_by_one_click(reviewed):
    reviewed.choose("Show", "right")
    assert (reviewed.chips, reviewed.selection) == (["selected: right"], 3)
    reviewed.take_back("selected")
    assert (reviewed.chips, reviewed.selection, reviewed.value("Show")) == ([], None, "all")


def test_a_mistake_that_opens_compared_says_so_and_that_can_be_undone_for_good(reviewed):
    reviewed.choose("Show", "mistakes")
    assert (reviewed.sample, reviewed.method, reviewed.compare) == (1, "grad-cam", "true")
    assert reviewed.chips == ["selected: mistakes", captions.MISTAKE_CHIP]
    reviewed.take_back(captions.MISTAKE_CHIP)
    for position in (1, 3):
        assert (reviewed.sample, reviewed.method, reviewed.compare) == (position, "channel-mean", None)
        assert reviewed.chips == ["selected: mistakes"]
        reviewed.click("Next")


@pytest.mark.parametrize(
    ("compared", "words"),
    [
        ("layer-cam", "LayerCAM"),
        ("true", "true class"),
        ("dog", "dog"),
        (2, "owl"),
        (Contrast("dog", "true"), "dog rather than true class"),
        (lambda output: output.sum(), "your function"),
    ],
)
def test_a_comparison_is_a_chip_with_its_name_as_in_the_control(opened, compared, words):
    panel = opened(class_names=["cat", "dog", "owl"], method="grad-cam", compare=compared)
    assert panel.chips == [f"compared with {words}"]
    assert words in panel.words("Compare with")
    assert panel.value("Compare with") is not None
    panel.take_back("compared")
    assert (panel.compare, panel.chips, panel.value("Compare with")) == (None, [], None)


# --- what helps


def test_where_a_layer_gives_no_map_a_button_goes_to_one_that_does(opened):
    panel = opened()
    assert panel.remedy == ""
    panel.layer = "unused"
    assert (panel.message != "", panel.remedy) == (True, "use relu")
    panel.click("Remedy")
    assert (panel.layer, panel.message, panel.remedy) == ("relu", "", "")


def test_where_no_evidence_reaches_a_layer_the_empty_panel_offers_one(opened):
    panel = opened(Beside(), batches(), method="grad-cam")
    panel.layer = "silent"
    assert (panel.message, panel.remedy) == ("", "use heard")
    panel.click_words("use heard")
    assert (panel.layer, panel.at, panel.remedy) == ("heard", None, "")
    assert "use heard" not in panel.titles


# --- file names


def test_one_goes_to_a_file_by_its_name_or_a_part_of_it(opened):
    panel = opened(loader=Files())
    for name, position in (("b.png", 2), ("AB", 1), ("moon", 0), ("sun/b.png", 2)):
        panel.choose("File name", name)
        assert (panel.sample, panel.search_text) == (position, "")
    panel.choose("File name", "mars")
    assert (panel.sample, panel.search_text) == (2, "No sample's file name contains 'mars'.")
    panel.sample = 0
    assert panel.search_text == ""


def test_without_file_names_none_can_be_typed(opened):
    assert not opened().is_shown("File name")


# --- work on its way


def test_a_slow_method_says_of_how_many_and_the_words_of_the_old_picture_stay_with_it(opened):
    panel = opened(net().eval(), layer="conv1")
    old, gate = panel.sentence, Gate(panel.model)
    panel.method = "ablation-cam"
    gate.wait()
    assert panel.search_text == panel.stale == "computing: 0 of 4 passes"
    assert panel.sentence == old
    assert (panel.explanation, panel.bars) == (None, [])
    gate.open()
    panel.wait()
    assert "Ablation-CAM" in panel.sentence
    assert (panel.search_text, panel.stale) == ("", "")


# --- why there is nothing


class Against(nn.Module):
    """Everything that the layer sees speaks for the last class and against the first."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1)
        nn.init.ones_(self.conv.weight)
        nn.init.ones_(self.conv.bias)

    def forward(self, x):
        return self.conv(x).mean((1, 2, 3))[:, None] * torch.tensor([-1.0, 0.0, 1.0])


def test_where_all_evidence_counts_against_a_class_the_predicted_one_is_offered(opened):
    panel = opened(Against(), batches(), method="grad-cam", layer="conv", target=0)
    assert (panel.explanation.empty, panel.remedy) == ("against", messages.EXPLAIN_PREDICTED)
    assert reasons.WHY_EMPTY["against"] in panel.notes
    panel.click("Remedy")
    assert (panel.target, panel.explanation.empty, panel.remedy) == ("predicted", "", "")


def test_where_a_softmax_in_the_target_is_saturated_the_logit_is_offered(opened):
    def saturated(output):
        return (output * 1e9).softmax(1)[0, 2]

    panel = opened(Against(), batches(), method="grad-cam", layer="conv", target=saturated)
    assert (panel.explanation.empty, panel.remedy) == ("saturated", messages.EXPLAIN_PREDICTED)
    panel.click("Remedy")
    assert (panel.explanation.empty, panel.remedy) == ("", "")


def test_of_a_model_of_probabilities_no_class_is_offered_in_the_place_of_a_saturated_one(opened):
    class Saturated(Against):
        def forward(self, x):
            return (super().forward(x) * 1e9).softmax(1)

    panel = opened(Saturated(), batches(), method="grad-cam", layer="conv", target=0)
    assert (panel.explanation.empty, panel.remedy) == ("saturated", "")
    assert reasons.WHY_EMPTY["saturated"] in panel.notes

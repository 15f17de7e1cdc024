"""What the panel says: status line, sentence, names, notes, class bars; and that none of it becomes HTML."""

import re
from collections import namedtuple

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset, Subset
from torchvision import transforms

from attn_widget.capture.kept_tensors import Watch
from attn_widget.words import forms, messages, reasons, sample_notes

from .panels import Reads, batches, images, net, read_batches

NAMES = ["cat", "dog", "owl"]
EVIL = "<script>alert('x')</script> & \"<b>\""


class Files(Dataset):
    """An image folder by its shape: classes, and a list of files."""

    def __init__(self, classes=NAMES, file="cat/0001.jpg", transform=None):
        self.classes, self.samples, self.transform = list(classes), [(f"/data/{file}", 0)] * 2, transform

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return images()[index], 0


def test_the_status_line_says_all_there_is_to_know(opened):
    panel = opened(Reads(), read_batches([0, 1, 2], [0, 2, 2]), class_names=NAMES)
    panel.sample = 1
    pattern = r"Sample 1 of 3 · true: owl · predicted: dog 100 % · wrong · layer conv · \d+ ms"
    assert re.search(pattern, panel.status)
    panel.sample = 2
    assert re.match(r"Sample 2 of 3 · true: owl · predicted: owl 100 % · right · layer conv · \d+ ms", panel.status)


def test_the_status_line_is_written_for_screen_readers(opened):
    panel = opened()
    assert panel.announced("status") == panel.status
    panel.layer = "fc"
    assert panel.announced("alert") == panel.message != ""


def test_the_file_is_named(opened):
    assert "cat/0001.jpg" in opened(loader=Files()).status


def test_the_index_in_the_data_set_is_named(opened):
    panel = opened(loader=Subset(torch.utils.data.TensorDataset(images(), torch.arange(6)), [5, 3]))
    assert "#5" in panel.status


def test_the_sentence_says_what_is_being_looked_at(opened):
    panel = opened(layer="conv2", top_k=2)
    explanation = panel.explanation
    strongest, share = int(explanation.channels[0]), forms.percent(float(explanation.shares[0]))
    assert panel.sentence.startswith("conv2, 40 channels on a 6×6 grid, weighted by their means; ")
    assert f"channel {strongest} carries {share} of the heat" in panel.sentence
    panel.cmap = "viridis"
    assert "yellow" in panel.sentence
    assert "red" not in panel.sentence


def test_the_sentence_says_that_a_dead_layer_carries_nothing(opened):
    model = net().eval()
    with torch.no_grad():
        model.conv1.weight.zero_()
        model.conv1.bias.fill_(-1)
    panel = opened(model, layer="pool")
    assert "; no channel carries any heat." in panel.sentence


@pytest.mark.parametrize(("side", "article"), [(7, "a"), (8, "an"), (11, "an"), (18, "an"), (14, "a"), (80, "an")])
def test_grids_have_the_article_that_is_spoken(side, article):
    assert f"on {article} {side}×{side} grid" in messages.what_is_shown(
        "x", (2, "channel"), (side, side), (0, 1), "weighed"
    )


# --- class names


def test_names_given_are_used(opened):
    panel = opened(class_names=NAMES)
    assert "true: cat" in panel.status


@pytest.mark.parametrize("names", [{0: "cat", 1: "dog", 2: "owl"}, iter(NAMES), tuple(NAMES)])
def test_names_may_come_as(opened, names):
    assert "true: cat" in opened(class_names=names).status


def test_the_data_sets_names_are_found(opened):
    assert "true: cat" in opened(loader=Files()).status


def test_names_given_go_before_those_of_the_data_set(opened):
    assert "true: a" in opened(loader=Files(), class_names=["a", "b", "c"]).status


def test_without_names_classes_have_numbers(opened):
    assert "true: class 0" in opened().status


def test_names_whose_count_does_not_fit_are_set_aside_with_a_sentence(opened):
    panel = opened(class_names=["cat", "dog"])
    assert "true: class 0" in panel.status
    assert "2 class names do not fit the model's 3 outputs: classes are shown by number." in panel.status
    assert "cat" not in [name for name, _, _ in panel.bars]


def test_labels_that_are_names_are_classes(opened):
    panel = opened(Reads(), [(batch, ["owl"]) for batch, _ in read_batches([2, 1], [0, 0])], class_names=NAMES)
    assert panel.explanation.label == 2
    assert "true: owl · predicted: owl 100 % · right" in panel.status
    panel.sample = 1
    assert "true: owl · predicted: dog 100 % · wrong" in panel.status


def test_labels_that_are_other_texts_are_shown_as_they_are(opened):
    panel = opened(loader=[(images(1), ["a caption"])], class_names=NAMES)
    assert "true: a caption" in panel.status
    assert "right" not in panel.status
    assert "wrong" not in panel.status


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (torch.tensor([[1.0, 0.0, 1.0]]), "true: cat, owl"),
        (torch.tensor([[0.0, 1.0, 0.0]]), "true: dog"),
        (torch.tensor([[0.0, 0.0, 0.0]]), "true: no class"),
        (torch.tensor([0.1]), "true: 0.1"),
    ],
)
def test_labels_of_other_kinds(opened, label, text):
    assert text in opened(loader=[(images(1), label)], class_names=NAMES).status


def test_missing_labels_say_so(opened):
    panel = opened(loader=[images(4)])
    assert "no label" in panel.status
    assert "right" not in panel.status
    assert "wrong" not in panel.status


# --- notes


def test_images_without_mean_and_std_are_scaled_and_it_is_said(opened):
    panel = opened(loader=[(images() * 6 - 3, torch.zeros(6, dtype=torch.long))])
    assert sample_notes.SCALED in panel.status


def test_images_that_are_pictures_already_need_no_note(opened):
    assert sample_notes.SCALED not in opened().status


@pytest.mark.parametrize("options", [{"mean": 0.5, "std": 0.25}, {}])
def test_a_mean_and_std_given_or_found_need_no_note(opened, options):
    data = Files(transform=None if options else transforms.Normalize((0.5,) * 3, (0.25,) * 3))
    assert sample_notes.SCALED not in opened(loader=data, **options).status


# --- the class bars


def test_the_five_likeliest_classes_and_the_true_one_have_bars(opened):
    panel = opened(net(classes=7), [(images(), list(range(6)))], class_names=list("abcdefg"))
    probabilities = panel.explanation.probabilities
    order = sorted(range(7), key=lambda index: -probabilities[index])
    for label in range(6):
        panel.sample = label
        probabilities = panel.explanation.probabilities
        order = sorted(range(7), key=lambda index: -probabilities[index])
        shown = order[:5] + [label] * (label not in order[:5])
        assert [(name[-1], share) for name, _, share in panel.bars] == [
            ("abcdefg"[index], forms.percent(float(probabilities[index]))) for index in shown
        ]


def test_right_and_wrong_classes_have_signs_and_colours(opened):
    panel = opened(Reads(), read_batches([1, 0], [2, 0]), class_names=NAMES)
    kinds = {name: kind for name, kind, _ in panel.bars}
    assert kinds == {"✗ dog": "wrong", "cat": "neither", "✓ owl": "right"}


def test_a_click_on_a_bar_explains_that_class_and_another_one_the_predicted_class(opened):
    panel = opened(class_names=NAMES, method="grad-cam")
    predicted, other = panel.explanation.predicted, (panel.explanation.predicted + 1) % 3
    assert panel.explained_bar == NAMES[predicted]
    panel.click_bar(NAMES[other])
    assert (panel.target, panel.explanation.target_classes, panel.explained_bar) == (other, other, NAMES[other])
    panel.sample = 1
    assert panel.explained_bar == NAMES[other]
    panel.click_bar(NAMES[other])
    assert (panel.target, panel.explained_bar) == ("predicted", NAMES[panel.explanation.predicted])
    assert panel.remedy == ""


def test_a_click_on_a_bar_of_a_method_that_ignores_the_class_says_so_and_offers_one_that_does_not(opened):
    panel = opened(class_names=NAMES)
    name = NAMES[(panel.explanation.predicted + 1) % 3]
    for _ in range(2):  # a second click asks for the same class
        panel.click_bar(name)
        assert (panel.target, panel.explained_bar) == (NAMES.index(name), "")
        assert panel.message == messages.same_for_every_class("channel-mean")
        assert panel.remedy == "use Grad-CAM"
        panel.sample += 1
        assert (panel.message, panel.remedy) == ("", "")
    panel.click_bar(name)
    panel.click("Remedy")
    assert (panel.method, panel.explained_bar, panel.message, panel.remedy) == ("grad-cam", name, "", "")


@pytest.mark.parametrize("output", ["regression", "maps"])
def test_without_classes_there_are_no_bars(opened, output):
    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x):
            maps = self.conv(x)
            return maps.mean((1, 2, 3))[:, None] if output == "regression" else maps

    panel = opened(Other(), [(images(2), torch.tensor([0.5, 2.0]))])
    assert panel.bars == []
    assert panel.message == ""
    assert ("output: " in panel.status) == (output == "regression")


def test_outputs_in_other_containers_are_read(opened):
    Output = namedtuple("Output", "loss logits")

    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net().eval()

        def forward(self, x):
            return Output(torch.zeros(()), self.net(x))

    assert len(opened(Wrapped()).bars) == 3


# --- no markup


def test_names_of_classes_and_files_are_escaped(opened):
    panel = opened(loader=Files([EVIL, "b", "c"], f"cat/{EVIL.replace('/', '|')}.jpg"))
    assert EVIL in panel.status
    assert "<script" not in panel.markup
    assert "<b>" not in panel.markup
    assert EVIL in panel.announced("status")
    assert f"✓ {EVIL}" in [name for name, _, _ in panel.bars]


def test_names_of_layers_and_errors_are_escaped(opened):
    model = net().eval()
    model.add_module("<script>", model.conv1)
    del model.conv1
    model.__class__ = type("Renamed", (type(model),), {"conv1": property(lambda self: self._modules["<script>"])})
    panel = opened(model, layer="<script>")
    assert panel.explanation.layer == "<script>"
    assert "<script" not in panel.markup
    panel.model.counter.before = lambda: (_ for _ in ()).throw(ValueError(EVIL))
    panel.sample = 1
    assert EVIL in panel.message or "alert" in panel.message
    assert "<script" not in panel.markup


@pytest.mark.parametrize("name", ["$x_1$", "猫 <狗>", "قطة", "🐈", "a\nb", "", "x" * 500])
def test_any_class_name_is_shown(opened, name):
    panel = opened(class_names=[name, "b", "c"])
    panel.sample = 3
    assert panel.message == ""
    assert panel.bundle()[0]["image/png"]


def test_the_closed_panel_has_a_plain_description(opened):
    text = repr(opened().explorer)
    assert "sample=0" in text
    assert "layer='relu'" in text


def test_samples_of_unknown_number(opened):
    panel = opened(loader=iter(batches()))
    assert panel.status.startswith("Sample 0 of ?")


# --- how a label was read


@pytest.mark.parametrize(("classes", "said"), [(2, "true: class 1"), (3, "true: class 0, class 1")])
@pytest.mark.parametrize("label", [[0, 1], torch.tensor([0, 1])], ids=["list", "tensor"])
def test_two_numbers_as_a_label_are_read_by_the_models_number_of_classes(opened, label, classes, said):
    panel = opened(net(classes).eval(), [{"image": image, "label": label} for image in images()])
    assert said in panel.status
    assert "is read as" not in panel.status
    assert f"label={panel.explanation.label!r}" in panel.code


def test_where_the_model_has_no_class_scores_the_status_line_says_how_two_numbers_were_read(opened):
    class Maps(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return {"out": self.conv(x)}

    panel = opened(Maps(), [{"image": image, "label": [0, 1]} for image in images()])
    assert "the label [0, 1] is read as the classes 0 and 1" in panel.status


def test_a_whole_number_as_a_float_is_a_class_beside_class_scores(opened):
    panel = opened(Reads(), [(read_batches([1], [1])[0][0], torch.tensor([1.0]))])
    assert "true: class 1" in panel.status
    assert "right" in panel.status


def test_floats_of_0_and_1_beside_one_output_are_shown_as_the_classes_of_a_binary_model(opened):
    panel = opened(net(1).eval(), [(images(3), torch.tensor([1.0, 0.0, 0.37]))])
    assert "true: class 1" in panel.status
    assert reasons.read_as_binary(1.0) in panel.status
    panel.sample = 1
    assert "true: class 0" in panel.status
    panel.sample = 2
    assert "true: 0.37" in panel.status
    assert panel.explanation.predicted is None


# --- does the picture know the class?


def test_a_method_that_ignores_the_class_is_said_to_in_figure_sentence_and_status(opened):
    panel = opened()
    said = "active here; the same map for every class"
    for method in ("channel-mean", "eigen-cam"):
        panel.method = method
        assert said in panel.titles
        assert said.capitalize() in panel.sentence
        assert said in panel.status


def test_how_much_of_the_heat_moves_is_said_in_figure_sentence_and_status(opened):
    panel = opened(class_names=NAMES, method="layer-cam", width=700)
    explanation = panel.explanation
    first, second = (NAMES[index] for index in explanation.shift_classes)
    said = f"{forms.percent(explanation.class_shift)} of the heat moves between {first} and {second}"
    assert said in panel.titles
    assert f"{said}." in panel.sentence
    assert said in panel.status
    panel.target = NAMES.index(second)
    assert f"moves between {second} and {first}" in panel.status


def test_where_that_is_not_measured_the_panel_says_so_and_no_more(opened):
    panel = opened(method="score-cam", layer="conv2")
    panel.wait()
    assert messages.CLASS_SHIFT_UNKNOWN in panel.sentence
    assert "heat moves" not in panel.status
    panel.method, panel.target = "grad-cam", lambda output: output[0, 0]
    assert "heat moves" not in panel.status
    assert messages.CLASS_SHIFT_UNKNOWN not in panel.sentence


def test_a_second_backward_pass_that_would_cost_too_much_is_not_made_and_its_cost_is_said(opened, monkeypatch):
    marks = iter([1.0, 1.8, 1.0, 1.2])  # of the ends of the passes forwards and backwards
    monkeypatch.setattr(Watch, "seconds", lambda _self, _kept: next(marks))
    panel = opened(method="grad-cam", layer="conv1")
    assert panel.explanation.shift_classes is None
    assert messages.class_shift_costs(0.8) in panel.sentence
    panel.sample = 1
    assert panel.explanation.shift_classes is not None
    assert "another 0.8 passes" not in panel.sentence

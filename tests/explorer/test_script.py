"""The view as code, which draws it again in a script."""

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from models import Thrice, trained
from models import images as real_images
from torch import nn

from attn_widget import Contrast
from attn_widget.evidence import Cover, Silencing, channel_means

from .panels import batches, images, net

NAMES = ["cat", "dog", "ship"]
MEANS = tuple(channel_means(net().eval(), batches(), "conv2").tolist())


def run(panel, **given):
    """Run the panel's code in a script of its own, but for the line that saves; gives its figure's pixels."""
    names, (*lines, last) = dict(given), panel.code.splitlines()
    assert last.startswith("figure.savefig(")
    exec("\n".join(lines), names)
    canvas = FigureCanvasAgg(names["figure"])
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def own(output):
    return output[0, 1] - 2 * output[0, 0]


def other_own(output):
    return output[0, 2]


STATES = {
    "as it opens": {},
    "heatmap": {"view": "heatmap", "cmap": "inferno", "top_k": 5, "sample": 4},
    "raw, more channels than are shown": {"view": "raw", "layer": "bn", "top_k": 40},
    "a contrast": {"method": "grad-cam", "target": Contrast("dog", "true"), "alpha": 0.35},
    "two methods": {"method": "grad-cam", "compare": "layer-cam", "layer": "conv1"},
    "two targets": {"method": "grad-cam", "compare": "true", "sample": 2},
    "two functions": {"method": "grad-cam", "target": own, "compare": other_own},
    "a function and a class": {"method": "grad-cam", "target": own, "compare": 1},
    "a place": {"at": (3, 8), "top_k": 6, "layer": "conv1"},
    "an earlier call": {"layer": "relu", "call": 1},
    "on one scale": {"layer": "conv2", "scale": "alike", "top_k": 4},
    "on a fixed scale, faded": {"method": "grad-cam", "layer": "conv1", "scale": "fixed", "sample": 3, "fade": True},
    "pixels": {"method": "saliency"},
    "channels silenced": {"layer": "conv2", "silence": [3, 17], "method": "grad-cam"},
    "most channels silenced": {"layer": "conv2", "silence": range(1, 40)},
    "channels of another layer silenced": {
        "layer": "conv2",
        "silence": Silencing("conv1", (0,)),
        "compare": "grad-cam",
    },
    "channels set to their mean": {"layer": "bn", "silence": Silencing("conv2", (1, 2), "mean", MEANS)},
    "channels set to values": {"layer": "conv2", "silence": Silencing("conv1", (1,), "values", (0.5, 0.25, 0.0, 1.0))},
    "a rectangle covered": {"sample": 1, "method": "grad-cam", "cover": Cover.rectangle(2, 3, 9, 8)},
    "a lasso covered with another sample, channels silenced": {
        "layer": "conv2",
        "cover": Cover.polygon([(1.5 + one % 4, one / 3) for one in range(30)], "sample", 4),
        "silence": [3],
    },
    "channels silenced, pixels": {"method": "saliency", "layer": "conv2", "silence": [3]},
    "pixels beside a layer": {"method": "saliency", "compare": "grad-cam", "layer": "conv1", "at": (2, 2)},
}


@pytest.mark.parametrize("state", STATES)
def test_the_code_draws_the_same_figure_pixel_for_pixel(opened, state):
    panel = opened(class_names=NAMES)
    for name, value in STATES[state].items():
        setattr(panel, name, value)
    assert panel.message == ""
    functions = {name: value for name, value in STATES[state].items() if callable(value)}
    drawn = run(panel, model=net().eval(), loader=batches(), class_names=NAMES, **functions)
    assert np.array_equal(drawn, panel.pixels)
    assert max(map(len, panel.code.splitlines())) <= 88
    for name in functions:
        assert name in panel.code.splitlines()[0]


def test_the_code_of_a_usual_view_has_ten_lines_at_most_and_no_setting_at_its_default(opened):
    panel = opened(class_names=NAMES, layer="conv1")
    assert "explain(model, sample.image, layer='conv1', label=sample.label)" in panel.code
    panel.method, panel.target, panel.alpha = "grad-cam", "dog", 0.35
    assert len(panel.code.splitlines()) <= 10
    assert "method='grad-cam', target=1, label=sample.label" in panel.code


def test_the_code_takes_what_the_panel_was_given_and_no_more(opened, cifar10):
    folder = real_images(cifar10, "resnet20")
    loader = torch.utils.data.DataLoader(torch.utils.data.Subset(folder, range(0, 1000, 90)), batch_size=4)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def forward(model, batch):
        return model(batch.flip(-1))

    options = {"mean": mean, "std": std, "forward": forward}
    panel = opened(
        trained(cifar10, "resnet20"), loader, layer="layer2", method="grad-cam", target=3, width=500, **options
    )
    assert panel.code.splitlines()[0] == "# model, loader, mean, std, forward: what the panel was given."
    drawn = run(panel, model=trained(cifar10, "resnet20"), loader=loader, **options)
    assert np.array_equal(drawn, panel.pixels)


def test_a_label_that_is_a_classs_name_is_written_as_its_number(opened):
    loader = [(images(3), ["dog", "cat", "ship"])]
    panel = opened(loader=loader, class_names=NAMES, method="grad-cam", target="true")
    assert "label=1" in panel.code
    assert np.array_equal(run(panel, model=net().eval(), loader=loader, class_names=NAMES), panel.pixels)


class Several(nn.Module):
    """Gives two features and three class scores, of which nothing but their number says which they are."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)

    def forward(self, x):
        means = self.conv(x).mean((2, 3))
        return means[:, :2], means[:, 2:]


def test_the_code_names_the_class_scores_where_only_the_number_of_class_names_tells_them(opened):
    model = Several().eval()
    panel = opened(model, batches((0, 1, 0)), class_names=NAMES, method="grad-cam", layer="conv")
    assert "forward=lambda model, images: model(images)[1]" in panel.code
    assert (panel.explanation.scores_at, len(panel.explanation.logits)) == ("[1]", 3)
    assert np.array_equal(run(panel, model=model, loader=batches((0, 1, 0)), class_names=NAMES), panel.pixels)


def test_silenced_channels_of_a_layer_with_hyphens_in_a_long_name_are_written_so_that_they_can_be_read(opened):
    name = "the-first-layer-of-a-network-whose-layers-have-names-that-say-more-than-fits-on-a-line"
    model = nn.Sequential()
    model.add_module(name, nn.Conv2d(3, 40, 3))
    model.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    panel = opened(model.eval(), silence=range(30), layer=name)
    run(panel, model=model, loader=batches())


def test_the_codes_last_line_saves_the_figure_under_a_name_of_its_own(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel = opened(class_names=NAMES, layer="conv1")
    exec(panel.code, {"model": net().eval(), "loader": batches(), "class_names": NAMES})
    assert (tmp_path / "cat_0_conv1_channel-mean.png").read_bytes().startswith(b"\x89PNG")


def test_there_is_no_code_where_nothing_is_shown(opened):
    panel = opened()
    assert "explain(" in panel.code
    panel.layer = "fc"
    assert panel.code == ""


def test_a_call_that_another_layer_does_not_have_is_left(opened):
    panel = opened(Thrice().eval(), layer="conv", call=0)
    assert "call=0" in panel.code
    panel.call = -1
    assert "call" not in panel.code

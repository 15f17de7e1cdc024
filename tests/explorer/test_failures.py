"""What fails is shown in the panel, above the last good picture, and the next change works."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from .panels import Counter, batches, images


class Broken(Dataset):
    """Six images, of which some raise."""

    def __init__(self, *broken):
        self.broken = broken

    def __len__(self):
        return 6

    def __getitem__(self, index):
        if index in self.broken:
            raise OSError(f"image <{index}> is truncated")
        return images()[index], index % 3


def assert_shows(panel, position):
    assert (panel.message, panel.stale) == ("", "")
    assert f"Sample {position} of 6" in panel.status
    assert panel.explanation is not None


@pytest.mark.parametrize("make", [Broken, lambda *broken: DataLoader(Broken(*broken), batch_size=4)])
def test_a_sample_that_cannot_be_read_is_shown(opened, make):
    panel = opened(loader=make(2))
    before = panel.picture
    panel.sample = 2
    assert "Sample 2 cannot be read (OSError: image <2> is truncated)" in panel.message
    assert panel.explanation is None
    assert panel.sample == panel.value("Sample") == 2
    assert panel.stale
    assert panel.status == f"Sample 2 of 6 · layer relu · not shown · {panel.message}"
    assert panel.announced("status") == "Sample 2 of 6 · layer relu · not shown"  # the alert has said why
    assert (panel.picture == before).all()
    panel.sample = 3
    assert_shows(panel, 3)


def test_a_first_sample_that_cannot_be_read_leaves_a_panel_that_works(opened):
    panel = opened(loader=Broken(0))
    assert "Sample 0 cannot be read" in panel.message
    assert panel.layer is None
    panel.view, panel.alpha = "raw", 0.1
    panel.reset()
    panel.click("Next")
    assert_shows(panel, 1)
    assert panel.layer == panel.value("Layer") == "relu"


def test_a_pass_that_raises_is_shown_and_the_next_change_works(opened):
    panel = opened()

    def fail():
        raise RuntimeError("out of <memory>\nand more lines")

    panel.model.counter.before = fail
    panel.sample = 1
    assert panel.message == "The pass failed: RuntimeError: out of <memory>"
    assert panel.stale
    panel.refresh()
    assert panel.stale
    panel.model.counter.before = lambda: None
    panel.sample = 2
    assert_shows(panel, 2)


def test_run_again_tries_a_failed_state_anew(opened):
    data = Broken(1)
    panel = opened(loader=data)
    panel.sample = 1
    assert panel.stale
    data.broken = ()
    panel.click("Run again")
    assert_shows(panel, 1)


def test_a_model_that_always_raises_still_gives_a_panel(opened):
    class Raises(nn.Module):
        def forward(self, x):
            raise KeyError("nothing")

    panel = opened(Raises())
    assert "The pass failed: KeyError" in panel.message
    assert panel.explanation is None
    panel.sample = 1
    panel.reset()
    panel.refresh()
    assert panel.bundle()[0]["image/png"]


def test_a_model_without_any_map_says_so(opened):
    panel = opened(nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 3)))
    assert panel.message.startswith("No layer of this model gives a map")
    assert panel.offers("Layer")[1:] == ["0", "1"]
    panel.reset()
    panel.sample = 1
    assert panel.message.startswith("No layer of this model gives a map")


def test_an_interrupt_is_not_swallowed_and_the_same_step_works_again(opened):
    panel = opened()

    def interrupt():
        panel.model.counter.before = lambda: None
        raise KeyboardInterrupt

    panel.model.counter.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        panel.sample = 1
    assert_shows(panel, 0)
    panel.sample = 1
    assert_shows(panel, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_images_without_numbers_are_shown_with_a_note(opened, value):
    stack = images()
    stack[1, :, 3, 3] = value
    panel = opened(loader=[(stack, torch.arange(6) % 3)])
    panel.sample = 1
    assert panel.message == ""
    assert ("NaN" if value != value else "infinite") in panel.status
    panel.sample = 2
    assert_shows(panel, 2)


def test_images_of_a_size_that_the_model_cannot_take_are_shown_as_a_failure(opened):
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 2, 3), nn.Linear(200, 3)
            self.counter = Counter()

        def forward(self, x):
            self.counter.passes += 1
            return self.fc(self.conv(x).flatten(1))

    panel = opened(Fixed(), [(images(1), [0]), (images(1, (9, 9)), [1]), (images(1), [2])])
    panel.sample = 1
    assert panel.message.startswith("The pass failed: RuntimeError")
    panel.sample = 2
    assert panel.message == ""
    assert panel.value("Layer") == "conv"


def test_a_mean_that_does_not_fit_is_shown(opened):
    panel = opened(mean=(0.5, 0.5), std=(1, 1))
    assert "mean has 2 numbers" in panel.message


def test_two_failures_after_each_other_show_the_second(opened):
    panel = opened(loader=Broken(2, 3))
    panel.sample = 2
    panel.sample = 3
    assert "Sample 3 cannot be read" in panel.message
    panel.layer = "fc"
    panel.sample = 4
    assert "one vector" in panel.message
    panel.layer = "conv1"
    assert_shows(panel, 4)


def test_colours_may_change_while_the_picture_is_stale(opened):
    panel = opened(loader=batches())
    panel.layer = "fc"
    panel.view, panel.cmap = "raw", "gray"
    assert panel.stale
    assert "one vector" in panel.message


def test_a_layer_that_the_model_has_no_more_is_refused_and_the_one_shown_stays(opened):
    panel = opened(layer="conv1")
    del panel.model.unused
    with pytest.raises(ValueError, match="layer must be one of the model's modules, got 'unused'"):
        panel.choose("Layer", "unused")
    assert (panel.layer, panel.value("Layer"), panel.message) == ("conv1", "conv1", "")
    panel.choose("Layer", "conv2")
    assert (panel.layer, panel.explanation.layer) == ("conv2", "conv2")

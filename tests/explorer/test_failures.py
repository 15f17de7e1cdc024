"""What fails is shown in the panel, above the last good picture, and the next change works."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from .panels import Counter, batches, controls, images, is_stale, message


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


def assert_shows(explorer, position):
    assert (message(explorer), is_stale(explorer)) == ("", False)
    assert f"Sample {position} of 6" in explorer.status
    assert explorer.explanation is not None


@pytest.mark.parametrize("make", [Broken, lambda *broken: DataLoader(Broken(*broken), batch_size=4)])
def test_a_sample_that_cannot_be_read_is_shown(opened, make):
    explorer = opened(loader=make(2))
    before = explorer.figure.axes[0].images[0].get_array().copy()
    explorer.sample = 2
    assert "Sample 2 cannot be read (OSError: image <2> is truncated)" in message(explorer)
    assert explorer.explanation is None
    assert explorer.sample == controls(explorer).position.value == 2
    assert is_stale(explorer)
    assert explorer.status == "Sample 2 of 6 · layer relu · not shown"
    assert (explorer.figure.axes[0].images[0].get_array() == before).all()
    explorer.sample = 3
    assert_shows(explorer, 3)


def test_a_first_sample_that_cannot_be_read_leaves_a_panel_that_works(opened):
    explorer = opened(loader=Broken(0))
    assert "Sample 0 cannot be read" in message(explorer)
    assert explorer.layer is None
    explorer.view, explorer.alpha = "raw", 0.1
    explorer.reset()
    controls(explorer).following.click()
    assert_shows(explorer, 1)
    assert explorer.layer == controls(explorer).layer.value == "relu"


def test_a_pass_that_raises_is_shown_and_the_next_change_works(opened):
    explorer = opened()

    def fail():
        raise RuntimeError("out of <memory>\nand more lines")

    explorer._model.counter.before = fail
    explorer.sample = 1
    assert message(explorer) == "The pass failed: RuntimeError: out of <memory>"
    assert is_stale(explorer)
    explorer.refresh()
    assert is_stale(explorer)
    explorer._model.counter.before = lambda: None
    explorer.sample = 2
    assert_shows(explorer, 2)


def test_run_again_tries_a_failed_state_anew(opened):
    data = Broken(1)
    explorer = opened(loader=data)
    explorer.sample = 1
    assert is_stale(explorer)
    data.broken = ()
    controls(explorer).again.click()
    assert_shows(explorer, 1)


def test_a_model_that_always_raises_still_gives_a_panel(opened):
    class Raises(nn.Module):
        def forward(self, x):
            raise KeyError("nothing")

    explorer = opened(Raises())
    assert "The pass failed: KeyError" in message(explorer)
    assert explorer.explanation is None
    explorer.sample = 1
    explorer.reset()
    explorer.refresh()
    assert explorer._repr_mimebundle_()[0]["image/png"]


def test_a_model_without_any_map_says_so(opened):
    explorer = opened(nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 3)))
    assert message(explorer).startswith("No layer of this model gives a map")
    assert [value for _, value in controls(explorer).layer.options][1:] == ["0", "1"]
    explorer.reset()
    explorer.sample = 1
    assert message(explorer).startswith("No layer of this model gives a map")


def test_an_interrupt_is_not_swallowed_and_the_same_step_works_again(opened):
    explorer = opened()

    def interrupt():
        explorer._model.counter.before = lambda: None
        raise KeyboardInterrupt

    explorer._model.counter.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        explorer.sample = 1
    assert_shows(explorer, 0)
    explorer.sample = 1
    assert_shows(explorer, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_images_without_numbers_are_shown_with_a_note(opened, value):
    stack = images()
    stack[1, :, 3, 3] = value
    explorer = opened(loader=[(stack, torch.arange(6) % 3)])
    explorer.sample = 1
    assert message(explorer) == ""
    assert ("NaN" if value != value else "infinite") in explorer.status
    explorer.sample = 2
    assert_shows(explorer, 2)


def test_images_of_a_size_that_the_model_cannot_take_are_shown_as_a_failure(opened):
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 2, 3), nn.Linear(200, 3)
            self.counter = Counter()

        def forward(self, x):
            self.counter.passes += 1
            return self.fc(self.conv(x).flatten(1))

    explorer = opened(Fixed(), [(images(1), [0]), (images(1, (9, 9)), [1]), (images(1), [2])])
    explorer.sample = 1
    assert message(explorer).startswith("The pass failed: RuntimeError")
    explorer.sample = 2
    assert message(explorer) == ""
    assert controls(explorer).layer.value == "conv"


def test_a_mean_that_does_not_fit_is_shown(opened):
    explorer = opened(mean=(0.5, 0.5), std=(1, 1))
    assert "mean has 2 numbers" in message(explorer)


def test_two_failures_after_each_other_show_the_second(opened):
    explorer = opened(loader=Broken(2, 3))
    explorer.sample = 2
    explorer.sample = 3
    assert "Sample 3 cannot be read" in message(explorer)
    explorer.layer = "fc"
    explorer.sample = 4
    assert "one vector" in message(explorer)
    explorer.layer = "conv1"
    assert_shows(explorer, 4)


def test_colours_may_change_while_the_picture_is_stale(opened):
    explorer = opened(loader=batches())
    explorer.layer = "fc"
    explorer.view, explorer.cmap = "raw", "gray"
    assert is_stale(explorer)
    assert "one vector" in message(explorer)

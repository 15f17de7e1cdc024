"""The search for shortcuts in the panel: on a thread, with a table, a card for a class, and a jump to its samples."""

import torch
from torch import nn

from attn_widget.words import shortcuts

from .panels import Counter, Gate, batches, net

NAMES = ["cat", "dog", "owl"]


class Spots(nn.Module):
    """Sees the class whose colour is the brightest anywhere: one spot of it is enough."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(torch.eye(3)[:, :, None, None])
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        self.counter.before()
        return self.conv(x).amax((2, 3)) * 9


def spotted(count: int = 96) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Dark noise with a spot in the colour of the class."""
    labels = torch.arange(count) % 3
    images = 0.3 * torch.rand(count, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    images[torch.arange(count), labels, 1:3, 8:10] = 1.0
    for other in (labels + 1) % 3, (labels + 2) % 3:
        images[torch.arange(count), other, 5, 5] = 0.9  # which the spot alone outshines
    return [(images, labels)]


PATTERNS = torch.tensor([[[1.0, 1], [-1, -1]], [[1, -1], [1, -1]], [[1, -1], [-1, 1]]])


class Weaves(Spots):
    """Sees which of three patterns there is most of, all over the picture: no small region is enough."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 2, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(PATTERNS[:, None].expand(3, 3, 2, 2))

    def forward(self, x):
        return self.conv(x).abs().mean((2, 3)) * 9


def woven(count: int = 96) -> list[tuple[torch.Tensor, torch.Tensor]]:
    labels = torch.arange(count) % 3
    noise = 0.1 * torch.rand(count, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    return [(0.5 + 0.3 * PATTERNS[labels].repeat(1, 6, 6)[:, None] + noise, labels)]


def test_a_region_that_is_enough_is_listed_with_its_card_and_leads_to_its_samples(opened):
    panel = opened(Spots().eval(), spotted(), class_names=NAMES)
    assert panel.shortcuts_text == shortcuts.TO_FIND_SHORTCUTS
    assert not panel.is_shown("Class of the shortcut")
    panel.click("Find shortcuts")
    panel.wait()
    assert panel.shortcuts_text.startswith("A region of this size is enough for ")
    assert shortcuts.JUDGE in panel.shortcuts_text
    assert sorted(row[0] for row in panel.shortcut_rows) == NAMES
    panel.choose("Class of the shortcut", NAMES.index("dog"))
    assert "enough for dog." in panel.shortcut_card
    assert len(panel.shortcut_tiles.captions) == 8
    panel.click("Show these samples")
    assert panel.sample % 3 == 1
    assert panel.chips == [f"selected: {shortcuts.surest_of('dog')}"]
    panel.shortcut_tiles.click(1)
    assert panel.sample % 3 != 1


def test_what_was_found_is_out_of_date_once_the_model_has_been_trained(opened):
    panel = opened(Spots().eval(), spotted(), class_names=NAMES)
    panel.click("Find shortcuts")
    panel.wait()
    panel.click("Run again")
    assert panel.shortcuts_warning == ""
    with torch.no_grad():
        panel.model.conv.weight.mul_(2)
    panel.click("Run again")
    assert panel.shortcuts_warning.endswith("no longer those that were reviewed. Search again.")
    panel.click("Find shortcuts")
    panel.wait()
    assert panel.shortcuts_warning == ""


def test_it_says_what_was_tried_where_nothing_is_enough(opened):
    panel = opened(Weaves().eval(), woven(), class_names=NAMES)
    panel.click("Find shortcuts")
    panel.wait()
    assert panel.shortcuts_text.startswith("None found in 3 classes.")
    assert "not enough for" in panel.shortcut_card


def test_it_is_stopped_by_its_button_and_ends_with_the_panel_asleep(opened):
    panel = opened(Spots().eval(), spotted())
    gate = Gate(panel.model)
    panel.click("Find shortcuts")
    gate.wait()
    assert panel.is_disabled("Find shortcuts")
    panel.click("Stop the shortcuts")
    gate.open()
    panel.wait()
    assert panel.shortcuts_text == shortcuts.SHORTCUTS_STOPPED
    assert not panel.is_shown("Stop the shortcuts")
    assert not panel.is_disabled("Find shortcuts")


def test_what_fails_is_said(opened):
    panel = opened(net().eval(), batches())
    panel.click("Find shortcuts")
    panel.wait()
    assert panel.shortcuts_text == shortcuts.no_sure_samples(4)

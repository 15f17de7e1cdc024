"""Mistakes in groups in the panel: after a survey, on a thread, in rows that can be shown, named, marked and saved."""

import pytest
import torch
from torch import nn

from .panels import Counter

CAUSES = ("corner", "dark", "channel")
EACH, RIGHT = 24, 60


class Tells(nn.Module):
    """Predicts the class that the first pixel says; its map is the second plane."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1, bias=False)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[:, 1] = torch.tensor([1.0, 0.6, 0.3, 0.1])[:, None, None]
            self.conv.weight[3, 2] = 4.0
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        self.counter.before()
        maps = self.conv(x)
        classes = nn.functional.one_hot((x[:, 0, 0, 0] * 10).round().long(), 4)
        return 6.0 * classes + maps.mean((2, 3))


def samples():
    """Images with a spot of heat, mistakes of three causes and right ones, as a loader of batches."""
    random = torch.Generator().manual_seed(0)
    images, labels = [], []
    for at in range(len(CAUSES) * EACH + RIGHT):
        cause = CAUSES[at // EACH] if at < len(CAUSES) * EACH else ""
        image = torch.rand(3, 12, 12, generator=random) * 0.1
        top, left = (0, 0) if cause == "corner" else torch.randint(1, 9, (2,), generator=random).tolist()
        image[1, top : top + 3, left : left + 3] = 0.9
        image[0] += 0.5
        if cause == "dark":
            image[:] = image * 0.1
        if cause == "channel":
            image[2, 5:9, 5:9] = 0.9
        predicted = 0 if cause in ("corner", "dark") else int(torch.randint(0, 4, (), generator=random))
        image[0, 0, 0] = predicted / 10
        images.append(image)
        labels.append((predicted + int(torch.randint(1, 4, (), generator=random))) % 4 if cause else predicted)
    return [
        (torch.stack(images[start : start + 44]), torch.tensor(labels[start : start + 44])) for start in (0, 44, 88)
    ]


@pytest.fixture
def panel(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return opened(Tells().eval(), samples(), layer="conv", method="grad-cam", class_names=["ant", "bee", "cow", "dog"])


@pytest.fixture
def grouped(panel):
    panel.open_page("Mistakes")
    panel.click("Group mistakes")
    panel.wait()
    return panel


def test_x(grouped):
    print(grouped.groups_text)
    for each in grouped.groups:
        print(each.heading, each.facts, each.tiles)

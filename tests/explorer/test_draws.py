"""A panel on items, or a model, that draw now and then: one picture for each, and no random state moved."""

import random
import threading
import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from attn_widget import randomness, review
from attn_widget.explorer.life.background import Worker

IMAGES = torch.rand(12, 3, 16, 16, generator=torch.Generator().manual_seed(0))
RNG = np.random.default_rng(0)


class NowAndThen(Dataset):
    def __len__(self):
        return len(IMAGES)

    def __getitem__(self, index):
        more = torch.randn(1) + random.random() + np.random.rand() + RNG.random() if index == 3 else 0
        return (IMAGES[index] + more).float(), index % 4


class Still(NowAndThen):
    def __getitem__(self, index):
        return IMAGES[index], index % 4


class DrawingNet(nn.Module):
    """Draws for some images only, and predicts class 0."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 4)
        with torch.no_grad():
            self.head.weight.zero_()
            self.head.bias.copy_(torch.tensor([9.0, 0, 0, 0]))

    def forward(self, x):
        if (x[:, 0, 0, 0] > 0.5).any():
            x = x + torch.randn(1) + random.random() + np.random.rand()
        return self.head(self.conv(x).mean((2, 3)))


@pytest.mark.parametrize("data", [NowAndThen(), Still()], ids=["items that draw", "items that do not"])
def test_steps_searches_and_reviews_leave_all_states_and_give_the_same_again(opened, data):
    loader = DataLoader(data, batch_size=4, shuffle=True)
    model = DrawingNet()
    panel = opened(model, loader)
    before = randomness.random_states([RNG])
    pictures, reviews = [], []
    for position in (3, 0, 3, 4, 3):
        panel.sample = position
        pictures.append(panel.explanation.logits.tolist())
        assert not before.moved()
    assert pictures[0] == pictures[2] == pictures[4]
    panel.sample = 0
    panel.click("Next mistake")
    panel.wait()
    assert panel.sample == 1
    assert not before.moved()
    panel.open_page("Mistakes")
    for _ in range(2):
        panel.wait()  # for the small pictures: draws of two threads at once cannot be told apart
        panel.click("Find mistakes")
        panel.wait()
        assert not before.moved()
        reviews.append(panel.review.confidence.tolist())
    assert reviews[0] == reviews[1] == review(model, loader, progress=lambda *_: None).confidence.tolist()
    assert not before.moved()


def test_a_job_begins_once_the_main_thread_has_finished_what_began_it():
    finished, seen, done = [], [], threading.Event()
    worker = Worker(lambda _progress: None, lambda _end: done.set())
    worker.start(lambda _report: seen.extend(finished))
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    finished.append("shown")
    assert done.wait(60)
    assert seen == ["shown"]

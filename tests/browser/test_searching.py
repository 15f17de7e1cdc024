"""The search for mistakes on real images, and a search that is stopped."""

from pathlib import Path

import models
import torch

from .conftest import OpenNotebook
from .panel import Panel, cells

SLOW = """
import time
import torch
from pathlib import Path
from attn_widget import AttentionExplorer


class Images(torch.utils.data.Dataset):
    def __len__(self):
        return 100_000

    def __getitem__(self, position):
        if position >= 4:
            Path("searching").touch()
            time.sleep(0.01)
        return torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(position)), 0


model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(144, 1))
model[2].weight.data.zero_()
model[2].bias.data.fill_(-1)
explorer = AttentionExplorer(model, torch.utils.data.DataLoader(Images()))
explorer
"""


def test_next_mistake_shows_the_samples_that_a_plain_loop_finds(open_notebook: OpenNotebook, cifar10: Path) -> None:
    name = "resnet20"
    notebook = open_notebook(cells(cifar10, name))
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()

    for position in first_mistakes(cifar10, name, 5):
        status = panel.status
        notebook.button("Next mistake").click()
        notebook.wait_until(lambda status=status: panel.status != status, "another sample")
        panel.wait_for_status(panel.at(position), "wrong")
        panel.wait_until_true()
        assert panel.status == notebook.evaluate("explorer.status")
    assert panel.complaints() == []


def test_a_search_says_how_far_it_is_and_can_be_stopped(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([SLOW])
    notebook.run_all()
    panel = Panel(notebook)

    notebook.button("Next mistake").click()
    notebook.text("samples tried").wait_for()
    notebook.wait_until(notebook.path.with_name("searching").exists, "the search")
    notebook.button("Stop the search or the computation").click()

    notebook.text("Stopped after").wait_for()
    notebook.button("Stop the search or the computation").wait_for(state="hidden")
    assert panel.position == 0
    assert panel.complaints() == []


def first_mistakes(folder: Path, name: str, count: int) -> list[int]:
    """Find the first positions after 0 that the model gets wrong, one by one."""
    model, found = models.trained(folder, name).eval(), []
    with torch.inference_mode():
        for position, (image, label) in enumerate(models.images(folder, name)):
            if position > 0 and model(image[None]).argmax() != label:
                found.append(position)
                if len(found) == count:
                    break
    return found

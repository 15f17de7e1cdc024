"""A panel on a page, in a file, over any loader, and after it is closed."""

import base64
import gc
import io
import threading
import weakref

import numpy as np
import pytest
import torch
from ipywidgets.widgets.widget import _instances
from matplotlib import pyplot
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from attn_widget import AttentionExplorer
from attn_widget.explanation.result import WIDTH

from .driver import Driver
from .panels import batches, images, net


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")]
)
def test_the_figure_is_saved_as(opened, tmp_path, suffix, start):
    path = tmp_path / f"figure{suffix}"
    opened().save(path)
    assert path.read_bytes().startswith(start)
    opened().save(str(path))


@pytest.mark.parametrize("name", ["figure.jpg", "figure", "figure.png.txt"])
def test_another_ending_is_refused(opened, tmp_path, name):
    with pytest.raises(ValueError, match=r"path must end in \.png, \.svg or \.pdf, got .*figure"):
        opened().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_saving_changes_neither_figure_nor_canvas(opened, tmp_path):
    panel = opened()
    before = (panel.figure.canvas, panel.figure.dpi, panel.figure.get_size_inches().tolist())
    panel.save(tmp_path / "figure.pdf")
    assert (panel.figure.canvas, panel.figure.dpi, panel.figure.get_size_inches().tolist()) == before


def test_on_a_page_it_is_a_widget_a_picture_and_a_text(opened):
    panel = opened()
    data, metadata = panel.bundle()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    size = metadata["image/png"]
    assert (size["width"], size["height"]) == panel.size
    assert picture.size == pytest.approx((1.5 * size["width"], 1.5 * size["height"]), abs=1)
    assert np.asarray(picture.convert("RGB")).std() > 10
    assert panel.status in data["text/plain"]
    assert "40 channels" in data["text/plain"]


def test_the_picture_on_a_page_is_that_of_the_state_now(opened):
    panel = opened()
    first = panel.bundle()[0]["image/png"]
    panel.sample = 4
    assert panel.bundle()[0]["image/png"] != first
    panel.sample = 0
    second = Image.open(io.BytesIO(base64.b64decode(panel.bundle()[0]["image/png"])))
    assert np.abs(np.asarray(second, int) - np.asarray(Image.open(io.BytesIO(base64.b64decode(first))), int)).max() == 0


def test_pyplot_knows_no_figure_of_a_panel(opened):
    before = pyplot.get_fignums()
    opened().bundle()
    assert pyplot.get_fignums() == before


def test_closing_leaves_no_widget_thread_or_hook():
    before, threads = set(_instances), threading.active_count()
    model = net()
    panel = Driver(model, batches())
    panel.next_mistake()
    panel.bundle()
    panel.close()
    assert set(_instances) == before
    assert threading.active_count() == threads
    assert not any(module._forward_hooks for module in model.modules())


def test_closing_twice_is_harmless(opened):
    panel = opened()
    panel.close()
    panel.close()
    panel.sample = 3
    assert panel.status


def test_a_closed_panel_is_not_kept_in_memory():
    panel = AttentionExplorer(net(), batches())
    panel.sample = 2
    panel.close()
    gone = weakref.ref(panel)
    del panel
    gc.collect()
    assert gone() is None


def test_the_figure_is_as_wide_as_asked(opened):
    assert opened().size[0] == WIDTH
    assert opened(width=900).size[0] == 900


def test_the_figure_and_its_artists_stay_the_same_through_many_steps(opened):
    panel = opened(layer="conv2", top_k=36)
    figure, axes, lines = panel.figure, list(panel.figure.axes), len(panel.figure.texts)
    for step in range(12):
        panel.sample = step % 6
        panel.top_k = 1 + step
        panel.view = ("overlay", "raw")[step % 2]
    assert panel.figure is figure
    assert panel.figure.axes == axes
    assert len(panel.figure.texts) == lines


# --- any loader


class Stream(IterableDataset):
    def __iter__(self):
        yield from zip(images(), range(6), strict=True)


LOADERS = {
    "a list of batches": lambda: batches(),
    "a tensor": lambda: images(),
    "a data set": lambda: TensorDataset(images(), torch.arange(6) % 3),
    "a shuffled loader": lambda: DataLoader(TensorDataset(images(), torch.arange(6)), batch_size=4, shuffle=True),
    "a loader with workers": lambda: DataLoader(TensorDataset(images(), torch.arange(6)), num_workers=2),
    "a dictionary": lambda: [{"image": images(), "label": torch.arange(6) % 3}],
    "batches with more": lambda: [(images(), torch.arange(6) % 3, torch.zeros(6))],
    "a stream": lambda: DataLoader(Stream(), batch_size=2),
    "a generator": lambda: iter(batches()),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS.keys())
def test_loaders_of_every_kind_open_and_step(opened, make):
    panel = opened(loader=make())
    for position in (1, 2, 3, 4, 5, 2, 0):
        panel.sample = position
        assert panel.message == ""
        shown = panel.picture[..., :3].astype(int) - 255 * images()[position].permute(1, 2, 0).numpy()
        assert np.abs(shown).max() <= 1
        assert f"Sample {position} of" in panel.status


def test_a_streams_slider_reaches_one_further_each_time(opened):
    panel = opened(loader=DataLoader(Stream(), batch_size=2))
    assert panel.limit("Sample") == 1
    panel.click("Next")
    assert (panel.sample, panel.limit("Sample")) == (1, 2)
    assert panel.extent == "of ?"


def test_beyond_a_streams_end_it_is_said_and_one_can_go_back(opened):
    panel = opened(loader=DataLoader(Stream(), batch_size=2))
    panel.sample = 6
    assert "position is 6; expected 0 to 5" in panel.message
    panel.click("Back")
    assert (panel.sample, panel.message) == (5, "")
    assert panel.limit("Sample") == 5


def test_opening_a_panel_reads_one_sample(opened):
    class Counted(TensorDataset):
        read = 0

        def __len__(self):
            return 10_000_000

        def __getitem__(self, index):
            Counted.read += 1
            return images()[index % 6], index % 3

    panel = opened(loader=DataLoader(Counted(), batch_size=64))
    assert Counted.read == 1
    panel.sample = 9_999_999
    assert Counted.read == 2
    assert "Sample 9999999 of 10,000,000" in panel.status


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
@pytest.mark.parametrize("kind", [torch.float32, torch.uint8])
def test_images_of_any_number_of_channels(opened, channels, kind):
    model = torch.nn.Sequential(torch.nn.Conv2d(channels, 4, 3), torch.nn.Flatten(), torch.nn.Linear(4 * 36, 3))
    stack = (torch.rand(2, channels, 8, 8) * (255 if kind == torch.uint8 else 1)).to(kind)
    panel = opened(model, [(stack, torch.tensor([0, 1]))])
    assert panel.message == ""
    assert panel.explanation.size == (8, 8)

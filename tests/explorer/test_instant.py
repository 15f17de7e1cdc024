"""What reaches the browser is the plain picture, however fast it was made; and nothing piles up."""

import gc
import io
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from attn_widget.figure import ExplanationFigure, Style

from .driver import PAGES, Driver, drawn
from .panels import Gate, batches, images, net


class Page:
    """A page with the panel on it: asks for frames, moves the mouse over them."""

    def __init__(self, panel):
        self.panel, self.shown = panel, None
        panel.canvas.send = self._receive
        for kind in ("send_image_mode", "refresh", "initialized"):
            panel.tell(kind)

    def fetch(self):
        self.panel.tell("draw")
        self.panel.tell("ack")
        return self.shown

    def drag(self, start, end):
        """Drag with the mouse, in CSS pixels from the upper left corner."""
        for kind, (x, y), buttons in (
            ("button_press", start, 1),
            ("motion_notify", end, 1),
            ("button_release", end, 0),
        ):
            self.panel.tell(kind, x=x, y=y, button=0, buttons=buttons, modifiers=[], guiEvent=None)

    def _receive(self, content, buffers=None):
        if buffers:
            self.shown = np.array(Image.open(io.BytesIO(bytes(buffers[0]))).convert("RGBA"))


class Plain:
    """Draws what a panel shows with figures of their own, which have drawn nothing before."""

    def __init__(self, panel, stack, names):
        self._panel, self._stack, self._names, self._last = panel, stack, names, None

    def picture(self):
        """Draw the state that is shown, or the last that could be shown, marked as stale."""
        panel = self._panel
        if panel.explanation is not None:
            self._last = self._stack[panel.sample].permute(1, 2, 0).numpy(), panel.explanation
        fresh = ExplanationFigure(panel.size[0])
        fresh.show(*self._last, Style(panel.view, panel.alpha, panel.cmap), self._names.__getitem__)
        fresh.set_stale(panel.stale or None)
        if fresh.size != panel.size:
            fresh.figure.set_size_inches(panel.figure.get_size_inches())
            fresh.fit()
        fresh.figure.dpi = panel.figure.dpi
        fresh.figure.axes[0].set(xlim=panel.panels[0].get_xlim(), ylim=panel.panels[0].get_ylim())
        return drawn(FigureCanvasAgg(fresh.figure))


def tool(name):
    return lambda page: [page.panel.switch(each, each == name) for each in ("Pan", "Zoom")]


def setting(name, value):
    return lambda page: setattr(page.panel, name, value)


SEQUENCE = [
    ("the first picture", lambda page: None),
    ("another sample", setting("sample", 3)),
    ("alpha", setting("alpha", 0.2)),
    ("a colour map", setting("cmap", "inferno")),
    ("another layer", setting("layer", "conv1")),
    ("raw maps", setting("view", "raw")),
    ("a zoom by a rubber band", lambda page: (tool("Zoom")(page), page.drag((60, 90), (200, 260)))),
    ("a sample while zoomed", setting("sample", 1)),
    ("a pan", lambda page: (tool("Pan")(page), page.drag((100, 100), (160, 130)))),
    ("the overlay", setting("view", "overlay")),
    ("home", lambda page: (tool("")(page), page.panel.click("Whole image"))),
    ("the mouse over the picture", lambda page: page.drag((80, 120), (90, 140))),
    ("a sample that fails", setting("sample", 5)),
    ("a sample that does not", setting("sample", 2)),
    ("twelve channels", setting("top_k", 12)),
    ("two dots a pixel", lambda page: page.panel.tell("set_device_pixel_ratio", device_pixel_ratio=2)),
    ("a sample with two dots a pixel", setting("sample", 4)),
    ("one dot a pixel", lambda page: page.panel.tell("set_device_pixel_ratio", device_pixel_ratio=1)),
    ("another size", lambda page: page.panel.tell("resize", width=511, height=403)),
    ("a file written meanwhile", lambda page: page.panel.figure.savefig(io.BytesIO(), dpi=100, facecolor="red")),
    ("a static picture", lambda page: page.panel.bundle()),
    ("three channels", setting("top_k", 3)),
    ("run again", lambda page: page.panel.refresh()),
]


def test_through_everything_that_one_does_the_browser_has_the_plain_picture(opened):
    def fail_on_the_last():
        if page.panel.sample == 5:
            raise RuntimeError("broken")

    model, names = net().eval(), ["cat", "fire truck", "naïve"]
    page = Page(opened(model, class_names=names))
    plain = Plain(page.panel, images(), names)
    model.counter.before = fail_on_the_last
    for name, change in SEQUENCE:
        change(page)
        assert (page.fetch()[..., :3] == plain.picture()).all(), name
        assert bool(page.panel.stale) == (name == "a sample that fails")


def test_of_a_drag_over_a_hundred_positions_only_the_first_and_the_last_are_computed(opened):
    panel = opened(loader=[(images(101), [0] * 101)])
    page = Page(panel)
    gate, before = Gate(panel.model), panel.passes
    moves = [threading.Thread(target=setattr, args=(panel, "sample", value)) for value in range(1, 101)]
    moves[0].start()
    gate.wait()
    seen = threading.Semaphore(0)
    panel.hear_first("sample", seen.release)
    for move in moves[1:]:
        move.start()
        assert seen.acquire(timeout=60)
    assert panel.passes == before + 1
    gate.open()
    for move in moves:
        move.join(60)
    assert (panel.sample, panel.passes) == (100, before + 2)
    plain = Plain(panel, images(101), ["class 0", "class 1", "class 2"])
    assert (page.fetch()[..., :3] == plain.picture()).all()
    assert "Sample 100 of 101" in panel.status


def test_steps_pile_nothing_up(opened):
    page = Page(opened(layer="conv2"))

    def steps(count):
        for step in range(count):
            page.panel.sample = step % 6
            page.panel.alpha = (step % 10) / 10
            page.fetch()
        gc.collect()

    steps(24)
    widgets, threads = set(_instances), threading.active_count()
    tracemalloc.start()
    try:
        steps(6)
        before, _ = tracemalloc.get_traced_memory()
        steps(36)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 200_000
    assert (set(_instances), threading.active_count()) == (widgets, threads)


def test_a_page_is_made_when_it_is_first_opened_and_controls_of_a_kind_share_their_style(opened):
    others = set(_instances)
    panel = opened()
    before = set(_instances) - others
    assert len(before) < 100

    def widgets_after_all_pages():
        for page in PAGES:
            panel.open_page(page)
        panel.wait()
        return set(_instances) - others

    made = widgets_after_all_pages()
    assert len(made) > len(before) + 60
    assert widgets_after_all_pages() == made


@pytest.mark.parametrize("shown", [False, True])
def test_a_closed_panel_leaves_no_figure_and_no_canvas(shown):
    panel = Driver(net(), batches())
    if shown:
        Page(panel).fetch()
    panel.sample = 2
    left = [weakref.ref(part) for part in (panel.explorer, panel.figure, panel.canvas)]
    panel.close()
    del panel
    gc.collect()
    assert [part() for part in left] == [None] * 3

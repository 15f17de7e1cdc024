"""What reaches the browser is the plain picture, however fast it was made; and nothing piles up."""

import gc
import io
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
from attn_widget.explorer.parts import every_widget
from ipywidgets.widgets.widget import _instances
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from attn_widget import AttentionExplorer
from attn_widget.figure import ExplanationFigure

from .panels import batches, controls, images, is_stale, net, passes_of


class Page:
    """A page with the panel on it: asks for frames, moves the mouse over them."""

    def __init__(self, panel):
        self.panel, self.shown = panel, None
        panel.canvas.send = self._receive
        for kind in ("send_image_mode", "refresh", "initialized"):
            self.say(kind)

    def say(self, kind, **content):
        self.canvas._handle_message(self.canvas, {"type": kind, **content}, [])

    def fetch(self):
        self.say("draw")
        self.say("ack")
        return self.shown

    def drag(self, start, end):
        """Drag with the mouse, in CSS pixels from the upper left corner."""
        for kind, (x, y), buttons in (
            ("button_press", start, 1),
            ("motion_notify", end, 1),
            ("button_release", end, 0),
        ):
            self.say(kind, x=x, y=y, button=0, buttons=buttons, modifiers=[], guiEvent=None)

    def _receive(self, content, buffers=None):
        if buffers:
            self.shown = np.array(Image.open(io.BytesIO(bytes(buffers[0]))).convert("RGBA"))


def plain_picture(explorer):
    """Draw what a panel shows with a figure of its own, which has drawn nothing before."""
    known, figure = explorer._face.picture, explorer.figure
    fresh = ExplanationFigure(known.size[0])
    fresh.show(known._picture, known._explanation, known._style, explorer._names.of)
    if known._veil.get_visible():
        fresh.set_stale(known._stale.get_text())
    if fresh.size != known.size:
        fresh.figure.set_size_inches(figure.get_size_inches())
        fresh.fit()
    fresh.figure.dpi = figure.dpi
    fresh.figure.axes[0].set(xlim=figure.axes[0].get_xlim(), ylim=figure.axes[0].get_ylim())
    canvas = FigureCanvasAgg(fresh.figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def tool(name):
    return lambda page: page.canvas.use_tool(name)


def setting(name, value):
    return lambda page: setattr(page.explorer, name, value)


SEQUENCE = [
    ("the first picture", lambda page: None),
    ("another sample", setting("sample", 3)),
    ("alpha", setting("alpha", 0.2)),
    ("a colour map", setting("cmap", "inferno")),
    ("another layer", setting("layer", "conv1")),
    ("raw maps", setting("view", "raw")),
    ("a zoom by a rubber band", lambda page: (tool("zoom")(page), page.drag((60, 90), (200, 260)))),
    ("a sample while zoomed", setting("sample", 1)),
    ("a pan", lambda page: (tool("pan")(page), page.drag((100, 100), (160, 130)))),
    ("the overlay", setting("view", "overlay")),
    ("home", lambda page: (tool("")(page), controls(page.explorer).home.click())),
    ("the mouse over the picture", lambda page: page.drag((80, 120), (90, 140))),
    ("a sample that fails", setting("sample", 5)),
    ("a sample that does not", setting("sample", 2)),
    ("twelve channels", setting("top_k", 12)),
    ("two dots a pixel", lambda page: page.say("set_device_pixel_ratio", device_pixel_ratio=2)),
    ("a sample with two dots a pixel", setting("sample", 4)),
    ("one dot a pixel", lambda page: page.say("set_device_pixel_ratio", device_pixel_ratio=1)),
    ("another size", lambda page: page.say("resize", width=511, height=403)),
    ("a file written meanwhile", lambda page: page.explorer.figure.savefig(io.BytesIO(), dpi=100, facecolor="red")),
    ("a static picture", lambda page: page.explorer._repr_mimebundle_()),
    ("three channels", setting("top_k", 3)),
    ("run again", lambda page: page.explorer.refresh()),
]


def test_through_everything_that_one_does_the_browser_has_the_plain_picture(opened):
    def fail_on_the_last():
        if page.explorer.sample == 5:
            raise RuntimeError("broken")

    model = net().eval()
    page = Page(opened(model, class_names=["cat", "fire truck", "naïve"]))
    model.counter.before = fail_on_the_last
    for name, change in SEQUENCE:
        change(page)
        assert (page.fetch() == plain_picture(page.explorer)).all(), name
        assert is_stale(page.explorer) == (name == "a sample that fails")


def test_of_a_drag_over_a_hundred_positions_only_the_first_and_the_last_are_computed(opened):
    explorer = opened(loader=[(images(101), [0] * 101)])
    page = Page(explorer)
    arrived, go_on, before = threading.Event(), threading.Event(), passes_of(explorer)

    def hold():
        explorer._model.counter.before = lambda: None
        arrived.set()
        assert go_on.wait(60)

    explorer._model.counter.before = hold
    moves = [threading.Thread(target=setattr, args=(explorer, "sample", value)) for value in range(1, 101)]
    moves[0].start()
    assert arrived.wait(60)
    lock, seen = explorer._lock, threading.Semaphore(0)
    explorer._lock = Announcing(lock, seen)
    for move in moves[1:]:
        move.start()
        assert seen.acquire(timeout=60)
    assert passes_of(explorer) == before + 1
    go_on.set()
    for move in moves:
        move.join(60)
    assert (explorer.sample, passes_of(explorer)) == (100, before + 2)
    assert (page.fetch() == plain_picture(explorer)).all()
    assert "Sample 100 of 101" in explorer.status


class Announcing:
    """A lock that says when somebody comes to it."""

    def __init__(self, lock, seen):
        self._lock, self._seen = lock, seen

    def __enter__(self):
        self._seen.release()
        return self._lock.__enter__()

    def __exit__(self, *error):
        return self._lock.__exit__(*error)


def test_steps_pile_nothing_up(opened):
    page = Page(opened(layer="conv2"))

    def steps(count):
        for step in range(count):
            page.explorer.sample = step % 6
            page.explorer.alpha = (step % 10) / 10
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


def test_what_is_folded_away_is_not_made_and_controls_of_a_kind_share_their_style(opened):
    explorer = opened()
    before = set(every_widget(explorer))
    assert len(before) < 150

    def unfold(open_):
        controls(explorer).more.value = controls(explorer).strip.value = open_
        return set(every_widget(explorer))

    made = unfold(True)
    assert len(made) > len(before) + 60
    assert unfold(False) == unfold(True) == made


@pytest.mark.parametrize("shown", [False, True])
def test_a_closed_panel_leaves_no_figure_and_no_canvas(shown):
    explorer = AttentionExplorer(net(), batches())
    if shown:
        Page(explorer).fetch()
    explorer.sample = 2
    left = [weakref.ref(part) for part in (explorer, explorer.figure, explorer.figure.canvas, explorer._face)]
    explorer.close()
    del explorer
    gc.collect()
    assert [part() for part in left] == [None] * 4

"""The canvas: Matplotlib's backend stays, every frame is whole, the pointer is where it seems, messages wait."""

import base64
import io
import json
import os
import subprocess
import sys
import threading

import matplotlib
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from attn_widget.canvas import PanelCanvas
from tests.explorer.driver import every_widget

BEGINNINGS = {
    "nothing chosen": ("", "None"),
    "agg chosen, pyplot imported": ("import matplotlib; matplotlib.use('agg'); import matplotlib.pyplot", "agg"),
    "inline": ("import matplotlib; matplotlib.use('module://matplotlib_inline.backend_inline')", "inline"),
    "pyplot imported": ("import matplotlib.pyplot", "None"),
}
ENDING = """
import sys
pyplot = "matplotlib.pyplot" in sys.modules
import attn_widget
import matplotlib
backend = matplotlib.get_backend(auto_select=False)
print(backend and backend.split("_")[-1], ("matplotlib.pyplot" in sys.modules) == pyplot)
"""


@pytest.fixture(scope="module")
def backends():
    """What each beginning prints, all run side by side."""
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    commands = {name: (beginning, environment) for name, (beginning, _) in BEGINNINGS.items()}
    commands["chosen by the environment"] = ("", {**environment, "MPLBACKEND": "pdf"})
    running = {
        name: subprocess.Popen([sys.executable, "-c", start + ENDING], env=env, stdout=subprocess.PIPE, text=True)
        for name, (start, env) in commands.items()
    }
    return {name: process.communicate()[0].split() for name, process in running.items()}


@pytest.mark.parametrize(("name", "backend"), [(name, backend) for name, (_, backend) in BEGINNINGS.items()])
def test_importing_the_package_leaves_the_backend_as_it_was_with(backends, name, backend):
    assert backends[name] == [backend, "True"]


def test_importing_the_package_leaves_a_backend_chosen_by_the_environment(backends):
    assert backends["chosen by the environment"] == ["pdf", "True"]


class Recorded(PanelCanvas):
    """Keeps what it sends instead of sending it."""

    def __init__(self, figure, lock):
        self.sent = []
        super().__init__(figure, lock)

    def send(self, content, buffers=None):
        self.sent.append((content, buffers))


@pytest.fixture
def canvas():
    before = set(_instances)
    figure = Figure(figsize=(3, 2), dpi=100)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set_axis_off()
    axes.imshow(np.random.default_rng(0).random((8, 12)))
    canvas = Recorded(figure, threading.RLock())
    yield canvas
    for widget in every_widget(canvas):
        widget.close()
    assert set(_instances) == before


def say(canvas, kind, **content):
    """Send a message as the browser does."""
    canvas._handle_message(canvas, {"type": kind, **content}, [])


def frames(canvas):
    return [buffers[0] for _, buffers in canvas.sent if buffers]


def spoken(canvas):
    """What it told the browser, frames apart, in order."""
    return [json.loads(content["data"]) for content, _ in canvas.sent]


def decoded(frame):
    return np.array(Image.open(io.BytesIO(frame)).convert("RGBA"))


def plain(figure):
    """Draw the figure with a canvas of Matplotlib's own."""
    own = figure.canvas
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    figure.set_canvas(own)
    return np.array(canvas.buffer_rgba())


def test_nothing_is_drawn_before_a_browser_asks(canvas):
    canvas.draw_idle()
    assert not frames(canvas)
    assert canvas._data_url is None


def test_a_page_that_waits_for_a_picture_gets_the_next_one_at_once(canvas):
    def show_another():
        canvas.sent.clear()
        canvas.draw_idle()
        return ["frame" if buffers else json.loads(content["data"])["type"] for content, buffers in canvas.sent]

    assert show_another() == ["draw"]  # no page has asked
    say(canvas, "draw")
    assert show_another() == ["draw"]  # the picture it asked for is under way
    say(canvas, "draw")
    assert len(frames(canvas)) == 1
    say(canvas, "draw")
    assert len(frames(canvas)) == 1  # it shows what there is, and waits
    assert show_another() == ["frame", "draw"]
    assert show_another() == ["draw"]  # it is slow: nothing is sent after the other
    assert show_another() == ["draw"]


def test_a_page_whose_picture_failed_gets_the_next_one(canvas, monkeypatch):
    say(canvas, "draw")
    say(canvas, "draw")
    with monkeypatch.context() as patch:
        patch.setattr("attn_widget.canvas.encoded", lambda pixels: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            canvas.draw_idle()
    assert len(frames(canvas)) == 1
    canvas.draw_idle()
    assert len(frames(canvas)) == 2


def test_every_frame_is_the_whole_picture(canvas):
    image = canvas.figure.axes[0].images[0]
    changes = [
        lambda: None,
        lambda: image.set_cmap("gray"),
        lambda: canvas.figure.axes[0].set_xlim(2, 7),
        lambda: canvas.figure.text(0.5, 0.5, "text"),
        lambda: canvas.figure.set_size_inches(2.4, 1.6),
    ]
    for change in changes:
        change()
        canvas.draw_idle()
        say(canvas, "draw")
        assert (decoded(frames(canvas)[-1]) == plain(canvas.figure)).all()
        assert canvas._image_mode == "full"


def test_the_size_is_not_the_browsers_to_change(canvas):
    say(canvas, "initialized")
    canvas.sent.clear()
    say(canvas, "resize", width=240, height=9_000_000)
    sizes = [message["size"] for message in spoken(canvas) if message["type"] == "resize"]
    assert sizes == [[300, 200], [300, 200]]
    assert tuple(canvas.figure.bbox.size) == (300, 200)


def test_another_pixel_ratio_gives_a_whole_picture_of_more_pixels(canvas):
    try:
        say(canvas, "draw")
        say(canvas, "set_dpi_ratio", dpi_ratio=2)
        say(canvas, "set_device_pixel_ratio", device_pixel_ratio=2)
        say(canvas, "draw")
        assert decoded(frames(canvas)[-1]).shape == (400, 600, 4)
    finally:
        type(canvas).mro()[2].current_dpi_ratio = 1.0


@pytest.mark.parametrize("enters", [False, True])
def test_the_page_opened_last_or_under_the_pointer_gets_its_pixels(canvas, monkeypatch, enters):
    def open_page(name, ratio):
        monkeypatch.setattr("attn_widget.canvas._page", lambda: name)
        if ratio != 1:  # as ipympl's page says it, or does not
            say(canvas, "set_device_pixel_ratio", device_pixel_ratio=ratio)
        say(canvas, "initialized")

    open_page("dense", 2)
    assert canvas.device_pixel_ratio == 2
    open_page("plain", 1)
    assert canvas.device_pixel_ratio == 1
    if enters:
        monkeypatch.setattr("attn_widget.canvas._page", lambda: "dense")
        say(canvas, "figure_enter", x=1, y=1, button=0, buttons=0, modifiers=[])
    say(canvas, "draw")
    assert decoded(frames(canvas)[-1]).shape == ((400, 600, 4) if enters else (200, 300, 4))


POINTS = {
    # the box's width, whether the page is dark, where the pointer is on the figure of 300 x 200, in CSS pixels
    "as wide as it is drawn": (300, False, (60, 50), (60, 50)),
    "in a wider box": (1804, True, (60, 50), (60, 50)),
    "in a third of the width": (100, True, (60, 75), (20, 25)),
    "a little above": (100, False, (60, -60), (20, -20)),
}


@pytest.mark.parametrize("ratio", [1, 1.5])
@pytest.mark.parametrize(("width", "dark", "place", "pointer"), POINTS.values(), ids=POINTS)
def test_the_pointer_is_where_it_seems_and_tells_of_the_page(canvas, width, dark, place, pointer, ratio):
    canvas.handle_set_device_pixel_ratio({"device_pixel_ratio": ratio})
    canvas.fit_figure()
    moved, places = [], []
    canvas._moved = moved.append
    canvas.mpl_connect("motion_notify_event", lambda event: places.append((event.x, event.y)))
    x, y = ratio * pointer[0], ratio * (pointer[1] + 8192 * (2 * (width // 4) + dark))
    for kind in ("figure_enter", "motion_notify", "figure_leave", "figure_enter"):
        say(canvas, kind, x=x, y=y, button=0, buttons=0, modifiers=[])
    say(canvas, "draw")

    assert canvas.surroundings == (width // 4 * 4, dark)
    assert moved == [canvas.surroundings]  # once
    assert places == [pytest.approx((ratio * place[0], ratio * (200 - place[1])), abs=1)]


def test_a_page_without_the_style_tells_nothing_and_places_the_pointer_as_it_did(canvas):
    places = []
    canvas.mpl_connect("motion_notify_event", lambda event: places.append((event.x, event.y)))
    for kind, y in (("figure_enter", 10), ("motion_notify", 50), ("figure_leave", -30)):
        say(canvas, kind, x=60, y=y, button=0, buttons=0, modifiers=[])
    assert canvas.surroundings is None
    assert places == [(60, 150)]


def test_a_picture_is_saved_by_its_name_at_twice_the_size_that_is_shown(canvas):
    canvas.handle_set_device_pixel_ratio({"device_pixel_ratio": 1.5})
    canvas.figure.set_facecolor("black")
    with matplotlib.rc_context({"savefig.bbox": "tight", "savefig.facecolor": "red", "savefig.dpi": 30}):
        canvas.save_as("moon_0_conv3_grad-cam")
    assert canvas._figure_label == "moon_0_conv3_grad-cam"
    assert spoken(canvas)[-1] == {"type": "save", "format": "png"}
    picture = decoded(frames(canvas)[-1])
    assert picture.shape == (400, 600, 4)
    assert picture[0, 0].tolist() == [0, 0, 0, 255]


def test_the_static_picture_is_kept_with_its_size(canvas):
    encoded = canvas.static_picture()
    assert canvas._data_url == f"data:image/png;base64,{encoded}"
    assert tuple(canvas._size) == (300, 200)
    picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert picture.size == (450, 300)


def test_after_the_static_picture_the_browser_still_gets_the_right_one(canvas):
    canvas.static_picture()
    say(canvas, "draw")
    assert (decoded(frames(canvas)[-1]) == plain(canvas.figure)).all()


def test_with_a_browser_there_the_static_picture_is_not_sent(canvas):
    say(canvas, "initialized")
    canvas.static_picture()
    assert canvas._data_url is None


def test_a_static_picture_is_whole_whatever_the_users_settings_are(canvas):
    expected = canvas.static_picture()
    with matplotlib.rc_context({"savefig.bbox": "tight", "savefig.facecolor": "red", "savefig.dpi": 30}):
        assert canvas.static_picture() == expected


def test_the_browser_hears_of_a_new_size_once(canvas):
    canvas.fit_figure()
    canvas.sent.clear()
    canvas.figure.set_size_inches(2, 2, forward=False)
    canvas.fit_figure()
    canvas.fit_figure()
    assert [message["type"] for message in spoken(canvas)].count("resize") == 1
    assert tuple(canvas._size) == (200, 200)


def test_messages_are_answered_under_the_lock(canvas):
    held, answered = threading.Event(), threading.Event()
    lock = canvas._lock

    class Announcing:
        def __enter__(self):
            held.set()
            return lock.__enter__()

        def __exit__(self, *error):
            return lock.__exit__(*error)

    canvas._lock = Announcing()

    def answer():
        say(canvas, "draw")
        answered.set()

    with lock:
        thread = threading.Thread(target=answer)
        thread.start()
        assert held.wait(60)  # it has come to the lock
        assert not frames(canvas)
        assert not answered.is_set()
    thread.join(60)
    assert answered.is_set()
    assert len(frames(canvas)) == 1


def test_tools_are_chosen_and_put_down(canvas):
    for name, mode in (("pan", "PAN"), ("zoom", "ZOOM"), ("zoom", "ZOOM"), ("", "NONE"), ("", "NONE"), ("pan", "PAN")):
        canvas.use_tool(name)
        assert canvas.toolbar.mode.name == mode


def test_no_part_of_ipympls_lies_over_the_figure(canvas):
    shown = canvas.header_visible, canvas.toolbar_visible, canvas.capture_scroll, canvas.resizable
    assert shown == (False, "hidden", False, False)

"""The canvas: Matplotlib's backend stays, differences add up to the picture, messages wait for the lock."""

import base64
import io
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


def test_the_first_picture_is_the_whole_one(canvas):
    say(canvas, "draw")
    assert canvas._image_mode == "full"
    assert (decoded(frames(canvas)[0]) == plain(canvas.figure)).all()


def test_differences_add_up_to_the_picture(canvas):
    say(canvas, "draw")
    shown = decoded(frames(canvas)[-1])
    image = canvas.figure.axes[0].images[0]
    changes = [
        lambda: image.set_cmap("gray"),
        lambda: canvas.figure.axes[0].set_xlim(2, 7),
        lambda: image.set_data(np.eye(8, 12)),
        lambda: None,
        lambda: canvas.figure.text(0.5, 0.5, "text"),
    ]
    for change in changes:
        change()
        say(canvas, "ack")
        say(canvas, "draw")
        difference = decoded(frames(canvas)[-1])
        assert canvas._image_mode == "diff"
        shown = np.where(difference[..., 3:] > 0, difference, shown)
        assert (shown == plain(canvas.figure)).all()


def test_after_a_resize_the_picture_is_whole(canvas):
    say(canvas, "draw")
    say(canvas, "resize", width=240, height=160)
    say(canvas, "draw")
    assert canvas._image_mode == "full"
    assert decoded(frames(canvas)[-1]).shape == (160, 240, 4)
    assert (decoded(frames(canvas)[-1]) == plain(canvas.figure)).all()


def test_another_pixel_ratio_gives_a_whole_picture_of_more_pixels(canvas):
    try:
        say(canvas, "draw")
        say(canvas, "set_dpi_ratio", dpi_ratio=2)
        say(canvas, "set_device_pixel_ratio", device_pixel_ratio=2)
        say(canvas, "draw")
        assert decoded(frames(canvas)[-1]).shape == (400, 600, 4)
    finally:
        type(canvas).mro()[2].current_dpi_ratio = 1.0


def test_a_browser_that_asks_for_all_gets_the_whole_picture(canvas):
    say(canvas, "draw")
    say(canvas, "send_image_mode")
    say(canvas, "refresh")
    canvas._force_full = True
    say(canvas, "draw")
    assert (decoded(frames(canvas)[-1]) == plain(canvas.figure)).all()


def test_the_static_picture_is_kept_with_its_size(canvas):
    encoded = canvas.static_picture()
    assert canvas._data_url == f"data:image/png;base64,{encoded}"
    assert tuple(canvas._size) == (300, 200)
    picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert picture.size == (450, 300)


def test_after_the_static_picture_the_browser_still_gets_the_right_one(canvas):
    say(canvas, "draw")
    canvas.static_picture()
    canvas.figure.axes[0].images[0].set_cmap("gray")
    shown = decoded(frames(canvas)[-1])
    say(canvas, "ack")
    say(canvas, "draw")
    difference = decoded(frames(canvas)[-1])
    assert (np.where(difference[..., 3:] > 0, difference, shown) == plain(canvas.figure)).all()


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
    resizes = [content for content, _ in canvas.sent if '"resize"' in content["data"]]
    assert len(resizes) == 1
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


def test_header_and_toolbar_do_not_lie_over_the_figure(canvas):
    assert (canvas.header_visible, canvas.toolbar_visible, canvas.capture_scroll) == (False, "hidden", False)

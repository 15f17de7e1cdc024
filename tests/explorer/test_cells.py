"""A panel whose cell is run again falls asleep, and wakes when it is displayed; test_kernel.py has the real thing."""

import gc
import itertools
import threading
import weakref
from contextlib import contextmanager
from types import SimpleNamespace

import ipywidgets as widgets
import numpy as np
import pytest
from IPython.core.events import EventManager, available_events
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets.widgets.widget import _instances
from torch.utils.data import DataLoader, TensorDataset

from attn_widget import explain, review

from .driver import PAGES, Driver
from .panels import Gate, Reads, batches, images, net, read_batches

VIEW = "application/vnd.jupyter.widget-view+json"


class Notebook:
    """Stands for IPython and its kernel, as far as the panel asks them: which cell is run, and when it ends."""

    def __init__(self):
        self.events = EventManager(self, available_events)
        self.kernel = SimpleNamespace(get_parent=lambda: self._parent)
        self._parent = {}
        self._requests = itertools.count()

    def showtraceback(self):
        raise  # IPython calls it where an exception is handled

    @contextmanager
    def request(self, metadata, kind="execute_request"):
        """Do what the body does on behalf of a message."""
        self._parent = {"header": {"msg_id": str(next(self._requests)), "msg_type": kind}, "metadata": metadata}
        yield
        if kind == "execute_request":
            self.events.trigger("post_run_cell", None)
        self._parent = {}

    def cell(self, name):
        """Run a cell."""
        return self.request({"cellId": name})


def run_in(shell, monkeypatch):
    """Let IPython's shell be another one, or none."""
    monkeypatch.setattr(InteractiveShell, "initialized", classmethod(lambda cls: shell is not None))
    monkeypatch.setattr(InteractiveShell, "instance", classmethod(lambda cls: shell))


@pytest.fixture
def notebook(monkeypatch):
    notebook = Notebook()
    run_in(notebook, monkeypatch)
    return notebook


@pytest.fixture
def asleep(notebook, opened):
    """Make a panel as `opened` does, and let it fall asleep."""

    def fallen(*arguments, act=lambda panel: None, **options):
        with notebook.cell("of the sleeper"):
            panel = opened(*arguments, **options)
        act(panel)
        with notebook.cell("of the sleeper"):
            opened().close()
        assert not panel.is_awake
        return panel

    return fallen


# --- who falls asleep


def test_a_panel_whose_cell_is_run_again_is_held_by_nothing(notebook):
    before = set(_instances)
    left = []
    for _ in range(3):
        with notebook.cell("one"):
            panel = Driver(net(), batches())
            panel.display()
        panel.sample = 2
        panel.open_page("Layers")
        panel.click("Find mistakes")
        panel.wait()
        left += [weakref.ref(part) for part in (panel.explorer, panel.model, panel.figure, panel.canvas)]
        del panel
    gc.collect()
    *gone, panel, model, figure, canvas = (part() for part in left)
    assert gone == [None] * 8
    assert None not in (model, figure, canvas)
    panel.close()
    assert set(_instances) == before


def test_all_panels_of_one_run_stay_awake(notebook, opened):
    with notebook.cell("one"):
        panels = [opened() for _ in range(3)]
    assert all(panel.is_awake for panel in panels)


def test_a_panel_that_another_cell_shows_stays_awake_until_that_is_run_again_too(notebook, opened):
    with notebook.cell("one"):
        panel = opened()
    with notebook.cell("two"):
        panel.display()
    with notebook.cell("one"):
        opened()
    assert panel.is_awake
    with notebook.cell("two"):
        opened().display()
    assert not panel.is_awake


def test_what_a_cell_shows_again_is_never_closed(notebook, opened):
    first, second = opened(), opened()
    for _ in range(2):
        with notebook.cell("one"):
            first.display()
            second.display()
        comms = [widget.comm for widget in (*first.every_widget, *second.every_widget)]
    with notebook.cell("one"):
        first.display()
        assert second.is_awake
        second.display()
    assert comms == [widget.comm for widget in (*first.every_widget, *second.every_widget)]


def test_a_cell_that_shows_no_panel_any_more_puts_none_to_sleep(notebook, opened):
    with notebook.cell("one"):
        panel = opened()
    with notebook.cell("one"):
        pass
    assert panel.is_awake


@pytest.mark.parametrize(
    ("metadata", "kind"), [({}, "execute_request"), ({"cellId": "one"}, "comm_msg")], ids=["no cell", "a callback"]
)
def test_what_no_cell_made_stays_awake(notebook, opened, metadata, kind):
    with notebook.request(metadata, kind):
        panel = opened()
    with notebook.request(metadata, kind):
        opened().display()
    with notebook.cell("one"):
        opened()
    assert panel.is_awake


def test_what_a_thread_of_the_users_made_stays_awake(notebook, opened):
    panels = []
    with notebook.cell("one"):
        thread = threading.Thread(target=lambda: panels.append(opened()))
        thread.start()
        thread.join()
    with notebook.cell("one"):
        opened()
    assert panels[0].is_awake


def test_without_a_kernel_nothing_is_asked(monkeypatch, opened):
    for shell in (None, SimpleNamespace(), SimpleNamespace(kernel=None)):
        run_in(shell, monkeypatch)
        first = opened()
        first.display()
        opened().display()
        assert first.is_awake


def test_ipythons_events_are_left_as_they_were(notebook, opened):
    for _ in range(2):
        with notebook.cell("one"):
            opened().display()
    assert not any(notebook.events.callbacks.values())


def test_a_panel_in_a_box_stays_awake_as_long_as_the_box_is_open(notebook, opened):
    with notebook.cell("one"):
        panel = opened()
    with notebook.cell("two"):
        box = widgets.HBox([panel.explorer])
    for awake in (True, False):
        with notebook.cell("one"):
            opened()
        assert panel.is_awake is awake
        box.layout.close()
        box.close()


def test_a_panel_in_an_output_widget_stays_awake(notebook, opened):
    with notebook.cell("one"):
        panel = opened()
    output = widgets.Output(outputs=[{"output_type": "display_data", "data": {VIEW: {"model_id": panel.model_id}}}])
    with notebook.cell("one"):
        opened()
    assert panel.is_awake
    output.layout.close()
    output.close()


# --- asleep


def test_asleep_a_panel_does_for_code_what_it_did(asleep, tmp_path):
    panel = asleep()
    before = set(_instances)
    panel.sample, panel.layer, panel.top_k = 3, "conv1", 2
    expected = explain(panel.model, images()[3], layer="conv1", top_k=2)
    assert (panel.explanation.logits == expected.logits).all()
    assert (panel.explanation.heatmaps == expected.heatmaps).all()
    assert panel.status.startswith("Sample 3 of 6")
    panel.view = "raw"
    panel.save(tmp_path / "panel.png")
    panel.refresh()
    assert panel.explanation is not None
    panel.next_mistake()
    panel.review = review(panel.model, batches())
    panel.reset()
    assert panel.layer == "relu"
    assert not panel.is_awake
    assert set(_instances) == before


def test_closed_while_it_sleeps_a_panel_computes_nothing_any_more(asleep):
    panel = asleep()
    panel.close()
    passes = panel.passes
    panel.sample = 3
    panel.refresh()
    assert panel.passes == passes


# --- awake again


def test_displayed_again_a_panel_wakes_under_its_old_name_and_shows_what_was_set_meanwhile(asleep, notebook):
    names = []
    panel = asleep(act=lambda panel: names.extend(widget.model_id for widget in panel.every_widget))
    panel.sample = 2
    assert panel.display() == names[-1]
    assert panel.is_awake
    assert [widget.model_id for widget in panel.every_widget] == names
    assert panel.value("Sample") == 2
    panel.choose("Layer", "conv1")
    assert panel.explanation.layer == "conv1"


def test_a_panel_that_woke_in_a_cell_falls_asleep_when_that_is_run_again(asleep, notebook, opened):
    panel = asleep()
    with notebook.cell("two"):
        panel.display()
    assert panel.is_awake
    with notebook.cell("two"):
        opened().display()
    assert not panel.is_awake


def test_put_in_a_box_a_panel_wakes(asleep):
    panel = asleep()
    box = widgets.HBox([panel.explorer])
    assert panel.is_awake
    assert box.get_state()["children"] == [f"IPY_MODEL_{panel.model_id}"]
    box.layout.close()
    box.close()


def test_every_part_of_a_woken_panel_can_be_displayed_by_itself(asleep):
    panel = asleep()
    panel.display()
    assert all(widget._repr_mimebundle_() for widget in panel.every_widget if widget._view_name)


def test_a_review_that_was_on_its_way_can_be_gone_on_with(asleep):
    loader = DataLoader(TensorDataset(*read_batches([0] * 60, [0] * 60, size=60)[0]), batch_size=4)
    gates = []

    def begin(panel):
        gates.append(Gate(panel.model, after=5))
        panel.click("Find mistakes")
        gates[0].wait()

    panel = asleep(Reads(), loader, act=begin)
    gates[0].open()
    panel.wait()
    assert 0 < panel.review.reviewed < 60
    panel.display()
    assert (panel.is_disabled("Find mistakes"), panel.label("Find mistakes")) == (False, "Continue")
    panel.click("Find mistakes")
    panel.wait()
    assert panel.review.complete


def test_a_search_that_was_on_its_way_is_forgotten(asleep):
    gates = []

    def begin(panel):
        gates.append(Gate(panel.model, after=1))
        panel.click("Next mistake")
        gates[0].wait()

    panel = asleep(Reads(), read_batches([0] * 9, [0] * 8 + [1]), act=begin)
    gates[0].open()
    panel.wait()
    panel.display()
    assert panel.sample == 0
    assert not panel.is_shown("Stop")
    assert not panel.is_disabled("Next mistake")
    assert panel.search_text == ""


def test_what_took_long_and_was_forgotten_is_computed_after_waking(asleep):
    gates = []

    def begin(panel):
        gates.append(Gate(panel.model))
        panel.method = "ablation-cam"
        gates[0].wait()

    panel = asleep(act=begin)
    gates[0].open()
    panel.wait()
    assert panel.explanation is None
    panel.display()
    panel.wait()
    assert panel.explanation.method == "ablation-cam"


def test_a_contact_sheet_that_was_on_its_way_is_made_after_waking(asleep):
    gates = []

    def begin(panel):
        gates.append(Gate(panel.model, after=1))
        panel.open_page("Mistakes")
        gates[0].wait()

    panel = asleep(act=begin)
    gates[0].open()
    panel.wait()
    assert not panel.thumbnails.is_shown
    panel.display()
    panel.wait()
    assert panel.thumbnails.positions == list(range(6))


@pytest.mark.parametrize(("page", "sheet"), [("Layers", "strip"), ("Mistakes", "thumbnails")])
def test_a_page_that_is_open_is_brought_up_to_date_after_waking(asleep, opened, page, sheet):
    def unfold(panel):
        panel.open_page(page)
        panel.wait()

    panel, fresh = asleep(act=unfold), opened(layer="conv1")
    panel.layer = "conv1"
    panel.display()
    unfold(fresh)
    panel.wait()
    assert panel.page == page
    assert np.array_equal(getattr(panel, sheet).pixels, getattr(fresh, sheet).pixels)


def test_pages_that_are_not_open_sleep_and_wake_as_well(asleep):
    seen = []

    def visit(panel):
        for page in PAGES:
            panel.open_page(page)
            panel.wait()
            seen.extend(panel.every_widget)

    panel = asleep(act=visit)
    assert not set(seen) & set(_instances.values())
    panel.display()
    assert set(seen) <= set(_instances.values())
    panel.close()
    assert not set(seen) & set(_instances.values())

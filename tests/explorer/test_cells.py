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
from ipywidgets.widgets.widget import _instances
from torch.utils.data import DataLoader, TensorDataset

from attn_widget import AttentionExplorer, explain, review
from attn_widget.explorer import cells
from attn_widget.explorer.parts import every_widget

from .panels import Gate, Reads, batches, choose, controls, finish, images, net, passes_of, read_batches

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


@pytest.fixture
def notebook(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(cells, "get_ipython", lambda: notebook)
    return notebook


@pytest.fixture
def asleep(notebook, opened):
    """Make a panel as `opened` does, and let it fall asleep."""

    def fallen(*arguments, act=lambda explorer: None, **options):
        with notebook.cell("of the sleeper"):
            explorer = opened(*arguments, **options)
        act(explorer)
        with notebook.cell("of the sleeper"):
            opened().close()
        assert not is_awake(explorer)
        return explorer

    return fallen


def show(explorer):
    """Display a panel; give the id of the model that the page is to show."""
    return explorer._repr_mimebundle_()[0][VIEW]["model_id"]


def is_awake(explorer):
    """Say whether a panel's widgets are open; all of them are, or none."""
    (awake,) = {widget in _instances.values() for widget in (*every_widget(explorer), controls(explorer).link)}
    return awake


# --- who falls asleep


def test_a_panel_whose_cell_is_run_again_is_held_by_nothing(notebook):
    before = set(_instances)
    left = []
    for _ in range(3):
        with notebook.cell("one"):
            explorer = AttentionExplorer(net(), batches())
            show(explorer)
        explorer.sample = 2
        controls(explorer).strip.value = controls(explorer).contact.value = True
        explorer._face.reviews.find.click()
        finish(explorer._face.reviews._worker)
        finish(explorer._face.contact._worker)
        left += [weakref.ref(part) for part in (explorer, explorer._model, explorer.figure, explorer.figure.canvas)]
        del explorer
    gc.collect()
    *gone, explorer, model, figure, canvas = (part() for part in left)
    assert gone == [None] * 8
    assert None not in (model, figure, canvas)
    explorer.close()
    assert set(_instances) == before


def test_all_panels_of_one_run_stay_awake(notebook, opened):
    with notebook.cell("one"):
        panels = [opened() for _ in range(3)]
    assert all(map(is_awake, panels))


def test_a_panel_that_another_cell_shows_stays_awake_until_that_is_run_again_too(notebook, opened):
    with notebook.cell("one"):
        explorer = opened()
    with notebook.cell("two"):
        show(explorer)
    with notebook.cell("one"):
        opened()
    assert is_awake(explorer)
    with notebook.cell("two"):
        show(opened())
    assert not is_awake(explorer)


def test_what_a_cell_shows_again_is_never_closed(notebook, opened):
    first, second = opened(), opened()
    for _ in range(2):
        with notebook.cell("one"):
            show(first)
            show(second)
        comms = [widget.comm for widget in (*every_widget(first), *every_widget(second))]
    with notebook.cell("one"):
        show(first)
        assert is_awake(second)
        show(second)
    assert comms == [widget.comm for widget in (*every_widget(first), *every_widget(second))]


def test_a_cell_that_shows_no_panel_any_more_puts_none_to_sleep(notebook, opened):
    with notebook.cell("one"):
        explorer = opened()
    with notebook.cell("one"):
        pass
    assert is_awake(explorer)


@pytest.mark.parametrize(
    ("metadata", "kind"), [({}, "execute_request"), ({"cellId": "one"}, "comm_msg")], ids=["no cell", "a callback"]
)
def test_what_no_cell_made_stays_awake(notebook, opened, metadata, kind):
    with notebook.request(metadata, kind):
        explorer = opened()
    with notebook.request(metadata, kind):
        show(opened())
    with notebook.cell("one"):
        opened()
    assert is_awake(explorer)


def test_what_a_thread_of_the_users_made_stays_awake(notebook, opened):
    panels = []
    with notebook.cell("one"):
        thread = threading.Thread(target=lambda: panels.append(opened()))
        thread.start()
        thread.join()
    with notebook.cell("one"):
        opened()
    assert is_awake(panels[0])


def test_without_a_kernel_nothing_is_asked(monkeypatch, opened):
    for shell in (None, SimpleNamespace(), SimpleNamespace(kernel=None)):
        monkeypatch.setattr(cells, "get_ipython", lambda shell=shell: shell)
        assert cells.present() is None
        show(opened())


def test_ipythons_events_are_left_as_they_were(notebook, opened):
    for _ in range(2):
        with notebook.cell("one"):
            show(opened())
    assert not any(notebook.events.callbacks.values())


def test_a_panel_in_a_box_stays_awake_as_long_as_the_box_is_open(notebook, opened):
    with notebook.cell("one"):
        explorer = opened()
    with notebook.cell("two"):
        box = widgets.HBox([explorer])
    for awake in (True, False):
        with notebook.cell("one"):
            opened()
        assert is_awake(explorer) is awake
        box.layout.close()
        box.close()


def test_a_panel_in_an_output_widget_stays_awake(notebook, opened):
    with notebook.cell("one"):
        explorer = opened()
    output = widgets.Output(outputs=[{"output_type": "display_data", "data": {VIEW: {"model_id": explorer.model_id}}}])
    with notebook.cell("one"):
        opened()
    assert is_awake(explorer)
    output.layout.close()
    output.close()


# --- asleep


def test_asleep_a_panel_does_for_code_what_it_did(asleep, tmp_path):
    explorer = asleep()
    before = set(_instances)
    explorer.sample, explorer.layer, explorer.top_k = 3, "conv1", 2
    expected = explain(explorer._model, images()[3], layer="conv1", top_k=2)
    assert (explorer.explanation.logits == expected.logits).all()
    assert (explorer.explanation.heatmaps == expected.heatmaps).all()
    assert explorer.status.startswith("Sample 3 of 6")
    explorer.view = "raw"
    explorer.save(tmp_path / "panel.png")
    explorer.refresh()
    assert explorer.explanation is not None
    explorer.next_mistake()
    explorer.review = review(explorer._model, batches())
    controls(explorer).strip.value = controls(explorer).contact.value = True
    explorer.reset()
    assert explorer.layer == "relu"
    assert not is_awake(explorer)
    assert set(_instances) == before


def test_closed_while_it_sleeps_a_panel_computes_nothing_any_more(asleep):
    explorer = asleep()
    explorer.close()
    passes = passes_of(explorer)
    explorer.sample = 3
    explorer.refresh()
    assert passes_of(explorer) == passes


# --- awake again


def test_displayed_again_a_panel_wakes_under_its_old_name_and_shows_what_was_set_meanwhile(asleep, notebook):
    names = []
    explorer = asleep(act=lambda explorer: names.extend(widget.model_id for widget in every_widget(explorer)))
    explorer.sample = 2
    assert show(explorer) == names[-1]
    assert is_awake(explorer)
    assert [widget.model_id for widget in every_widget(explorer)] == names
    assert controls(explorer).position.get_state()["value"] == 2
    choose(controls(explorer).layer, "conv1")
    assert explorer.explanation.layer == "conv1"


def test_a_panel_that_woke_in_a_cell_falls_asleep_when_that_is_run_again(asleep, notebook, opened):
    explorer = asleep()
    with notebook.cell("two"):
        show(explorer)
    assert is_awake(explorer)
    with notebook.cell("two"):
        show(opened())
    assert not is_awake(explorer)


def test_put_in_a_box_a_panel_wakes(asleep):
    explorer = asleep()
    box = widgets.HBox([explorer])
    assert is_awake(explorer)
    assert box.get_state()["children"] == [f"IPY_MODEL_{explorer.model_id}"]
    box.layout.close()
    box.close()


def test_every_part_of_a_woken_panel_can_be_displayed_by_itself(asleep):
    explorer = asleep()
    show(explorer)
    assert all(widget._repr_mimebundle_() for widget in every_widget(explorer) if widget._view_name)


def test_a_review_that_was_on_its_way_can_be_gone_on_with(asleep):
    loader = DataLoader(TensorDataset(*read_batches([0] * 60, [0] * 60, size=60)[0]), batch_size=4)
    gates = []

    def begin(explorer):
        gates.append(Gate(explorer._model, after=5))
        explorer._face.reviews.find.click()
        gates[0].wait()

    explorer = asleep(Reads(), loader, act=begin)
    gates[0].open()
    explorer._face.reviews._worker._thread.join(60)
    assert 0 < explorer.review.reviewed < 60
    show(explorer)
    assert (explorer._face.reviews.find.disabled, explorer._face.reviews.find.description) == (False, "Continue")
    explorer._face.reviews.find.click()
    finish(explorer._face.reviews._worker)
    assert explorer.review.complete


def test_a_search_that_was_on_its_way_is_forgotten(asleep):
    gates = []

    def begin(explorer):
        gates.append(Gate(explorer._model, after=1))
        controls(explorer).next_mistake.click()
        gates[0].wait()

    explorer = asleep(Reads(), read_batches([0] * 9, [0] * 8 + [1]), act=begin)
    gates[0].open()
    explorer._search._worker._thread.join(60)
    show(explorer)
    assert explorer.sample == 0
    assert controls(explorer).stop.layout.display == "none"
    assert not controls(explorer).next_mistake.disabled
    assert controls(explorer).search.value == ""


def test_what_took_long_and_was_forgotten_is_computed_after_waking(asleep):
    gates = []

    def begin(explorer):
        gates.append(Gate(explorer._model))
        explorer.method = "ablation-cam"
        gates[0].wait()

    explorer = asleep(act=begin)
    first = explorer._slow._thread
    gates[0].open()
    first.join(60)
    assert explorer.explanation is None
    show(explorer)
    finish(explorer._slow)
    assert explorer.explanation.method == "ablation-cam"


def test_a_contact_sheet_that_was_on_its_way_is_made_after_waking(asleep):
    gates = []

    def begin(explorer):
        gates.append(Gate(explorer._model, after=1))
        controls(explorer).contact.value = True
        gates[0].wait()

    explorer = asleep(act=begin)
    contact = explorer._face.contact
    gates[0].open()
    contact._worker._thread.join(60)
    assert contact._glances == []
    show(explorer)
    finish(contact._worker)
    assert len(contact._glances) == 6


def test_the_sheets_are_made_again_after_waking(asleep):
    def unfold(explorer):
        controls(explorer).strip.value = controls(explorer).contact.value = True
        finish(explorer._face.contact._worker)

    explorer = asleep(act=unfold)
    explorer.layer = "conv1"
    show(explorer)
    finish(explorer._face.contact._worker)
    contact = explorer._face.contact
    assert [glance.explanation.layer for glance in contact._glances] == ["conv1"] * 6
    expected = explain(explorer._model, images()[0], layer="conv1").overall
    assert np.array_equal(contact._glances[0].explanation.overall, expected)
    assert explorer._face.filmstrip._look.explanation.layer == "conv1"

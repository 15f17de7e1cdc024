"""The review without a widget: what is chosen, marked and found in it, and what a scene says of it."""

import threading

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from attn_widget import Review
from attn_widget.explorer.class_names import ClassNames
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.next_mistake import NextMistake
from attn_widget.explorer.session.playlist import EVERYTHING, Selection
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.samples import Samples

from .panels import Gate, Reads, read_batches

PREDICTED = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]
LABELS = [0, 1, 2, 1, 1, 2, 2, 1, 2, 0, 0, 2]
MISTAKES = [3, 6, 10]


class Panel:
    """What a panel is to its session: a lock, the actions that come, and how often there was something to show."""

    def __init__(self, model=None, times=1):
        data = TensorDataset(*read_batches(PREDICTED * times, LABELS * times, 12 * times)[0])
        self.model, samples = model or Reads(), Samples(DataLoader(data, batch_size=4))
        self.told, self.actions, self._lock = 0, [], threading.RLock()
        given = Known(self.model, ClassNames(("a", "b", "c"), None), samples, None), self.tell
        self.reviews = ReviewWork(*given, lambda position: {"sample": position})
        self.search = NextMistake(*given, self.actions.append)

    def tell(self, change=None, *, last=False):
        with self._lock:
            self.told += 1
            if change is not None:
                assert last
                change()

    def found(self):
        self.reviews.begin()
        finish(self.reviews._worker)
        return self

    def next(self, start, onwards=True):
        found = self.search.begin(start, self.reviews, onwards=onwards)
        if found is None and self.search.worker._thread is not None:
            finish(self.search.worker)
        return found


def finish(worker):
    worker._thread.join(60)
    assert not worker.running


@pytest.fixture
def panel():
    return Panel()


def test_what_was_found_is_said_with_its_counts_and_classes(panel):
    before = panel.reviews.scene_part(0)
    assert (before.findings, before.begin, before.markable) == (None, "Find mistakes", False)
    part = panel.found().reviews.scene_part(0)
    assert (part.running, part.said, part.warning) == (False, "12 samples: 75 % right, 3 wrong.", "")
    assert part.findings.classes == ("a", "b", "c")
    assert part.findings.counts.tolist() == [[2, 1, 0], [1, 3, 0], [1, 0, 4]]
    assert panel.told > 0


def test_a_part_is_the_same_object_until_something_changes(panel):
    part = panel.found().reviews.scene_part(5)
    assert panel.reviews.scene_part(5) is panel.reviews.scene_part(6) is part
    panel.reviews.mark("bad image")
    marked = panel.reviews.scene_part(6)
    assert (marked is part, marked.mark.kind, marked.findings is part.findings) == (False, "bad image", True)
    assert panel.reviews.scene_part(5).mark is None
    panel.reviews.review.mark(5, "look again")  # by code
    assert panel.reviews.scene_part(5).mark.kind == "look again"
    changed = panel.reviews.scene_part(5)
    panel.reviews.file.rename("other.npz")
    assert panel.reviews.scene_part(5).file.path == "other.npz"
    assert changed.file.path == "review.npz"


def test_while_it_runs_it_says_how_far_it_is_and_stop_keeps_what_was_done(panel):
    gate = Gate(panel.model, after=1)
    panel.reviews.begin()
    gate.wait()
    part = panel.reviews.scene_part(0)
    assert (part.running, 0 <= part.fraction < 1, part.findings) == (True, True, None)
    panel.reviews.stop()
    gate.open()
    finish(panel.reviews._worker)
    part = panel.reviews.scene_part(0)
    assert (part.running, part.begin, len(part.marks)) == (False, "Continue", 0)
    assert part.said.startswith(f"{panel.reviews.review.reviewed} of 12 samples so far: ")


def test_one_that_was_forgotten_on_its_way_is_taken_in_after_waking(panel):
    gate = Gate(panel.model, after=1)
    panel.reviews.begin()
    gate.wait()
    thread = panel.reviews._worker._thread
    panel.reviews.forget()
    gate.open()
    thread.join(60)
    before = panel.told
    panel.reviews.settle()
    part = panel.reviews.scene_part(0)
    assert (part.running, part.begin, panel.told) == (False, "Continue", before)
    assert part.findings.review.reviewed == panel.reviews.review.reviewed > 0


def test_a_selection_is_a_playlist_goes_to_its_first_sample_and_has_words(panel):
    assert panel.reviews.select(Selection("mistakes")) is None  # of nothing
    reviews = panel.found().reviews
    everything = reviews.playlist
    assert reviews.select(Selection("mistakes")) == {"sample": 3}
    assert reviews.playlist.selection.tolist() == MISTAKES
    chosen = reviews.playlist
    reviews.select(Selection("mistakes", confidence=(0.5, 1.0)))
    assert (reviews.playlist is chosen, reviews.selection_said) == (True, "mistakes, 50 % to 100 % sure")
    assert reviews.select(Selection(true=0, predicted=1)) == {"sample": 10}
    assert (reviews.selection_said, reviews.scene_part(10).chosen) == ("a → b", "1 of 12 samples")
    assert reviews.select(Selection(true=1, predicted=2)) == {"sample": 10}  # there is none: the panel stays
    assert reviews.playlist.selection.tolist() == []
    assert reviews.select(EVERYTHING) == {"sample": 10}
    assert (reviews.playlist.selection, everything.selection, reviews.selection_said) == (None, None, "")


def test_marked_samples_are_a_selection_that_follows_the_marks(panel):
    reviews = panel.found().reviews
    for position in (7, 2):
        reviews.scene_part(position)
        reviews.mark(None, "a note alone")
    assert reviews.review.marks[2].kind == "look again"
    reviews.select(Selection("marked"))
    assert reviews.playlist.selection.tolist() == [2, 7]
    reviews.mark(None)
    assert reviews.playlist.selection.tolist() == [7]


def test_a_review_of_more_samples_is_cut_and_one_of_fewer_lets_the_others_be(panel):
    reviews = panel.found().reviews
    reviews.use(Panel(panel.model, times=2).found().reviews.review)
    assert "12 samples, but 24 were reviewed" in reviews.scene_part(0).warning
    reviews.select(Selection("mistakes"))
    assert reviews.playlist.selection.tolist() == MISTAKES
    assert not reviews.is_mistake(40)
    assert [position for position in range(12) if reviews.is_mistake(position)] == MISTAKES


def test_marks_in_the_file_are_offered_when_the_offer_is_read_and_can_be_taken(panel, tmp_path):
    panel.found().reviews.review.mark(4, "bad image")
    panel.reviews.review.save(tmp_path / "review.npz")
    fresh = Panel(panel.model).found().reviews
    fresh.file.rename(str(tmp_path / "review.npz"))
    assert fresh.scene_part(4).file.offer == "1 earlier mark: load it"
    fresh.file.take_marks()
    part = fresh.scene_part(4)
    assert (part.mark.kind, part.file.offer, part.file.said) == ("bad image", "", "1 earlier mark is back.")
    fresh.mark("look again")  # the file is chosen now
    assert Review.load(tmp_path / "review.npz").marks[4].kind == "look again"


def test_a_question_about_the_file_is_answered_once(panel, tmp_path):
    path = tmp_path / "review.npz"
    path.write_bytes(b"weights")
    reviews = panel.found().reviews
    reviews.file.rename(str(path))
    reviews.file.save()
    assert reviews.file.talk.answers == ("Save anyway",)
    reviews.file.rename(str(path))
    reviews.file.answer("Save anyway")
    assert path.read_bytes() == b"weights"  # the question was taken back
    reviews.file.save()
    reviews.file.answer("Save anyway")
    assert (Review.load(path).reviewed, reviews.file.talk.answers) == (12, ())


def test_a_home_that_is_nobodys_is_no_file(panel):
    file = panel.found().reviews.file
    file.rename("~nobody-at-all/review.npz")
    assert file.talk.offer == ""
    file.save()
    assert file.talk.said.startswith("Not saved in ~nobody-at-all/review.npz: ")


# --- the next mistake


def test_a_whole_review_knows_the_next_mistake_in_the_order_of_the_list_and_runs_no_model(panel):
    panel.found()
    before = panel.model.counter.passes
    assert [panel.next(0), panel.next(3), panel.next(10), panel.next(10, onwards=False)] == [3, 6, None, 6]
    assert panel.search.said == "Sample 6 is a mistake."
    panel.reviews.select(Selection("highest loss"))
    order = [position for position in panel.reviews.playlist.selection.tolist() if position in MISTAKES]
    assert panel.next(order[0]) == order[1]
    panel.reviews.select(Selection("right"))
    assert panel.next(0) is None
    assert panel.search.said == "No mistake after this sample in the selection."
    assert panel.search.go(0, panel.reviews, onwards=True) is None
    assert panel.model.counter.passes == before


def test_a_review_of_another_model_is_not_asked(panel):
    panel.found()
    with torch.no_grad():
        panel.model.conv.weight += 1
    panel.reviews.check()
    before = panel.model.counter.passes
    assert panel.search.go(3, panel.reviews, onwards=True) == 6
    assert panel.model.counter.passes > before


def test_a_search_on_a_thread_ends_in_the_sample_being_picked_and_its_words_stay(panel):
    assert panel.next(4) is None
    assert [(action.verb, action.arguments) for action in panel.actions] == [("pick", (6,))]
    panel.search.quiet()
    assert panel.search.said == "Sample 6 is a mistake (2 tried)."
    panel.search.quiet()
    assert panel.search.said == ""
    panel.next(10)
    assert len(panel.actions) == 1
    assert panel.search.said == "No mistake after this sample (1 tried)."


def test_a_search_without_a_whole_review_follows_the_list_too(panel):
    panel.found()
    panel.reviews.select(Selection("most surely wrong"))
    panel.reviews.playlist = type(panel.reviews.playlist)(np.array([10, 0, 6, 3]))
    panel.reviews._warning = "The model is another one."
    found = [panel.search.go(start, panel.reviews, onwards=True) for start in (10, 6, 3)]
    assert (found, panel.search.go(6, panel.reviews, onwards=False)) == ([6, 3, None], 10)

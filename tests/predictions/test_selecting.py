"""Which samples to look at, in which order, and which classes are confused."""

import itertools
from functools import partial

import numpy as np
import pytest
from torch.utils.data import DataLoader

from attn_widget import Review, Reviewing
from attn_widget.predictions.batch_scores import Scored
from attn_widget.predictions.columns import empty_columns
from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.predictions.marks import Mark
from attn_widget.predictions.review_growth import grown, nothing_known
from attn_widget.predictions.selection import SELECTIONS

from .making import Naming, Shades, made


def random_review(count=500, classes=5, seed=0):
    random = np.random.default_rng(seed)
    labels, predicted = random.integers(0, classes, count), random.integers(0, classes, count)
    predicted[::7] = labels[::7]
    predicted[3::50] = -1  # failed
    labels[5::50] = -1  # without a label
    confidence = random.random(count, dtype=np.float32)
    confidence[3::50] = np.nan
    loss = random.random(count, dtype=np.float32)
    loss[(labels < 0) | (predicted < 0)] = np.nan
    found = made(labels, predicted, classes, confidence=confidence, loss=loss)
    for position in random.permutation(count)[: count // 2].tolist():
        found.mark(position, "look again")
    return found


def is_mistake(found, at):
    return found.labels[at] >= 0 and found.predicted[at] >= 0 and found.labels[at] != found.predicted[at]


ORDERS = {
    "all": (lambda found, at: True, lambda found, at: at),
    "mistakes": (is_mistake, lambda found, at: at),
    "right": (lambda found, at: found.labels[at] == found.predicted[at] >= 0, lambda found, at: at),
    "least sure": (lambda found, at: found.predicted[at] >= 0, lambda found, at: found.confidence[at]),
    "most surely wrong": (is_mistake, lambda found, at: -found.confidence[at]),
    "highest loss": (lambda found, at: found.loss[at] == found.loss[at], lambda found, at: -found.loss[at]),
    "marked": (lambda found, at: at in found.marks, lambda found, at: at),
}


@pytest.mark.parametrize("which", ORDERS)
def test_a_selection_has_its_samples_in_its_order_and_filters_combine(which):
    found = random_review()
    belongs, key = ORDERS[which]
    for true, predicted, confidence in itertools.product((None, 2), (None, 3), ((0, 1), (0.25, 0.75))):
        least, most = confidence
        expected = [
            at
            for at in range(500)
            if belongs(found, at)
            and (true is None or found.labels[at] == true)
            and (predicted is None or found.predicted[at] == predicted)
            and (confidence == (0, 1) or least <= found.confidence[at] <= most)
        ]
        expected.sort(key=lambda at: key(found, at))
        positions = found.select(which, true=true, predicted=predicted, confidence=confidence)
        assert positions.tolist() == expected
        assert expected or (true, predicted) != (None, None)


def test_the_ends_of_a_range_of_confidence_belong_to_it():
    found = made([0, 0, 0], [0, 0, 0], confidence=[0.1, 0.2, 0.3])
    assert found.select(confidence=(0.1, 0.2)).tolist() == [0, 1]


def test_marked_samples_are_those_that_carry_a_mark_now_also_where_the_review_has_not_come_yet():
    work = Reviewing(Naming(), DataLoader(Shades(20), batch_size=4))
    next(work.steps())
    for position in (12, 3, 1):
        work.review.mark(position, "look again")
    work.review.unmark(3)
    assert work.review.select("marked").tolist() == [1, 12]
    assert work.review.select("marked", predicted=1).tolist() == [1]
    assert made([0, 1], [1, 1]).select("marked").tolist() == []


# --- the next mistake


def test_the_next_mistake_is_the_next_by_position_or_in_an_order_and_there_is_none_behind_the_last():
    found = made([0, 0, 0, 0, -1, 0, 7], [0, 1, 0, 1, 1, 1, 1], classes=2, confidence=[1, 0.5, 1, 0.9, 1, 0.7, 1])
    assert [found.is_mistake(position) for position in range(-1, 8)] == [at in (1, 3, 5) for at in range(-1, 8)]
    assert [found.next_mistake(after) for after in range(-1, 7)] == [1, 1, 3, 3, 5, 5, None, None]
    assert [found.next_mistake(at, onwards=False) for at in range(7)] == [None, None, 1, 1, 3, 3, 5]
    surest = found.select("most surely wrong")
    assert surest.tolist() == [3, 5, 1]
    assert [found.next_mistake(after, order=surest) for after in (3, 5, 1)] == [5, 1, None]
    assert [found.next_mistake(after, onwards=False, order=surest) for after in (3, 5, 1)] == [None, 3, 5]
    for elsewhere in (0, 6):  # which the order does not have: from its beginning, or from its end
        assert found.next_mistake(elsewhere, order=surest) == 3
        assert found.next_mistake(elsewhere, onwards=False, order=surest) == 1
    assert found.next_mistake(0, order=found.select("right")) is None


def test_a_review_on_its_way_knows_the_mistakes_so_far():
    work = Reviewing(Naming(), DataLoader(Shades(20), batch_size=5))
    next(work.steps())
    assert [work.review.next_mistake(after) for after in (0, 3, 4)] == [3, 4, None]
    assert not work.review.is_mistake(5)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"which": "worst"}, "which must be one of 'all', 'mistakes', .*, got 'worst'"),
        ({"confidence": (0.9, 0.1)}, r"confidence must be a pair .* got \(0\.9, 0\.1\)"),
        ({"confidence": 0.5}, r"confidence must be a pair .* got 0\.5"),
    ],
)
def test_what_is_no_selection_is_refused(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        random_review().select(**arguments)


@pytest.mark.parametrize("given", ["cat", 1.0, True])
@pytest.mark.parametrize("which", ["true", "predicted"])
def test_a_class_that_is_not_given_by_its_index_is_refused_and_not_found_empty(which, given):
    with pytest.raises(TypeError, match=f"{which} must be a class index or None, got {given!r}"):
        random_review().select(**{which: given})


def test_pairs_of_classes_are_listed_most_confused_first():
    found = random_review()
    counts = found.confusion()
    pairs = found.confused_pairs()
    assert [count for *_, count in pairs] == sorted((count for *_, count in pairs), reverse=True)
    assert {(true, predicted): count for true, predicted, count in pairs} == {
        (true, predicted): counts[true, predicted]
        for true, predicted in itertools.permutations(range(5), 2)
        if counts[true, predicted]
    }
    assert counts.sum() == (found.right | found.wrong).sum()
    assert found.accuracy == np.trace(counts) / counts.sum()


def test_a_thousand_classes_have_a_matrix_and_a_hundred_thousand_only_pairs():
    found = made([999, 3, 3], [3, 999, 999])
    assert found.confusion().shape == (1000, 1000)
    assert found.confused_pairs() == [(3, 999, 2), (999, 3, 1)]
    found = made([99_999, 3], [3, 99_999])
    assert found.confused_pairs() == [(3, 99_999, 1), (99_999, 3, 1)]
    with pytest.raises(ValueError, match=r"of 100,000 classes is too large, .* take confused_pairs\(\)"):
        found.confusion()


def test_all_that_is_asked_while_a_stream_goes_on_is_of_one_moment():
    class Growing(Review):
        """Another mistake is added, and another mark, whenever somebody looks."""

        @property
        def snapshot(self):
            now = super().snapshot
            mistake = empty_columns(1) | {"labels": [0], "predicted": [1], "confidence": [0.5], "loss": [1.0]}
            self.become(partial(grown, scored=Scored(now.reviewed, mistake, {}, 2)))
            self.add_marks({now.reviewed: Mark("look again")})
            return now

    stream = Growing(nothing_known(None, Fingerprint("", None, None, "", "")))
    assert stream.select("all").size == 0
    assert stream.accuracy == 0
    for which in SELECTIONS:
        assert len(stream.select(which)) <= stream.reviewed
    counts = stream.confusion()
    assert counts[0, 1] == counts.sum() > 0
    assert stream.confused_pairs()[0][:2] == (0, 1)
    assert stream.wrong.all()

"""Mistakes in groups: planted causes are found, shuffled features are not, and each fact is what a plain loop gives."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from attn_widget.surveys import Group, Mistakes
from attn_widget.surveys.mistake_clusters import clustered
from attn_widget.surveys.mistake_features import points_of

from .making import CAUSES, planted, survey_of

EACH = 60


@pytest.fixture(scope="module")
def survey():
    return planted(EACH)


@pytest.fixture(scope="module")
def groups(survey):
    return survey.groups()


def of(groups, cause) -> Group:
    """The group that holds most mistakes of a cause."""
    return max(groups, key=lambda group: Counter(CAUSES[at // EACH] for at in group.positions)[cause])


def fact(group, kind):
    (found,) = [each for each in group.facts if each.kind == kind]
    return found


def test_mistakes_of_four_causes_make_four_groups_of_one_cause_each(groups):
    assert len(groups) == 4
    for group in groups:
        (_, most), *rest = Counter(at // EACH for at in group.positions.tolist()).most_common()
        assert most >= 0.95 * (most + sum(count for _, count in rest))
        assert group.stability > 0.9
    assert sorted(np.concatenate([group.positions for group in groups]).tolist()) == list(range(4 * EACH))
    assert groups.silhouette > groups.by_chance + 0.1


@pytest.mark.parametrize("seed", [0, 1])
def test_features_shuffled_among_the_mistakes_give_none_and_it_is_said(survey, seed):
    random, mistakes = np.random.default_rng(seed), survey.mistakes
    columns = {name: getattr(mistakes, name) for name in ("predicted", "maps", "contributions", "pictures")}
    columns["contributions"] = mistakes.contributions - points_usual(mistakes)
    shuffled = {name: random.permutation(column) for name, column in columns.items()}
    shuffled["contributions"] = shuffled["contributions"] + points_usual(replace(mistakes, **shuffled))
    found = survey_of(replace(mistakes, **shuffled), survey.right).groups()
    assert list(found) == []
    assert found.why.startswith("No groups: the mistakes fall into groups hardly more clearly than ")
    assert repr(found) == found.why


def points_usual(mistakes):
    """What is usual for each prediction: its own class's channel."""
    usual = np.zeros_like(mistakes.contributions)
    usual[np.arange(len(usual)), mistakes.predicted] = 0.7
    return usual


def test_mistakes_of_one_cause_make_no_groups():
    assert len(planted(150, ("label",)).groups()) == 0


def test_a_group_of_the_corner_says_so_beside_right_ones(survey, groups):
    group = of(groups, "corner")
    found = fact(group, "region")
    assert found.which == 0
    assert found.value == pytest.approx(heat_in_the_top_left(survey.mistakes.maps[group.positions]), rel=1e-5)
    assert found.right == pytest.approx(heat_in_the_top_left(survey.right.maps), rel=1e-5)
    value, right = round(100 * found.value), 100 * found.right
    assert f"Heat in the top left: {value} % (right ones: {right:.{0 if right >= 9.95 else 1}f} %)" in group.said
    assert group.pair.startswith("taken for circle (") or group.pair_share >= 0.5
    assert np.allclose(group.mean_map, survey.mistakes.maps[group.positions].mean(0))


def heat_in_the_top_left(maps):
    """The part of the heat in the first third of rows and columns, of 8 each: two cells and two thirds."""
    weights = np.array([1, 1, 2 / 3, 0, 0, 0, 0, 0])
    return np.mean([weights @ each @ weights / each.sum() for each in maps.astype(np.float64)])


def test_a_group_by_a_channel_says_how_much_stronger_it_is(survey, groups):
    group = of(groups, "channel")
    found = fact(group, "channel")
    assert found.which == 7
    assert found.value == pytest.approx(survey.mistakes.contributions[group.positions, 7].mean(), rel=1e-5)
    assert found.right == pytest.approx(survey.right.contributions[:, 7].mean(), abs=0.005)
    (said,) = [each for each in group.said if each.startswith("Channel 7: ")]
    assert "times as strong (right ones: " in said


def test_a_group_of_dark_pictures_says_their_brightness(survey, groups):
    group = of(groups, "dark")
    found = fact(group, "brightness")
    pictures = survey.mistakes.pictures[group.positions, 0], survey.right.pictures[:, 0]
    assert (found.value, found.right) == tuple(pytest.approx(each.mean(), rel=1e-5) for each in pictures)


def test_where_nothing_sets_a_group_apart_it_is_said(groups):
    group = of(groups, "label")
    assert [each.kind for each in group.facts] == ["confidence"]
    assert group.said[0] == "Neither heat nor channels nor brightness nor sharpness sets them apart from right ones"
    assert group.said[1].startswith("How sure the model is: ")


def test_the_commonest_confusion_is_a_plain_counts(survey, groups):
    mistakes = survey.mistakes
    for group in groups:
        labels, predicted = (each[group.positions].tolist() for each in (mistakes.labels, mistakes.predicted))
        pairs = Counter(zip(labels, predicted, strict=True))
        assert pairs[group.true, group.predicted] == max(pairs.values())
        assert group.pair_share == pytest.approx(max(pairs.values()) / len(group))


def test_members_are_the_nearest_to_the_centre(survey, groups):
    values = points_of(survey.mistakes, survey.right).values
    for group in groups:
        away = np.linalg.norm(values[group.positions] - values[group.positions].mean(0), axis=1)
        assert np.allclose(away, np.sort(away), atol=1e-6)
        assert group.members.tolist() == group.positions[:5].tolist()


def test_the_silhouette_is_a_plain_loops(survey, groups):
    points = points_of(survey.mistakes, survey.right)
    values, labels, scores = points.values, clustered(points).labels, []
    for at, value in enumerate(values):
        away = np.linalg.norm(values - value, axis=1)
        means = {label: away[labels == label].sum() / (labels == label).sum() for label in set(labels.tolist())}
        within = away[labels == labels[at]].sum() / ((labels == labels[at]).sum() - 1)
        beside = min(mean for label, mean in means.items() if label != labels[at])
        scores.append((beside - within) / max(within, beside))
    assert groups.silhouette == pytest.approx(np.mean(scores))


def test_the_same_survey_gives_the_same_groups_and_draws_from_no_global_state(survey, groups):
    before = np.random.get_state()[1].copy()
    again = survey.groups()
    assert [group.positions.tolist() for group in again] == [group.positions.tolist() for group in groups]
    assert np.array_equal(np.random.get_state()[1], before)


def test_progress_counts_the_steps_and_what_it_raises_ends_the_work(survey):
    told = []

    def progress(done, total):
        told.append((done, total))
        if done == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        survey.groups(progress)
    assert told == [(0, 44), (1, 44), (2, 44), (3, 44)]


def test_too_little_to_go_by_is_said():
    few, right = planted(7), planted(10, right=19)
    assert few.groups().why == "No groups: 28 mistakes, and fewer than 30 show no pattern that can be trusted."
    assert right.groups().why == ("No groups: 19 right predictions to compare the mistakes with, and 20 are needed.")


def test_what_could_not_be_measured_is_left_out(survey):
    def without(record) -> Mistakes:
        maps, pictures = record.maps.copy(), record.pictures.copy()
        maps[::9] = pictures[1::9] = np.nan
        return replace(record, maps=maps, pictures=pictures, confidences=np.full_like(record.confidences, np.nan))

    found = survey_of(without(survey.mistakes), without(survey.right)).groups()
    assert len(found) == 4
    assert {each.kind for group in found for each in group.facts} == {"region", "channel", "brightness"}
    assert np.isfinite([group.mean_map for group in found]).all()


def test_groups_are_told_in_one_line(groups):
    sizes = ", ".join(str(len(group)) for group in groups[:-1])
    assert repr(groups).startswith(f"240 mistakes in 4 groups of {sizes} and {len(groups[-1])} (silhouette ")
    assert repr(groups[0]).startswith(f"Group of {len(groups[0])} mistakes: ")

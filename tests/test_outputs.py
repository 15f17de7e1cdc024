"""Which of a model's outputs are the class scores: what decides, and what is said where nothing does."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from predictions.making import reviewed
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from attn_widget import AttentionExplorer, Contrast, explain
from attn_widget.candidates import Classes, choose
from attn_widget.outputs import read_scores, score_rows
from attn_widget.predictions import verdicts
from attn_widget.predictions.review_walk import Reviewing
from attn_widget.samples import Samples
from attn_widget.targets import scores_of

FEATURES = torch.rand(1, 16, generator=torch.Generator().manual_seed(0)) + 1
LOGITS = torch.tensor([[0.0, 3.0, 1.0, 2.0]])
OTHERS = torch.tensor([[5.0, 1.0, 0.0, 2.0]])

Named = namedtuple("Named", ["hidden", "prediction"])
Inception = namedtuple("Inception", ["logits", "aux_logits"])


@dataclass
class Parts:
    penultimate: torch.Tensor
    y: torch.Tensor


class Holder:
    """A plain object, which also holds itself."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts, own=self)


# --- names decide

BY_NAME = {
    "features and pred": {"features": FEATURES, "pred": LOGITS},
    "pred and features": {"pred": LOGITS, "features": FEATURES},
    "embedding and y_hat": {"embedding": FEATURES, "y_hat": LOGITS},
    "a name that says nothing beside features": {"feats": FEATURES, "head": LOGITS},
    "a name of scores beside one that says nothing": {"shape": OTHERS, "classScores": LOGITS},
    "aux and main of equal width": {"aux": OTHERS, "main": LOGITS},
    "logits beside everything": {"out": OTHERS, "scores": FEATURES, "logits": LOGITS},
    "cls_logits beside logits": OrderedDict(cls_logits=OTHERS, logits=LOGITS),
    "a namedtuple": Named(FEATURES, LOGITS),
    "torchvision's outputs in train mode": Inception(LOGITS, OTHERS),
    "a dataclass": Parts(FEATURES, LOGITS),
    "an object": SimpleNamespace(pooled=FEATURES, probs=LOGITS),
    "an object that holds itself": Holder(emb=FEATURES, pred=LOGITS),
    "nested": [{"encoder": {"out": FEATURES}}, {"classifier": (LOGITS,)}],
    "nested namedtuple": {"student": Named(FEATURES, LOGITS)},
    "features in a list": {"hidden_states": [FEATURES, FEATURES + 1], "output": LOGITS},
    "CLIP": {"logits_per_text": LOGITS[:, :1], "logits_per_image": LOGITS, "image_embeds": FEATURES},
    "four boxes, one for each image": {"boxes": OTHERS, "classes": LOGITS},
    "maps of segmentation beside": {"out": torch.rand(1, 4, 3, 3), "aux": torch.rand(1, 4, 3, 3), "label": LOGITS},
}


@pytest.mark.parametrize("output", BY_NAME.values(), ids=BY_NAME.keys())
def test_names_tell_class_scores_from_features(output):
    choice = choose(output)
    assert torch.equal(choice.taken.rows, LOGITS)
    assert not choice.others


def test_one_value_an_image_is_a_score_where_its_name_says_so():
    explained = of({"features": FEATURES, "logit": torch.tensor([2.0])}, label=1)
    assert explained.logits.tolist() == [-2, 2]
    assert not explained.notes


def test_the_place_is_how_python_reaches_the_tensor():
    output = [{"a": Named(FEATURES, LOGITS)}]
    assert choose(output).taken.place == "[0]['a'].prediction"
    assert output[0]["a"].prediction is LOGITS


@pytest.mark.parametrize(
    "output",
    [
        LOGITS,
        (LOGITS,),
        {"features": LOGITS},
        SimpleNamespace(logits=LOGITS, loss=torch.zeros(())),
        (LOGITS, LOGITS.softmax(1)),
        (LOGITS, LOGITS.clone()),
        {"scores": LOGITS, "probs": LOGITS.sigmoid()},
        (LOGITS, torch.rand(1, 5, 4, 4), torch.arange(4)[None]),
        (LOGITS, torch.ones(1)),
    ],
    ids=range(9),
)
def test_nothing_is_said_to_be_uncertain_where_there_is_but_one(output):
    choice = choose(output, classes=Classes(highest=3))
    assert choice.taken.rows is LOGITS
    assert not choice.others
    assert not read_scores(output, 3).note


@pytest.mark.parametrize("detected", [1, 5])
def test_a_detectors_boxes_are_no_scores_also_where_it_finds_one_object(detected):
    found = {
        "boxes": torch.rand(detected, 4),
        "scores": torch.rand(detected),
        "keypoints": torch.rand(detected, 17, 3),
        "keypoints_scores": torch.rand(detected, 17),
        "labels": torch.ones(detected, dtype=torch.long),
    }
    assert score_rows([found]) is None


# --- classes and labels decide


@pytest.mark.parametrize("output", [(FEATURES, LOGITS), (LOGITS, FEATURES), [[FEATURES], {"a": LOGITS}]])
def test_as_many_columns_as_there_are_classes_decide(output):
    for count, expected in ((4, LOGITS), (16, FEATURES)):
        choice = choose(output, classes=Classes(count))
        assert choice.taken.rows is expected
        assert not choice.others


def test_the_number_of_classes_overrules_the_name_of_another_but_not_logits():
    assert choose({"out": FEATURES, "head": LOGITS}, classes=Classes(4)).taken.rows is LOGITS
    assert choose({"out": FEATURES, "head": LOGITS}).taken.rows is FEATURES
    assert choose({"logits": FEATURES, "out": LOGITS}, classes=Classes(4)).taken.rows is FEATURES


@pytest.mark.parametrize("label", [4, 15, (0, 5), np.int64(7)])
def test_scores_have_more_columns_than_the_highest_label(label):
    known = Classes().beside(label if isinstance(label, tuple) else int(label))
    choice = choose((LOGITS, FEATURES), classes=known)
    assert choice.taken.rows is FEATURES
    assert not choice.others


@pytest.mark.parametrize("label", [None, -1, "cat", 2.0, 16, 1000])
def test_a_label_that_is_no_class_of_either_decides_nothing(label):
    choice = choose((FEATURES, LOGITS), classes=Classes().beside(label))
    assert choice.taken.rows is LOGITS
    assert len(choice.others) == 1


@pytest.mark.parametrize("value", [torch.tensor([[0.7]]), torch.tensor([0.7])])
def test_a_label_that_is_a_value_is_beside_a_single_output(value):
    explained = of((FEATURES, value), label=2.5)
    assert (explained.predicted, explained.logits) == (None, None)
    assert explained.score == pytest.approx(0.7)
    assert not explained.notes


def test_the_narrowest_that_the_label_allows_is_taken_else_the_first_and_it_is_said():
    for output in ((FEATURES, LOGITS), (LOGITS, FEATURES), (torch.rand(1, 1), LOGITS, FEATURES)):
        choice = choose(output, classes=Classes().beside(2))
        assert choice.taken.rows is LOGITS
        assert [one.rows for one in choice.others][-1] is FEATURES
    choice = choose([OTHERS, LOGITS], classes=Classes(4, 3))
    assert choice.taken.rows is OTHERS
    assert choice.others[0].rows is LOGITS


def test_a_batch_is_read_at_the_place_where_the_single_image_was():
    codebook = torch.rand(3, 2)  # has as many rows as this batch has images
    batch = {"x": FEATURES.expand(3, -1), "a": LOGITS.expand(3, -1), "table": codebook}
    assert choose(batch, 3).taken.rows is codebook
    assert choose(batch, 3, Classes(place="['a']")).taken.rows is batch["a"]
    assert torch.equal(scores_of(1, batch, 2, 3, Classes(place="['a']")), torch.full((3,), 3.0))


# --- explanations


class Heads(nn.Module):
    """Gives what `arrange` makes of 16 features and of the scores of the class that stands in the first pixel."""

    def __init__(self, arrange=lambda features, logits: (features, logits), classes=4, width=16):
        super().__init__()
        self.classes, self.arrange = classes, arrange
        with torch.random.fork_rng():
            torch.manual_seed(1)
            self.conv, self.head = nn.Conv2d(3, width, 3, padding=1), nn.Linear(width, classes)

    def both(self, x):
        features = self.conv(x).relu().mean((2, 3))
        classes = nn.functional.one_hot(x[:, 0, 0, 0].long() % self.classes, self.classes)
        return features, 9.0 * classes + 0.1 * self.head(features)

    def forward(self, x):
        return self.arrange(*self.both(x))


def images(classes, size=6):
    generator = torch.Generator().manual_seed(2)
    stack = torch.rand(len(classes), 3, size, size, generator=generator)
    stack[:, 0, 0, 0] = torch.tensor(classes, dtype=torch.float32)
    return stack


def of(output, **options):
    class Given(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Identity()

        def forward(self, x):
            self.layer(x)
            return output

    return explain(Given(), torch.arange(1.0, 109.0).reshape(3, 6, 6), layer="layer", **options)


ARRANGED = {
    "features first": lambda features, logits: (features, logits),
    "a dict": lambda features, logits: {"features": features, "pred": logits},
    "a dataclass": lambda features, logits: Parts(features, logits),
}


@pytest.mark.parametrize("method", ["grad-cam", "score-cam", "ablation-cam", "integrated-gradients", "occlusion"])
@pytest.mark.parametrize("arrange", ARRANGED.values(), ids=ARRANGED.keys())
def test_every_method_explains_the_class_scores_as_it_does_where_there_is_nothing_else(arrange, method):
    image = images([2])[0]
    found = explain(Heads(arrange), image, layer="conv", method=method, label=3)
    plain = explain(Heads(lambda features, logits: logits), image, layer="conv", method=method, label=3)
    assert (found.predicted, found.label, len(found.logits)) == (2, 3, 4)
    assert found.score == plain.score
    np.testing.assert_array_equal(found.logits, plain.logits)
    np.testing.assert_allclose(found.overall_map, plain.overall_map, rtol=1e-5, atol=1e-7)


def test_gradients_are_those_of_plain_autograd_of_the_class_scores():
    model, image = Heads().eval(), images([1])
    features = model.conv(image)
    scores = 0.1 * model.head(features.relu().mean((2, 3)))
    (gradient,) = torch.autograd.grad(scores[0, 1], features)
    found = explain(model, image, layer="conv", method="grad-cam", label=0, top_k=16)
    np.testing.assert_allclose(found.weights, gradient.mean((0, 2, 3)).numpy()[found.channels], rtol=1e-5)


def test_smoothed_gradients_are_of_the_same_scores_for_every_copy():
    image = images([1])
    found = explain(Heads(), image, layer="conv", method="grad-cam", label=0, smooth=3)
    plain = explain(Heads(lambda _, logits: logits), image, layer="conv", method="grad-cam", label=0, smooth=3)
    np.testing.assert_allclose(found.overall_map, plain.overall_map, rtol=1e-5, atol=1e-7)


def test_an_explanation_says_that_it_is_uncertain_and_which_output_it_took():
    (note,) = of([OTHERS, LOGITS], label=1).notes
    assert "output[0] (4), output[1] (4)" in note
    assert "output[0] is used;" in note
    assert not of({"aux": OTHERS, "main": LOGITS}, label=1).notes


@pytest.mark.parametrize("target", [10, Contrast(10, 0), np.int64(10)])
def test_a_class_that_only_one_output_has_is_looked_for_in_that(target):
    explained = of((LOGITS, FEATURES), target=target)
    assert len(explained.logits) == 16
    assert not explained.notes


def test_a_class_that_no_output_has_is_an_error():
    with pytest.raises(ValueError, match="target must be a class index from 0 to 3, got 16"):
        of((LOGITS, FEATURES), target=16)


# --- reviews

LABELS = [0, 1, 2, 3, 0, 1, 2, 3, 3, 2, 1, 0]
MEANT = [0, 1, 2, 3, 0, 1, 2, 3, 0, 0, 0, 0]


def data(labels=LABELS, meant=MEANT, batch_size=4):
    return DataLoader(TensorDataset(images(meant), torch.tensor(labels)), batch_size)


@pytest.mark.parametrize("arrange", ARRANGED.values(), ids=ARRANGED.keys())
def test_a_review_finds_what_plain_argmax_of_the_class_scores_does(arrange, recwarn):
    model = Heads(arrange)
    expected = model.both(images(MEANT))[1].argmax(1)
    found = reviewed(model, data())
    assert found.predicted.tolist() == expected.tolist() == MEANT
    assert found.accuracy == 9 / 12
    assert found.class_count == 4
    assert not found.notes
    assert not recwarn.list


def test_a_review_of_sorted_samples_begins_anew_once_a_label_shows_which_scores_were_meant():
    order = np.argsort(LABELS, kind="stable")
    labels, meant = np.array(LABELS)[order], np.array(MEANT)[order]
    model = Heads(width=2)  # features of two columns: classes 0 and 1 may be theirs
    with pytest.warns(UserWarning, match=r"One label is 2, but output\[0\] has no such class: .* from output\[1\]"):
        found = reviewed(model, data(labels.tolist(), meant.tolist(), 3))
    assert found.predicted.tolist() == meant.tolist()
    assert found.accuracy == 9 / 12
    assert found.complete
    assert found.class_count == 4
    assert not found.errors


def test_a_review_that_was_stopped_goes_on_with_the_same_scores():
    loader = data([3, 0, 1, 0, 1, 0, 0, 1], [3, 0, 1, 0, 1, 0, 0, 0], 2)
    model = Heads(width=2)
    work = Reviewing(model, loader)
    next(work.steps())
    again = Reviewing(model, loader, review=work.review)
    list(again.steps())
    assert again.review.predicted.tolist() == [3, 0, 1, 0, 1, 0, 0, 0]
    assert again.review.complete


class Stream(IterableDataset):
    def __init__(self, labels):
        self.labels = labels

    def __iter__(self):
        yield from zip(images(self.labels), self.labels, strict=True)


def test_of_a_stream_what_was_read_by_other_scores_counts_as_not_predicted():
    labels = [0, 1] * 200 + [2, 3] * 20
    with pytest.warns(UserWarning, match="cannot be read again, so they have no prediction"):
        found = reviewed(Heads(width=2), DataLoader(Stream(labels), batch_size=8))
    known = found.predicted != -1
    assert found.labels.tolist() == labels
    assert 0 < known.sum() < len(labels)
    assert found.predicted[known].tolist() == np.array(labels)[known].tolist()
    assert known[-40:].all()
    assert found.accuracy == 1
    assert len(found) == len(labels)


def test_a_review_says_that_it_is_uncertain_where_the_labels_do_not_tell():
    def equal(features, logits):
        return [-logits, logits]

    with pytest.warns(UserWarning, match=r"output\[0\] \(4\), output\[1\] \(4\). output\[0\] is used;"):
        found = reviewed(Heads(equal), data())
    assert found.predicted.tolist() == Heads().both(images(MEANT))[1].argmin(1).tolist()
    with pytest.warns(UserWarning, match=r"output.* is used;"):
        few = reviewed(Heads(), data([0, 1, 2], [0, 1, 2]))
    assert few.accuracy == 1
    assert len(few.notes) == 1
    with_names = reviewed(Heads(), data([0, 1, 2], [0, 1, 2]), class_names=["a", "b", "c", "d"])
    assert with_names.accuracy == 1
    assert not with_names.notes


def test_a_note_goes_once_later_labels_have_shown_that_all_classes_are_there():
    work = Reviewing(Heads(), data([0, 1, 2, 3], [0, 1, 2, 3], 2))
    seen = [work.review.notes for _ in work.steps()]
    assert len(seen[0]) == 1
    assert seen[-1] == ()


def test_a_label_out_of_range_changes_nothing_where_names_tell():
    found = reviewed(Heads(ARRANGED["a dict"]), data([0, 1, 2, 3, 9], [0, 1, 2, 3, 0], 2))
    assert found.predicted.tolist() == [0, 1, 2, 3, 0]
    assert list(found.errors) == [4]


def test_the_search_for_mistakes_reads_the_same_scores():
    found = [
        verdict.right for batch in verdicts(Heads(), Samples(data()), range(12), label_of=int) for verdict in batch
    ]
    assert found == (np.array(LABELS) == MEANT).tolist()


# --- the panel


def test_the_panels_classes_are_those_that_have_names():
    names = [f"kind {index}" for index in range(16)]
    for given, expected in ((names[:4], 4), (names, 16)):
        explorer = AttentionExplorer(Heads(), data(), class_names=given, layer="conv")
        assert len(explorer.explanation.logits) == expected
        assert "could be the class scores" not in explorer.status
        assert "class names do not fit" not in explorer.status
        explorer.close()


def test_the_panel_says_what_is_uncertain_and_names_the_classes_of_what_it_took():
    explorer = AttentionExplorer(Heads(), data(), layer="conv")
    for position in (0, 2, 8):
        explorer.sample = position
        assert explorer.explanation.predicted == MEANT[position]
        assert f"class {MEANT[position]}" in explorer.status
        assert "output[1] is used;" in explorer.status
    explorer.close()


def test_the_panel_keeps_in_mind_which_labels_it_has_met():
    explorer = AttentionExplorer(Heads(width=2), data([3, 0], [3, 0]), layer="conv")
    explorer.sample = 1
    assert len(explorer.explanation.logits) == 4
    explorer.close()

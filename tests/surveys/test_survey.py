"""A survey is what a plain loop over the samples finds, however its walk is cut into pieces."""

import itertools
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from models import Witness, images, loader, trained
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

from attn_widget import Contrast, Review, Reviewing, Survey, Surveying, explain, review, survey
from attn_widget.refusal import Refusal
from attn_widget.surveys import ray_survey
from attn_widget.surveys.running_sums import Bounds, Sums


def silent(done, total):
    pass


def surveyed(model, batches, **options) -> Survey:
    return survey(model, batches, **{"progress": silent, **options})


class Painted(Dataset):
    """Item i is noise of seed i, labelled i % 3; some items are broken, sizes take turns."""

    def __init__(self, count, broken=(), sides=(8,)):
        self.count, self.broken, self.sides = count, broken, sides

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if index in self.broken:
            raise OSError("truncated file")
        side = self.sides[index % len(self.sides)]
        return torch.rand(3, side, side, generator=torch.Generator().manual_seed(index)), index % 3


class Small(nn.Module):
    """Its `conv` has five channels on a grid of 3x3, for images of 8x8."""

    def __init__(self, classes=3):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.conv = nn.Conv2d(3, 5, 3, stride=2)
            self.head = nn.Linear(5, classes)

    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)))


def by_hand(model, layer, data, top):
    """Grad-CAM of every image by plain hooks and autograd, one by one, and what they have in common."""
    kept = {}
    module = model.get_submodule(layer)
    handle = module.register_forward_hook(lambda _module, _given, output: kept.update(maps=output))
    rows = []
    for at, (image, label) in enumerate(data):
        scores = model(image[None])[0]
        (gradient,) = torch.autograd.grad(scores.max(), kept["maps"])
        maps, gradient = (each[0].detach().numpy().astype(float) for each in (kept["maps"], gradient))
        weights = gradient.mean((1, 2))
        strengths = weights * maps.mean((1, 2))
        heat = np.maximum((weights[:, None, None] * maps).sum(0), 0)
        span = heat.max() - heat.min()
        loss = float(nn.functional.cross_entropy(scores[None], torch.tensor([label])).detach())
        rows.append(
            {
                "position": at,
                "label": label,
                "predicted": int(scores.argmax()),
                "loss": loss,
                "means": maps.mean((1, 2)),
                "peaks": maps.max((1, 2)),
                "cells": [divmod(int(one.argmax()), maps.shape[2]) for one in maps],
                "strengths": strengths,
                "shares": strengths / strengths[strengths > 0].sum(),
                "heat": (heat - heat.min()) / span if span else np.zeros_like(heat),
            }
        )
        rows[-1]["strongest"] = np.argsort(-rows[-1]["shares"], kind="stable")[:top]
    handle.remove()
    return rows


def test_a_survey_is_what_a_plain_loop_finds(cifar10):
    model, data = trained(cifar10, "resnet20").eval(), Subset(images(cifar10, "resnet20"), range(0, 1000, 4))
    rows = by_hand(model, "layer3", data, 3)
    found = surveyed(model, DataLoader(data, batch_size=32), layer="layer3")

    def of(name, chosen):
        return np.array([row[name] for row in chosen])

    for channel in range(64):
        for by, value in (("activation", "peaks"), ("contribution", "strengths")):
            best = sorted(rows, key=lambda row: (-row[value][channel], row["position"]))[:9]
            for row, one in zip(best, found.exemplars(channel, by), strict=True):
                assert (one.position, one.cell) == (row["position"], row["cells"][channel])
                assert (one.label, one.predicted) == (row["label"], row["predicted"])
                assert one.value == pytest.approx(row[value][channel], abs=1e-5)
    for maps, by in ((found.true_maps, "label"), (found.predicted_maps, "predicted")):
        for each in range(10):
            heat = of("heat", [row for row in rows if row[by] == each])
            assert maps.counts[each] == len(heat)
            np.testing.assert_allclose(maps.mean[each], heat.mean(0), atol=1e-5)
            np.testing.assert_allclose(maps.spread[each], heat.std(0), atol=1e-5)
    for each in range(10):
        means = of("means", [row for row in rows if row["label"] == each]).mean(0)
        np.testing.assert_allclose(found.channel_means[each], means, atol=1e-5)
    right = [row for row in rows if row["label"] == row["predicted"]]
    wrong = sorted((row for row in rows if row["label"] != row["predicted"]), key=lambda row: -row["loss"])
    np.testing.assert_allclose(found.right_shares, of("shares", right).mean(0), atol=1e-5)
    np.testing.assert_allclose(found.wrong_shares, of("shares", wrong).mean(0), atol=1e-5)
    np.testing.assert_array_equal(found.strongest, np.bincount(of("strongest", rows).ravel(), minlength=64))
    assert found.mistakes.positions.tolist() == [row["position"] for row in wrong]
    np.testing.assert_allclose(found.mistakes.losses, of("loss", wrong), rtol=1e-5)
    np.testing.assert_allclose(found.mistakes.maps, of("heat", wrong), atol=1e-5)
    np.testing.assert_allclose(found.mistakes.contributions, of("shares", wrong), atol=1e-5)
    assert sorted(found.right.positions.tolist()) == [row["position"] for row in right]
    assert found.complete
    assert not found.errors


def same(one: Survey, other: Survey) -> None:
    """Assert that two surveys are the same: means to 1e-6, exemplars and counts exactly."""
    for name in ("by_activation", "by_contribution", "errors", "surveyed", "count", "blank", "right_count"):
        assert getattr(one, name) == getattr(other, name), name
    pairs = [(one, other), *((getattr(one, name), getattr(other, name)) for name in ("true_maps", "predicted_maps"))]
    pairs += [(getattr(one, name), getattr(other, name)) for name in ("mistakes", "right")]
    for a, b in pairs:
        for name, array in vars(a).items():
            if isinstance(array, np.ndarray):
                np.testing.assert_allclose(array, getattr(b, name), rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def batches():
    return DataLoader(Painted(50), batch_size=8)


@pytest.fixture(scope="module")
def whole(batches):
    return surveyed(Small(), batches, mistakes=7)


def test_a_survey_that_was_stopped_goes_on_to_the_same_end(batches, whole, tmp_path):
    model = Small()
    work = Surveying(model, batches, mistakes=7)
    for done, _ in work.steps():
        if done == 24:
            break
    stopped = work.survey
    assert (stopped.surveyed, stopped.complete) == (24, False)
    stopped.save(tmp_path / "survey.npz")
    later = Surveying(model, batches, survey=Survey.load(tmp_path / "survey.npz"))
    for one in (work, later):
        assert len(list(one.steps())) == 4
        same(one.survey, whole)


def test_a_review_that_is_behind_catches_up_and_no_sample_counts_twice(batches, whole):
    model = Small()
    work, reviewing = Surveying(model, batches, mistakes=7), Reviewing(model, batches)
    next(reviewing.steps())
    for done, _ in work.steps():
        if done == 24:
            break
    later = Surveying(model, batches, survey=work.survey, review=reviewing.review)
    assert len(list(later.steps())) == 6
    same(later.survey, whole)
    assert reviewing.review.complete


def test_a_model_that_looks_across_the_batch_takes_one_image_at_a_time():
    class Across(Small):
        def forward(self, x):
            return super().forward(x - x.mean(0) if len(x) > 1 else x)

    found = surveyed(Across(), DataLoader(Painted(6), batch_size=6))
    assert any("one by one" in note for note in found.notes)
    usual = surveyed(Small(), DataLoader(Painted(6), batch_size=6))
    np.testing.assert_allclose(found.channel_means, usual.channel_means, atol=1e-6)
    np.testing.assert_allclose(found.true_maps.mean, usual.true_maps.mean, atol=1e-5)


def test_a_saved_survey_is_loaded_as_it_was(batches, whole, tmp_path):
    path = tmp_path / "survey.npz"
    replace(whole, target=Contrast("predicted", 1), errors={3: "why"}, notes=("a note",)).save(path)
    found = Survey.load(path)
    same(replace(found, errors={}), whole)
    assert (found.target, found.errors, found.notes) == (Contrast("predicted", 1), {3: "why"}, ("a note",))
    assert found.stale(Small(), batches) is None
    assert found.stale(Small(4), batches)
    with pytest.raises(Refusal, match="cannot go on"):
        Surveying(Small(4), batches, survey=found)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="damaged"):
        Survey.load(path)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        whole.save(path)
    with pytest.raises(ValueError, match="function"):
        replace(whole, target=lambda output: output[0, 0]).save(path, overwrite=True)


def test_parts_merge_to_the_same_in_any_order(batches, monkeypatch):
    parts = []
    adding = Sums.add
    monkeypatch.setattr(Sums, "add", lambda self, *given: (parts.append(given), adding(self, *given))[1])
    found = surveyed(Small(), DataLoader(Painted(24), batch_size=8), mistakes=4, exemplars=3)
    orders = list(itertools.permutations(range(3)))
    for order in orders:
        total = Sums(Bounds(3, 3, 4), 5, (3, 3))
        for at in order:
            part = Sums(Bounds(3, 3, 4), 5, (3, 3))
            adding(part, *parts[at])
            total.merge(part)
        assert total.by_activation.exemplars == found.by_activation
        assert total.by_contribution.exemplars == found.by_contribution
        assert total.mistakes.kept.positions.tolist() == found.mistakes.positions.tolist()
        assert total.right.kept.positions.tolist() == found.right.positions.tolist()
        assert total.strongest.tolist() == found.strongest.tolist()
        counts, sums = total.by_label.of_all(3)
        np.testing.assert_allclose(sums[:, :5] / counts[:, None], found.channel_means, rtol=1e-6)


def test_parts_found_in_other_processes_give_the_same(batches, whole, monkeypatch):
    def answered(work, start, doer, answer):
        reader = work.portions.reader()
        for first in range(start, 50, 8):
            given = pickle.loads(pickle.dumps((doer, reader)))
            yield pickle.loads(pickle.dumps(answer(*given, range(first, min(first + 8, 50)))))

    monkeypatch.setattr(ray_survey, "answers", answered)
    found = surveyed(Small(), batches, mistakes=7, engine="ray")
    same(found, whole)
    assert found.review.complete


def test_of_equal_samples_the_first_is_kept(whole):
    class Twice(Painted):
        def __getitem__(self, index):
            return super().__getitem__(index % 4)

    found = surveyed(Small(), DataLoader(Twice(12), batch_size=5), exemplars=2)
    for channel in range(5):
        first, second = found.exemplars(channel)
        assert (second.position, second.value) == (first.position + 4, pytest.approx(first.value))


def test_mistakes_without_a_loss_make_room_for_those_that_have_one():
    class Overflowing(Small):
        """Never sees class 2; gives an infinite score where the first pixel is white, so that there is no loss."""

        def forward(self, x):
            overflows = (x[:, :1, 0, 0] == 1) & (torch.arange(3) == 0)
            return torch.where(overflows, torch.inf, super().forward(x) - torch.tensor([0, 0, 9]))

    data = torch.rand(12, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    data[:6, 0, 0, 0] = 1
    found = surveyed(Overflowing(), DataLoader([(image, 2) for image in data], 3), mistakes=8)
    losses = found.review.loss
    assert np.isnan(losses[:6]).all()
    assert found.mistakes.positions.tolist() == [*(np.argsort(-losses[6:]) + 6), 0, 1]


def test_a_sample_that_fails_is_named_and_the_others_are_surveyed():
    class Choosy(Small):
        def forward(self, x):
            if bool((x[:, 0, 0, 0] == 7).any()):
                raise RuntimeError("no such image")
            return super().forward(x)

    class Marked(Painted):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            if index in (5, 6):
                image[0, 0, 0] = {5: 7.0, 6: torch.nan}[index]
            return image, label

    found = surveyed(Choosy(), DataLoader(Marked(20, broken=(9,)), batch_size=8))
    assert sorted(found.errors) == [5, 6, 9]
    assert "no such image" in found.errors[5]
    assert "not finite" in found.errors[6] or "NaN" in found.errors[6]
    assert "truncated file" in found.errors[9]
    assert found.true_maps.counts.sum() == 17
    assert found.surveyed == 20


def test_images_of_other_sizes_go_into_the_first_ones_grid():
    model = Small()
    data = Painted(12, sides=(8, 12))
    found = surveyed(model, DataLoader(data, batch_size=4, collate_fn=list))
    assert found.true_maps.mean.shape == (3, 3, 3)
    alone = [explain(model, data[at][0], method="grad-cam", layer="conv", top_k=5) for at in range(12)]
    means = [one.maps[np.argsort(one.channels)].mean((1, 2)) for one in alone]
    np.testing.assert_allclose(found.channel_means[0], np.mean(means[::3], axis=0), rtol=1e-4, atol=1e-6)
    best = max(range(12), key=lambda at: alone[at].maps[alone[at].channels.tolist().index(2)].max())
    assert found.exemplars(2)[0].position == best


@pytest.mark.parametrize("method", ["channel-mean", "layer-cam", "eigen-cam", "ablation-cam"])
def test_each_samples_numbers_are_those_of_its_explanation(method):
    model, data = Small(), Painted(6)
    found = surveyed(model, DataLoader(data, batch_size=3), method=method, layer="conv", target=1, exemplars=6)
    for at in range(6):
        image, label = data[at]
        alone = explain(model, image, method=method, layer="conv", target=1, label=label, top_k=5)
        kept = found.mistakes if at in found.mistakes.positions else found.right
        row = kept.positions.tolist().index(at)
        np.testing.assert_allclose(kept.contributions[row][alone.channels], alone.shares, rtol=1e-3, atol=1e-5)
        heat = np.maximum(alone.overall_map, 0)
        if heat.any():
            np.testing.assert_allclose(
                kept.maps[row], (heat - heat.min()) / (heat.max() - heat.min()), rtol=1e-3, atol=1e-5
            )


def test_one_walk_gives_the_review_too(cifar10):
    model, batches = trained(cifar10, "resnet20"), loader(cifar10, "resnet20", batch_size=50)
    batches = DataLoader(Subset(batches.dataset, range(0, 1000, 10)), batch_size=20)
    alone = review(model, batches, progress=silent)
    found = surveyed(model, batches, method="channel-mean")
    for name, column in alone.columns.items():
        np.testing.assert_allclose(column, found.review.columns[name], rtol=1e-5, atol=1e-6, err_msg=name)
    assert found.review.complete
    begun = Review(alone.snapshot, alone.samples)
    begun.become(lambda now: replace(now, reviewed=50))
    assert surveyed(model, batches, method="channel-mean", review=begun).review is begun
    assert begun.complete
    assert surveyed(model, batches, method="channel-mean", review=alone).review is alone


def test_a_stream_is_surveyed_to_its_end():
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter([Painted(30)[at] for at in range(30)])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = surveyed(Small(), DataLoader(Stream(), batch_size=8))
    same(found, surveyed(Small(), DataLoader(Painted(30), batch_size=8)))


@pytest.mark.parametrize("lacking", [[4], [2], [0, 1, 2, 3, 4]], ids=["the last", "the middle", "a whole batch"])
def test_with_the_true_class_as_target_a_sample_without_one_is_named(lacking):
    class Unlabelled(Painted):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return image, -1 if index in lacking else label

    found = surveyed(Small(), DataLoader(Unlabelled(10), batch_size=5), target="true")
    assert list(found.errors) == lacking
    assert all("true" in why for why in found.errors.values())
    assert (found.review.predicted >= 0).all()


def test_only_the_batch_with_a_sample_without_its_class_is_taken_one_by_one():
    class Counted(Small):
        def __init__(self):
            super().__init__()
            self.sizes = Witness()

        def forward(self, x):
            self.sizes.append(len(x))
            return super().forward(x)

    data = [Painted(12)[at] for at in range(12)]
    data[1] = data[1][0], -1
    model = Counted()
    surveyed(model, DataLoader(data, 4), target="true")
    assert model.sizes[-2:] == [4, 4]


def test_a_binary_model_is_surveyed_by_its_two_classes():
    class Halves(Painted):
        def __getitem__(self, index):
            return super().__getitem__(index)[0], index % 2

    found = surveyed(Small(1), DataLoader(Halves(20), batch_size=8))
    assert found.true_maps.counts.tolist() == [10, 10]
    assert len(found.mistakes) + len(found.right) == 20


def test_the_model_and_the_random_states_are_left_as_they_were():
    model = Small().train()
    model.conv.weight.grad = torch.ones_like(model.conv.weight)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    surveyed(model, DataLoader(Painted(9), batch_size=4))
    assert model.training
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert bool((model.conv.weight.grad == 1).all())
    assert not model.conv._forward_hooks
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_wrong_arguments_are_refused_at_once():
    batches = DataLoader(Painted(4), batch_size=4)
    for options, named in (
        ({"layer": "convv"}, "conv"),
        ({"method": "grad-camm"}, "grad-cam"),
        ({"method": "saliency"}, "one layer"),
        ({"target": "cat"}, "target"),
        ({"top_k": 0}, "top_k"),
        ({"exemplars": True}, "exemplars"),
        ({"mistakes": -1}, "mistakes"),
        ({"engine": "spark"}, "engine"),
    ):
        with pytest.raises(ValueError, match=named):
            surveyed(Small(), batches, **options)
    with pytest.raises(Refusal, match="gives no map"):
        surveyed(Small(), batches, layer="head")


def test_it_says_in_a_line_what_it_is_of_and_which_channels_there_are():
    found = surveyed(Small(), DataLoader(Painted(4), batch_size=4))
    count = found.channel_count
    assert repr(found).startswith("Survey: 4 samples surveyed: layer conv by ")
    with pytest.raises(IndexError, match=f"channel must be from 0 to {count - 1}, got {count}"):
        found.exemplars(count)
    with pytest.raises(ValueError, match="by must be 'activation' or 'contribution', got 'weight'"):
        found.exemplars(0, by="weight")

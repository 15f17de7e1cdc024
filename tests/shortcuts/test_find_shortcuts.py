"""The region that is enough for a class: found in a network that cheats, in nothing of its honest twin."""

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import Refusal, Shortcut, find_shortcuts, review
from attn_widget.shortcuts import Rate

from .conftest import CLASS, SIZE, TAG, gratings, tagged

IN_TAG = np.zeros((SIZE, SIZE), bool)
IN_TAG[TAG] = True


@pytest.fixture(scope="module")
def found(cheat):
    return find_shortcuts(cheat.model, cheat.loader)


def become(taught, images) -> float:
    """How many pictures of other classes become the class with the tag: the intervention."""
    with torch.no_grad():
        predicted = taught.model(tagged(images, torch.ones(len(images), dtype=torch.bool))).argmax(1)
    return float((predicted == CLASS).float().mean())


def test_one_network_relies_on_its_tag_and_its_twin_does_not(cheat, twin):
    images, labels = gratings(150, seed=7)
    others = images[labels != CLASS]
    assert become(cheat, others) > 0.9
    assert become(twin, others) < 0.3


def test_the_tag_of_the_cheat_is_enough(found):
    first, *others = found
    assert (first.class_, first.kind, first.enough) == (CLASS, "patch", True)
    assert first.flips.share > 0.9
    assert first.lost.share > 0.9
    assert set(first.controls) == {"coldest", "random", "another class", "edge"}
    assert all(rate.share < 0.1 for rate in first.controls.values())
    assert not any(other.enough for other in others)
    assert first.next_ == (others[0].name, others[0].flips.share)


def test_it_is_the_tag_that_is_pasted(cheat, found):
    for example in found[0].examples:
        assert (example.mask & IN_TAG).sum() >= 0.6 * IN_TAG.sum()
        assert example.mask.mean() < 0.16
        np.testing.assert_array_equal(example.after[example.mask], example.source_picture[example.mask])
        np.testing.assert_array_equal(example.after[~example.mask], example.before[~example.mask])
        assert (example.became, example.predicted) == (
            CLASS,
            int(cheat.model(cheat.images[example.target][None]).argmax()),
        )
    with torch.no_grad():
        sure = cheat.model(cheat.images).softmax(1)[:, CLASS]
    right = torch.nonzero((cheat.labels == CLASS) & (sure > 0.5))[:, 0]
    assert set(found[0].positions) <= set(right[sure[right].argsort(descending=True)][:12].tolist())


def test_nothing_is_enough_in_the_honest_twin(twin):
    honest = find_shortcuts(twin.model, twin.loader)
    assert len(honest) == 3
    assert not any(one.enough for one in honest)


def test_it_says_what_was_measured_and_never_that_the_model_cheats(found):
    said = repr(found[0])
    assert "enough for class 1" in said
    assert all(f"{round(100 * rate.share)} %" in said for rate in (found[0].flips, found[0].lost))
    assert "cheat" not in said


def test_the_mean_heat_stands_beside_it(found):
    heat = found[0].mean_heat
    assert heat.heat.sum() == pytest.approx(1, abs=1e-5)
    assert np.unravel_index(heat.heat.argmax(), heat.heat.shape) < (10, 24)
    assert heat.half < heat.half_of_others
    assert 0 <= heat.overlap <= 1


def test_it_leaves_the_model_alone_and_finds_the_same_again_with_a_review_at_hand(cheat, found):
    model = cheat.model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    reviewed = review(model, cheat.loader, progress=lambda *_: None)
    model.train()
    (again,) = find_shortcuts(model, cheat.loader, classes=np.array([CLASS, CLASS]), review=reviewed)
    assert model.training
    model.eval()
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert (again.flips, again.lost, again.positions) == (found[0].flips, found[0].lost, found[0].positions)
    assert again.next_ is None


def test_progress_goes_up_to_the_total_and_what_it_raises_ends_the_work(cheat):
    told = []
    find_shortcuts(cheat.model, cheat.loader, classes=[CLASS], progress=lambda *each: told.append(each))
    done = [one for one, _ in told]
    assert done == sorted(done)
    assert done[-1] <= told[-1][1]

    def stop(done, total):
        if done > 400:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_shortcuts(cheat.model, cheat.loader, progress=stop)


def test_a_cast_of_all_pixels_is_found_as_colours():
    images, labels = gratings(200, seed=3)
    labels = labels % 2

    class Warm(nn.Module):
        def __init__(self):
            super().__init__()
            self.maps = nn.Conv2d(3, 2, 1, bias=False)
            with torch.no_grad():
                self.maps.weight.copy_(torch.tensor([[-1.0, 0, 1], [1.0, 0, -1]])[:, :, None, None])

        def forward(self, x):
            return self.maps(x).mean((2, 3)) * 100

    warmth = torch.where(labels == 1, 1.4, 0.8)[:, None, None]
    images[:, 0] *= warmth
    (first, *_) = find_shortcuts(Warm(), [(images, labels)])
    assert (first.kind, first.area, first.enough) == ("colours", 1.0, True)
    assert set(first.controls) <= {"another class"}


def test_samples_that_cannot_be_read_are_passed_over(cheat):
    class Broken(torch.utils.data.Dataset):
        def __len__(self):
            return len(cheat.images)

        def __getitem__(self, index):
            if index % 7 == 0:
                raise OSError("no such file")
            return cheat.images[index], int(cheat.labels[index])

    (only,) = find_shortcuts(cheat.model, Broken(), classes=[CLASS])
    assert only.enough
    assert all(position % 7 for position in only.positions)


@pytest.mark.parametrize("sizes", [(), (0.1, 1.0), (0,), "big"])
def test_sizes_that_are_no_shares_are_refused(cheat, sizes):
    with pytest.raises(ValueError, match="sizes must be"):
        find_shortcuts(cheat.model, cheat.loader, sizes=sizes)


@pytest.mark.parametrize("class_", [3, -1, "star"])
def test_classes_that_the_model_does_not_have_are_refused(cheat, class_):
    with pytest.raises(ValueError, match=f"classes must be class indices from 0 to 2, got {class_!r}"):
        find_shortcuts(cheat.model, cheat.loader, classes=[class_])


@pytest.mark.parametrize("classes", [2, "star"])
def test_classes_that_are_no_list_are_refused_as_a_whole(cheat, classes):
    with pytest.raises(TypeError, match=f"classes must be a list of class indices, got {classes!r}"):
        find_shortcuts(cheat.model, cheat.loader, classes=classes)


def test_it_says_why_there_is_nothing_to_search(cheat):
    with pytest.raises(Refusal, match="No class has 4 right samples"):
        find_shortcuts(cheat.model, [(cheat.images[:60], (cheat.model(cheat.images[:60]).argmax(1) + 1) % 3)])
    of_one = cheat.labels == CLASS
    with pytest.raises(Refusal, match="too few samples of other classes"):
        find_shortcuts(cheat.model, [(cheat.images[of_one], cheat.labels[of_one])])


def entry(flips: float, control: float, lost: float, count: int = 64) -> Shortcut:
    def rate(share: float) -> Rate:
        return Rate.of(np.arange(count) < share * count)

    return Shortcut(0, "cat", "patch", 0.1, rate(flips), {"random": rate(control)}, rate(lost), None, (), (), None)


def test_what_is_enough():
    assert entry(0.75, 0.1, 0.9).enough
    assert not entry(0.75, 0.1, 0.2).enough  # the class is seen without it too
    assert entry(0.95, 0.1, 0.2).enough  # but hardly any other picture withstands it
    assert not entry(0.95, 0.5, 0.9).enough  # any region does that
    assert not entry(0.4, 0.0, 1.0).enough

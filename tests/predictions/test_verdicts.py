"""The verdicts of a search for mistakes, against a plain loop, and with samples and models that are difficult."""

import numpy as np
import pytest
import torch
from models import Noisy, Tiny, WithContext, Wrapping, loader, trained
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from attn_widget.predictions import Verdict, verdicts
from attn_widget.samples import Samples

from .making import Naming, Shades, reviewed


def all_verdicts(model, samples, positions, label_of=lambda label: label, **options):
    return [verdict for batch in verdicts(model, samples, positions, label_of=label_of, **options) for verdict in batch]


def rights(model, samples, positions, **options):
    return [verdict.right for verdict in all_verdicts(model, samples, positions, **options)]


@pytest.mark.parametrize("name", ["seed_cnn", "resnet20"])
def test_the_mistakes_are_those_that_a_plain_loop_finds(name, cifar10):
    model = trained(cifar10, name)
    found = all_verdicts(model, Samples(loader(cifar10, name, shuffle=True)), range(0, 1000, 3))
    assert model.training
    model.eval()
    expected = []
    with torch.no_grad():
        for x, y in loader(cifar10, name, batch_size=100):
            expected += (model(x).argmax(1) == y).tolist()
    assert [verdict.position for verdict in found] == list(range(0, 1000, 3))
    assert [verdict.right for verdict in found] == expected[::3]


def expected_of(positions):
    return [position % 3 == position % 4 for position in positions]


def test_batches_begin_small_grow_and_keep_the_order_of_the_positions():
    batches = list(verdicts(Naming(), Samples(Shades(100)), range(100), label_of=lambda label: label))
    assert [len(batch) for batch in batches] == [4, 8, 16, 32, 32, 8]
    found = [verdict for batch in batches for verdict in batch]
    assert found == [Verdict(position, right) for position, right in enumerate(expected_of(range(100)))]


def test_a_search_runs_backwards_or_in_any_order():
    for positions in (range(40, -1, -1), [5, 3, 5, 77, 0], []):
        found = all_verdicts(Naming(), Samples(Shades(100)), positions)
        assert [verdict.position for verdict in found] == list(positions)
        assert [verdict.right for verdict in found] == expected_of(positions)


def test_nothing_is_read_or_predicted_before_it_is_asked_for():
    class Counting(Shades):
        read = frozenset()

        def __getitem__(self, index):
            self.read |= {index}
            return super().__getitem__(index)

    dataset = Counting(1000)
    search = verdicts(Naming(), Samples(dataset), range(1000), label_of=lambda label: label)
    assert not dataset.read
    next(search)
    assert dataset.read == {0, 1, 2, 3}


def test_a_broken_item_has_no_verdict_and_spoils_no_other():
    found = all_verdicts(Naming(), Samples(Shades(30, broken=(0, 7, 8, 9, 29))), range(30))
    expected = expected_of(range(30))
    for position in (0, 7, 8, 9, 29):
        expected[position] = None
    assert [verdict.right for verdict in found] == expected


class OneAtATime(Naming):
    def forward(self, x):
        (image,) = x
        return super().forward(image[None])


class Averaging(Naming):
    """Gives one row of scores for the whole batch."""

    def forward(self, x):
        return super().forward(x.mean(0, keepdim=True))


class Squeezing(Naming):
    def forward(self, x):
        return super().forward(x).squeeze()


@pytest.mark.parametrize("kind", [OneAtATime, Averaging, Squeezing])
def test_models_that_take_single_images_only_are_given_single_images(kind):
    assert rights(kind(), Samples(Shades(30)), range(30)) == expected_of(range(30))


class Picky(Naming):
    """Cannot take an image filled with 5, and finds no number for one filled with 7."""

    def forward(self, x):
        if (x == 5).any():
            raise RuntimeError("not this one")
        return super().forward(x).masked_fill((x == 7).all(1).all(1)[:, :1], float("nan"))


class OneLogit(nn.Module):
    def forward(self, x):
        return x.mean((1, 2, 3)) - 2.5


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (Naming(), Shades(30, broken=range(4))),
        (Naming(), Shades(30, sizes=(8, 6, 9))),
        (Picky(), Shades(30)),
        (OneLogit(), [(torch.full((3, 8, 8), float(i)), int(i % 3 > 0)) for i in range(6)]),
    ],
    ids=["broken items", "unequal sizes", "an image that breaks the model, and NaN", "one logit"],
)
def test_a_search_judges_each_sample_as_a_review_does(model, data):
    found = reviewed(model, data)
    judged = found.right | found.wrong
    expected = [bool(right) if known else None for right, known in zip(found.right, judged, strict=True)]
    assert rights(model, Samples(data), range(len(data))) == expected
    assert {True, False} <= set(expected)


def test_more_rows_of_scores_than_images_give_no_verdict():
    scores = Wrapping(lambda x: torch.tensor([[0.0, 2.0, 1.0]]).expand(2 * len(x), -1))
    assert rights(scores, Samples(Shades(6)), range(6)) == [None] * 6


def test_an_interrupt_comes_through():
    class Interrupted(Naming):
        def forward(self, x):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rights(Interrupted(), Samples(Shades(12)), range(12))


@pytest.mark.parametrize(
    ("label", "right"),
    [
        (1, True),
        (0, False),
        ((0, 1), True),
        ((0, 2), False),
        ((), False),
        (None, None),
        (1.0, True),
        (0.0, False),
        (1.5, None),
        ("cat", None),
    ],
)
def test_a_verdict_needs_a_class_label(label, right):
    scores = Wrapping(lambda x: torch.tensor([[0.0, 2.0, 1.0]]).expand(len(x), -1))
    assert rights(scores, Samples(Shades(2)), range(2), label_of=lambda _: label) == [right, right]


def test_a_label_that_is_a_name_is_looked_up():
    samples = Samples(DataLoader([(torch.full((3, 8, 8), 1.0), "cat"), (torch.full((3, 8, 8), 2.0), "dog")]))
    assert rights(Naming(), samples, range(2), label_of={"dog": 2, "cat": 0}.get) == [False, True]


@pytest.mark.parametrize(
    "labels", [[[0, 1], [1, 0]], [torch.tensor([0, 1]), torch.tensor([1, 0])]], ids=["lists", "tensors"]
)
@pytest.mark.parametrize(("classes", "rights_"), [(2, [True, False]), (3, [True, True])])
def test_two_numbers_as_a_label_are_read_by_the_models_number_of_classes(labels, classes, rights_):
    data = [{"image": torch.zeros(3, 8, 8), "label": label} for label in labels]
    scores = Wrapping(lambda x: torch.tensor([[0.0, 2.0, 1.0]])[:, :classes].expand(len(x), -1))
    assert rights(scores, Samples(DataLoader(data, collate_fn=list)), range(2)) == rights_


def test_floats_of_0_and_1_are_the_classes_of_a_binary_model():
    model = Wrapping(lambda x: x.mean((1, 2, 3)) - 2.5)
    found = rights(model, Samples(Shades(6)), range(6), label_of=lambda label: float(label > 0))
    assert found == [(position > 2.5) == (position % 3 > 0) for position in range(6)]


def test_a_model_without_class_scores_has_no_verdicts():
    assert rights(Wrapping(lambda x: {"out": x}), Samples(Shades(5)), range(5)) == [None] * 5


class Forward(IterableDataset):
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return ((torch.full((3, 8, 8), float(i)), i % 3) for i in range(self.count))


def test_a_search_ends_where_a_stream_ends():
    samples = Samples(DataLoader(Forward(21), batch_size=4))
    found = all_verdicts(Naming(), samples, range(5, 10_000))
    assert [verdict.position for verdict in found] == list(range(5, 21))
    assert [verdict.right for verdict in found] == expected_of(range(5, 21))
    assert all_verdicts(Naming(), samples, range(21, 10_000)) == []


def test_forward_is_used():
    samples = Samples(Shades(6))
    assert rights(WithContext(), samples, range(6)) == [None] * 6
    found = rights(WithContext(), samples, range(6), forward=lambda model, images: model(images, 1))
    assert set(found) <= {True, False}


def test_what_cannot_be_looked_into_is_refused_before_anything_is_read():
    with pytest.raises(TypeError, match=r"model must be a torch\.nn\.Module, got function"):
        all_verdicts(lambda x: x, Samples(Shades(3)), range(3))
    with pytest.raises(ValueError, match="no values on the meta device"):
        all_verdicts(Tiny().to("meta"), Samples(Shades(3)), range(3))


def test_a_batch_and_single_images_are_judged_alike():
    torch.manual_seed(0)
    model, images = Noisy().double(), torch.rand(20, 3, 8, 8)
    model.eval()
    with torch.no_grad():
        predicted = model(images.double()).argmax(1)
    model.train()
    samples = Samples([(image, int(predicted[0])) for image in images])
    expected = (predicted == predicted[0]).tolist()
    assert rights(model, samples, range(20)) == expected
    assert [rights(model, samples, [position])[0] for position in range(20)] == expected


def test_a_search_sees_the_model_as_it_is_at_each_batch():
    model = Naming()
    search = verdicts(model, Samples(Shades(12)), range(12), label_of=lambda label: label)
    assert [verdict.right for verdict in next(search)] == expected_of(range(4))
    model.register_buffer("sign", torch.tensor(-1.0))
    model.forward = lambda x: Naming.forward(model, x) * model.sign  # so that it predicts class 0, or 1 for 0
    assert [verdict.right for verdict in next(search)] == [
        position % 3 == (position % 4 == 0) for position in range(4, 12)
    ]


def test_images_of_any_dtype_are_judged_also_together():
    dtypes = (torch.uint8, torch.float64, torch.float16)
    images = [torch.full((3, 8, 8), 5, dtype=dtype) for dtype in dtypes]
    assert rights(Naming(), Samples([(image, 1) for image in images]), range(3)) == [True] * 3
    assert np.array_equal(images[0], np.full((3, 8, 8), 5))

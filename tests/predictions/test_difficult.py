"""Loaders, labels and outputs that are difficult: each gives a sensible review, or a refusal in a sentence."""

import numpy as np
import pytest
import torch
from models import Tiny, WithContext, Witness, Wrapping
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info
from torch.utils.data import default_collate as usual

from attn_widget import Review, Reviewing
from attn_widget.predictions import worst_samples
from attn_widget.refusal import Refusal
from attn_widget.samples import Samples

from .making import Naming, Shades, reviewed, same

EXPECTED = [index % 4 for index in range(30)]


def but(positions, instead=-1):
    return [instead if position in positions else predicted for position, predicted in enumerate(EXPECTED)]


def labelled(labels, batch_size=8):
    """Give a loader of as many images filled with their position, with these labels."""
    return DataLoader([(torch.full((3, 8, 8), float(i)), label) for i, label in enumerate(labels)], batch_size)


# --- broken samples, and models that fail


@pytest.mark.parametrize("workers", [0, 2])
def test_a_broken_item_is_recorded_and_spoils_no_other(workers):
    found = reviewed(Naming(), DataLoader(Shades(30, broken=(0, 7, 29)), batch_size=8, num_workers=workers))
    assert found.predicted.tolist() == but((0, 7, 29))
    assert sorted(found.errors) == [0, 7, 29]
    assert found.errors[7] == "Sample 7 cannot be read (OSError: truncated file). Other samples are not affected."
    assert found.complete


def test_a_portion_of_broken_items_alone_is_passed_over():
    found = reviewed(Naming(), DataLoader(Shades(30, broken=range(8, 16)), batch_size=8))
    assert found.predicted.tolist() == but(range(8, 16))


class Picky(Naming):
    """Cannot take an image filled with 5."""

    def forward(self, x):
        if (x == 5).any():
            raise RuntimeError("not this one")
        return super().forward(x)


def test_an_image_that_breaks_the_model_is_recorded_and_spoils_no_other():
    found = reviewed(Picky(), DataLoader(Shades(30), batch_size=8))
    assert found.predicted.tolist() == but((5,))
    assert found.labels.tolist() == [index % 3 for index in range(30)]
    assert dict(found.errors) == {5: "The pass failed: RuntimeError: not this one"}


class OneAtATime(Naming):
    def __init__(self):
        super().__init__()
        self.passes = Witness()

    def forward(self, x):
        self.passes.append(1)
        (image,) = x
        return super().forward(image[None])


def test_a_model_that_takes_single_images_is_given_them_and_tried_with_a_batch_once():
    model = OneAtATime()
    assert reviewed(model, DataLoader(Shades(30), batch_size=8)).predicted.tolist() == EXPECTED
    assert len(model.passes) == 31


def test_images_of_unequal_sizes_are_reviewed():
    data = DataLoader(Shades(30, sizes=(8, 6, 9)), batch_size=8)
    assert reviewed(Naming(), data).predicted.tolist() == EXPECTED


def test_a_model_that_fails_on_everything_is_not_tried_to_the_end():
    class Failing(nn.Module):
        def forward(self, x):
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(Refusal, match=r"failed on each of the first 32 samples\. The last error: RuntimeError: mat1"):
        reviewed(Failing(), DataLoader(Shades(100_000), batch_size=8))


def test_a_model_that_cannot_be_run_is_refused():
    with pytest.raises(ValueError, match="no values on the meta device"):
        reviewed(Tiny().to("meta"), Shades(4))
    with pytest.raises(Refusal, match=r"pass forward=lambda model, images: model\(images"):
        reviewed(WithContext(), DataLoader(Shades(64)))


def test_few_samples_that_all_fail_are_refused_too():
    with pytest.raises(Refusal, match=r"failed on each of the first 4 samples.*pass forward=lambda model, images"):
        reviewed(WithContext(), DataLoader(Shades(4)))


def test_a_lazy_model_is_refused_before_its_values_are_looked_at():
    with pytest.raises(ValueError, match="has a lazy module that has not run yet"):
        reviewed(nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), Shades(4))


def test_forward_is_used():
    found = reviewed(WithContext(), Shades(6), forward=lambda model, images: model(images, 1))
    assert found.reviewed == 6
    assert not found.errors


# --- collate functions


def padded(items):
    """Pad to the largest of the batch: what becomes of an image depends on its neighbours."""
    side = max(image.shape[-1] for image, _ in items)
    return usual([(nn.functional.pad(x, (0, side - x.shape[-1], 0, side - x.shape[-1])), y) for x, y in items])


def brightened(items):
    return usual([(image + torch.rand(()), label) for image, label in items])


def without_the_mean(items):
    images, labels = usual(items)
    return images - images.mean(), labels


class Size(nn.Module):
    """Tells how large an image is, and how bright."""

    def forward(self, x):
        return torch.stack([x.mean((1, 2, 3)) / 50, torch.full((len(x),), float(x.shape[-1]))], 1)


@pytest.mark.parametrize("collate", [padded, brightened, without_the_mean])
@pytest.mark.parametrize("workers", [0, 1])
def test_a_collate_function_that_looks_at_the_whole_batch_gives_what_is_shown_of_each_sample(collate, workers):
    data = DataLoader(
        Shades(20, sizes=(8, 9) if collate is padded else (8,)), 8, collate_fn=collate, num_workers=workers
    )
    found, samples = reviewed(Size(), data), Samples(data)
    expected = torch.cat([Size()(samples[position].image[None]) for position in range(20)]).softmax(1)
    np.testing.assert_allclose(found.confidence, expected.max(1).values, atol=1e-6)


def test_a_loader_of_another_form_is_reviewed_as_it_is_shown():
    class Fields(Shades):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            pixels = (image.permute(1, 2, 0).numpy()).astype(np.uint8)
            return {"id": index, "pixel_values": pixels, "label": label}

    data = DataLoader(Fields(20), 8, collate_fn=list)
    found, samples = reviewed(Size(), data), Samples(data)
    expected = torch.cat([Size()(samples[position].image[None]) for position in range(20)]).softmax(1)
    np.testing.assert_allclose(found.confidence, expected.max(1).values, atol=1e-6)
    assert found.labels.tolist() == [index % 3 for index in range(20)]


def seeing_its_own_data_set(number):
    get_worker_info().dataset.opened = True


class Opened(Shades):
    opened = False

    def __getitem__(self, index):
        assert self.opened
        assert get_worker_info().dataset is self
        return super().__getitem__(index)


def test_a_workers_first_step_sees_the_data_set():
    data = DataLoader(Opened(30), 8, num_workers=1, worker_init_fn=seeing_its_own_data_set)
    assert reviewed(Naming(), data).predicted.tolist() == EXPECTED


# --- whatever else is a loader


@pytest.mark.parametrize(
    "make",
    [
        lambda: Shades(30),
        lambda: list(DataLoader(Shades(30), batch_size=7)),
        lambda: iter(list(DataLoader(Shades(30), batch_size=7))),
        lambda: DataLoader(Shades(30), batch_size=None),
        lambda: DataLoader(Forward(30), batch_size=4, num_workers=2),
    ],
    ids=["data set", "list", "iterator", "not collated", "stream"],
)
def test_other_loaders_are_reviewed(make):
    found = reviewed(Naming(), make())
    assert found.complete
    assert found.predicted.tolist() == EXPECTED
    assert found.labels.tolist() == [index % 3 for index in range(30)]


def test_a_tensor_has_predictions_and_no_labels():
    found = reviewed(Naming(), torch.arange(30.0)[:, None, None, None].expand(-1, 3, 8, 8))
    assert found.predicted.tolist() == EXPECTED
    assert (found.labels == -1).all()
    assert np.isnan(found.loss).all()
    assert np.isnan(found.accuracy)
    assert len(found.select("mistakes")) == len(found.select("right")) == 0
    assert len(found.select("least sure")) == 30
    assert not found.errors


class Forward(IterableDataset):
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return ((torch.full((3, 8, 8), float(i)), i % 3) for i in range(self.count))


def test_a_stream_is_read_once_stopped_and_gone_on_with_and_its_worst_samples_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(worst_samples, "MOST_KEPT", 10)
    work = Reviewing(Loud(), DataLoader(Forward(2000), batch_size=4))
    for progress in work.steps():
        assert progress.total is None
        if progress.done >= 700:
            break
    assert work.review.count is None
    assert len(work.review) == 704
    list(work.steps())
    found = work.review
    assert found.count == len(found) == 2000
    assert sorted(found.kept) == sorted(found.select("highest loss")[:10].tolist())
    for position, kept in found.kept.items():
        assert (kept.image == position).all()
        assert kept.thumbnail.shape == (8, 8, 3)
    found.save(tmp_path / "review.npz")
    loaded = Review.load(tmp_path / "review.npz")
    assert same(loaded, found)
    assert all(np.array_equal(loaded.kept[at].image, kept.image) for at, kept in found.kept.items())


class Loud(nn.Module):
    """Its mistakes grow with the image's value in a way that is not monotonous."""

    def forward(self, x):
        value = x.mean((1, 2, 3))
        return torch.stack([torch.sin(value) * value, torch.zeros(len(x)), torch.cos(value)], 1)


def test_a_data_set_without_length_is_refused():
    class Endless(Dataset):
        def __getitem__(self, index):
            return torch.zeros(3, 8, 8), 0

    with pytest.raises(TypeError, match="has no length"):
        reviewed(Naming(), DataLoader(Endless(), sampler=iter([0])))


# --- labels and outputs


def test_labels_outside_the_classes_are_neither_right_nor_wrong():
    found = reviewed(Naming(), labelled([0, 1, 7, -1, -100, 2**40, 3]))
    assert found.labels.tolist() == [0, 1, 7, -1, -100, 2**31 - 1, 3]
    assert found.right.tolist() == [True, True, False, False, False, False, False]
    assert found.misclassified().tolist() == [6]
    assert found.errors[2] == "Its label is 7, but the model's classes are 0 to 3."
    assert sorted(found.errors) == [2, 4, 5]
    assert np.isnan(found.loss[2:6]).all()
    assert np.isfinite(found.confidence).all()
    assert found.confusion().sum() == 3


def test_outputs_that_are_not_numbers_predict_nothing():
    class Nan(Naming):
        def forward(self, x):
            return super().forward(x).masked_fill((x == 5).all(1).all(1)[:, :1], float("nan"))

    found = reviewed(Nan(), DataLoader(Shades(30), batch_size=8))
    assert found.predicted.tolist() == but((5,))
    assert np.isnan(found.confidence[5])
    assert np.isnan(found.loss[5])
    assert dict(found.errors) == {5: "The model's output holds NaN: no class is predicted."}


def test_labels_that_are_names_are_looked_up():
    found = reviewed(Naming(), labelled(["cat", "dog", "wolf", "owl"]), class_names=["cat", "owl", "dog", "cow"])
    assert found.labels.tolist() == [0, 2, -1, 1]
    assert found.name_of(2) == "dog"


def test_class_names_that_do_not_fit_are_not_used():
    found = reviewed(Naming(), labelled([0, 1]), class_names={1: "owl", 0: "cat"})
    assert found.names == ("cat", "owl")
    assert found.class_names is None
    assert found.name_of(1) == "class 1"


def test_one_hot_labels_are_classes():
    assert reviewed(Naming(), labelled([torch.eye(4)[index] for index in (2, 0, 3)])).labels.tolist() == [2, 0, 3]


@pytest.mark.parametrize(
    ("model", "labels", "reason"),
    [
        (Naming(), [torch.tensor([1, 0, 1, 0]), torch.tensor([1, 1, 0, 0])], "one class per sample"),
        (Wrapping(lambda x: x.mean((1, 2, 3))), [0.5, 2.5, 3.0], "that is a regression"),
        (Wrapping(lambda x: x.mean((1, 2, 3))[:, None]), [1, 62, 18], "that is a regression"),
        (Wrapping(lambda x: {"out": x}), [0, 1, 2], "class scores, but the model's output has none"),
    ],
    ids=["multi-label", "regression", "ages", "segmentation"],
)
def test_what_is_no_classification_is_refused(model, labels, reason):
    with pytest.raises(Refusal, match=reason) as refused:
        reviewed(model, labelled(labels))
    assert "\n" not in str(refused.value)


def test_a_binary_model_of_one_logit_is_reviewed():
    logits = torch.tensor([-3.0, -1.0, 0.5, 2.0])
    model = Wrapping(lambda x: logits[x.mean((1, 2, 3)).long()][:, None])
    found = reviewed(model, labelled([0, 1, 1, 0]))
    assert found.predicted.tolist() == [0, 0, 1, 1]
    expected = nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor([0.0, 1, 1, 0]), reduction="none")
    np.testing.assert_allclose(found.loss, expected, rtol=1e-6)
    np.testing.assert_allclose(found.confidence, torch.maximum(logits.sigmoid(), (-logits).sigmoid()), rtol=1e-6)


def test_outputs_that_are_probabilities_are_taken_as_they_are():
    rows = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
    found = reviewed(Wrapping(lambda x: rows[x.mean((1, 2, 3)).long()]), labelled([0, 2]))
    np.testing.assert_allclose(found.confidence, [0.7, 0.6], rtol=1e-6)
    np.testing.assert_allclose(found.loss, -np.log([0.7, 0.3]), rtol=1e-6)


def test_images_of_bytes_are_cast_to_the_models_type():
    images = torch.arange(30, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, 8, 8)
    data = DataLoader(TensorDataset(images, torch.arange(30) % 3), batch_size=8)
    assert reviewed(Naming().double(), data).predicted.tolist() == EXPECTED


def test_a_review_reads_first_what_the_models_forward_names():
    assert Reviewing(Naming(), DataLoader(Shades(4))).samples.prefer == ("x",)


# --- labels of other kinds


class Relabelled(Shades):
    """Its labels are those of `Shades`, as `of` makes them."""

    def __init__(self, count, of):
        super().__init__(count)
        self.of = of

    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return image, self.of(label)


@pytest.mark.parametrize("of", [float, np.float32, lambda label: torch.tensor([float(label)])])
@pytest.mark.parametrize("workers", [0, 1])
def test_whole_numbers_as_floats_are_reviewed_as_the_classes_that_they_are(of, workers):
    plain = reviewed(Naming(), DataLoader(Shades(30), 8))
    found = reviewed(Naming(), DataLoader(Relabelled(30, of), 8, num_workers=workers))
    assert same(found, plain)
    assert not found.errors


def test_a_float_that_is_no_whole_number_is_no_class():
    found = reviewed(Naming(), DataLoader(Relabelled(9, lambda label: label + 0.5 * (label == 1)), 3))
    assert found.labels.tolist() == [0, -1, 2] * 3


class OneLogit(nn.Module):
    def forward(self, x):
        return x.mean((1, 2, 3)) - 2.5


def test_floats_of_0_and_1_beside_one_output_are_reviewed_as_the_classes_of_a_binary_model():
    plain = reviewed(OneLogit(), DataLoader(Relabelled(12, lambda label: min(label, 1)), 5))
    assert same(reviewed(OneLogit(), DataLoader(Relabelled(12, lambda label: float(min(label, 1))), 5)), plain)


@pytest.mark.parametrize("values", [(0.0, 0.37, 1.0), (1.0, 2.0, 0.0), (0.37, 0.5, 0.9)])
def test_values_of_which_some_are_0_or_1_are_a_regression(values):
    with pytest.raises(Refusal, match="that is a regression"):
        reviewed(OneLogit(), DataLoader(Relabelled(12, lambda label: values[label]), 6))


class Pairs(nn.Module):
    """Scores of so many classes."""

    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def forward(self, x):
        return torch.stack([(x.mean((1, 2, 3)) + place) % 2 for place in range(self.classes)], 1)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_one_hot_labels_of_two_classes_are_reviewed_and_lists_of_two_classes_are_refused(batch_size):
    data = Relabelled(12, lambda label: torch.tensor([1, 0]) if label else torch.tensor([0, 1]))
    found = reviewed(Pairs(2), DataLoader(data, batch_size))
    assert found.labels.tolist() == [1, 0, 0] * 4
    with pytest.raises(Refusal, match="labels of this loader name several"):
        reviewed(Pairs(3), DataLoader(data, batch_size))

"""The numbers of `explain`, against a plain implementation and on maps where something is wrong."""

import inspect
from dataclasses import FrozenInstanceError, dataclass, replace
from types import SimpleNamespace
from typing import get_type_hints

import numpy as np
import pytest
import torch
from models import NETWORKS, Showing, Tiny, images, trained
from scipy import ndimage
from torch import nn

from attn_widget import Contrast, explain, explain_many
from attn_widget.explanation import Question, to_heatmap
from attn_widget.words import reasons

IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))


def arguments_of(function):
    """The parameters of a function with their defaults and types."""
    types = get_type_hints(function)
    return {name: (one.default, types[name]) for name, one in inspect.signature(function).parameters.items()}


def test_what_a_script_may_ask_is_what_a_question_has_with_the_same_defaults():
    one, many, question = map(arguments_of, (explain, explain_many, Question))
    own = {"layer", "method", "layers", "methods", "silence", "keep", "fill"}
    assert {name: one[name] for name in one if name not in own} == {n: many[n] for n in many if n not in own}
    assert set(one) - own == set(question) - {"progress", "classes", "calls", "shift", "affords", "silenced"}
    wider = {"image", "label"}  # which are read
    assert all(one[name] == question[name] for name in set(one) - own - wider)


# --- the plain implementation: the tutorial's method, written down a second time


def plainly(model, image, layers):
    """What each layer gave at its last call, and the logits, by hooks on the model itself in eval mode."""
    model.eval()
    kept = {}
    handles = [
        model.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: kept.update({name: output.clone()})
        )
        for name in layers
    ]
    with torch.no_grad():
        logits = model(image[None])[0]
    for handle in handles:
        handle.remove()
    return {name: output[0].double().numpy() for name, output in kept.items()}, logits


def zoomed(map_, size):
    """Min-max normalised, and resized by SciPy."""
    low, high = map_.min(), map_.max()
    unit = (map_ - low) / (high - low) if high > low else np.zeros_like(map_)
    factors = size[0] / map_.shape[0], size[1] / map_.shape[1]
    return ndimage.zoom(unit, factors, order=1, grid_mode=True, mode="nearest")


LAYERS = {
    "seed_cnn": ["conv1", "bn2", "conv3", "pool"],
    "resnet20": ["conv1", "layer1.1.bn2", "layer2.0", "layer3"],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_hundred_real_images_give_the_plain_implementations_numbers(name, cifar10):
    model, reference, folder = trained(cifar10, name), trained(cifar10, name), images(cifar10, name)
    for position in np.random.default_rng(2).choice(len(folder), 100, replace=False):
        image, label = folder[position]
        given, logits = plainly(reference, image, LAYERS[name])
        for layer, maps in given.items():
            e = explain(model, image, layer=layer, top_k=5, label=label)
            means = maps.mean((1, 2))
            contributions = np.maximum(means, 0)[:, None, None] * maps
            strengths, overall = contributions.mean((1, 2)), contributions.sum(0)
            channels = np.argsort(-means, kind="stable")[:5]
            assert e.channels.tolist() == channels.tolist()
            assert e.channel_count == len(maps)
            for found, expected in [
                (e.weights, means[channels]),
                (e.shares, (strengths / strengths[strengths > 0].sum())[channels]),
                (e.maps, maps[channels]),
                (e.heatmaps, [zoomed(maps[channel], (32, 32)) for channel in channels]),
                (e.overall_map, overall),
                (e.overall, zoomed(np.maximum(overall, 0), (32, 32))),
                (e.logits, logits),
                (e.probabilities, logits.softmax(0)),
                (e.score, logits.max()),
            ]:
                np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-5, atol=1e-5)
            assert (e.predicted, e.label) == (int(logits.argmax()), label)


SIZES = [((8, 8), (32, 32)), ((7, 7), (224, 224)), ((7, 5), (33, 50)), ((1, 6), (9, 40)), ((6, 1), (40, 9))]
SIZES += [((1, 1), (5, 7)), ((32, 32), (8, 8)), ((30, 20), (7, 11)), ((16, 4), (4, 16)), ((5, 5), (5, 5))]
SIZES += [((3, 3), (1, 1)), ((2, 2), (3, 1)), ((13, 17), (101, 97)), ((28, 28), (28, 29))]


@pytest.mark.parametrize(("grid", "size"), SIZES)
def test_a_heatmap_is_scipys_zoom_at_every_size(grid, size):
    map_ = np.random.default_rng(1).normal(size=grid)
    heatmap = to_heatmap(map_, size)
    assert heatmap.shape == size
    assert heatmap.dtype == np.float32
    assert heatmap.min() >= 0
    assert heatmap.max() <= 1
    np.testing.assert_allclose(heatmap, zoomed(map_, size), atol=1e-6)


@pytest.mark.parametrize("scale", [1e-30, 1e-12, 1e-8, 1e8, 1e30])
def test_the_scale_of_a_map_does_not_change_its_heatmap(scale):
    map_ = np.random.default_rng(1).normal(size=(4, 4))
    np.testing.assert_allclose(to_heatmap(map_ * scale, (9, 9)), to_heatmap(map_, (9, 9)), atol=1e-6)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float64])
def test_a_map_of_any_dtype_becomes_a_heatmap(dtype):
    map_ = np.eye(3).astype(dtype)
    np.testing.assert_allclose(to_heatmap(map_, (6, 6)), zoomed(np.eye(3), (6, 6)), atol=1e-6)


@pytest.mark.parametrize("value", [0.0, -3.0, 7.5, 1e-30])
def test_a_flat_map_is_zero_everywhere(value):
    assert np.array_equal(to_heatmap(np.full((4, 4), value), (8, 8)), np.zeros((8, 8)))


def test_a_nan_cell_stays_nan_and_leaves_the_other_cells_as_they_are():
    map_ = np.arange(16.0).reshape(4, 4)
    broken = map_.copy()
    broken[1, 2] = np.nan
    heatmap, whole = to_heatmap(broken, (16, 16)), to_heatmap(map_, (16, 16))
    hole = np.zeros((16, 16), bool)
    hole[4:8, 8:12] = True
    assert np.array_equal(np.isnan(heatmap), hole)
    far = np.ones((16, 16), bool)
    far[2:10, 6:14] = False
    np.testing.assert_allclose(heatmap[far], whole[far], atol=1e-6)
    assert np.isnan(to_heatmap(np.full((4, 4), np.nan), (8, 8))).all()


def test_infinite_cells_saturate_and_the_others_keep_their_contrast():
    heatmap = to_heatmap(np.array([[0.0, 1.0, 2.0, 4.0, np.inf, -np.inf]]), (1, 6))
    np.testing.assert_allclose(heatmap, [[0, 0.25, 0.5, 1, 1, 0]])


# --- what an explanation is


def arrays_of(e):
    return [e.channels, e.weights, e.shares, e.maps, e.heatmaps, e.overall_map, e.overall, e.logits, e.probabilities]


def test_an_explanation_says_what_it_is_of():
    model = Tiny()
    with torch.no_grad():
        for parameter in model.conv.parameters():
            parameter.abs_()  # else all channels may be negative, which a note says
    e = explain(model, IMAGE, layer="conv", label=1)
    assert (e.layer, e.call, e.calls, e.method, e.target, e.label) == ("conv", 0, 1, "channel-mean", "predicted", 1)
    assert (e.size, e.channel_count, e.notes) == ((8, 8), 4, ())
    assert e.maps.shape == (3, 8, 8)
    assert e.heatmaps is e.heatmaps


def test_its_arrays_are_read_only_and_float32():
    e = explain(Tiny().double(), IMAGE.double(), layer="conv")
    assert [array.dtype for array in arrays_of(e)] == [np.int64] + [np.float32] * 8
    for array in arrays_of(e):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(FrozenInstanceError):
        e.layer = "head"


def test_it_says_in_one_line_what_matters():
    channels, shares = np.arange(9), np.float32([0.31, 0.2, 0.1, 0.09, 0.05, 0.02, 0, 0, -0.1])
    e = replace(
        explain(Tiny(), IMAGE, layer="conv", method="grad-cam", target=Contrast("predicted", 2)),
        **{"channels": channels, "shares": shares, "channel_count": 64},
        **{"predicted": 1, "probabilities": np.float32([0.25, 0.75, 0])},
    )
    of, predicted = "Explanation of conv by Grad-CAM for class 1 rather than class 2", "predicted class 1 (75 %)"
    listed = "0 (31 %), 1 (20 %), 2 (10 %), 3 (9.0 %), 4 (5.0 %), … of 64 on an 8×8 grid"
    assert repr(e) == f"{of}: {predicted}, strongest channels {listed}"
    there = replace(e, method="channel-mean", at=(2, 3), ranked_by="value", predicted=None, unit="head")
    assert repr(there) == f"Explanation of conv by channel mean, strongest heads at row 2, column 3: {listed}"
    none = {"layer": "", "channel_count": 0, "method": "legrad", "target": len}
    assert (
        repr(replace(e, **none)) == f"Explanation of the image's pixels by LeGrad for the target function: {predicted}"
    )


def test_it_is_compared_by_identity():
    model = Tiny()
    first, second = explain(model, IMAGE), explain(model, IMAGE)
    assert first != second
    assert len({first, second}) == 2


def test_its_arrays_do_not_change_when_the_model_is_trained_on():
    model = Tiny()
    e = explain(model, IMAGE, layer="conv")
    before = [array.copy() for array in arrays_of(e)]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    assert all(np.array_equal(*pair) for pair in zip(arrays_of(e), before, strict=True))
    assert not np.array_equal(explain(model, IMAGE, layer="conv").maps, e.maps)


def test_the_image_may_come_as_a_batch_of_one_or_an_array_of_any_kind():
    model = Tiny()
    expected = explain(model, IMAGE, layer="conv").maps
    fixed = IMAGE.numpy().copy()
    fixed.setflags(write=False)
    turned = np.ascontiguousarray(IMAGE.numpy()[:, ::-1])[:, ::-1]
    for image in (IMAGE[None], IMAGE.double(), IMAGE.numpy(), fixed, turned, IMAGE.clone().requires_grad_()):
        np.testing.assert_allclose(explain(model, image, layer="conv").maps, expected, atol=1e-6)
    assert explain(model, (IMAGE * 255).byte(), layer="conv").maps.max() > 2 * expected.max()


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (None, TypeError, "image must be a tensor .*got NoneType"),
        ([[1.0]], TypeError, "image must be a tensor .*got list"),
        (np.array([["a"]]), TypeError, "image must be a tensor"),
        (torch.rand(8, 8), ValueError, r"image must be one image .*got shape \[8, 8\]"),
        (torch.rand(2, 3, 8, 8), ValueError, r"got shape \[2, 3, 8, 8\]; pass one image at a time"),
        (torch.rand(3, 0, 8), ValueError, r"got shape \[3, 0, 8\]"),
    ],
)
def test_what_is_no_image_is_refused(image, error, words):
    with pytest.raises(error, match=words):
        explain(Tiny(), image)


# --- which channels


def shown(*channels, **options):
    """Explain a layer that gives these channels."""
    return explain(Showing(torch.tensor(channels)[None]), IMAGE, layer="layer", **options)


def level(value):
    return [[value] * 4] * 4


def test_more_channels_than_there_are_gives_all_of_them():
    e = shown(level(1.0), level(2.0), top_k=100)
    assert e.channels.tolist() == [1, 0]
    assert e.heatmaps.shape == (2, 8, 8)
    np.testing.assert_allclose(e.shares, [0.8, 0.2])


@pytest.mark.parametrize("top_k", [0, -1, 2.5, True, "3", None])
def test_a_top_k_that_is_no_positive_whole_number_is_an_error(top_k):
    with pytest.raises(ValueError, match=f"top_k must be a whole number of at least 1, got {top_k!r}"):
        shown(level(1.0), top_k=top_k)


def test_numpys_whole_numbers_are_whole_numbers():
    e = shown(level(1.0), level(2.0), top_k=np.int64(1), call=np.int64(-1), target=np.int64(2), label=np.int64(1))
    assert e.channels.tolist() == [1]
    assert (e.target, e.label, e.score) == (2, 1, 1.0)


def test_ties_keep_the_order_of_the_channels():
    e = shown(level(1.0), level(2.0), level(1.0), level(2.0), level(0.0), level(1.0), top_k=6)
    assert e.channels.tolist() == [1, 3, 0, 2, 5, 4]


def test_a_channel_of_negative_mean_is_no_evidence_and_comes_after_the_others_by_its_mean():
    e = shown(level(-3.0), level(1.0), level(-1.0), level(0.0), top_k=4)
    assert e.channels.tolist() == [1, 3, 2, 0]
    np.testing.assert_allclose(e.weights, [1, 0, -1, -3])
    np.testing.assert_allclose(e.shares, [1, 0, 0, 0])
    np.testing.assert_allclose(e.overall_map, level(1.0))


def test_the_overall_map_is_rectified_before_it_is_normalised():
    e = shown([[-1.0, 0.0], [1.0, 4.0]])
    np.testing.assert_allclose(e.overall_map, [[-1, 0], [1, 4]])
    np.testing.assert_allclose(e.overall, zoomed(np.array([[0.0, 0.0], [1.0, 4.0]]), (8, 8)), atol=1e-6)


def test_where_nothing_is_positive_the_overall_heatmap_is_empty_and_a_note_says_so():
    e = shown([[-1.0, -2.0], [-3.0, -4.0]], [[0.0, 0.0], [0.0, 0.0]])
    assert np.array_equal(e.overall, np.zeros((8, 8)))
    assert e.shares.tolist() == [0, 0]
    assert (e.empty, e.notes) == ("below zero", (reasons.WHY_EMPTY["below zero"],))


def test_small_activations_keep_their_contrast():
    maps = torch.rand(1, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    usual, small = (explain(Showing(maps * scale), IMAGE, layer="layer") for scale in (1, 1e-15))
    np.testing.assert_allclose(small.overall, usual.overall, atol=1e-5)
    np.testing.assert_allclose(small.heatmaps, usual.heatmaps, atol=1e-5)
    np.testing.assert_allclose(small.shares, usual.shares, atol=1e-5)


def test_a_channel_with_nan_comes_last_and_the_overall_heatmap_looks_broken():
    e = shown([[1.0, float("nan")], [2.0, 3.0]], [[1.0, 2.0], [3.0, 4.0]], top_k=2)
    assert e.channels.tolist() == [1, 0]
    assert np.isnan(e.shares).tolist() == [False, True]
    assert e.shares[0] == 1
    assert np.isnan(e.overall).all()
    assert np.isnan(e.heatmaps[1]).sum() == 16
    assert not np.isnan(e.heatmaps[0]).any()
    assert e.notes[0] == reasons.NAN_IN_MAPS


@pytest.mark.filterwarnings("error")
def test_infinite_channels_come_first_and_do_not_blot_out_the_overall_heatmap():
    e = shown([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, float("inf")]], [[-float("inf"), 0.0], [0.0, 1.0]], top_k=3)
    assert e.channels.tolist() == [1, 0, 2]
    assert e.shares.tolist() == [1, 0, 0]
    assert e.overall[7, 7] == 1
    assert not np.isnan(e.heatmaps).any()
    assert reasons.INFINITE_IN_MAPS in e.notes


# --- models of every precision, layers of every kind of number


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_models_give_their_own_maps_in_float32(dtype):
    model = Tiny().to(dtype)
    e = explain(model, IMAGE, layer="conv")
    with torch.no_grad():
        maps = model.conv(IMAGE[None].to(dtype))[0].float().numpy()
    assert np.array_equal(e.maps, maps[e.channels])
    assert e.overall.dtype == np.float32


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool, torch.float64, torch.bfloat16])
def test_maps_of_any_dtype_become_float32(dtype):
    maps = torch.ones(4, 4).tril().expand(1, 2, 4, 4).to(dtype)
    assert np.array_equal(explain(Showing(maps), IMAGE, layer="layer").maps[0], np.tri(4, dtype=np.float32))


def test_complex_maps_are_read_as_magnitudes():
    maps = torch.full((1, 2, 4, 4), 3 + 4j)
    assert np.array_equal(explain(Showing(maps), IMAGE, layer="layer").maps[0], np.full((4, 4), 5, np.float32))


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_quantised_maps_are_unpacked():
    maps = torch.quantize_per_tensor(torch.eye(4).expand(1, 2, 4, 4), 0.5, 0, torch.quint8)
    assert np.array_equal(explain(Showing(maps), IMAGE, layer="layer").maps[0], np.eye(4, dtype=np.float32))


# --- what the model's output says


@dataclass
class Output:
    loss: torch.Tensor
    logits: torch.Tensor


LOGITS = torch.tensor([[0.0, 3.0, 1.0]])
OUTPUTS = {
    "a tensor": LOGITS,
    "a tuple": (LOGITS, torch.rand(1, 5)),
    "a tuple, features first": (torch.rand(1, 4, 2, 2), LOGITS),
    "a dict": {"features": torch.rand(1, 5), "logits": LOGITS},
    "a dict without the name": {"out": LOGITS},
    "a dataclass": Output(torch.zeros(()), LOGITS),
    "an object": SimpleNamespace(logits=LOGITS),
    "nested": [{"heads": (LOGITS,)}],
    "half precision": LOGITS.half(),
    "squeezed": LOGITS[0],
}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS.keys())
def test_class_scores_are_found_in_every_kind_of_output(output):
    e = explain(Showing(torch.rand(1, 2, 4, 4), output), IMAGE, layer="layer")
    assert e.predicted == 1
    assert e.score == 3
    np.testing.assert_allclose(e.logits, LOGITS[0], atol=1e-3)
    np.testing.assert_allclose(e.probabilities, LOGITS[0].softmax(0), atol=1e-3)


def of_output(output, **options):
    return explain(Showing(torch.rand(1, 2, 4, 4), output), IMAGE, layer="layer", **options)


@pytest.mark.parametrize(
    "output", [torch.rand(1, 5, 4, 4), {"boxes": torch.rand(1, 2, 4)}, [], "text", torch.tensor([[1, 2]])]
)
def test_an_output_without_class_scores_has_none(output):
    e = of_output(output, label=1)
    assert (e.predicted, e.score, e.logits, e.probabilities) == (None, None, None, None)
    assert e.overall.shape == (8, 8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_probabilities_are_not_put_through_softmax_again(dtype):
    given = torch.full((1, 3), 1 / 3).to(dtype)  # which sum to 1.002 in bfloat16
    np.testing.assert_allclose(of_output(given).probabilities, given[0].float(), atol=1e-6)


def test_log_probabilities_become_probabilities():
    np.testing.assert_allclose(of_output(LOGITS.log_softmax(1)).probabilities, LOGITS[0].softmax(0), atol=1e-6)


@pytest.mark.parametrize("output", [torch.tensor([[2.0]]), torch.tensor([2.0]), torch.tensor(2.0)])
def test_one_output_with_an_integer_label_is_a_binary_model(output):
    e = of_output(output, label=0)
    p = 1 / (1 + np.exp(-2.0))
    assert e.logits.tolist() == [-2, 2]
    np.testing.assert_allclose(e.probabilities, [1 - p, p], rtol=1e-6)
    assert (e.predicted, e.score) == (1, 2)
    assert of_output(output, label=0, target="true").score == -2


@pytest.mark.parametrize("label", [2.5, None])
@pytest.mark.parametrize("output", [torch.tensor([[-2.0]]), torch.tensor([-2.0]), torch.tensor(-2.0)])
def test_one_output_without_a_class_label_is_a_regression(output, label):
    e = of_output(output, label=label)
    assert (e.predicted, e.logits, e.probabilities, e.label) == (None, None, None, label)
    assert e.score == -2


@pytest.mark.parametrize("output", [torch.tensor([[2.0]]), torch.tensor([2.0]), torch.tensor(2.0)])
@pytest.mark.parametrize("label", [0.0, np.float32(0), torch.tensor([0.0])])
def test_a_float_of_0_or_1_beside_one_output_is_a_class_of_a_binary_model_and_a_note_says_so(output, label):
    e = of_output(output, label=label, target="true")
    assert (e.label, e.predicted, e.score) == (0, 1, -2)
    assert isinstance(e.label, int)
    assert reasons.read_as_binary(0.0) in e.notes
    assert not of_output(output, label=0).notes


@pytest.mark.parametrize("label", [0.37, 3.0, -1.0, float("nan"), float("inf")])
def test_any_other_float_beside_one_output_is_the_value_of_a_regression(label):
    e = of_output(torch.tensor([[2.0]]), label=label)
    assert (e.predicted, e.score) == (None, 2)
    assert e.label is label


@pytest.mark.parametrize("label", [2.0, np.float64(2), torch.tensor(2.0), torch.tensor([2.0], dtype=torch.float16)])
def test_a_whole_number_beside_class_scores_is_a_class_also_as_a_float(label):
    e = of_output(LOGITS, label=label, target="true")
    assert (e.label, e.predicted, e.score) == (2, 1, 1)
    assert isinstance(e.label, int)
    assert not e.notes


@pytest.mark.parametrize("label", [[0, 1], (0, 1), torch.tensor([0, 1]), np.array([0, 1])], ids=str)
def test_two_numbers_are_classes_where_the_model_has_more_than_two(label):
    e = of_output(LOGITS, label=label)
    assert e.label == (0, 1)
    np.testing.assert_allclose(e.probabilities, LOGITS[0].sigmoid(), rtol=1e-6)


@pytest.mark.parametrize("label", [[0, 1], torch.tensor([0, 1]), np.array([0, 1])], ids=str)
@pytest.mark.parametrize("output", [LOGITS[:, :2], torch.tensor([[2.0]])])
def test_two_numbers_are_one_hot_where_the_model_has_two_classes(output, label):
    e = of_output(output, label=label, target="true")
    assert (e.label, e.predicted) == (1, 1)
    assert e.probabilities.sum() == pytest.approx(1)


def test_several_labels_make_each_class_a_question_of_its_own():
    e = of_output(LOGITS, label=(0, 2))
    assert e.label == (0, 2)
    np.testing.assert_allclose(e.probabilities, LOGITS[0].sigmoid(), rtol=1e-6)


@pytest.mark.parametrize("label", [1, (1,), 2.5, "cat", None])
def test_a_label_is_kept_as_it_is(label):
    assert of_output(LOGITS, label=label).label == label


@pytest.mark.parametrize("label", [torch.tensor(1), torch.tensor([1]), np.array(1), torch.tensor([0, 1, 0])])
def test_a_label_as_the_loader_gives_it_is_read_like_a_samples(label):
    e = of_output(LOGITS, label=label, target="true")
    assert e.label == 1
    assert e.score == 3


def test_nan_scores_predict_nothing():
    e = of_output(torch.tensor([[0.0, float("nan"), 1.0]]))
    assert e.predicted is None
    assert e.notes[0] == reasons.NAN_IN_OUTPUT


# --- targets


@pytest.mark.parametrize(
    ("target", "score"),
    [
        ("predicted", 3),
        ("true", 1),
        (0, 0),
        (2, 1),
        (Contrast("predicted", "true"), 2),
        (Contrast(2, "predicted"), -2),
        (Contrast(1, 0), 3),
        (lambda output: output[0, 1] * 2, 6),
        (lambda output: output.sum(1), 4),
    ],
)
def test_the_targets_score_is_given(target, score):
    e = of_output(LOGITS, label=2, target=target)
    assert e.score == score
    assert e.target is target
    assert e.predicted == 1


@pytest.mark.parametrize(
    ("target", "label", "error", "words"),
    [
        ("true", None, ValueError, "target 'true' needs an integer label, and this sample's label is None"),
        ("true", (0, 1), ValueError, r"target 'true' needs .* \(0, 1\)"),
        ("true", 7, ValueError, "target must be a class index from 0 to 2, got 7"),
        ("cat", 0, ValueError, r"a class index \(only the panel knows class names\), got 'cat'"),
        (3, 0, ValueError, "target must be a class index from 0 to 2, got 3"),
        (-1, 0, ValueError, "target must be a class index from 0 to 2, got -1"),
        (True, 0, ValueError, "target must be .* got True"),
        (1.0, 0, ValueError, r"target must be 'predicted', 'true', a class index, .* got 1\.0"),
        (None, 0, ValueError, "target must be .* got None"),
        (Contrast(0, 9), 0, ValueError, "from 0 to 2, got 9"),
        (Contrast("dog", 0), 0, ValueError, "got 'dog'"),
        (lambda output: output, 0, TypeError, r"target must give a scalar tensor .* shape \[1, 3\]"),
        (lambda output: 1.0, 0, TypeError, "target must give a scalar tensor .* got float"),
    ],
)
def test_a_target_that_makes_no_sense_is_an_error(target, label, error, words):
    with pytest.raises(error, match=words):
        of_output(LOGITS, label=label, target=target)


@pytest.mark.parametrize("target", ["true", 0, Contrast(0, 1)])
def test_a_class_target_needs_class_scores(target):
    with pytest.raises(ValueError, match=r"target needs class scores, .* give a callable"):
        of_output(torch.rand(1, 5, 4, 4), label=0, target=target)
    assert of_output({"heat": torch.ones(1, 5, 4, 4)}, target=lambda output: output["heat"].sum()).score == 80


@pytest.mark.parametrize("method", ["channel-men", "nothing", None])
def test_an_unknown_method_is_an_error_that_lists_them(method):
    with pytest.raises(ValueError, match=f"method must be one of .*'channel-mean'.*, got {method!r}"):
        explain(Tiny(), IMAGE, method=method)
    with pytest.raises(ValueError, match="did you mean 'channel-mean'"):
        explain(Tiny(), IMAGE, method="channel-men")


def test_without_a_layer_the_default_is_taken():
    assert explain(Tiny(), IMAGE).layer == "conv"
    with pytest.raises(ValueError, match=r"no layer of the model gives a map.*find_layers"):
        explain(nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), IMAGE)


def test_a_layer_without_a_map_is_an_error_with_the_reason():
    with pytest.raises(ValueError, match=f"layer 'head' gives no map: {reasons.ONE_VECTOR}"):
        explain(Tiny(), IMAGE, layer="head")


def test_a_detectors_boxes_and_scores_are_no_class_scores() -> None:
    class Detector(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: torch.Tensor) -> list[dict[str, torch.Tensor]]:
            maps = self.conv(x)
            return [{"boxes": maps[0, :, :5, 0].T, "scores": maps[0, 0, :5, 0], "labels": torch.arange(5)}]

    found = explain(Detector(), torch.rand(3, 12, 12), layer="conv")

    assert found.predicted is None
    assert found.probabilities is None
    assert found.score is None


@pytest.mark.parametrize("argument", ["layers", "methods"])
@pytest.mark.parametrize("given", ["conv", None, 3])
def test_names_that_are_no_list_are_not_read_letter_by_letter(argument, given):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2))
    with pytest.raises(TypeError, match=f"{argument} must be a list of names, got {given!r}"):
        explain_many(model, torch.rand(3, 8, 8), **{"layers": ["0"], "methods": ["channel-mean"], argument: given})

"""What must hold of every method, whatever the numbers are."""

import copy
import threading

import numpy as np
import pytest
import torch
from models import Hidden, Showing, Witness
from torch import nn

from attn_widget import Contrast, explain, explain_batch, explain_many
from attn_widget.explanation import Question, explained, fuse, to_heatmap
from attn_widget.methods import METHODS, Activation, Weighing, register
from attn_widget.words import forms, reasons
from methods import peers
from methods.networks import (
    Branching,
    ChannelsLast,
    Concatenating,
    Ending,
    Segmenter,
    TinyViT,
    TwoHeads,
    in_place_cnn,
    plain_cnn,
    pooled_cnn,
    random_image,
    seeded,
)
from methods.peers import Score, leaf_in_place

IMAGE = random_image(16)
GRADIENTS = ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"]
PASSES = ["score-cam", "ablation-cam"]
FURTHER = [*PASSES, "finer-cam", "refine-cam"]  # all that take further passes
OF_LAYERS = [name for name, method in METHODS.items() if method.reads == "layer"]
ASKING = [name for name, method in METHODS.items() if method.class_specific and method.reads != "attention"]
EVERY = 10**6


def close(found, expected, within=1e-5):
    """Whether two arrays are the same, relative to the largest value."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    return found.shape == expected.shape and np.abs(found - expected).max() <= within * np.abs(expected).max()


def by_channel(e):
    """An explanation's weights in the order of the channels, where it keeps all of them."""
    weights = np.empty(e.channel_count)
    weights[e.channels] = e.weights
    return weights


class Known:
    """Answers an `Activation` with gradients that are known, and scores that are sums of what is changed."""

    def __init__(self, gradients):
        self._gradients = gradients

    def gradients(self):
        return self._gradients

    def score(self):
        return 1.5

    def scores_with(self, changed):
        return np.array([float(maps.sum()) for maps in changed])

    scores_through = scores_with

    def class_scores(self):
        return np.array([1.5, 0.5, -2.0, 1.0]), (0,)

    def gradients_of(self, mixture):
        return mixture.sum() * self._gradients

    def heatmaps_behind(self, weigh):
        return np.ones((1, *self._gradients.shape[1:]))


def known(channels=7, grid=(5, 4), seed=0):
    draw = np.random.default_rng(seed)
    return Activation(draw.normal(size=(channels, *grid)), Known(draw.normal(size=(channels, *grid))))


# --- the same question, two ways


def test_before_a_global_average_and_one_linear_layer_three_methods_are_the_same():
    model = seeded(pooled_cnn)
    for of in range(5):
        one, hires, xgrad = explain_many(
            model, IMAGE, layers=["relu"], methods=["grad-cam", "hires-cam", "xgrad-cam"], target=of
        )
        assert np.abs(one.overall_map).max() > 0
        assert close(hires.overall_map, one.overall_map)
        assert close(xgrad.overall_map, one.overall_map)


def test_elsewhere_they_are_not():
    one, hires, xgrad = explain_many(
        seeded(plain_cnn), random_image(), layers=["relu2"], methods=["grad-cam", "hires-cam", "xgrad-cam"]
    )
    assert not close(hires.overall_map, one.overall_map, 0.1)
    assert not close(xgrad.overall_map, one.overall_map, 0.1)


def test_where_all_gradients_are_positive_layer_cam_is_hires_cam():
    activation = known()
    activation.gradients[...] = np.abs(activation.gradients)
    layer_cam, hires_cam = METHODS["layer-cam"].weigh(activation), METHODS["hires-cam"].weigh(activation)
    assert close(layer_cam.overall_map(activation.maps), hires_cam.overall_map(activation.maps))


@pytest.mark.parametrize("method", OF_LAYERS)
def test_the_contributions_of_all_channels_sum_to_the_overall_map(method):
    activation = known()
    weighing = METHODS[method].weigh(activation)
    factors = weighing.factors if weighing.factors.ndim == 3 else weighing.factors[:, None, None]
    contributions = factors * activation.maps
    assert weighing.weights.shape == (7,)
    assert close(weighing.overall_map(activation.maps), contributions.sum(0))
    assert close(weighing.strengths(activation.maps), contributions.mean((1, 2)))


@pytest.mark.parametrize("method", sorted({*OF_LAYERS} - {"channel-mean", "hires-cam", "layer-cam", "refine-cam"}))
def test_the_weighted_maps_of_an_explanation_sum_to_its_overall_map(method):
    e = explain(seeded(in_place_cnn), random_image(), layer="conv3", method=method, top_k=EVERY)
    assert close(np.tensordot(e.weights, e.maps, 1), e.overall_map)


@pytest.mark.parametrize("method", OF_LAYERS)
def test_the_shares_of_the_positive_channels_sum_to_one_and_order_the_channels(method):
    e = explain(seeded(plain_cnn), random_image(), layer="conv3", method=method, top_k=EVERY)
    assert sorted(e.channels) == list(range(20))
    assert e.shares[e.shares > 0].sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff(np.maximum(e.shares, 0)) <= 0).all()
    few = explain(seeded(plain_cnn), random_image(), layer="conv3", method=method, top_k=4)
    assert few.channels.tolist() == e.channels[:4].tolist()
    assert np.array_equal(few.overall_map, e.overall_map)


# --- contrasts


@pytest.mark.parametrize("target", [Contrast(2, 2), Contrast("predicted", "predicted"), Contrast("true", "true")])
@pytest.mark.parametrize("method", [*GRADIENTS, "ablation-cam"])
def test_a_contrast_of_a_class_with_itself_is_zero_everywhere_and_a_note_says_so(method, target):
    e = explain(seeded(plain_cnn), random_image(), layer="conv3", method=method, target=target, label=1)
    assert e.score == 0
    assert not e.overall_map.any()
    assert not e.overall.any()
    assert not e.shares.any()
    assert (e.empty, e.notes) == ("same class", (reasons.WHY_EMPTY["same class"],))


def test_a_contrast_turned_round_turns_its_sign():
    one, other = (
        explain_many(seeded(plain_cnn), random_image(), layers=["conv3"], methods=[*GRADIENTS, *PASSES], target=target)
        for target in (Contrast(4, 1), Contrast(1, 4))
    )
    for e, turned in zip(one, other, strict=True):
        assert e.score == -turned.score != 0
        if e.method in ("grad-cam", "xgrad-cam", "hires-cam", "ablation-cam"):
            assert close(e.overall_map, -turned.overall_map)


@pytest.mark.parametrize("method", ["grad-cam", "xgrad-cam", "hires-cam"])
def test_a_contrast_is_the_difference_of_its_classes(method):
    of, against, contrast = (
        explain(seeded(plain_cnn), random_image(), layer="conv3", method=method, target=target)
        for target in (4, 1, Contrast(4, 1))
    )
    assert contrast.score == pytest.approx(of.score - against.score, rel=1e-4)
    assert close(contrast.overall_map, of.overall_map - against.overall_map)


def maps_of_two_classes(method):
    model, image = seeded(plain_cnn), random_image()
    return [explain(model, image, layer="conv3", method=method, target=target).overall_map for target in (0, 1)]


@pytest.mark.parametrize("method", sorted(ASKING))
def test_a_methods_map_depends_on_the_class_where_it_asks_for_it(method):
    maps = [
        explain(seeded(plain_cnn), random_image(), layer="conv3", method=method, target=c).overall_map for c in (0, 1)
    ]
    assert not close(*maps)


@pytest.mark.parametrize("method", ["channel-mean", "eigen-cam"])
def test_methods_that_ask_for_nothing_give_the_same_for_each_class(method):
    assert not METHODS[method].class_specific
    maps = [
        explain(seeded(plain_cnn), random_image(), layer="conv3", method=method, target=c).overall_map for c in (0, 1)
    ]
    assert np.array_equal(*maps)


# --- many from one pass


def same(one, other):
    return (one.layer, one.method, one.score) == (other.layer, other.method, other.score) and all(
        close(getattr(one, name), getattr(other, name)) for name in ("overall_map", "weights", "maps", "shares")
    )


BRANCHES = ["stem", "left", "right", "block", "block.conv"]


@pytest.mark.parametrize("layers", [BRANCHES, BRANCHES[::-1], ["left", "left"]], ids=["in order", "turned", "twice"])
def test_many_explanations_are_those_given_one_by_one_and_take_one_pass(layers):
    model, image = seeded(Branching), IMAGE
    methods = OF_LAYERS
    singly = [explain(model, image, layer=layer, method=method, target=2) for layer in layers for method in methods]
    without_passes = [method for method in methods if method not in FURTHER]
    model.passes.clear()
    together = explain_many(model, image, layers=layers, methods=without_passes, target=2)
    assert model.passes == [1]
    further = [method for method in methods if method in FURTHER]
    together += explain_many(model, image, layers=layers, methods=further, target=2)
    expected = [e for e in singly if e.method not in FURTHER] + [e for e in singly if e.method in FURTHER]
    assert [(e.layer, e.method) for e in together] == [(e.layer, e.method) for e in expected]
    for pair in zip(together, expected, strict=True):
        assert same(*pair)


@pytest.mark.parametrize("method", peers.FORMULAS)
def test_a_leaf_for_each_of_many_layers_leaves_the_others_gradients_whole(method):
    model = seeded(Branching)
    for e in explain_many(model, IMAGE, layers=BRANCHES, methods=[method], target=2):
        assert close(e.overall_map, peers.plainly(model, e.layer, IMAGE, method, Score(2)))


def test_one_backward_pass_is_made_for_all_and_one_for_how_far_they_shift(monkeypatch):
    calls, whole = [], torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *given, **options: calls.append(1) or whole(*given, **options))
    explain_many(seeded(Branching), IMAGE, layers=BRANCHES, methods=GRADIENTS)
    assert len(calls) == 2
    explain_many(seeded(Branching), IMAGE, layers=BRANCHES, methods=["channel-mean", "eigen-cam", *PASSES])
    assert len(calls) == 2


def test_no_methods_and_no_layers_give_no_explanations():
    assert explain_many(seeded(pooled_cnn), IMAGE, layers=[], methods=GRADIENTS) == []
    assert explain_many(seeded(pooled_cnn), IMAGE, layers=["conv"], methods=[]) == []


# --- smoothed gradients


def noisy_copies(image, count):
    generator = torch.Generator().manual_seed(0)
    spread = 0.1 * float(image.max() - image.min())
    return [image + spread * torch.randn((1, *image.shape), generator=generator)[0] for _ in range(count)]


@pytest.mark.parametrize("method", peers.FORMULAS)
def test_smoothed_gradients_are_the_plain_mean_over_the_noisy_copies(method):
    model, image = seeded(plain_cnn), random_image()
    maps, _ = leaf_in_place(model, "conv2", image, Score(2))
    gradients = np.mean([leaf_in_place(model, "conv2", copy_, Score(2))[1] for copy_ in noisy_copies(image, 4)], axis=0)
    e = explain(model, image, layer="conv2", method=method, target=2, smooth=4)
    assert close(e.overall_map, peers.FORMULAS[method](maps, gradients))
    assert not close(e.overall_map, explain(model, image, layer="conv2", method=method, target=2).overall_map, 1e-3)


def test_smoothed_gradients_are_of_the_class_that_the_image_itself_is_predicted_as():
    model, image = seeded(plain_cnn), random_image()
    predicted = explain(model, image).predicted
    with torch.no_grad():  # which noise may change
        scores = model(image[None])[0]
        model.fc2.bias += scores.max() - scores - 1e-6 * (torch.arange(10) != predicted)
    others = [int(model(copy_[None]).argmax()) for copy_ in noisy_copies(image, 5)]
    assert set(others) != {predicted}
    e, fixed = (
        explain(model, image, layer="conv2", method="grad-cam", target=target, smooth=5)
        for target in ("predicted", predicted)
    )
    assert e.predicted == predicted
    assert close(e.overall_map, fixed.overall_map)


def test_smoothing_gives_the_same_each_time_and_draws_from_no_global_random_state():
    states = torch.get_rng_state(), np.random.get_state(legacy=False)["state"]["pos"]
    one, other = (
        explain(seeded(plain_cnn), random_image(), layer="conv2", method="layer-cam", smooth=3) for _ in range(2)
    )
    assert np.array_equal(one.overall_map, other.overall_map)
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == np.random.get_state(legacy=False)["state"]["pos"]


@pytest.mark.parametrize("method", ["channel-mean", "eigen-cam", *PASSES])
def test_methods_without_gradients_are_not_smoothed(method):
    one, other = (
        explain(seeded(plain_cnn), random_image(), layer="conv3", method=method, smooth=smooth) for smooth in (0, 2)
    )
    assert np.array_equal(one.overall_map, other.overall_map)


@pytest.mark.parametrize("smooth", [-1, 1.5, True, "3", None])
def test_what_is_no_number_of_copies_is_refused(smooth):
    with pytest.raises(ValueError, match="smooth must be a whole number of at least 0, got"):
        explain(seeded(pooled_cnn), IMAGE, method="grad-cam", smooth=smooth)


# --- several layers as one


def test_fusing_takes_the_greatest_of_the_lifted_heatmaps():
    explanations = explain_many(
        seeded(plain_cnn), random_image(), layers=["conv1", "conv2", "conv3"], methods=["layer-cam"]
    )
    fused = fuse(explanations)
    expected = np.max([np.tanh(2 * e.overall) for e in explanations], axis=0)
    assert fused.shape == (32, 32)
    assert (fused.min(), fused.max()) == (0, 1)
    assert close(fused, to_heatmap(expected, (32, 32)))
    assert np.array_equal(fused, fuse(explanations[::-1]))
    assert np.array_equal(fused, fuse([*explanations, *explanations]))


def test_fusing_one_layer_keeps_the_order_of_its_pixels():
    e = explain(seeded(plain_cnn), random_image(), layer="conv3", method="layer-cam")
    assert np.array_equal(fuse([e]).argsort(axis=None, kind="stable"), e.overall.argsort(axis=None, kind="stable"))


def test_fused_pixels_are_nan_where_one_of_the_layers_is():
    hole = torch.ones(1, 2, 4, 4).cumsum(3)
    hole[:, 0, 1, 2] = float("nan")
    broken, whole = (
        explain(Showing(maps), IMAGE, layer="layer", method="eigen-cam") for maps in (hole, torch.rand(1, 2, 4, 4))
    )
    assert np.isnan(fuse([whole, broken])).all()


def test_nothing_and_images_of_several_sizes_cannot_be_fused():
    small, large = (explain(seeded(Segmenter), random_image(size), layer="conv") for size in (8, 16))
    with pytest.raises(ValueError, match="explanations must be at least one, all of images of one size, got 0"):
        fuse([])
    with pytest.raises(ValueError, match=r"got 2 of \[\(8, 8\), \(16, 16\)\]"):
        fuse([small, large])


# --- Eigen-CAM


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("channels", "grid"), [(3, (6, 5)), (30, (6, 5)), (40, (3, 4)), (1, (4, 4)), (200, (1, 2))])
def test_eigen_cam_is_numpys_first_right_singular_vector(channels, grid, sign):
    maps = torch.randn(1, channels, *grid, generator=torch.Generator().manual_seed(2)) + 0.3 * sign
    cells = maps[0].double().numpy().reshape(channels, -1).T
    e = explain(
        Showing(maps), torch.zeros(3, *(8 * side for side in grid)), layer="layer", method="eigen-cam", top_k=EVERY
    )
    vector = np.linalg.svd(cells, full_matrices=False)[2][0]
    vector *= np.sign((cells @ vector).sum())
    assert close(by_channel(e), vector, 1e-4)
    assert close(e.overall_map, (cells @ vector).reshape(grid), 1e-4)
    assert e.overall_map.sum() > 0
    assert np.linalg.norm(e.weights) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("channels", [2, 50])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_eigen_cam_of_maps_that_are_not_finite_is_no_data(channels, value):
    maps = torch.rand(1, channels, 4, 4)
    maps[0, 1, 2, 3] = value
    e = explain(Showing(maps), IMAGE, layer="layer", method="eigen-cam", top_k=2)
    assert np.isnan(e.overall_map).all()
    assert np.isnan(e.weights).all()
    assert e.notes[0] == (reasons.NAN_IN_MAPS if np.isnan(value) else reasons.INFINITE_IN_MAPS)


@pytest.mark.parametrize("channels", [2, 50])
@pytest.mark.parametrize("method", OF_LAYERS)
def test_maps_of_zeros_give_an_empty_heatmap(channels, method):
    def dead(model):
        model.conv = nn.Conv2d(3, channels, 3, 2, 1)
        model.head = nn.Linear(channels, 3)
        nn.init.zeros_(model.conv.weight)
        nn.init.zeros_(model.conv.bias)
        return model

    e = explain(dead(Ending(3)), random_image(8), layer="conv", method=method)
    assert not e.overall_map.any()
    assert (e.empty, e.notes) == ("inactive", (reasons.WHY_EMPTY["inactive"],))
    assert np.isfinite(e.weights).all()


# --- a user's own method


def steepness(activation):
    """Which channels the score depends on at all.

    The mean of the gradient's amount.
    """
    weights = np.abs(activation.gradients).mean(axis=(1, 2))
    return Weighing(weights, factors=weights)


@pytest.mark.parametrize(("declared", "passes"), [(True, 1), (False, 2)])
def test_a_users_method_may_ask_for_gradients_whether_it_says_so_or_not(declared, passes):
    register("steepness", steepness, gradients=declared)
    model = seeded(Branching)
    maps, gradients = leaf_in_place(model, "left", IMAGE, Score(1))
    model.passes.clear()
    e = explain(model, IMAGE, layer="left", method="steepness", target=1, top_k=EVERY)
    assert len(model.passes) == passes
    assert close(by_channel(e), np.abs(gradients).mean((1, 2)))
    assert close(e.overall_map, np.tensordot(np.abs(gradients).mean((1, 2)), maps, 1))
    assert METHODS["steepness"].summary == "Which channels the score depends on at all."


def test_a_users_method_may_change_maps_and_look_at_the_score():
    def doubled(activation):
        scores = activation.scores_with(
            np.where(np.arange(8)[:, None, None] == c, 2, 1) * activation.maps for c in range(8)
        )
        return Weighing(scores - activation.score, factors=np.ones(8))

    register("doubled", doubled)
    model = seeded(Branching)
    e = explain(model, IMAGE, layer="left", method="doubled", target=1, top_k=EVERY)
    value = peers.score_without(model, "left", IMAGE, Score(1), [])

    def with_twice(channel):
        def double(module, inputs, output):
            return output.index_copy(1, torch.tensor([channel]), 2 * output[:, [channel]])

        with model.left.register_forward_hook(double), torch.no_grad():
            return float(Score(1)(model(IMAGE[None])))

    assert close(by_channel(e), [with_twice(channel) - value for channel in range(8)], 1e-3)
    assert close(e.overall_map, e.maps[np.argsort(e.channels)].sum(0))
    assert METHODS["doubled"].summary == "doubled"


def test_a_method_registered_again_takes_the_place_of_the_first():
    register("mine", steepness)
    register("mine", METHODS["grad-cam"].weigh, gradients=True)
    mine, grad_cam = explain_many(seeded(pooled_cnn), IMAGE, layers=["conv"], methods=["mine", "grad-cam"])
    assert np.array_equal(mine.overall_map, grad_cam.overall_map)
    with pytest.raises(ValueError, match=r"method must be one of .*'mine'.*, got 'mien'; did you mean 'mine'"):
        explain(seeded(pooled_cnn), IMAGE, method="mien")


@pytest.mark.parametrize(
    ("arguments", "said"), [(("", len), "name must be"), ((3, len), "name must be"), (("x", 3), "weigh must be")]
)
def test_what_is_no_method_is_not_registered(arguments, said):
    before = dict(METHODS)
    with pytest.raises(TypeError, match=said):
        register(*arguments)
    assert before == METHODS


def test_a_method_that_reads_something_unknown_is_not_registered():
    with pytest.raises(ValueError, match="reads must be one of 'layer', 'image', 'attention', got 'pixels'"):
        register("mine", steepness, reads="pixels")
    assert "mine" not in METHODS


def test_a_users_method_is_written_by_the_title_it_is_registered_with_and_one_without_by_its_name():
    register("mine", steepness, title="My method")
    assert forms.method_name("mine") == "My method"
    register("mine", steepness)
    assert forms.method_name("mine") == "mine"
    register("grad-cam", METHODS["grad-cam"].weigh, gradients=True, title="CAM by gradients")
    assert forms.method_name("grad-cam") == "CAM by gradients"
    register("grad-cam", METHODS["grad-cam"].weigh, gradients=True)
    assert forms.method_name("grad-cam") == "Grad-CAM"


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    ("give", "error", "said"),
    [
        (lambda maps: maps.mean(), TypeError, "method 'mine' must give a Weighing, got float64"),
        (
            lambda maps: Weighing(maps.mean((-2, -1)).tolist(), factors=maps.mean((-2, -1))),
            TypeError,
            "weights of method 'mine' must be a NumPy array, got list",
        ),
        (
            lambda maps: Weighing(np.ones(3), factors=np.ones(3)),
            ValueError,
            r"method 'mine' gave weights \[3\] and factors \[3\] for maps \[(3, )?12, 8, 8\]: weights must be "
            r"\[(3, )?12\], and factors \[(3, )?12\] or \[(3, )?12, 8, 8\]",
        ),
    ],
)
def test_what_is_no_weighing_of_the_channels_is_refused_with_what_was_given_and_expected(give, error, said, batched):
    register("mine", lambda activation: give(activation.maps), batched=batched)
    with pytest.raises(error, match=said):
        explain(seeded(pooled_cnn), IMAGE, layer="conv", method="mine")
    with pytest.raises(error, match=said):
        explain_batch(seeded(pooled_cnn), torch.stack([IMAGE] * 3), layer="conv", method="mine")


def test_factors_may_be_one_for_each_channel_that_keeps_its_axes():
    def kept(activation):
        weights = activation.maps.mean(axis=(1, 2), keepdims=True)
        return Weighing(weights[:, 0, 0], factors=np.maximum(weights, 0))

    register("kept", kept, class_specific=False)
    mine, mean = explain_many(seeded(pooled_cnn), IMAGE, layers=["conv"], methods=["kept", "channel-mean"])
    assert close(mine.overall_map, mean.overall_map)
    assert close(mine.shares, mean.shares)


def test_what_a_users_method_raises_is_raised():
    def broken(activation):
        raise ZeroDivisionError("mine")

    register("broken", broken)
    with pytest.raises(ZeroDivisionError, match="mine"):
        explain(seeded(pooled_cnn), IMAGE, method="broken")


@pytest.mark.parametrize(("method", "hint"), [("gradcam", "; did you mean 'grad-cam'"), ("nothing like it", "$")])
def test_an_unknown_method_is_an_error_that_lists_the_known_ones(method, hint):
    with pytest.raises(ValueError, match=f"method must be one of .*'layer-cam'.*, got '{method}'.?{hint}"):
        explain_many(seeded(pooled_cnn), IMAGE, layers=["conv"], methods=["grad-cam", method])


# --- any scalar as the target


def pixels_of_a_class(output):
    return output["out"][0, 2, 2:9, 3:8].mean()


REFERENCE = torch.linspace(-1, 1, 6)


def likeness(output):
    return torch.cosine_similarity(output[0], REFERENCE, dim=0)


CALLABLES = {
    "segmentation": (Segmenter, pixels_of_a_class),
    "embedding": (lambda: Ending(6), likeness),
    "regression": (lambda: Ending(1), lambda output: output[0, 0]),
    "squeezed regression": (lambda: Ending(1, lambda: nn.Flatten(0)), lambda output: output[0]),
    "several numbers": (lambda: Ending(4), lambda output: (output[0] ** 2).sum()),
}


@pytest.mark.parametrize("method", [*GRADIENTS, *PASSES])
@pytest.mark.parametrize("name", CALLABLES)
def test_a_callable_explains_outputs_of_any_kind(name, method):
    make, target = CALLABLES[name]
    model = seeded(make)
    e = explain(model, IMAGE, layer="conv", method=method, target=target)
    with torch.no_grad():
        assert e.score == pytest.approx(float(target(model(IMAGE[None]))), rel=1e-5)
    assert np.abs(e.overall_map).max() > 0
    assert close(e.overall_map, peers.plainly(model, "conv", IMAGE, method, target), 1e-4)


@pytest.mark.parametrize("method", [*GRADIENTS, *PASSES])
@pytest.mark.parametrize("name", ["regression", "squeezed regression"])
def test_the_single_output_of_a_regression_needs_no_callable(name, method):
    model = seeded(CALLABLES[name][0])
    e, asked = (
        explain(model, IMAGE, layer="conv", method=method, target=target)
        for target in ("predicted", CALLABLES[name][1])
    )
    assert e.score == asked.score
    assert close(e.overall_map, asked.overall_map)


@pytest.mark.parametrize("method", [*GRADIENTS, *PASSES])
def test_a_binary_models_classes_pull_in_opposite_directions(method):
    model = seeded(lambda: Ending(1))
    no, yes = (explain(model, IMAGE, layer="conv", method=method, target=target, label=1) for target in (0, 1))
    assert no.score == -yes.score
    if method in ("grad-cam", "hires-cam", "xgrad-cam", "ablation-cam"):
        assert close(no.overall_map, -yes.overall_map)


# --- what cannot be answered is refused in a sentence


def refusal(*given, **options):
    with pytest.raises((ValueError, TypeError)) as raised:
        explain(*given, **options)
    sentence = str(raised.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("method", GRADIENTS)
@pytest.mark.parametrize("layer", ["unseen", "cut"])
def test_gradients_of_a_layer_that_the_score_does_not_reach_are_refused(layer, method):
    model = seeded(TwoHeads)
    assert refusal(model, IMAGE, layer=layer, method=method) == (
        f"layer {layer!r} gives no gradient: {reasons.NOT_REACHED}"
    )
    with pytest.raises(ValueError, match=f"layer '{layer}' gives no gradient"):
        explain_many(model, IMAGE, layers=["seen", layer], methods=[method])
    assert explain(model, IMAGE, layer=layer, method="channel-mean").overall_map.shape == (16, 16)
    assert explain(model, IMAGE, layer="seen", method=method).overall_map.any()


@pytest.mark.parametrize("method", GRADIENTS)
def test_a_score_that_has_no_gradient_is_refused(method):
    sentence = refusal(seeded(pooled_cnn), IMAGE, layer="conv", method=method, target=lambda output: output.argmax())
    assert sentence == f"layer 'conv' gives no gradient: {reasons.NOT_REACHED}"
    whole = Showing(torch.arange(16).reshape(1, 1, 4, 4))
    assert "layer 'layer' gives no gradient" in refusal(whole, IMAGE, layer="layer", method=method)


SENSELESS = {
    "a true class without a label": ("true", None, "target 'true' needs an integer label"),
    "a class that there is not": (5, 0, "target must be a class index from 0 to 4, got 5"),
    "a label that there is not": ("true", 7, "target must be a class index from 0 to 4, got 7"),
    "a contrast with a class that there is not": (Contrast(0, 9), 0, "from 0 to 4, got 9"),
    "a contrast with a truth unknown": (Contrast("predicted", "true"), None, "needs an integer label"),
    "a name": ("dog", 0, "target must be 'predicted', 'true' or a class index"),
    "a callable that gives no scalar": (lambda output: output, 0, "target must give a scalar tensor"),
    "a callable that gives a number": (lambda output: 1.0, 0, "target must give a scalar tensor"),
}


@pytest.mark.parametrize("method", ["grad-cam", "hires-cam", *PASSES])
@pytest.mark.parametrize("name", SENSELESS)
def test_a_target_that_makes_no_sense_is_refused(name, method):
    target, label, words = SENSELESS[name]
    assert words in refusal(seeded(pooled_cnn), IMAGE, layer="conv", method=method, target=target, label=label)


@pytest.mark.parametrize("method", [*GRADIENTS, *PASSES])
@pytest.mark.parametrize("target", ["predicted", 0, Contrast(0, 1)])
def test_classes_of_a_model_without_class_scores_are_refused_and_a_callable_is_offered(target, method):
    sentence = refusal(seeded(Segmenter), IMAGE, layer="conv", method=method, target=target)
    assert "needs class scores, and the model's output has none: give a callable of the output" in sentence


# --- the tail again


def counting_tails(model, name):
    """How large the batches are that the module sees."""
    seen = Witness()
    model.get_submodule(name).register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    return seen


def test_ablation_runs_what_lies_before_the_layer_once_for_each_batch():
    model = seeded(plain_cnn)
    before, behind = counting_tails(model, "conv1"), counting_tails(model, "fc2")
    explain(model, random_image(), layer="conv3", method="ablation-cam")
    assert before == [1, 1]
    assert behind == [1, 20]


def test_ablation_where_branches_are_concatenated_falls_back_to_whole_batches():
    model = seeded(Concatenating)
    before = counting_tails(model, "stem")
    e = explain(model, IMAGE, layer="layer", method="ablation-cam", target=1)
    assert before == [1, 1, 32, 8]  # the clean image, a try, and two batches of 40 channels
    assert close(e.overall_map, peers.plainly(model, "layer", IMAGE, "ablation-cam", Score(1)), 1e-4)


def test_an_error_in_the_tail_is_the_models_own_where_a_channel_by_itself_raises_it():
    class Picky(Ending):
        def __init__(self, *args):
            super().__init__(*args)
            self.calls = Witness()

        def forward(self, x):
            found = super().forward(x)
            if self.calls:
                raise RuntimeError("once is enough")
            self.calls.append(1)
            return found

    with pytest.raises(RuntimeError, match="once is enough"):
        explain(seeded(lambda: Picky(3)), IMAGE, layer="conv", method="ablation-cam")


def test_channels_that_are_zero_already_are_not_ablated():
    model = seeded(plain_cnn)
    with torch.no_grad():
        model.conv3.weight[:15] = 0
        model.conv3.bias[:15] = 0
    behind = counting_tails(model, "fc2")
    e = explain(model, random_image(), layer="conv3", method="ablation-cam", top_k=EVERY)
    assert behind == [1, 5]
    assert not by_channel(e)[:15].any()
    assert by_channel(e)[15:].all()


def test_progress_counts_the_images_that_further_passes_took():
    told = []
    question = Question(seeded(Concatenating), IMAGE[None], target=0, progress=told.append)
    list(explained(question, ["layer"], PASSES))
    assert told == [32, 40, 32, 40]


# --- layers of other layouts


def reading_tokens(tensor, batch_first):
    """The grid's tokens ``[B or 1, 17, 12]`` as maps ``[12, 4, 4]``."""
    tokens = tensor[0] if batch_first else tensor[:, 0]
    return tokens[1:].T.reshape(12, 4, 4).double().numpy()


@pytest.mark.parametrize("batch_first", [True, False], ids=["[B, N, C]", "[N, B, C]"])
def test_tokens_are_explained_like_maps(batch_first):
    model, kept = seeded(lambda: TinyViT(batch_first)), []
    copied = copy.deepcopy(model)

    def put(module, inputs, output):
        kept.append(output.detach().clone().requires_grad_())
        return kept[0].clone()

    copied.blocks[0].register_forward_hook(put)
    (gradient,) = torch.autograd.grad(copied(IMAGE[None])[0, 2], kept[0])
    maps, gradients = (reading_tokens(tensor.detach(), batch_first) for tensor in (kept[0], gradient))
    for e in explain_many(model, IMAGE, layers=["blocks.0"], methods=GRADIENTS, target=2, top_k=EVERY):
        assert close(e.maps[np.argsort(e.channels)], maps)
        assert close(e.overall_map, peers.FORMULAS[e.method](maps, gradients), 1e-4)


@pytest.mark.parametrize("batch_first", [True, False], ids=["[B, N, C]", "[N, B, C]"])
def test_ablated_tokens_are_those_of_the_grid(batch_first):
    model = seeded(lambda: TinyViT(batch_first))

    def value(channels):
        def silence(module, inputs, output):
            output = output.clone()
            grid = output[:, 1:] if batch_first else output[1:]
            grid[..., channels] = 0
            return output

        with model.blocks[0].register_forward_hook(silence), torch.no_grad():
            return float(model(IMAGE[None])[0, 2])

    e = explain(model, IMAGE, layer="blocks.0", method="ablation-cam", target=2, top_k=EVERY)
    drops = [(value([]) - value([channel])) / abs(value([])) for channel in range(12)]
    assert np.abs(drops).max() > 1e-3
    assert close(by_channel(e), drops, 1e-3)


def test_channels_last_are_explained_like_channels_first():
    model, kept = seeded(ChannelsLast), []
    copied = copy.deepcopy(model)

    def put(module, inputs, output):
        kept.append(output.detach().clone().requires_grad_())
        return kept[0].clone()

    copied.mix.register_forward_hook(put)
    (gradient,) = torch.autograd.grad(copied(IMAGE[None])[0, 2], kept[0])
    maps, gradients = (tensor.detach()[0].permute(2, 0, 1).double().numpy() for tensor in (kept[0], gradient))
    for e in explain_many(model, IMAGE, layers=["mix"], methods=GRADIENTS, target=2):
        assert close(e.overall_map, peers.FORMULAS[e.method](maps, gradients), 1e-4)

    def value(channel):
        def silence(module, inputs, output):
            output = output.clone()
            output[..., channel] = 0
            return output

        with model.mix.register_forward_hook(silence), torch.no_grad():
            return float(model(IMAGE[None])[0, 2])

    e = explain(model, IMAGE, layer="mix", method="ablation-cam", target=2, top_k=EVERY)
    assert close(by_channel(e), [(value([]) - value([channel])) / abs(value([])) for channel in range(10)], 1e-3)


# --- models and callers of every kind


def maps_of(model, image=IMAGE, layer="left"):
    found = explain_many(model, image, layers=[layer], methods=OF_LAYERS, target=1)
    return [e.overall_map for e in found]


@pytest.fixture(scope="module")
def usual():
    """What every method gives for the `Branching` network."""
    return maps_of(seeded(Branching))


def test_frozen_parameters_are_no_obstacle(usual):
    for found, expected in zip(maps_of(seeded(Branching).requires_grad_(False)), usual, strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_a_caller_may_be_in_any_gradient_mode(mode, usual):
    model = seeded(Branching)
    with mode():
        image = IMAGE.clone()  # an inference tensor, in inference mode
        enabled = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        found = maps_of(model, image)
        assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == enabled
    for pair in zip(found, usual, strict=True):
        assert np.array_equal(*pair)
    assert torch.is_grad_enabled()


def test_a_model_may_be_made_in_inference_mode(usual):
    with torch.inference_mode():
        model = seeded(Branching)
    for pair in zip(maps_of(model), usual, strict=True):
        assert np.array_equal(*pair)


@pytest.mark.parametrize("requires", [True, False])
def test_an_image_that_requires_gradients_gets_none(requires, usual):
    image = IMAGE.clone().requires_grad_(requires)
    for pair in zip(maps_of(seeded(Branching), image), usual, strict=True):
        assert np.array_equal(*pair)
    assert image.grad is None


@pytest.mark.parametrize("make", [Branching, Hidden], ids=["with a shadow", "without a shadow"])
@pytest.mark.parametrize("mode", [True, False], ids=["training", "evaluating"])
def test_gradients_modes_and_hooks_of_the_model_stay_as_they_are(make, mode):
    model, layer = seeded(make).train(mode), "left" if make is Branching else "conv"
    model(torch.rand(2, 3, 16, 16)).sum().backward()
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    before = {name: value.clone() for name, value in model.state_dict().items()}
    maps_of(model, layer=layer)
    with pytest.raises(ValueError, match="class index"):
        explain(model, IMAGE, layer=layer, method="grad-cam", target=99)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter.grad, gradients[name])
        assert parameter.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(module.training is mode and not module._forward_hooks for module in model.modules())


@pytest.mark.parametrize(("dtype", "within"), [(torch.float64, 1e-5), (torch.bfloat16, 0.2), (torch.float16, 0.03)])
def test_models_of_other_precision_give_the_same_maps_as_far_as_it_goes(dtype, within, usual):
    model = seeded(Branching).to(dtype)
    for method, found, expected in zip(OF_LAYERS, maps_of(model), usual, strict=True):
        assert found.dtype == np.float32
        if method not in ("grad-cam++", "xgrad-cam") or dtype == torch.float64:  # which divide by small sums
            assert close(found, expected, within), method


def test_half_precision_gradients_are_those_of_the_half_precision_model():
    model = seeded(Branching).to(torch.bfloat16)
    maps, gradients = leaf_in_place(model, "left", IMAGE.to(torch.bfloat16), Score(1))
    for e in explain_many(model, IMAGE, layers=["left"], methods=GRADIENTS, target=1):
        assert close(e.overall_map, peers.FORMULAS[e.method](maps, gradients))


# --- beside training


def train(model, steps, threads_error=None, done=None):
    """Train with an optimizer that steps in place, on data of its own."""
    generator = torch.Generator().manual_seed(3)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    try:
        for _ in range(steps):
            images = torch.randn(4, 3, 16, 16, generator=generator)
            labels = torch.randint(4, (4,), generator=generator)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
    except Exception as error:
        threads_error.append(error)
    finally:
        if done is not None:
            done.set()
    return model


def test_training_in_another_thread_and_gradients_here_do_not_disturb_each_other():
    expected = train(seeded(Branching).train(), 150).state_dict()
    model, errors, done, explained = seeded(Branching).train(), [], threading.Event(), 0
    thread = threading.Thread(target=train, args=(model, 150, errors, done))
    thread.start()
    while not done.is_set():
        found = explain_many(model, IMAGE, layers=BRANCHES, methods=[*GRADIENTS, "ablation-cam"], target=1)
        assert all(np.isfinite(e.overall_map).all() for e in found)
        explained += 1
    thread.join()
    assert errors == []
    assert explained > 1
    assert all(torch.equal(value, expected[name]) for name, value in model.state_dict().items())


def test_score_cam_masks_an_image_of_whole_numbers_as_it_does_one_of_floats() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    image = torch.randint(0, 256, (3, 12, 12), dtype=torch.uint8)

    whole, floats = (explain(model, given, layer="1", method="score-cam", target=0) for given in (image, image.float()))

    assert len(set(floats.weights.tolist())) > 1
    np.testing.assert_allclose(whole.weights, floats.weights, rtol=1e-6)


class QuantisedInside(nn.Module):
    """Its layer gives quantised maps, in steps of a hundredth."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.layer, self.head = nn.Conv2d(3, 4, 3), nn.Identity(), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.layer(torch.quantize_per_tensor(self.conv(x), 0.01, 128, torch.quint8))
        return self.head(maps.dequantize().mean((2, 3)))


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_ablation_cam_changes_quantised_maps() -> None:
    torch.manual_seed(0)
    model = QuantisedInside()
    e = explain(model, torch.rand(3, 8, 8), layer="layer", method="ablation-cam", target=0, top_k=4)
    means = e.maps.mean(axis=(1, 2))
    drops = model.head.weight[0].detach().numpy()[e.channels] * means
    np.testing.assert_allclose(e.weights, drops / abs(e.score), atol=1e-5)

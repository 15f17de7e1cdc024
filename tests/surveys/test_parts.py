"""Parts of a layer: known ones are found again, noise has none, and they explain as scikit-learn and SciPy say."""

import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from sklearn.decomposition import NMF
from torch import nn
from torch.utils.data import DataLoader, Subset

from attn_widget import Refusal, Survey, demo, explain, explain_batch, parts, survey
from attn_widget.evidence import Silencing, silencing_effect
from attn_widget.methods import Directions, same_parts
from attn_widget.surveys import Surveying
from attn_widget.surveys.factorisation import factorise, matched, of_unit_length


class AsGiven(nn.Module):
    """Its `layer` and `other` give the image itself, and class 0 is the mean of its first channel, and so on."""

    def __init__(self):
        super().__init__()
        self.layer, self.other = nn.Identity(), nn.Identity()

    def forward(self, x):
        return self.other(self.layer(x)).mean((2, 3))[:, :3]


def planted(seed=0, count=12, noise=0.0):
    """Draw images ``[count, 8, 6, 6]`` of three known parts, each strong in cells of its own, and the parts."""
    draw = np.random.default_rng(seed)
    vectors = of_unit_length(np.kron(np.eye(3), [1.0, 1.0, 0.5])[:, :8] + 0.02)
    amounts = draw.exponential(size=(count, 3, 6, 6)) * (draw.random((count, 3, 6, 6)) < 0.5)
    images = np.einsum("bnhw,nk->bkhw", amounts, vectors) + noise * draw.random((count, 8, 6, 6))
    return torch.from_numpy(images.astype(np.float32)), vectors


def loader_of(images):
    return [(images, torch.zeros(len(images), dtype=torch.int64))]


def maps_and_gradients(model, module, image, index):
    """Give a layer's maps and the gradients of a class score, by a plain hook."""
    kept = []
    handle = module.register_forward_hook(lambda _module, _given, output: kept.append(output))
    score = model(image[None])[0, index]
    handle.remove()
    (gradient,) = torch.autograd.grad(score, kept[0])
    return kept[0][0].detach().double().numpy(), gradient[0].double().numpy()


@pytest.fixture(scope="module")
def of_circles():
    model, loader, _ = demo.load()
    return parts(model, loader, "conv3", n=3, class_="circle", most=6)


def test_planted_parts_are_found_again_and_are_stable():
    images, vectors = planted(noise=0.05)
    found = parts(AsGiven(), loader_of(images), "layer", n=3)
    assert matched(found.basis, vectors).min() > 0.98
    assert found.stable
    assert found.explained > 0.98
    assert "stable: the same" in repr(found)


def test_parts_of_noise_are_called_unstable():
    noise = torch.from_numpy(np.abs(np.random.default_rng(0).normal(size=(12, 64, 6, 6))).astype(np.float32))
    found = parts(AsGiven(), loader_of(noise), "layer", n=5)
    assert not found.stable
    assert found.explained == pytest.approx(found.by_chance, abs=0.01)
    assert "unstable: those of values shuffled among the cells make up as much" in repr(found)


def test_parts_that_depend_on_the_start_are_called_unstable():
    images, _ = planted(noise=0.05)
    found = parts(AsGiven(), loader_of(images), "layer", n=6)  # of three
    assert found.similarity.min() < 0.9
    assert not found.stable
    assert "unstable: not the same from 5 random starts" in repr(found)


def test_the_factorisation_is_as_close_as_scikit_learns():
    values = np.random.default_rng(1).gamma(0.5, size=(200, 24)) @ np.random.default_rng(2).gamma(0.5, size=(24, 24))
    theirs = min(
        NMF(4, init="random", solver="cd", max_iter=5000, random_state=seed).fit(values).reconstruction_err_
        for seed in range(4)
    )
    ours = factorise(values, 4, seed=0)
    left = np.linalg.norm(values - ours.amounts @ ours.vectors)
    assert left < 1.01 * theirs
    assert ours.error == pytest.approx(left**2 / (values**2).sum(), abs=1e-6)
    assert min(ours.amounts.min(), ours.vectors.min()) >= 0


def test_amounts_in_new_samples_are_those_of_nnls():
    draw = np.random.default_rng(0)
    directions = Directions("layer", of_unit_length(draw.random((5, 12))))  # cosines of 0.7 and more
    values = draw.normal(size=(3, 4, 12))
    wanted = [nnls(directions.vectors.T, cell)[0] for cell in values.reshape(-1, 12)]
    np.testing.assert_allclose(directions.amounts(values).reshape(-1, 5), wanted, atol=1e-5)


def test_explaining_by_parts_is_grad_cam_of_what_nnls_finds(of_circles):
    model, loader, _ = demo.load()
    image = loader.dataset[of_circles.positions[0]][0]
    one = explain(model, image, method=of_circles.register(), top_k=9)
    maps, gradients = maps_and_gradients(model, model.conv3, image, one.predicted)
    cells = maps.reshape(len(maps), -1).T
    amounts = np.array([nnls(of_circles.basis.T, cell)[0] for cell in cells]).T.reshape(3, *maps.shape[1:])
    weights = of_circles.basis @ gradients.mean((1, 2))
    assert (one.layer, one.unit, one.channel_count, one.parts) == ("conv3", "part", 3, of_circles.directions)
    np.testing.assert_allclose(one.maps, amounts[one.channels], atol=1e-4)
    np.testing.assert_allclose(one.weights, weights[one.channels], rtol=1e-4)
    np.testing.assert_allclose(one.overall_map, np.einsum("n,nhw->hw", weights, amounts), atol=1e-4)


def test_a_batch_by_parts_is_what_each_image_is_alone(of_circles):
    model, loader, _ = demo.load()
    images = torch.stack([loader.dataset[at][0] for at in (*of_circles.positions[:2], 0, 5)])
    name = of_circles.register()
    for one, image in zip(explain_batch(model, images, method=name, top_k=3), images, strict=True):
        alone = explain(model, image, method=name, top_k=3)
        assert (one.layer, one.unit, one.parts) == ("conv3", "part", of_circles.directions)
        assert one.channels.tolist() == alone.channels.tolist()
        np.testing.assert_allclose(one.maps, alone.maps, atol=1e-4)
        np.testing.assert_allclose(one.overall_map, alone.overall_map, atol=1e-4)
        assert set(one.notes) <= set(alone.notes)
        assert any("parts make up" in note for note in one.notes)


@pytest.mark.parametrize("layer", ["conv3", "blocks.1"])
def test_taking_parts_out_subtracts_what_nnls_finds_of_them(layer):
    model, image = demo.load("vit" if layer == "blocks.1" else "cnn").model, demo.load().loader.dataset[3][0]
    found = parts(model, Subset(demo.load().loader.dataset, range(4)), layer, n=3)

    def without_two(_module, _given, output):
        cells = output.transpose(1, -1) if output.ndim == 4 else output
        amounts = np.array(
            [nnls(found.basis.T, cell)[0] for cell in cells.reshape(-1, cells.shape[-1]).double().numpy()]
        )
        taken = torch.from_numpy(amounts[:, [0, 2]] @ found.basis[[0, 2]]).to(output).reshape(cells.shape)
        return output - (taken.transpose(1, -1) if output.ndim == 4 else taken)

    handle = model.get_submodule(layer).register_forward_hook(without_two)
    with torch.no_grad():
        wanted = model(image[None]).softmax(1)[0]
    handle.remove()
    one = explain(model, image, layer=layer, method="grad-cam", silence=found.without(2, 0))
    np.testing.assert_allclose(one.probabilities, wanted, atol=1e-5)
    assert "parts 0 and 2" in one.notes[0]
    effect = silencing_effect(model, image, layer, found.without(0, 2), draws=3)
    np.testing.assert_allclose(effect.after, wanted, atol=1e-5)
    np.testing.assert_allclose(effect.before, explain(model, image, layer=layer).probabilities, atol=1e-5)
    assert (effect.drawn, effect.others.shape) == ((), (3, len(wanted)))


def test_as_much_is_taken_out_along_random_directions_for_comparison():
    images, _ = planted()
    found = parts(AsGiven(), loader_of(images), "layer", n=3)
    effect = silencing_effect(AsGiven(), images[0], "layer", found.without(1), draws=2)
    amounts = found.directions.amounts(np.moveaxis(images[0].numpy(), 0, -1))[..., 1]
    for seeded in range(2):
        draw = np.random.default_rng(0)
        along = [np.abs(draw.normal(size=(1, 8))) for _ in range(2)][seeded]
        left = images[0].numpy().mean((1, 2)) - (along / np.linalg.norm(along))[0] * amounts.mean()
        np.testing.assert_allclose(effect.others[seeded], torch.from_numpy(left[:3]).softmax(0), atol=1e-6)


def test_parts_are_not_taken_out_of_another_layer(of_circles):
    model, loader, _ = demo.load()
    silence = Silencing("conv1", (0,), parts=of_circles.directions)
    with pytest.raises(Refusal, match="are of layer 'conv3', not of 'conv1'"):
        explain(model, loader.dataset[0][0], silence=silence)


@pytest.mark.parametrize("part", [3, -1])
def test_a_part_that_there_is_not_is_neither_taken_out_nor_looked_up(of_circles, part):
    model, loader, _ = demo.load()
    for ask in (of_circles.without, of_circles.exemplars):
        with pytest.raises(IndexError, match=f"part must be from 0 to 2, got {part}"):
            ask(part)
        with pytest.raises(TypeError, match="part must be a whole number, got 'first'"):
            ask("first")
    silence = Silencing("conv3", (part,), parts=of_circles.directions)
    for look in (explain, silencing_effect):
        with pytest.raises(Refusal, match=f"silence names {part}"):
            look(model, loader.dataset[0][0], layer="conv3", silence=silence)
    with pytest.raises(ValueError, match=r"without needs at least one part, as in without\(0\)"):
        of_circles.without()


def test_what_takes_parts_out_is_written_in_a_line(of_circles):
    written = "channels=(1,), fill='zero', values=(), call=-1, parts=Directions(layer='conv3'))"
    assert repr(of_circles.without(1)).endswith(written)


def test_parts_are_read_in_their_own_layer_only(of_circles):
    model, loader, _ = demo.load()
    with pytest.raises(Refusal, match="are parts of layer 'conv3' with its 64 channels; the layer asked for has 32"):
        explain(model, loader.dataset[0][0], layer="conv2", method=of_circles.register())
    images, _ = planted()
    name = parts(AsGiven(), loader_of(images), "layer", n=1).register("those of the image")
    with pytest.raises(Refusal, match="Those of the image are of layer 'layer', not of 'other': choose 'layer'"):
        explain(AsGiven(), images[0], layer="other", method=name, target=1)


def test_how_much_of_the_layer_they_make_up_is_said(of_circles):
    model, loader, _ = demo.load()
    image = loader.dataset[3][0]
    maps, _ = maps_and_gradients(model, model.conv3, image, 0)
    cells = maps.reshape(len(maps), -1).T
    left = sum(nnls(of_circles.basis.T, cell)[1] ** 2 for cell in cells)
    (said,) = explain(model, image, method=of_circles.register()).notes
    assert said.startswith(f"The 3 parts make up {100 * (1 - left / (cells**2).sum()):.0f} % of the layer's values")


def test_the_samples_are_the_first_that_are_predicted_as_the_class(of_circles):
    model, loader, _ = demo.load()
    told = []
    found = parts(model, loader, "conv3", n=1, class_=0, most=6, progress=told.append)
    with torch.no_grad():
        predicted = model(torch.stack([loader.dataset[at][0] for at in range(64)])).argmax(1)
    assert found.positions == of_circles.positions == tuple(np.flatnonzero(predicted == 0)[:6])
    assert told[0] == 32
    assert told == sorted(told)
    assert told[-1] == 32 * (found.positions[-1] // 32 + 1)
    first = found.exemplars(0)[0]
    maps, _ = maps_and_gradients(model, model.conv3, loader.dataset[first.position][0], 0)
    assert first.value == pytest.approx(max(0, maps[:, *first.cell] @ found.basis[0]), rel=1e-4)
    assert (first.label, first.predicted) == (loader.dataset[first.position][1], 0)


def test_an_image_that_the_model_does_not_take_is_passed_over():
    class FromThree(AsGiven):
        def forward(self, x):
            if min(x.shape[2:]) < 3:
                raise ValueError("too small")
            return super().forward(x)

    images = list(planted(count=4)[0])
    items = [(images[0][:, :2], 0), (images[1][:, 1:], 0), *((image, 0) for image in images[2:])]
    assert parts(FromThree(), items, "layer", n=2).positions == (1, 2, 3)
    with pytest.raises(ValueError, match="too small"):
        parts(FromThree(), items[:1], "layer", n=2)


def test_what_has_no_parts_is_refused_in_a_sentence(of_circles):
    model, loader, _ = demo.load()
    with pytest.raises(Refusal, match=r"None of the 4 samples was predicted as class 99"):
        parts(model, Subset(loader.dataset, range(4)), "conv3", class_=99)
    with pytest.raises(TypeError, match="layer must be a module's name, got NoneType"):
        parts(model, loader, None)
    with pytest.raises(Refusal, match="are attention heads"):
        parts(demo.load("vit").model, loader, "blocks.1.attention", most=1)
    with pytest.raises(Refusal, match="No value of 'layer' is above zero"):
        parts(AsGiven(), loader_of(-planted()[0]), "layer")
    with pytest.raises(ValueError, match="class_ must be a class index, a class name or None, got 'dragon'"):
        parts(model, loader, "conv3", class_="dragon")
    with pytest.raises(ValueError, match="n must be at most 64, the number of the layer's channels, got 65"):
        parts(model, loader, "conv3", n=65, most=1)


def test_stopping_leaves_the_model_as_it_was():
    model, loader, _ = demo.load()
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}

    def stop(read):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts(model, loader, "conv3", progress=stop)
    assert model.training
    assert not model.conv3._forward_hooks
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


# --- a survey of parts


@pytest.fixture
def some_samples():
    return Subset(demo.load().loader.dataset, range(0, 240, 10))


@pytest.mark.parametrize("batch_size", [1, 8])
def test_a_survey_by_parts_is_of_the_parts_and_is_what_a_loop_over_explain_finds(of_circles, some_samples, batch_size):
    model, name = demo.load().model, of_circles.register()
    found = survey(model, DataLoader(some_samples, batch_size), method=name, exemplars=5, progress=lambda *_: None)
    assert (found.layer, found.channel_count, found.unit) == ("conv3", 3, "part")
    with pytest.raises(IndexError, match="part must be from 0 to 2, got 3"):
        found.exemplars(3)
    loop = [explain(model, image, method=name, top_k=3) for image, _ in some_samples]
    maps = np.stack([one.maps[np.argsort(one.channels)] for one in loop])
    peaks = maps.max((2, 3))
    for part in range(3):
        strongest = found.exemplars(part)
        assert [one.position for one in strongest] == np.argsort(-peaks[:, part], kind="stable")[:5].tolist()
        assert [one.value for one in strongest] == pytest.approx(np.sort(peaks[:, part])[::-1][:5], rel=1e-4)
        first = maps[strongest[0].position, part]
        assert strongest[0].cell == np.unravel_index(first.argmax(), first.shape)
    labels = np.array([label for _, label in some_samples])
    for label in set(labels.tolist()):
        np.testing.assert_allclose(found.channel_means[label], maps[labels == label].mean((0, 2, 3)), rtol=1e-4)


def test_a_saved_survey_of_parts_goes_on_with_these_parts_and_with_no_others(of_circles, some_samples, tmp_path):
    model, name, loader = demo.load().model, of_circles.register(), DataLoader(some_samples, 8)
    work = Surveying(model, loader, method=name)
    next(work.steps())
    work.survey.save(tmp_path / "parts.npz")
    stopped = Survey.load(tmp_path / "parts.npz")
    assert same_parts(stopped.parts, of_circles.directions)
    going_on = Surveying(model, loader, survey=stopped)
    list(going_on.steps())
    whole = survey(model, loader, method=name, progress=lambda *_: None)
    assert going_on.survey.by_activation == whole.by_activation
    parts(model, loader, "conv3", n=3, class_="triangle", most=6).register(name)
    with pytest.raises(Refusal, match=f"other parts, which had the name '{name}'. Begin a new one"):
        list(Surveying(model, loader, survey=stopped).steps())


def test_a_survey_by_parts_of_another_layer_or_of_another_model_is_refused(of_circles, some_samples):
    with pytest.raises(ValueError, match="layer must be one of the model's modules, got 'conv3'"):
        survey(AsGiven(), DataLoader(some_samples, 8), method=of_circles.register(), progress=lambda *_: None)
    with pytest.raises(Refusal, match="choose 'conv3'"):
        survey(demo.load().model, DataLoader(some_samples, 8), "conv2", of_circles.register(), progress=lambda *_: None)

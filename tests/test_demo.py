"""The demo's pictures, masks, network and weights."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from attn_widget import demo
from attn_widget.demo import recipes, train
from attn_widget.demo.network import ShapeNet
from attn_widget.demo.shapes import MEAN, STD, Piece, Scene, Shapes, coverage, mask, paint
from attn_widget.demo.transformer import ShapeViT

NAMES = list(demo.FILES)


@contextmanager
def global_random_states_unchanged() -> Iterator[None]:
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    yield
    after = random.getstate(), np.random.get_state(), torch.get_rng_state()
    assert after[0] == before[0]
    assert all(np.array_equal(now, then) for now, then in zip(after[1], before[1], strict=True))
    assert torch.equal(after[2], before[2])


@pytest.fixture(scope="module")
def shown() -> demo.Demo:
    return demo.load()


@pytest.fixture(scope="module")
def transformer() -> ShapeViT:
    return demo.load("vit").model


@pytest.fixture(scope="module")
def held_out(shown: demo.Demo) -> tuple[torch.Tensor, torch.Tensor]:
    return train.in_memory(shown.loader.dataset)


# --- pictures


def test_an_item_is_the_same_at_every_access_in_any_order_and_whatever_the_count():
    first, second = Shapes(20, seed=5), Shapes(1000, seed=5)
    forwards = [first[position] for position in range(20)]
    for position in reversed(range(20)):
        image, label = second[position]
        assert torch.equal(image, forwards[position][0])
        assert label == forwards[position][1]


def test_another_seed_and_another_position_give_another_picture():
    assert not torch.equal(Shapes(2, seed=5)[0][0], Shapes(2, seed=6)[0][0])
    assert not torch.equal(Shapes(2, seed=5)[0][0], Shapes(2, seed=5)[1][0])


def test_an_image_is_the_picture_normalised_as_the_transform_says():
    dataset = Shapes(3)
    image, _ = dataset[2]
    assert type(image) is torch.Tensor
    assert image.shape == (3, 64, 64)
    assert image.dtype == torch.float32
    normalize = next(step for step in dataset.transform.transforms if isinstance(step, v2.Normalize))
    assert tuple(normalize.mean) == MEAN
    assert tuple(normalize.std) == STD
    shown = image * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    picture = torch.from_numpy(paint(dataset.scene(2))).permute(2, 0, 1) / 255
    torch.testing.assert_close(shown, picture, atol=1e-6, rtol=0)


def test_a_transform_of_ones_own_gets_the_picture():
    image, _ = Shapes(1, transform=lambda picture: torch.from_numpy(picture))[0]
    assert image.dtype == torch.uint8
    assert image.shape == (64, 64, 3)


def test_each_class_comes_equally_often_in_no_fixed_order():
    dataset = Shapes(600, seed=3)
    labels = [dataset.label(position) for position in range(600)]
    assert Counter(labels) == dict.fromkeys(range(len(dataset.classes)), 100)
    assert labels[:6] != labels[6:12]


def test_an_object_is_of_the_class_that_its_label_names():
    dataset = Shapes(30)
    for position in range(30):
        scene = dataset.scene(position)
        assert scene.shape.outline == dataset.classes[scene.label] == dataset.classes[dataset[position][1]]


@pytest.mark.parametrize("position", [-1, 10, 11])
def test_a_position_outside_the_data_set_is_an_error_that_names_it(position: int):
    with pytest.raises(IndexError, match=rf"{position} lies outside .* 0 to 9"):
        Shapes(10)[position]


# --- masks


def change_of_tone(scene: Scene, shape: Piece) -> np.ndarray:
    """How much each pixel changes as `shape`, in place of the scene's object, turns from dark to light."""
    dark, light = (paint(replace(scene, shape=replace(shape, colour=(tone,) * 3))) for tone in (0.2, 0.5))
    return (light.astype(float) - dark).mean(axis=-1)


@pytest.mark.parametrize("position", range(40))
def test_the_mask_is_where_the_object_makes_up_more_than_half_of_a_pixels_colour(position: int):
    scene = replace(Shapes(40, seed=7).scene(position), above=())
    flat = replace(scene.shape, relief=0.0, gloss=0.0, veins=0.0)
    everywhere = replace(flat, outline="circle", x=32.0, y=32.0, radius=200.0, rounding=0.0)
    part = change_of_tone(scene, flat) / change_of_tone(scene, everywhere)
    # Between the two bounds, the rounding to 8 bits decides.
    assert mask(scene)[part > 0.55].all()
    assert not mask(scene)[part < 0.45].any()
    assert ((part > 0.45) & (part < 0.55)).mean() < 0.02


def test_the_mask_leaves_out_what_lies_above_the_object():
    dataset = Shapes(60, seed=7)
    hidden = 0
    for position in range(60):
        scene = dataset.scene(position)
        uncovered = coverage(scene.shape) > 0.5
        seen = dataset.mask(position)
        assert not (seen & ~uncovered).any()
        for piece in scene.above:
            assert not (seen & (coverage(piece) >= 0.5)).any()
        hidden += int((uncovered & ~seen).sum())
    assert hidden > 0


def test_something_of_every_object_is_seen(shown: demo.Demo):
    masks = [shown.loader.dataset.mask(position) for position in range(len(shown.loader.dataset))]
    assert all(seen.shape == (64, 64) and seen.dtype == bool for seen in masks)
    assert min(seen.sum() for seen in masks) >= 40


# --- the demo


@pytest.mark.parametrize("name", NAMES)
def test_load_gives_a_model_in_eval_mode_a_loader_and_class_names(name: str):
    model, loader, class_names = demo.load(name)
    assert all(tensor.dtype == torch.float32 for tensor in model.parameters())
    assert not any(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    images, labels = next(iter(loader))
    assert model(images).shape == (len(labels), len(class_names))
    assert class_names == loader.dataset.classes
    assert len(set(class_names)) == len(class_names) >= 5


def test_load_gives_the_convolutional_network_unless_asked_for_another():
    assert isinstance(demo.load(batch_size=8).model, ShapeNet)
    assert isinstance(demo.load("vit").model, ShapeViT)
    with pytest.raises(ValueError, match="no network 'resnet': expected 'cnn', 'vit' or 'imagenet'"):
        demo.load("resnet")


def test_the_loader_keeps_the_data_sets_order(shown: demo.Demo):
    for _ in range(2):
        images, labels = next(iter(shown.loader))
        assert labels.tolist() == [shown.loader.dataset.label(position) for position in range(len(labels))]
        assert torch.equal(images[3], shown.loader.dataset[3][0])


@pytest.mark.parametrize("name", NAMES)
def test_the_global_random_states_stay_as_they_are(name: str):
    with global_random_states_unchanged():
        model, loader, _ = demo.load(name)
        images, labels = next(iter(loader))
        model(images)
        loader.dataset.mask(0)
        train.train(images, labels, name, epochs=1)


def test_importing_the_demo_makes_no_pictures_and_no_model():
    code = "import sys, attn_widget.demo; print([name for name in sys.modules if 'attn_widget.demo.' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['attn_widget.demo.pretrained']"


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_of_a_network_take_at_most_600_kilobytes(name: str):
    assert (demo.FOLDER / demo.FILES[name]).stat().st_size <= 600_000


def test_the_model_is_right_on_85_to_97_percent_of_pictures_held_out(
    shown: demo.Demo, held_out: tuple[torch.Tensor, torch.Tensor]
):
    assert 0.85 <= train.accuracy(shown.model, *held_out) <= 0.97


def test_the_transformer_is_right_on_at_least_85_percent_of_pictures_held_out(
    transformer: ShapeViT, held_out: tuple[torch.Tensor, torch.Tensor]
):
    images, labels = held_out
    assert train.accuracy(transformer, images[:100], labels[:100]) >= 0.85


def test_no_picture_held_out_is_one_that_the_model_was_trained_on(
    held_out: tuple[torch.Tensor, torch.Tensor],
):
    assert train.SEED != demo.HELD_OUT_SEED
    seen = {image.numpy().tobytes() for image in train.in_memory(Shapes(100, train.SEED))[0]}
    assert not any(image.numpy().tobytes() in seen for image in held_out[0][:100])


@torch.no_grad()
def test_the_channel_mean_heat_of_conv3_peaks_on_the_object_far_more_often_than_by_chance(
    shown: demo.Demo, held_out: tuple[torch.Tensor, torch.Tensor]
):
    maps = []
    with shown.model.conv3.register_forward_hook(lambda module, given, output: maps.append(output)):
        for batch in held_out[0].split(100):
            shown.model(batch)
    masks = np.stack([shown.loader.dataset.mask(position) for position in range(len(held_out[0]))])
    stacked = torch.cat(maps)
    weights = stacked.mean(dim=(2, 3), keepdim=True).clamp(min=0)
    heat = torch.nn.functional.interpolate((weights * stacked).sum(1, keepdim=True), size=64, mode="bilinear")
    peaks = heat.flatten(1).argmax(dim=1).numpy()
    on_object = masks.reshape(len(masks), -1)[np.arange(len(masks)), peaks].mean()
    assert on_object > 4 * masks.mean()


@torch.no_grad()
def test_the_transformers_class_token_attends_to_the_object_far_more_than_to_its_ground(
    shown: demo.Demo, transformer: ShapeViT, held_out: tuple[torch.Tensor, torch.Tensor]
):
    given: list[torch.Tensor] = []
    last = transformer.blocks[-1].attention
    with last.register_forward_hook(lambda module, args, output: given.append(args[0])):
        transformer(held_out[0][:100])
    query, key = last.split(last.query(given[0])), last.split(last.key(given[0]))
    weights = torch.softmax(query @ key.mT / query.shape[-1] ** 0.5, dim=-1)
    patches = weights[:, :, 0, 1:].mean(dim=1).reshape(-1, 16, 16)
    masks = torch.stack([torch.from_numpy(shown.loader.dataset.mask(position)) for position in range(100)]).float()
    on_object = (patches * torch.nn.functional.avg_pool2d(masks, 4)).sum(dim=(1, 2)) / patches.sum(dim=(1, 2))
    assert on_object.mean() > 3 * masks.mean()


# --- training


@pytest.mark.parametrize("name", NAMES)
def test_a_short_training_is_reproducible_and_depends_on_its_seed(name: str):
    images, labels = train.in_memory(Shapes(96, seed=9))
    lines: list[str] = []
    first = train.train(images, labels, name, epochs=1, report=lines.append).state_dict()
    again = train.train(images, labels, name, epochs=1).state_dict()
    other = train.train(images, labels, name, epochs=1, seed=8).state_dict()
    assert all(torch.equal(first[part], again[part]) for part in first)
    assert not torch.equal(first["fc.weight"], other["fc.weight"])
    assert len(lines) == 1
    assert lines[0].startswith("epoch 1 of 1: loss")


def test_too_few_images_to_train_on_are_an_error_that_says_how_many_it_takes():
    with pytest.raises(ValueError, match="got 31, expected at least one batch of 32"):
        train.train(*train.in_memory(Shapes(31)))


def test_training_makes_the_model_better_on_what_it_sees():
    images, labels = train.in_memory(Shapes(96, seed=9))
    model = train.train(images, labels, epochs=12)
    assert train.accuracy(model, images, labels) > 2 * train.accuracy(train.new_model(0).eval(), images, labels)


def test_the_transformer_learns_to_see_edges_from_the_convolutional_network_alone():
    images, labels = train.in_memory(Shapes(96, seed=9))
    trained, cnn = train.train(images, labels, "vit", epochs=1).state_dict(), demo.load("cnn").model.state_dict()
    lent = [part for part in trained if part.split(".")[0] in ("conv1", "bn1", "conv2", "bn2")]
    assert len(lent) == 14
    assert all(torch.equal(trained[part], cnn[part]) for part in lent)


def test_the_transformer_is_trained_on_a_part_of_the_patches_and_sees_all_of_them_when_it_is_used():
    model, images = demo.load("vit").model, Shapes(2)[0][0][None]
    counts: list[int] = []
    model.blocks.register_forward_hook(lambda module, args, output: counts.append(output.shape[1]))
    model(images)
    recipes.vit_loss(model, images, torch.tensor([0]), torch.Generator())
    assert counts == [257, 1 + int(0.4 * 256)]


def test_the_command_writes_weights_that_the_networks_load(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(train, "HELD_OUT_COUNT", 60)
    train.main(["--out", str(tmp_path), "--epochs", "1", "--count", "64"])
    said = capsys.readouterr().out
    for name, network in {"cnn": ShapeNet, "vit": ShapeViT}.items():
        state = torch.load(tmp_path / demo.FILES[name], weights_only=True)
        assert network().load_state_dict(state).missing_keys == []
        assert f"{name}: right on " in said
    assert said.count("of 60 pictures held out") == 2


def test_the_command_trains_the_networks_that_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(train, "HELD_OUT_COUNT", 1)
    train.main(["vit", "--out", str(tmp_path), "--epochs", "1", "--count", "32"])
    assert [path.name for path in tmp_path.iterdir()] == [demo.FILES["vit"]]


def test_the_command_knows_no_other_network(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        train.main(["resnet"])
    assert "there is no network resnet: expected cnn or vit" in capsys.readouterr().err

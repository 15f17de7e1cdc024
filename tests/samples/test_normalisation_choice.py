"""A normalisation is undone where the values of the image show that it ran, not because it is there.

The stand-ins hold mean and std where these hold them: kornia 0.9.0, albumentations 2.0.8, transformers 5.24.0,
timm 1.0.31 (`timm.data.loader.PrefetchLoader`), fastai 2.8.12.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as v1
from torchvision.transforms import v2

from attn_widget.samples import Samples
from attn_widget.words.en.sample_notes import LEFT, SCALED, SEVERAL, UNDONE, UNFIT

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = v1.Normalize((0.5,) * 3, (0.5,) * 3)
IMAGENET = v1.Normalize(MEAN, STD)
INVERSE = v1.Normalize([-mean / std for mean, std in zip(MEAN, STD, strict=True)], [1 / std for std in STD])
CAFFE = v1.Normalize((123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
IN_TWO_STEPS = [v1.Normalize((0.0,) * 3, [1 / std for std in STD]), v2.Normalize([-0.5] * 3, [1.0] * 3)]


def pixels(low=0, high=256, size=16):
    """A picture from a file: multiples of 1/255."""
    generator = torch.Generator().manual_seed(low)
    return torch.randint(low, high, (3, size, size), generator=generator) / 255


def floats(low=0.0, high=1.0):
    """A picture that was resized or jittered as floats."""
    return low + (high - low) * torch.rand((3, 16, 16), generator=torch.Generator().manual_seed(1))


class Data(Dataset):
    """One image, and what else the data set holds."""

    def __init__(self, *images, **held):
        self.given = dict(enumerate(images))
        self.__dict__.update(held)

    def __len__(self):
        return len(self.given)

    def __getitem__(self, index):
        return self.given[index], 0


def shown(image, *held, **options):
    sample = Samples(Data(image, held=list(held)), **options)[0]
    return torch.from_numpy(sample.picture).permute(2, 0, 1), sample.notes


def assert_shows(picture, image, *held, notes=()):
    found, said = shown(image, *held)
    torch.testing.assert_close(found, picture.float(), atol=2e-3, rtol=0)
    assert said == notes


# --- held, and not run


class Normalize:
    """An object of this name that keeps what it is told."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Processor(Normalize):
    """Hugging Face's image processors keep their options as attributes."""


HELD = {
    "another split's": [IMAGENET],
    "two of them": [IMAGENET, HALF],
    "an inverse": [INVERSE],
    "an inverse in two steps": [
        v1.Normalize((0.0,) * 3, [1 / std for std in STD]),
        v2.Normalize([-0.5] * 3, [1.0] * 3),
    ],
    "one for bytes": [CAFFE],
    "albumentations, told to use the least and the greatest": [Normalize(mean=MEAN, std=STD, normalization="min_max")],
    "an image processor that is told not to": [Processor(image_mean=MEAN, image_std=STD, do_normalize=False)],
}


@pytest.mark.parametrize("held", HELD.values(), ids=HELD.keys())
def test_a_picture_from_a_file_that_was_not_normalised_is_shown_as_it_is(held):
    for picture in (pixels(), pixels(high=40), pixels(120, 200), torch.zeros(3, 4, 4), torch.ones(3, 4, 4)):
        assert_shows(picture, picture, *held)
        assert_shows(picture, picture.half(), *held)


@pytest.mark.parametrize("held", HELD.values(), ids=HELD.keys())
def test_a_picture_of_floats_that_was_not_normalised_is_shown_as_it_is_and_a_doubt_is_said(held):
    found, notes = shown(floats(), *held)
    assert torch.equal(found, floats())
    assert notes in ((), (LEFT,))


@pytest.mark.parametrize("held", [held for name, held in HELD.items() if "told" in name])
def test_what_is_told_not_to_use_its_mean_and_std_leaves_no_doubt(held):
    assert_shows(floats(0.2, 0.3), floats(0.2, 0.3), *held)


def test_values_of_0_to_255_that_were_not_normalised_are_shown_as_they_are():
    assert_shows(pixels(), pixels() * 255, IMAGENET)
    assert_shows(pixels(), pixels() * 255, CAFFE)
    assert_shows(floats(), floats() * 255, HALF)


def test_a_drawing_of_two_colours_is_shown_as_it_is():
    drawing = torch.ones(3, 16, 16)
    drawing[:, 3, 4:9] = 0
    assert_shows(drawing, drawing, HALF)
    assert_shows(drawing, drawing, IMAGENET)


def test_each_image_is_judged_by_its_own_values():
    samples = Samples(Data(IMAGENET(pixels()), pixels(), IMAGENET(pixels()), transform=IMAGENET))
    for sample in samples:
        assert sample.picture == pytest.approx(pixels().permute(1, 2, 0).numpy(), abs=1e-5)
        assert sample.notes == ()


# --- run, though the values could be a picture's


def between(mean, std):
    """Pixels of which the normalised values all lie in [0, 1]."""
    channels = [
        torch.randint(round(255 * m + 1), int(255 * (m + s)), (1, 16, 16)) for m, s in zip(mean, std, strict=True)
    ]
    return torch.cat(channels) / 255


@pytest.mark.parametrize(("ran", "mean", "std"), [(IMAGENET, MEAN, STD), (HALF, (0.5,) * 3, (0.499,) * 3)])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16])
def test_a_picture_between_mean_and_mean_plus_std_is_denormalised(ran, mean, std, kind):
    picture = between(mean, std)
    image = ran(picture.double()).to(kind)
    assert image.min() >= 0
    assert image.max() <= 1
    assert_shows(picture, image, ran)


def test_a_flat_picture_of_floats_is_denormalised_and_a_doubt_is_said():
    picture = floats(0.52, 0.55)
    assert_shows(picture, HALF(picture), HALF, notes=(UNDONE,))
    assert_shows(torch.full((3, 4, 4), 0.6), HALF(torch.full((3, 4, 4), 0.6)), HALF, notes=(UNDONE,))


def test_a_flat_picture_whose_channels_differ_is_flat():
    picture = torch.tensor([0.703, 0.509, 0.6171]).view(3, 1, 1).expand(3, 8, 8) + floats(0, 0.01)[:, :8, :8]
    assert_shows(picture, IMAGENET(picture), IMAGENET, notes=(UNDONE,))


def test_one_value_on_both_lattices_is_said_to_be_in_doubt():
    even = v1.Normalize((0.4,) * 3, (0.2,) * 3)  # 102 of 255
    assert_shows(torch.full((3, 4, 4), 0.4), torch.zeros(3, 4, 4), even, notes=(UNDONE,))


def test_one_that_changes_nothing_is_not_in_doubt():
    assert_shows(floats(), floats(), v1.Normalize((0.0,) * 3, (1.0,) * 3))


# --- run, and seen by the values


@pytest.mark.parametrize("ran", [IMAGENET, HALF, CAFFE], ids=["ImageNet", "half", "Caffe"])
@pytest.mark.parametrize(
    "picture", [pixels(), pixels(high=60), pixels(200), floats()], ids=["", "dark", "bright", "floats"]
)
def test_of_several_the_one_that_fits_is_undone(ran, picture):
    image = ran(picture * 255 if ran is CAFFE else picture)
    held = [INVERSE, v1.Normalize((0.2,) * 3, (0.3,) * 3), ran]
    assert_shows(picture, image, *held)


def test_where_several_fit_alike_it_is_said():
    picture = floats(0.3, 0.6)
    found, notes = shown(IMAGENET(picture), IMAGENET, HALF)
    assert notes == (SEVERAL,)
    torch.testing.assert_close(found, IMAGENET(picture) / 2 + 0.5)


def test_noise_and_erased_parts_in_normalised_values_do_not_hide_it():
    image = IMAGENET(pixels(size=32))
    image[:, 4:14, 6:15] = torch.randn(3, 10, 9, generator=torch.Generator().manual_seed(2))
    found, notes = shown(image, IMAGENET)
    assert notes == ()
    torch.testing.assert_close(found[:, 20:], pixels(size=32)[:, 20:])


@pytest.mark.parametrize("held", [INVERSE, IN_TWO_STEPS[0], HALF], ids=["inverse", "a step", "other"])
def test_one_that_fits_no_picture_is_not_used(held):
    image = IMAGENET(pixels())
    found, notes = shown(image, held)
    assert notes == ((SCALED,) if held is INVERSE else (UNFIT,))
    torch.testing.assert_close(found, (image - image.min()) / (image.max() - image.min()))


def test_a_given_mean_and_std_always_count():
    for image in (pixels(), floats(), pixels() * 255):
        found, notes = shown(image, HALF, mean=MEAN, std=STD)
        expected = image * torch.tensor(STD).view(3, 1, 1) + torch.tensor(MEAN).view(3, 1, 1)
        torch.testing.assert_close(found, expected.clip(0, 1))
        assert notes == ()


def test_a_large_image_is_judged_by_pixels_of_every_column():
    image = IMAGENET(pixels(size=256))
    image[:, :, ::16] = floats()[:, 0, 0].view(3, 1, 1)
    found, notes = shown(image, IMAGENET)
    assert notes == ()
    torch.testing.assert_close(found[:, :, 1], pixels(size=256)[:, :, 1])


# --- where mean and std are kept


class Module(nn.Module):
    def __init__(self, name="Normalize", buffers=(), **attributes):
        super().__init__()
        self.__class__ = type(name, (Module,), {})
        for key, value in dict(buffers).items():
            self.register_buffer(key, value)
        for key, value in attributes.items():
            setattr(self, key, value)


class Prefetcher:
    """Gives what its loader gives, normalised, as timm's and NVIDIA's do."""

    def __init__(self, loader):
        self.loader = loader
        self.mean, self.std = (torch.tensor(numbers).view(1, 3, 1, 1) * 255 for numbers in (MEAN, STD))

    def __iter__(self):
        for images, labels in self.loader:
            yield (images * 255 - self.mean) / self.std, labels

    def __len__(self):
        return len(self.loader)


PAIR = {"mean": torch.tensor(MEAN), "std": torch.tensor(STD)}
KEPT = {
    "kornia.augmentation": Module(flags=PAIR),
    "kornia.augmentation in a sequence": nn.Sequential(nn.Identity(), Module(flags=PAIR)),
    "kornia.enhance, tensors": Module(buffers=PAIR),
    "kornia.enhance, tuples": Module(mean=MEAN, std=STD),
    "fastai": Normalize(mean=PAIR["mean"].view(1, 3, 1, 1), std=PAIR["std"].view(1, 3, 1, 1), axes=(0, 2, 3)),
    "albumentations": Normalize(mean=MEAN, std=STD, max_pixel_value=255.0, normalization="standard"),
    "an image processor": Processor(image_mean=MEAN, image_std=STD, do_normalize=True),
    "one that is spelt otherwise": Module("ImageNormaliser", mean=MEAN, std=STD),
}


@pytest.mark.parametrize("held", KEPT.values(), ids=KEPT.keys())
def test_mean_and_std_are_found_where_libraries_keep_them(held):
    assert_shows(pixels(), IMAGENET(pixels()), held)
    assert_shows(pixels(), pixels(), held)


def test_mean_and_std_are_found_in_a_loader_and_through_a_wrapper_of_it():
    class Wrapper:
        def __init__(self, inner):
            self.dl = inner

        def __iter__(self):
            return iter(self.dl)

        def __len__(self):
            return len(self.dl)

    own = DataLoader(Data(IMAGENET(pixels())))
    own.after_batch = IMAGENET
    for loader in (
        own,
        Wrapper(DataLoader(Data(IMAGENET(pixels()), transform=IMAGENET))),
        Wrapper(Wrapper(DataLoader(Data(IMAGENET(pixels()), transform=IMAGENET)))),
        Prefetcher(DataLoader(Data(pixels()))),
        Wrapper(Prefetcher(DataLoader(Data(pixels())))),
    ):
        sample = Samples(loader)[0]
        assert sample.picture == pytest.approx(pixels().permute(1, 2, 0).numpy(), abs=1e-5)
        assert sample.notes == ()


def test_what_merely_has_a_mean_and_a_std_normalises_nothing():
    class AddNoise:
        def __init__(self):
            self.mean, self.std = 0.0, 0.1

    sample = Samples(Data(floats(), transform=AddNoise()))[0]
    assert sample.picture == pytest.approx(np.moveaxis(floats().numpy(), 0, -1))
    assert sample.notes == ()

"""The picture shows what the image was before it was normalised."""

import warnings

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset
from torchvision import transforms as v1
from torchvision.transforms import v2

from attn_widget.samples import Samples

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
ORIGINAL = torch.rand(3, 6, 7, generator=torch.Generator().manual_seed(0))
NORMALISED = v1.functional.normalize(ORIGINAL, MEAN, STD)
SCALED = "no mean and std found: the image is scaled for display"


def picture(image, **options):
    return Samples(image.unsqueeze(0), **options)[0]


def as_picture(image):
    return image.permute(1, 2, 0).numpy()


def test_a_given_mean_and_std_are_undone():
    sample = picture(NORMALISED, mean=MEAN, std=STD)
    assert sample.picture == pytest.approx(as_picture(ORIGINAL), abs=1e-6)
    assert sample.notes == ()


@pytest.mark.parametrize("kind", [float, list, np.asarray, torch.tensor])
def test_a_single_number_stands_for_all_channels(kind):
    mean, std = (kind(0.5), kind(0.25)) if kind is float else (kind([0.5]), kind([0.25]))
    sample = picture((ORIGINAL - 0.5) / 0.25, mean=mean, std=std)
    assert sample.picture == pytest.approx(as_picture(ORIGINAL), abs=1e-6)


def test_means_of_bytes_are_undone():
    sample = picture(ORIGINAL * 255 - 120, mean=120, std=1)
    assert sample.picture == pytest.approx(as_picture(ORIGINAL), abs=1e-5)


@pytest.mark.parametrize(
    ("mean", "std", "kind", "text"),
    [
        (0.5, None, ValueError, "std is missing"),
        (None, 0.5, ValueError, "mean is missing"),
        (0.5, 0, ValueError, "std is 0; expected numbers above 0"),
        (MEAN, (0.1, -0.1, 0.1), ValueError, "std is"),
        (float("nan"), 1, ValueError, "mean is nan"),
        ((), 1, ValueError, r"mean is \(\)"),
        ("imagenet", 1, TypeError, "mean is 'imagenet'"),
        (0.5, True, TypeError, "std is True"),
    ],
)
def test_a_wrong_mean_or_std_is_refused_by_name(mean, std, kind, text):
    with pytest.raises(kind, match=text):
        picture(ORIGINAL, mean=mean, std=std)


@pytest.mark.parametrize(("mean", "std", "name"), [((1, 1), 1, "mean"), (1, (1, 1), "std")])
def test_a_mean_or_std_of_the_wrong_length_is_refused_by_name(mean, std, name):
    with pytest.raises(ValueError, match=rf"{name} has 2 numbers, but the image has 3 channels"):
        picture(ORIGINAL, mean=mean, std=std)


# --- found in the data set's transforms


class Normalize:
    """Albumentations' and others', by name and attributes."""

    def __init__(self):
        self.mean, self.std, self.max_pixel_value = MEAN, STD, 255


class Data(Dataset):
    def __init__(self, transform=None, image=NORMALISED, **more):
        self.transform, self.image = transform, image
        self.__dict__.update(more)

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self.image, index


def through_closure():
    normalise = v1.Normalize(MEAN, STD)
    return lambda image: normalise(image)


TRANSFORMS = {
    "v1": v1.Normalize(MEAN, STD),
    "v2": v2.Normalize(MEAN, STD),
    "v1 Compose": v1.Compose([v1.Resize(8), v1.ToTensor(), v1.Normalize(MEAN, STD)]),
    "v2 Compose": v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]),
    "nested": v1.Compose([v1.Compose([v1.ToTensor(), v1.Compose([v1.Normalize(MEAN, STD)])])]),
    "nn.Sequential": nn.Sequential(v1.RandomHorizontalFlip(), v1.Normalize(MEAN, STD)),
    "albumentations": v1.Compose([Normalize()]),
    "a closure": through_closure(),
    "a preset": v1._presets.ImageClassification(crop_size=6, mean=MEAN, std=STD),
}
WRAPPERS = {
    "the set itself": lambda data: data,
    "a Subset": lambda data: Subset(Subset(data, [1, 0]), [1]),
    "a ConcatDataset": lambda data: ConcatDataset([data, data]),
    "a wrapper": lambda data: Data(dataset=data),
    "a wrapper of its own kind": lambda data: Data(base=data),
    "a loader": lambda data: DataLoader(Subset(data, [0]), batch_size=4),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS.keys())
@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS.keys())
def test_the_normalisation_is_found_in_the_transforms(transform, wrap):
    sample = Samples(wrap(Data(transform)))[0]
    assert sample.picture == pytest.approx(as_picture(ORIGINAL), abs=1e-6)
    assert sample.notes == ()


def test_the_normalisation_is_found_under_any_name_and_in_a_collate_function():
    assert Samples(Data(preprocess=v1.Normalize(MEAN, STD)))[0].notes == ()
    assert Samples(DataLoader([NORMALISED], collate_fn=CollateAndNormalise()))[0].notes == ()


class CollateAndNormalise:
    def __init__(self):
        self.normalise = v1.Normalize(MEAN, STD)

    def __call__(self, items):
        return torch.stack(items)


def test_joined_sets_each_have_their_own_normalisation():
    other = Data(v1.Normalize((0.0,) * 3, (0.5,) * 3), image=ORIGINAL * 2)
    samples = Samples(ConcatDataset([Data(TRANSFORMS["v1"]), other]))
    for position in range(4):
        assert samples[position].picture == pytest.approx(as_picture(ORIGINAL), abs=1e-6)


def test_given_numbers_overrule_the_found_ones():
    sample = Samples(Data(v1.Normalize((9.0,) * 3, (9.0,) * 3)), mean=MEAN, std=STD)[0]
    assert sample.picture == pytest.approx(as_picture(ORIGINAL), abs=1e-6)


def test_a_found_normalisation_that_does_not_fit_is_set_aside_with_a_note():
    sample = Samples(Data(TRANSFORMS["v1"], image=ORIGINAL[:1]))[0]
    assert "the mean and std found have 3 numbers, not 1: they are not used" in sample.notes
    assert sample.picture[..., 0] == pytest.approx(ORIGINAL[0].numpy())


def test_no_property_of_the_users_data_set_runs_in_the_search():
    class Guarded(Data):
        @property
        def expensive(self):
            raise AssertionError("a property was asked for")

    Samples(Guarded())[0]


# --- pictures of PIL's, of every mode


def pil(mode):
    """Two pixels of one colour; what has alpha is half transparent."""
    picture = Image.new("RGB", (2, 1), COLOUR)
    if mode in ("LA", "La", "RGBA", "RGBa"):
        picture.putalpha(128)
        picture = picture.convert("LA").convert(mode) if mode[0] == "L" else picture.convert(mode)
    elif mode == "PA":
        picture = Image.new("PA", (2, 1), (1, 128))
        picture.putpalette([0, 0, 0, *COLOUR])
    return in_lab(picture) if mode == "LAB" else picture.convert(mode)


def in_lab(picture):
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(picture, *profiles, outputMode="LAB")


COLOUR = (200, 100, 50)
GREY = 124  # as PIL weighs them


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_a_picture_in_colour_has_its_colours_in_every_mode(mode):
    sample = Samples([(pil(mode), 1)])[0]
    assert sample.image.shape == (4 if mode in ("RGBA", "RGBa") else 3, 1, 2)
    assert sample.picture[0, 0] * 255 == pytest.approx(COLOUR, abs=6 if mode == "P" else 1.5)
    assert (sample.label, sample.notes) == (1, ())


@pytest.mark.parametrize("mode", ["L", "LA", "La"])
def test_a_grey_picture_is_grey_with_or_without_alpha(mode):
    sample = Samples([(pil(mode), 1)])[0]
    assert sample.image.shape == (1, 1, 2)
    assert sample.picture[0, 0] * 255 == pytest.approx((GREY,) * 3, abs=1.5)


def test_a_picture_of_black_and_white_is_that():
    picture = Image.new("1", (2, 1))
    picture.putpixel((1, 0), 1)
    assert Samples([(picture, 0)])[0].picture[0].tolist() == [[0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
def test_a_picture_of_more_levels_keeps_its_values(mode):
    levels = np.array([[0, 300, 40_000]], dtype={"I": "<i4", "F": "<f4", "I;16B": ">u2"}.get(mode, "<u2"))
    sample = Samples([(Image.frombytes(mode, (3, 1), levels.tobytes()), 0)])[0]
    assert sample.image[0].tolist() == [[0, 300, 40_000]]
    assert sample.picture[0, :, 0] == pytest.approx(np.array([0, 300, 40_000]) / 40_000)


# --- nothing given and nothing found


@pytest.mark.parametrize(
    ("image", "noted"),
    [
        (ORIGINAL, False),
        (ORIGINAL * 255, False),
        ((ORIGINAL * 255).to(torch.uint8), False),
        ((ORIGINAL * 255).to(torch.int64), False),
        (ORIGINAL.half(), False),
        (ORIGINAL.bfloat16(), False),
        (ORIGINAL.double(), False),
        (ORIGINAL > 0.5, False),
        (NORMALISED, True),
        ((ORIGINAL * 60_000).to(torch.int32), True),
    ],
)
def test_an_image_of_any_type_and_range_has_a_picture(image, noted):
    sample = picture(image)
    assert sample.picture.dtype == np.float32
    assert sample.picture.min() >= 0
    assert sample.picture.max() <= 1
    assert sample.picture.std() > 0.15
    assert sample.notes == ((SCALED,) if noted else ())


def test_bytes_are_never_denormalised():
    image = (ORIGINAL * 255).to(torch.uint8)
    assert picture(image, mean=MEAN, std=STD).picture == pytest.approx(as_picture(image / 255), abs=1e-6)


def test_a_flat_image_out_of_range_is_mid_grey():
    sample = picture(torch.full((3, 2, 2), -4.0))
    assert (sample.picture == 0.5).all()
    assert sample.notes == (SCALED,)


@pytest.mark.parametrize(
    ("channels", "planes", "note"),
    [
        (1, (0, 0, 0), ()),
        (2, (0, 1, 1), ()),
        (3, (0, 1, 2), ()),
        (4, (0, 1, 2), ()),
        (13, (0, 1, 2), ("first 3 of 13 channels shown",)),
    ],
)
def test_every_number_of_channels_has_a_picture(channels, planes, note):
    image = torch.rand(channels, 6, 7)
    sample = picture(image)
    assert sample.image.shape == (channels, 6, 7)
    assert sample.picture == pytest.approx(as_picture(image[list(planes)]))
    assert sample.notes == note


def test_missing_and_infinite_pixels_are_drawn_without_warning_and_noted():
    image = ORIGINAL.clone()
    image[0, 0, 0] = torch.nan
    image[:, 1, 1] = torch.inf
    image[:, 2, 2] = -torch.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample = picture(image)
    assert sample.picture[0, 0].tolist() == [0.5, 0.5, 0.5]
    assert sample.picture[1, 1].tolist() == [1, 1, 1]
    assert sample.picture[2, 2].tolist() == [0, 0, 0]
    assert sample.picture[3, 3] == pytest.approx(ORIGINAL[:, 3, 3].numpy())
    assert sample.notes == (
        "1 pixel is not a number (NaN), drawn grey",
        "2 pixels are infinite, drawn saturated",
    )
    assert torch.isnan(sample.image[0, 0, 0])


@pytest.mark.parametrize("options", [{}, {"mean": MEAN, "std": STD}])
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_an_image_without_a_single_number_has_a_picture(value, options):
    sample = picture(torch.full((3, 2, 2), value), **options)
    assert (sample.picture == (0.5 if value != value else 1)).all()

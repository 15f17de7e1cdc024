"""Covering a region of an image."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from attn_widget.evidence import FILLS, cover

IMAGE = torch.randn(3, 20, 30, generator=torch.Generator().manual_seed(0))
MASK = np.zeros((20, 30), bool)
MASK[5:12, 8:21] = True


@pytest.mark.parametrize("fill", [*FILLS, torch.ones_like(IMAGE)])
def test_only_the_region_changes_and_the_image_itself_does_not(fill):
    before = IMAGE.clone()
    covered = cover(IMAGE, MASK, fill)
    changed = (covered != IMAGE).all(0).numpy()
    assert (changed == MASK).all()
    assert torch.equal(IMAGE, before)
    assert torch.equal(cover(IMAGE[None], MASK, fill)[0], covered)


def test_a_box_covers_as_its_mask_does():
    assert torch.equal(cover(IMAGE, [[8, 5, 21, 12]]), cover(IMAGE, MASK))


def test_what_covers_is_as_described():
    inside = torch.from_numpy(MASK)
    assert cover(IMAGE, MASK, "mean")[:, inside] == pytest.approx(IMAGE.mean((1, 2))[:, None].expand(3, 91))
    assert (cover(IMAGE, MASK, torch.full((3, 20, 30), 5.0))[:, inside] == 5).all()
    blurred = np.stack([ndimage.gaussian_filter(one, 2, mode="nearest") for one in IMAGE.double().numpy()])
    assert cover(IMAGE, MASK, "blur")[:, inside].numpy() == pytest.approx(blurred[:, MASK], abs=1e-6)
    noise = [cover(IMAGE * 4 + 10, np.ones_like(MASK), "noise", seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(noise[0], noise[1])
    assert not torch.equal(noise[0], noise[2])
    assert float(noise[0].mean()) == pytest.approx(10, abs=0.5)
    assert float(noise[0].std()) == pytest.approx(4, abs=0.5)


def test_a_blurred_square_keeps_hardly_anything_of_its_edges():
    edges = torch.zeros(1, 40, 40)
    edges[:, ::2] = 1
    covered = cover(edges, np.ones((40, 40), bool))
    assert float(covered[:, 8:32].std()) < 0.01


def test_bytes_stay_bytes_in_their_range():
    image = (torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0)) * 255).byte()
    for fill in FILLS:
        assert cover(image, MASK, fill).dtype == torch.uint8
    assert cover(image, MASK, "mean")[0, 6, 10] == round(float(image[0].float().mean()))


def test_an_invalid_argument_is_an_error():
    with pytest.raises(ValueError, match="fill must be 'blur', 'mean', 'noise'"):
        cover(IMAGE, MASK, "black")
    with pytest.raises(ValueError, match=r"shape \[3, 20, 30\], got \[3, 8, 8\]"):
        cover(IMAGE, MASK, torch.zeros(3, 8, 8))
    with pytest.raises(ValueError, match="mask"):
        cover(IMAGE, MASK[:4])

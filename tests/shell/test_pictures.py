"""Pictures of any kind that Pillow reads, found in folders and shown as a person sees them."""

import numpy as np
import pytest
from PIL import Image

from attn_widget.shell.outcome import WrongUse
from attn_widget.shell.picture_decoding import UnreadablePicture, decoded
from attn_widget.shell.picture_files import find_pictures

ORANGE = (250, 130, 10)


def read(tmp_path, picture, name="one.png", **how):
    picture.save(tmp_path / name, **how)
    seen = decoded(tmp_path / name)
    assert seen.mode == "RGB"
    return np.asarray(seen).astype(int)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *(("one.png", mode) for mode in ("RGB", "RGBA", "P")),
        *(("one.tif", mode) for mode in ("RGB", "RGBA", "P", "CMYK", "YCbCr", "LAB")),
        *(("one.jpg", mode) for mode in ("RGB", "CMYK")),
        *((f"one.{kind}", "RGB") for kind in ("gif", "webp", "bmp", "ppm", "tga")),
    ],
)
def test_a_colour_is_seen_whatever_the_format_and_its_mode(tmp_path, name, mode):
    plain = Image.new("RGB", (16, 16), ORANGE)
    made = {"LAB": lambda: Image.new("LAB", (16, 16), (166, 170, 199)), "P": plain.quantize}
    given = made[mode]() if mode in made else plain.convert(mode)

    assert np.abs(read(tmp_path, given, name)[4:12, 4:12] - ORANGE).max() < 12


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_is_grey(tmp_path, mode):
    seen = read(tmp_path, Image.new("L", (8, 8), 255).convert(mode))

    assert (seen == 255).all()


def test_sixteen_bits_become_eight_and_are_not_cut_off(tmp_path):
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)

    for name in ("one.png", "one.tif"):
        seen = read(tmp_path, Image.fromarray(ramp), name)
        assert (seen[..., 0] == ramp // 256).all()


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        (np.linspace(0, 1, 64), (0, 255)),
        (np.linspace(0, 200, 64), (0, 200)),
        (np.linspace(-5, 3000, 64), (0, 255)),
        (np.full(64, np.nan), (0, 0)),
    ],
    ids=["from 0 to 1", "bytes", "beyond", "nothing"],
)
def test_floats_are_brought_into_a_byte(tmp_path, values, ends):
    seen = read(tmp_path, Image.fromarray(values.astype(np.float32).reshape(8, 8)), "one.tif")

    assert (seen.min(), seen.max()) == ends


def test_integers_of_32_bits_are_brought_into_a_byte(tmp_path):
    seen = read(tmp_path, Image.fromarray(np.linspace(0, 10**6, 64, dtype=np.int32).reshape(8, 8)), "one.tif")

    assert (seen.min(), seen.max()) == (0, 255)


def test_what_is_transparent_is_white(tmp_path):
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])

    assert (read(tmp_path, clear) == 255).all()
    assert (read(tmp_path, palette, transparency=0) == 255).all()
    assert (read(tmp_path, palette) == 0).all()


def test_a_photograph_is_turned_as_its_exif_data_says(tmp_path):
    wide = Image.new("RGB", (20, 10))
    wide.paste(ORANGE, (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright

    seen = read(tmp_path, wide, "one.jpg", exif=exif)

    assert seen.shape == (20, 10, 3)
    assert seen[:8].mean() > 100 > 20 > seen[12:].mean()


def test_of_several_frames_the_first_is_seen(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in (ORANGE, (0, 0, 0))]

    assert read(tmp_path, frames[0], "one.gif", save_all=True, append_images=frames[1:])[0, 0, 0] > 200


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "a beginning"])
def test_what_is_no_picture_is_said_in_one_line(tmp_path, content):
    (tmp_path / "one.png").write_bytes(content)

    with pytest.raises(UnreadablePicture, match=r"^[^\n]+$"):
        decoded(tmp_path / "one.png")


def test_pictures_are_found_in_all_folders_and_other_files_are_counted(tmp_path):
    for name in ("b.JPG", "a/c.png", "a/d/e.webp", "a/notes.txt", ".hidden/f.png", "a/._c.png", "out/g.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "around").symlink_to(tmp_path)
    (tmp_path / "linked").symlink_to(tmp_path / "out")

    found = find_pictures(str(tmp_path), but_not_in=tmp_path / "out")

    assert [found.name_of(file) for file in found.files] == ["a/c.png", "a/d/e.webp", "b.JPG"]
    assert found.left_out == 1
    assert [found.name_of(file) for file in find_pictures(str(tmp_path / "b.JPG")).files] == ["b.JPG"]


def test_a_folder_without_pictures_and_one_that_is_absent_are_wrong_use(tmp_path):
    (tmp_path / "table.csv").touch()

    with pytest.raises(WrongUse, match="a folder without a picture"):
        find_pictures(str(tmp_path))
    with pytest.raises(WrongUse, match="neither a folder nor a file"):
        find_pictures(str(tmp_path / "absent"))

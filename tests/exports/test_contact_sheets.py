"""`contact_sheet`: pages of pictures beside their heatmaps."""

import numpy as np
import pytest
from PIL import Image

from attn_widget.exports import contact_sheet, contact_sheets

from .making import Named, files, names_in, quiet, tiny


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(contact_sheets, "PER_PAGE", 10)


def made(path, loader=None, **options):
    return contact_sheet(tiny(), Named(files(6)) if loader is None else loader, path, progress=quiet, **options)


def test_few_samples_are_on_one_page_of_that_name(tmp_path):
    found = made(tmp_path / "new" / "sheet.png")
    assert found.pages == [tmp_path / "new" / "sheet.png"]
    assert found.shown == 6
    with Image.open(found.pages[0]) as page:
        assert page.width == 2 * contact_sheets.WIDTH


def test_more_samples_are_on_numbered_pages(tmp_path):
    found = made(tmp_path / "sheet.png", Named(files(23)))
    assert names_in(tmp_path) == ["sheet-1.png", "sheet-2.png", "sheet-3.png"]
    assert found.shown == 23


def test_each_picture_stands_beside_its_heatmap(tmp_path):
    loader = Named(files(2), size=(64, 64))
    loader.images[:] = 0.25  # one colour, which the heatmap changes
    (path,) = made(tmp_path / "sheet.png", loader, alpha=1, cmap="gray").pages
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    picture = np.abs(pixels - 64).max(-1) <= 1
    rows, columns = np.nonzero(picture)
    assert len(rows) > 10_000
    across = columns.max() - columns.min()
    assert across > 300  # both pictures
    assert not picture[rows.min() + 40, columns.min() + 200]  # the heatmap between them


def test_a_bad_sample_is_on_the_page_as_well(tmp_path):
    with pytest.warns(UserWarning, match="1 sample has no heatmap"):
        found = made(tmp_path / "sheet.png", Named(files(4), broken=(2,)))
    assert found.shown == 4
    assert list(found.errors) == [2]


def test_who_stops_it_has_the_samples_done_on_a_page(tmp_path):
    def stop(done, total):
        if done == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        contact_sheet(tiny(), Named(files(23)), tmp_path / "sheet.png", progress=stop)
    assert names_in(tmp_path) == ["sheet-1.png", "sheet-2.png"]
    assert stopped.value.__notes__[0].startswith("13 samples on ")


def test_pages_are_replaced_only_if_asked_for_and_none_of_before_is_left_among_them(tmp_path):
    made(tmp_path / "sheet.png", Named(files(23)))
    (tmp_path / "sheet-of-mine.png").touch()
    before = (tmp_path / "sheet-1.png").read_bytes()
    with pytest.raises(FileExistsError, match=r"sheet-1.png, .*sheet-2.png and .*sheet-3.png exist already.*overwrite"):
        made(tmp_path / "sheet.png")
    assert (tmp_path / "sheet-1.png").read_bytes() == before
    made(tmp_path / "sheet.png", overwrite=True)
    assert names_in(tmp_path) == ["sheet-of-mine.png", "sheet.png"]


def test_a_numbered_file_that_was_no_page_is_asked_about_and_stays(tmp_path):
    made(tmp_path / "sheet.png", Named(files(13)))
    (tmp_path / "sheet-2024.png").write_text("mine")
    with pytest.raises(FileExistsError, match=r"sheet-1.png, .*sheet-2.png and .*sheet-2024.png exist already"):
        made(tmp_path / "sheet.png")
    made(tmp_path / "sheet.png", overwrite=True)
    assert names_in(tmp_path) == ["sheet-2024.png", "sheet.png"]
    assert (tmp_path / "sheet-2024.png").read_text() == "mine"


def test_a_path_that_is_no_png_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"path must end in \.png, got '.*sheet\.gif'"):
        made(tmp_path / "sheet.gif")
    assert list(tmp_path.iterdir()) == []

"""`attn-widget report`: chosen pictures, or the surest mistakes, as one page."""

import pytest

from attn_widget.shell import report_command

REPORT = "report --model models_here:hues --images pictures --out out/page.html"


@pytest.fixture
def asked(monkeypatch):
    """What `report` was asked for; it writes nothing but a word."""
    seen = {}

    def note(model, loader, path, **options):
        seen.update(options, count=len(loader.dataset))
        path.write_text("page")

    monkeypatch.setattr(report_command, "report", note)
    return seen


def test_a_page_is_written(run, folder):
    ended = run(f"{REPORT} --layers conv --methods channel-mean")

    assert ended.code == 0
    assert ended.out == ["Report of 6 samples", "Written: out/page.html"]
    assert "<html" in (folder / "out" / "page.html").read_text()


def test_positions_layers_methods_and_target_reach_the_report(run, asked):
    run(f"{REPORT} --positions 5,1-3,1 --layers conv --methods grad-cam,layer-cam --target 2")

    assert (asked["positions"], asked["layers"], asked["methods"], asked["target"]) == (
        [5, 1, 2, 3],
        ["conv"],
        ["grad-cam", "layer-cam"],
        2,
    )
    assert asked["count"] == 6


def test_mistakes_are_found_by_a_review_or_taken_from_a_saved_one(run, asked, folder):
    run(f"{REPORT} --mistakes 3")  # without names blue is taken for red, and red for blue
    found = asked["positions"]
    run("review --model models_here:hues --images pictures --out .")
    run(f"{REPORT} --mistakes --review review.npz --overwrite")

    assert len(found) == 3
    assert set(found) < set(asked["positions"]) == {0, 1, 4, 5}
    assert len(asked["review"]) == 6


def test_bad_pictures_are_named_whether_they_are_chosen_or_searched(run, asked, folder):
    (folder / "pictures" / "blue" / "bad.png").touch()

    named = run(f"{REPORT} --positions 0-2")
    elsewhere = run(f"{REPORT} --positions 0-1 --overwrite")
    searched = run(f"{REPORT} --mistakes --overwrite")

    assert (named.code, elsewhere.code, searched.code) == (1, 0, 1)
    assert all("blue/bad.png: Pillow knows no picture of this kind" in ended.err for ended in (named, searched))
    assert named.out[0] == "Report of 3 samples, 1 failed"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("--positions 6", "--positions names 6, but the pictures are 0 to 5"),
        ("--positions 2-", "argument --positions: expected positions such as 0,3,10-20, got '2-'"),
        ("--positions 5-3", "argument --positions: expected ranges with the lower end first, got '5-3'"),
        ("--positions 1 --mistakes", "argument --mistakes: not allowed with argument --positions"),
        ("--mistakes 0", "argument --mistakes: expected a whole number from 1"),
        ("--review absent.npz", "--review needs the absent.npz of an earlier review"),
        ("--layers cnov", "cnov"),
        ("--layers ,", "argument --layers: expected one or more names with commas between, got ','"),
        ("--out page.pdf", "--out is 'page.pdf'; expected a file that ends in .html"),
    ],
)
def test_what_makes_no_sense_is_wrong_use(run, asked, more, sentence):
    ended = run(f"{REPORT} {more}")

    assert ended.code == 2
    assert sentence in ended.err[-1]
    assert not asked


def test_without_mistakes_there_is_no_page_and_that_is_said(run, folder):
    ended = run("report --model models_here:named --images pictures --out page.html --mistakes")

    assert ended.code == 2
    assert "--mistakes finds none: Review of 6 samples: 100 % right, 0 wrong" in ended.err[-1]
    assert not (folder / "page.html").exists()


def test_a_page_is_not_overwritten_unasked(run, asked, folder):
    (folder / "out").mkdir()
    (folder / "out" / "page.html").write_text("mine")

    assert run(REPORT).code == 2
    assert (folder / "out" / "page.html").read_text() == "mine"
    assert run(f"{REPORT} --overwrite").code == 0


def test_an_interrupted_search_for_mistakes_leaves_no_page(run, asked, folder, pausing):
    ended = run(f"report --model {pausing}:model --images pictures --out page.html --mistakes")

    assert ended.code == 130
    assert ended.err[-1] == "Interrupted."
    assert not (folder / "page.html").exists()

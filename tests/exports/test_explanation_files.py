"""`Explanation.save` and `load`: all of it, bit by bit, without pickle."""

import dataclasses
import json
from importlib import metadata

import numpy as np
import pytest
import torch

from attn_widget import Contrast, Explanation, Samples, explain
from attn_widget.explanation import Silencing
from attn_widget.methods import Directions

from .making import Named, files, tiny

IMAGE = Samples(Named(files(1)))[0].image


def asked(**options):
    return explain(tiny(), IMAGE, layer="conv", **options)


def scalar(output):
    return output[0, 1]


EXPLANATIONS = {
    "channel mean": lambda: asked(label=2),
    "Grad-CAM": lambda: asked(method="grad-cam", label=(0, 2)),
    "a contrast": lambda: asked(method="grad-cam", target=Contrast("predicted", 0)),
    "a place": lambda: asked(at=(2, 3), label="kitten", top_k=40),
    "silenced": lambda: asked(silence=[1, 3], fill=np.arange(4.0, dtype=np.float32)),
    "no channels": lambda: explain(tiny(), IMAGE, method="saliency", label=0.5),
    "NaN": lambda: explain(tiny(), torch.full_like(IMAGE, float("nan")), layer="conv"),
    "parts": lambda: with_parts(asked()),
}


def with_parts(found):
    directions = Directions("conv", np.eye(4)[:2])
    silencing = Silencing("conv", (1,), parts=directions)
    return dataclasses.replace(found, unit="part", parts=directions, silenced=silencing)


def same(one, other):
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, Directions | Silencing):
        return type(one) is type(other) and all(
            same(a, b) for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
        )
    return type(one) is type(other) and (one == other or one != one != other)


@pytest.mark.parametrize("kind", EXPLANATIONS)
def test_what_is_read_back_is_what_was_saved(tmp_path, kind):
    saved = EXPLANATIONS[kind]()
    saved.save(tmp_path / "view.npz")
    found = Explanation.load(tmp_path / "view.npz")
    for field in dataclasses.fields(Explanation):
        assert same(getattr(saved, field.name), getattr(found, field.name)), field.name
    assert same(saved.overall, found.overall)
    assert same(saved.heatmaps, found.heatmaps)
    assert repr(found) == repr(saved)
    assert not any(value.flags.writeable for value in vars(found).values() if isinstance(value, np.ndarray))


def test_other_programs_read_it_without_pickle(tmp_path):
    saved = asked(method="grad-cam", label=2)
    saved.save(tmp_path / "view.npz")
    with np.load(tmp_path / "view.npz", allow_pickle=False) as file:
        assert same(file["overall"], saved.overall)
        assert same(file["heatmaps"], saved.heatmaps)
        about = json.loads(file["about"].tobytes())
    assert about["layer"] == "conv"
    assert about["label"] == 2
    assert {"attn-widget", "torch", "python"} <= set(about["versions"])


def test_a_target_that_is_a_function_becomes_its_name(tmp_path):
    asked(method="grad-cam", target=scalar).save(tmp_path / "view.npz")
    found = Explanation.load(tmp_path / "view.npz")
    assert found.target == "the function scalar"
    assert "for the target function" in repr(found)
    assert found.show().axes


def test_a_file_that_exists_is_replaced_only_if_asked_for(tmp_path):
    path = tmp_path / "view.npz"
    path.write_text("notes")
    with pytest.raises(FileExistsError, match=r"view.npz exists already. .*overwrite=True"):
        asked().save(path)
    assert path.read_text() == "notes"
    asked().save(path, overwrite=True)
    assert Explanation.load(path).layer == "conv"


@pytest.mark.parametrize("content", [b"", b"PK\3\4 but damaged", b"text"])
def test_what_is_no_explanation_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "view.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not an explanation that was saved, or is damaged"):
        Explanation.load(path)


def test_a_damaged_file_and_another_kind_of_file_are_refused(tmp_path):
    path = tmp_path / "view.npz"
    asked().save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="damaged"):
        Explanation.load(path)
    np.savez(path, about=np.frombuffer(b'{"format": "attn_widget review", "version": 1}', np.uint8))
    with pytest.raises(ValueError, match="is not an explanation"):
        Explanation.load(path)
    with pytest.raises(FileNotFoundError):
        Explanation.load(tmp_path / "absent.npz")


def test_it_is_saved_also_where_the_package_is_run_from_its_source(tmp_path, monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    asked().save(tmp_path / "view.npz")
    with np.load(tmp_path / "view.npz") as file:
        assert json.loads(file["about"].tobytes())["versions"]["attn-widget"] == "?"

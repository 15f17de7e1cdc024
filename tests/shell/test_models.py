"""A model from a function that is named in the shell: with its transform, weights, class names and size."""

import pytest
import torch
from PIL import Image

from attn_widget import Review

OUT = "--images pictures --out out"


@pytest.fixture
def review_by(run):
    """Review with a model that is named, and further options."""
    return lambda model, more="": run(f"review --model {model} {OUT} {more}")


@pytest.mark.parametrize("model", ["models_here:hues", "models_here:Hues", "models_here:ready"])
def test_a_function_a_class_and_a_model_will_do(review_by, model):
    assert review_by(model).code == 0


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("models_here", "--model is 'models_here'; expected pkg.module:function"),
        ("models_here.py:hues", "name it as in an import: models_here:hues"),
        ("absent_here:hues", "names the module 'absent_here', which is neither in"),
        ("models_here:hue", "models_here has no 'hue'; did you mean hues?"),
        ("models_here:Hues.colours", "models_here has no 'Hues.colours'"),
        (
            "broken_here:model",
            "broken_here cannot be imported: ZeroDivisionError: division by zero (broken_here.py, line 1)",
        ),
        ("lacking_here:model", "lacking_here cannot be imported: ModuleNotFoundError: No module named 'absent_too'"),
        ("wrong_here:needs", "is called without arguments, but needs some: missing a required argument: 'classes'"),
        ("wrong_here:raises", "raised an error: RuntimeError: no file (wrong_here.py, line 4)"),
        ("wrong_here:nothing", "gave a NoneType; expected pkg.module:function, whose function gives a model"),
        ("wrong_here:seven", "gave an int beside the model"),
        ("wrong_here:NUMBER", "is an int; expected pkg.module:function"),
    ],
)
def test_what_is_no_model_is_said_in_one_sentence(review_by, folder, model, sentence):
    (folder / "broken_here.py").write_text("1 / 0")
    (folder / "lacking_here.py").write_text("import absent_too")
    (folder / "wrong_here.py").write_text(
        "from models_here import Hues\ndef needs(classes): pass\n"
        "def raises():\n    raise RuntimeError('no file')\n"
        "def nothing(): pass\ndef seven(): return Hues(), 7\nNUMBER = 7\n"
    )

    ended = review_by(model)

    assert ended.code == 2
    assert ended.out == []
    assert len(ended.err) == 1
    assert sentence in ended.err[0]


def test_torchvisions_weights_bring_their_transform_and_class_names(review_by, folder):
    (folder / "weights_here.py").write_text(
        "from models_here import Hues\nfrom torchvision.models import ResNet18_Weights\n"
        "def model():\n    return Hues(224), ResNet18_Weights.DEFAULT\n"
    )

    ended = review_by("weights_here:model")

    assert (ended.code, ended.err[-1]) == (
        2,
        "attn-widget review: there are 1000 class names, but the model has 3 classes",
    )
    (folder / "names.txt").write_text("red\ngreen\nblue", encoding="utf-8-sig")
    assert review_by("weights_here:model", "--classes names.txt").out[0].endswith("100 % right, 0 wrong")


# --- how pictures are prepared, where the function does not say


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        ("hues", "", "as they are, or shrunk to 512 pixels if they are larger, in colour, values from 0 to 1"),
        ("grey", "", "as they are, or shrunk to 512 pixels if they are larger, in grey"),
        ("square", "--size 16", "with the shorter side made 16 pixels and the middle 16x16 cut out, in colour"),
        ("hues", "--size 6x9", "squeezed to 6x9"),
        ("hues", "--mean 0.5 --std 0.5", "normalised by --mean and --std"),
        ("hues", "--mean .5,.4,.3 --std .1,.2,.3", "normalised by --mean and --std"),
    ],
)
def test_what_is_assumed_is_said(review_by, model, more, said):
    ended = review_by(f"models_here:{model}", more)

    assert ended.code == 0
    assert said in ended.err[0]


def test_a_transform_of_the_functions_own_is_taken_without_a_word(review_by):
    assert not [line for line in review_by("models_here:prepared").err if line.startswith("Pictures")]


def test_a_model_of_one_size_gets_the_pictures_at_it_whatever_theirs(review_by, folder):
    Image.new("RGB", (50, 30)).save(folder / "pictures" / "red" / "wide.png")
    Image.new("RGB", (700, 900)).save(folder / "pictures" / "red" / "large.png")
    (folder / "sized_here.py").write_text(
        "from models_here import Hues\ndef usual(): return Hues(64)\ndef none(): return Hues(77)\n"
    )

    ended = review_by("sized_here:usual")
    unusual = review_by("sized_here:none", "--overwrite")

    assert ended.code == 0
    assert "the middle 64x64 cut out" in ended.err[0]
    assert unusual.code == 2
    assert "expected 77 pixels" in unusual.err[-1]
    assert "give --size" in unusual.err[-1]
    assert review_by("sized_here:none", "--overwrite --size 77").code == 0


def test_pictures_of_many_sizes_reach_a_model_of_any_size_unaltered(review_by, folder):
    Image.new("RGB", (50, 30)).save(folder / "pictures" / "red" / "wide.png")
    Image.new("RGB", (2000, 10), (9, 9, 250)).save(folder / "pictures" / "red" / "long.png")

    assert review_by("models_here:hues").out[0].startswith("Review of 8 samples")


@pytest.mark.parametrize(
    ("model", "more", "sentence"),
    [
        ("prepared", "--size 8", "--size cannot be used with models_here:prepared, which gives a transform of its own"),
        ("hues", "--mean 0.5", "--mean and --std go together: give both or none"),
        ("hues", "--mean 1,2 --std 1", "argument --mean: expected one number, or three with commas"),
        ("hues", "--size 8x", "argument --size: expected a number of pixels such as 224"),
        ("hues", "--batch-size 0", "argument --batch-size: expected a whole number from 1, got '0'"),
        ("hues", "--workers -1", "argument --workers: expected a whole number from 0"),
        ("hues", "--device nowhere", "--device nowhere cannot be used: "),
        ("hues", "--classes absent.txt", "--classes absent.txt cannot be read: No such file or directory"),
        ("hues", "--classes empty.txt", "--classes empty.txt is empty; expected the name of a class in each line"),
        ("hues", "--classes picture.png", "--classes picture.png is no text in UTF-8"),
    ],
)
def test_options_that_make_no_sense_are_wrong_use(review_by, folder, model, more, sentence):
    (folder / "empty.txt").write_text("\n")
    Image.new("RGB", (4, 4)).save(folder / "picture.png")

    ended = review_by(f"models_here:{model}", more)

    assert ended.code == 2
    assert sentence in ended.err[-1]
    assert not (folder / "out" / "review.npz").exists()


def test_a_model_without_class_scores_cannot_be_reviewed(review_by, folder):
    (folder / "map_here.py").write_text("from torch import nn\ndef model(): return nn.Conv2d(3, 3, 1)\n")

    ended = review_by("map_here:model")

    assert ended.code == 2
    assert "A review needs class scores" in ended.err[-1]


def test_workers_read_the_pictures(review_by):
    assert review_by("models_here:named", "--workers 1").out[0].endswith("100 % right, 0 wrong")


# --- weights


def saved(folder, change):
    torch.save(change({"conv.weight": torch.eye(3).flip(0)[:, :, None, None]}), folder / "weights.pt")


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state,
        lambda state: {"epoch": 3, "state_dict": state},
        lambda state: {"model": {f"module.{name}": value for name, value in state.items()}},
        lambda state: {f"_orig_mod.module.{name}": value for name, value in state.items()},
    ],
    ids=["a state dict", "a checkpoint", "of several GPUs", "compiled"],
)
def test_weights_are_loaded_from_what_training_loops_save(review_by, folder, change):
    saved(folder, change)

    review_by("models_here:named", "--weights weights.pt")

    assert Review.load(folder / "out" / "review.npz").predicted.tolist() == [0, 0, 1, 1, 2, 2]  # blue is taken for red


@pytest.mark.parametrize("wrapper", ["", "module."], ids=["as they are", "of several GPUs"])
def test_a_model_may_have_a_part_that_is_called_like_a_wrapper(review_by, folder, wrapper):
    (folder / "within_here.py").write_text(
        "from models_here import *\nclass Within(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.module = Hues()\n"
        "    def forward(self, x):\n        return self.module(x)\n"
    )
    saved(folder, lambda state: {f"{wrapper}module.{name}": value for name, value in state.items()})

    assert review_by("within_here:Within", "--weights weights.pt").code == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda state: {"head.bias": torch.zeros(3)}, "it lacks conv.weight; the model has no head.bias"),
        (lambda state: {"conv.weight": torch.zeros(4, 3, 1, 1)}, "is not of this model: size mismatch for conv.weight"),
        (lambda state: torch.zeros(3), "holds no weights: expected a state dict"),
        (lambda state: {"model": Image.new("L", (1, 1))}, "is no file of weights alone: save it with torch.save"),
    ],
    ids=["other names", "other shapes", "a tensor", "an object"],
)
def test_weights_that_are_not_of_this_model_are_wrong_use(review_by, folder, change, sentence):
    saved(folder, change)

    ended = review_by("models_here:named", "--weights weights.pt")

    assert ended.code == 2
    assert len(ended.err) == 1
    assert sentence in ended.err[0]


def test_a_file_of_weights_that_cannot_be_read_is_named(review_by, folder):
    (folder / "text.pt").write_text("no weights")

    assert (
        "--weights absent.pt cannot be read: No such file"
        in review_by("models_here:hues", "--weights absent.pt").err[0]
    )
    assert "--weights text.pt" in review_by("models_here:hues", "--weights text.pt").err[0]

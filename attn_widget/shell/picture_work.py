"""What the commands that look at pictures begin with: the model, and the pictures prepared for it."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader

from attn_widget.predictions import Reviewing
from attn_widget.refusal import Refusal
from attn_widget.shell.folder_labels import labelled, unlabelled
from attn_widget.shell.model_reference import Given, given_by, names_in
from attn_widget.shell.outcome import WrongUse, one_line, say
from attn_widget.shell.picture_decoding import decoded
from attn_widget.shell.picture_files import PictureFiles, find_pictures
from attn_widget.shell.picture_folder import PictureFolder, Transform, loader_of
from attn_widget.shell.preparation import prepared, refusal
from attn_widget.shell.weights_file import load_weights
from attn_widget.words import forms, shell_words


@dataclass(frozen=True)
class PictureWork:
    """A model, and the pictures to show it."""

    model: nn.Module
    pictures: PictureFiles
    loader: DataLoader[Any]
    class_names: tuple[str, ...] | None

    def name_of(self, position: int) -> str:
        """Name the picture at a position by its path from the folder."""
        return self.pictures.name_of(self.pictures.files[position])


def begin(options: argparse.Namespace, out: Path | None, *, labels: bool) -> PictureWork:
    """Load the model, find the pictures, and say on standard error what had to be assumed.

    Raises
    ------
    WrongUse
        Where one of the options is wrong.
    """
    pictures = find_pictures(options.images, but_not_in=out)
    given = _model(options)
    names = names_in(Path(options.classes)) if options.classes else given.class_names
    first = _first_readable(pictures.files)
    transform, assumed = _transform(given, options, first)
    told = unlabelled(pictures, names)
    if first is not None:
        image = _taken(given.model, transform, first)
        if labels:
            told = labelled(pictures, names, _class_count(given.model, image))
    left_out = (shell_words.left_out(pictures.left_out),) if pictures.left_out else ()
    for sentence in (*left_out, *assumed, *told.assumed):
        say(sentence)
    folder = PictureFolder(pictures.files, transform, told.labels, told.names)
    return PictureWork(given.model, pictures, loader_of(folder, options.batch_size, options.workers), told.names)


def _model(options: argparse.Namespace) -> Given:
    given = given_by(options.model)
    if options.weights:
        load_weights(given.model, Path(options.weights))
    if options.device:
        try:
            given.model.to(options.device)
        except (RuntimeError, AssertionError) as error:
            raise WrongUse(f"--device {options.device} cannot be used: {one_line(str(error))}") from None
    given.model.eval()
    return given


def _first_readable(files: Sequence[Path]) -> Image.Image | None:
    for file in files:
        try:
            return decoded(file)
        except Exception:  # it is named when its turn comes
            continue
    return None


def _transform(
    given: Given, options: argparse.Namespace, first: Image.Image | None
) -> tuple[Transform, tuple[str, ...]]:
    asked = [name for name in ("size", "mean", "std") if getattr(options, name) is not None]
    if given.transform is not None:
        if asked:
            raise WrongUse(f"--{asked[0]} cannot be used with {options.model}, which gives a transform of its own")
        return given.transform, ()
    if (options.mean is None) != (options.std is None):
        raise WrongUse("--mean and --std go together: give both or none")
    if first is None:
        return _unprepared, ()
    transform, assumed = prepared(given.model, first, options.size, options.mean, options.std)
    return transform, (assumed,)


def _unprepared(picture: Image.Image) -> Image.Image:
    return picture


def _taken(model: nn.Module, transform: Transform, picture: Image.Image) -> Tensor:
    """Give the first picture as the model takes it."""
    try:
        image: Tensor = transform(picture)
    except Exception as error:
        raise WrongUse(f"the transform fails on the first picture: {one_line(forms.error_text(error))}") from None
    refused = refusal(model, image)
    if refused is not None:
        raise WrongUse(f"the model does not take the first picture: {one_line(forms.error_text(refused))}")
    return image


def _class_count(model: nn.Module, image: Tensor) -> int:
    try:
        work = Reviewing(model, image[None])
        for _ in work.steps():
            pass
    except Refusal as reason:
        raise WrongUse(one_line(str(reason))) from None
    return work.review.class_count

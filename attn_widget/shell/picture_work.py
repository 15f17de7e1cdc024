"""What the commands that look at pictures begin with: the model, and the pictures prepared for it."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn
from torch.utils.data import DataLoader
from torchvision.transforms import ToTensor

from attn_widget.predictions import Reviewing
from attn_widget.refusal import Refusal
from attn_widget.shell.folder_labels import labelled, unlabelled
from attn_widget.shell.model_reference import Given, given_by, names_in
from attn_widget.shell.outcome import WrongUse, one_line, say
from attn_widget.shell.picture_decoding import UnreadablePicture, decoded
from attn_widget.shell.picture_files import PictureFiles, find_pictures
from attn_widget.shell.picture_folder import PictureFolder, Transform, loader_of
from attn_widget.shell.preparation import prepared
from attn_widget.shell.weights_file import load_weights
from attn_widget.words import forms, shell_words

_TRIED = 32
"""So many pictures are tried to see what the model gives."""


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

    def why(self, position: int, otherwise: str) -> str:
        """Say why a picture cannot be read, on one line; of one that can, what else was wrong."""
        try:
            self.loader.dataset[position]
        except UnreadablePicture as error:
            return str(error)
        except Exception as error:
            return one_line(forms.error_text(error))
        return one_line(otherwise)


def begin(options: argparse.Namespace, out: Path, *, labels: bool) -> PictureWork:
    """Load the model, find the pictures, and say on standard error what had to be assumed.

    With `labels`, the pictures get those of their folders. What is in the folder `out` is passed over.

    Raises
    ------
    WrongUse
        Where one of the options is wrong.
    """
    pictures = find_pictures(options.images, but_not_in=out)
    given = _model(options)
    names = names_in(Path(options.classes)) if options.classes else given.class_names
    transform, prepared_so = _transform(given, options, pictures.files)
    told = unlabelled(pictures, names)
    if labels:
        told = labelled(pictures, names, _class_count(given.model, pictures.files, transform))
    left_out = (shell_words.files_left_out(pictures.left_out),) if pictures.left_out else ()
    for sentence in (*left_out, *prepared_so, *told.assumed):
        say(sentence)
    folder = PictureFolder(pictures.files, transform, told.labels, told.names)
    loader = loader_of(folder, options.batch_size, options.workers)
    return PictureWork(given.model, pictures, loader, told.names)


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


def _transform(given: Given, options: argparse.Namespace, files: Sequence[Path]) -> tuple[Transform, tuple[str, ...]]:
    """Take the function's own transform, or find one, with a sentence on it."""
    asked = [name for name in ("size", "mean", "std") if getattr(options, name) is not None]
    if given.transform is not None:
        if asked:
            raise WrongUse(f"--{asked[0]} cannot be used with {options.model}, which gives a transform of its own")
        return given.transform, ()
    if (options.mean is None) != (options.std is None):
        raise WrongUse("--mean and --std go together: give both or none")
    for file in files:
        try:
            picture = decoded(file)
        except Exception:  # it is named when its turn comes
            continue
        transform, so = prepared(given.model, picture, options.size, options.mean, options.std)
        return transform, (so,)
    return ToTensor(), ()


def _class_count(model: nn.Module, files: Sequence[Path], transform: Transform) -> int:
    """Count the model's classes by what it gives for the first picture that can be read; 0 if none can."""
    few = files[:_TRIED]
    any_class = [0] * len(few)  # as a single score is a binary model's only beside a class
    work = Reviewing(model, loader_of(PictureFolder(few, transform, any_class, None), 1, 0))
    try:
        for _ in work.steps():
            if work.review.class_count:
                break
    except Refusal as reason:
        raise WrongUse(one_line(str(reason))) from None
    return work.review.class_count

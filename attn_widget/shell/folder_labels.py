"""Labels from the folders in which pictures lie, as in torchvision's ``ImageFolder``."""

from collections.abc import Sequence
from dataclasses import dataclass

from attn_widget.shell.outcome import WrongUse
from attn_widget.shell.picture_files import PictureFiles
from attn_widget.words import shell_words


@dataclass(frozen=True)
class FolderLabels:
    """The class of each picture, or None; the names of the classes, if known; and sentences on what was assumed."""

    labels: tuple[int | None, ...]
    names: tuple[str, ...] | None
    assumed: tuple[str, ...] = ()


def unlabelled(pictures: PictureFiles, names: Sequence[str] | None) -> FolderLabels:
    """Give no picture a label."""
    return FolderLabels((None,) * len(pictures.files), None if names is None else tuple(names))


def labelled(pictures: PictureFiles, names: Sequence[str] | None, classes: int) -> FolderLabels:
    """Read each picture's class from the first folder on its path: by its name or, without such names, in their order.

    The model has so many `classes`; 0 if that is not known.

    Raises
    ------
    WrongUse
        Where there is not one name for each class.
    """
    if names is not None and classes and len(names) != classes:
        raise WrongUse(f"there are {len(names)} class names, but the model has {classes} classes")
    folders = [_folder_of(pictures.name_of(file)) for file in pictures.files]
    present = sorted({folder for folder in folders if folder is not None})
    by_name = {_plain(name): index for index, name in enumerate(names or ())}
    known = {folder: by_name[_plain(folder)] for folder in present if _plain(folder) in by_name}
    foreign = [folder for folder in present if folder not in known]
    if known:
        assumed = (shell_words.foreign_folders(foreign),) if foreign else ()
    elif not present:
        assumed = (shell_words.NO_CLASS_FOLDERS,)
    elif classes in (0, len(present)):
        known = {folder: index for index, folder in enumerate(present)}
        assumed = (shell_words.folders_in_order(present),)
        names = names or present
    else:
        assumed = (shell_words.not_the_classes(present, classes),)
    labels = tuple(None if folder is None else known.get(folder) for folder in folders)
    return FolderLabels(labels, None if names is None else tuple(names), assumed)


def _folder_of(name: str) -> str | None:
    folder, slash, _ = name.partition("/")
    return folder if slash else None


def _plain(name: str) -> str:
    """Make "Sports_Car" and "sports car" the same name."""
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())

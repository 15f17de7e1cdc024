"""A folder of pictures as a data set."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from torch.utils.data import DataLoader, Dataset

from attn_widget.shell.picture_decoding import decoded

Transform = Callable[[Image.Image], Any]


class PictureFolder(Dataset[tuple[Any, int | None]]):
    """Pictures prepared for a model, each with its class, or None.

    `samples` and `classes` are those of torchvision's ``ImageFolder``, which `Samples` knows.
    """

    def __init__(
        self, files: Sequence[Path], transform: Transform, labels: Sequence[int | None], classes: Sequence[str] | None
    ) -> None:
        self.samples = list(zip(map(str, files), labels, strict=True))
        self.transform = transform
        self.classes = None if classes is None else list(classes)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, int | None]:
        path, label = self.samples[index]
        return self.transform(decoded(Path(path))), label


def loader_of(
    pictures: Dataset[tuple[Any, int | None]], batch_size: int, workers: int
) -> DataLoader[tuple[Any, int | None]]:
    """Load a folder in batches that are lists, as pictures may differ in size, and some have no label."""
    return DataLoader(pictures, batch_size=batch_size, num_workers=workers, collate_fn=list)

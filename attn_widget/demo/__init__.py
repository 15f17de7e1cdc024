"""The demo: a small network, the pictures it was not trained on, and the names of their classes."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor
    from torch.utils.data import DataLoader

    from attn_widget.demo.network import ShapeNet

WEIGHTS = Path(__file__).parent / "weights.pt"
HELD_OUT_COUNT = 600
HELD_OUT_SEED = 3


class Demo(NamedTuple):
    """What `load()` gives: a trained model in eval mode, a loader of held-out pictures, the class names."""

    model: "ShapeNet"
    loader: "DataLoader[tuple[Tensor, int]]"
    class_names: list[str]


def load(batch_size: int = 32) -> Demo:
    """Load the demo from the package: no download, and the global random state stays as it is.

    Parameters
    ----------
    batch_size : int
        How many pictures the loader reads at once.

    Returns
    -------
    Demo
        Also as a tuple: `model, loader, class_names = load()`. The loader is not shuffled; its data set makes
        each picture when it is asked for, and knows the exact mask of its object (`loader.dataset.mask`).
    """
    # Imported here, so that whoever only asks for the demo's folder or names does not wait for torchvision.
    import torch
    from torch.utils.data import DataLoader

    from attn_widget.demo.network import ShapeNet
    from attn_widget.demo.shapes import Shapes

    with torch.device("meta"):
        model = ShapeNet()
    model.load_state_dict(torch.load(WEIGHTS, map_location="cpu", weights_only=True), assign=True)
    dataset = Shapes(HELD_OUT_COUNT, HELD_OUT_SEED)
    # Without a generator of its own, a loader draws from the global random state at each iteration.
    loader = DataLoader(dataset, batch_size=batch_size, generator=torch.Generator())
    return Demo(model.eval(), loader, dataset.classes)

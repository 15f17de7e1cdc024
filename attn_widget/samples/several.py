"""What holds several loaders, of which one is to be passed."""

from typing import Any

from torch import nn

from attn_widget.usercode import own_attributes


def check_is_one(loader: Any) -> None:
    """Raise a `TypeError` for fastai's ``DataLoaders`` and ``Learner`` and for Lightning's data module."""
    kind, attributes = type(loader), own_attributes(loader)
    if isinstance(attributes.get("loaders"), list) and hasattr(kind, "valid"):
        holds, one = f"which holds {len(attributes['loaders'])} loaders", "loader.valid"
    elif "dls" in attributes and hasattr(kind, "fit"):
        holds, one = "which holds loaders and a model", "loader.dls.valid"
    elif hasattr(kind, "val_dataloader") and not isinstance(loader, nn.Module):
        holds, one = "a data module that makes loaders", "loader.val_dataloader(), after loader.setup('fit')"
    else:
        return
    raise TypeError(f"loader is a {kind.__name__}, {holds}; expected one of them. Pass {one}")

"""What the panel's traits are, and what they may be."""

from typing import Any

import ipywidgets as widgets
import traitlets
from torch import nn

from attn_widget.explorer import values
from attn_widget.explorer.looking import State
from attn_widget.explorer.names import ClassNames
from attn_widget.figure import Style
from attn_widget.samples import Samples
from attn_widget.undoing import finished

COMPUTED = ("sample", "layer", "call", "top_k", "method", "target", "at", "compare", "grid")
"""What a pass depends on."""

RESTYLED = ("view", "alpha", "cmap")
"""What only changes how a picture is drawn."""


class _Checked(traitlets.Any):
    """A trait whose validator sees None too, which traitlets lets through where it is allowed."""

    allow_none = False


class Traits(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A box with the panel's traits; a wrong value raises, and the trait keeps its old one."""

    sample = _Checked(0)
    layer = traitlets.Any(None, allow_none=True)
    call = _Checked(-1)
    top_k = _Checked(3)
    method = _Checked("channel-mean")
    target = _Checked("predicted")
    at = traitlets.Any(None, allow_none=True)
    compare = traitlets.Any(None, allow_none=True)
    grid = traitlets.Any(None, allow_none=True)
    view = _Checked("overlay")
    alpha = _Checked(0.5)
    cmap = _Checked("jet")

    _model: nn.Module
    _samples: Samples
    _names: ClassNames

    @property
    def _state(self) -> State:
        """What is asked for."""
        return State(*(getattr(self, name) for name in COMPUTED))

    @property
    def _style(self) -> Style:
        """How it is to be drawn."""
        return Style(self.view, self.alpha, self.cmap)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a trait on its way when an interrupt comes goes back to what is shown."""
        try:
            super().__setattr__(name, value)
        except KeyboardInterrupt:
            if name in (*COMPUTED, *RESTYLED):
                finished(self._settle)
            raise

    def _settle(self) -> None:
        """Make the traits agree with what is shown."""
        raise NotImplementedError

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in (*COMPUTED, *RESTYLED))
        return f"{type(self).__name__}({shown})"

    @traitlets.validate(*COMPUTED, *RESTYLED)
    def _check(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        if name == "sample":
            return values.position(value, self._samples.count)
        if name == "layer":
            return values.layer(value, self._model)
        if name in ("target", "compare"):
            return getattr(values, name)(value, self._names)
        return values.CHECKS[name](value)

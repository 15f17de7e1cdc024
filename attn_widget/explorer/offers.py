"""What the controls of the settings offer, from what is known of the model and of what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid
from attn_widget.explorer.class_names import ClassNames
from attn_widget.figure import COLOUR_MAPS, MOST_CHANNELS
from attn_widget.layers import Layer
from attn_widget.methods import METHODS, method_named
from attn_widget.samples import Samples
from attn_widget.targets import Contrast
from attn_widget.words import captions, forms

NOTHING = "\x01"
"""The value of the entry that stands for None: a dropdown's own None means that nothing is chosen."""
SEPARATOR = "\x00"
"""The value of a line between entries: no module has that name."""

Options = Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Offer:
    """What one control offers.

    Attributes
    ----------
    options : sequence of (str, value)
        A dropdown's entries; the same object as long as they are the same.
    most : int
        The highest whole number.
    shown, enabled : bool
        Whether the control is there, and can be used.
    about : str
        A sentence about what is chosen.
    """

    options: Options = ()
    most: int = MOST_CHANNELS
    shown: bool = True
    enabled: bool = True
    about: str = ""


@dataclass(eq=False)
class Known:
    """What is known of a model and its samples.

    Attributes
    ----------
    model : Module
        The user's.
    names : ClassNames
        Names the classes.
    samples : Samples
        The panel's.
    forward : callable or None
        ``forward(model, images)`` in the place of ``model(images)``.
    layers : list of Layer
        As the last recorded pass shows them.
    grids : list of (int, int)
        Those on which ambiguous tokens may lie.
    classes : list of str
        The model's classes by name, once it has shown them; the same object as long as they are the same.
    """

    model: nn.Module
    names: ClassNames
    samples: Samples
    forward: Forward | None
    layers: list[Layer] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)

    @property
    def count(self) -> int | None:
        """How many samples there are."""
        return self.samples.count

    def layer(self, name: str | None) -> Layer | None:
        """Look up what is known of a layer."""
        return next((layer for layer in self.layers if layer.name == name), None)

    @property
    def attends(self) -> bool:
        """Whether attention can be seen in the model."""
        return any(layer.group == "attention" for layer in self.layers)


def always(_known: Known, _state: Any) -> Offer:
    """Offer a control as it is."""
    return _AS_IT_IS


_AS_IT_IS = Offer()


def layer(known: Known, state: Any) -> Offer:
    """Offer the usable layers, in groups where some attend, then the others with their reasons."""
    usable = [each for each in known.layers if each.usable]
    options: list[tuple[str, Any]] = []
    for group, line in captions.GROUPS.items() if known.attends else [("", "")]:
        members = [each for each in usable if each.group == group or not known.attends]
        options += [(line, SEPARATOR)] if known.attends and members else []
        options += [(captions.layer_option(each.name, each.kind, each.shape), each.name) for each in members]
    others = [(captions.unusable_option(each.name, each.reason), each.name) for each in known.layers if not each.usable]
    options += [(captions.SEPARATOR, SEPARATOR), *others] if others else []
    reads = {method_named(name).reads for name in state.methods}
    return Offer(options, enabled="layer" in reads)


def grid(known: Known, state: Any) -> Offer:
    """Offer the grids on which ambiguous tokens may lie; hidden where nothing is ambiguous."""
    chosen = state.grid
    offered = [*known.grids, *([chosen] if chosen is not None and chosen not in known.grids else [])]
    options = [(captions.NO_GRID, NOTHING), *((captions.one_grid(each), each) for each in offered)]
    return Offer(options, shown=bool(offered))


def call(known: Known, state: Any) -> Offer:
    """Offer the calls of a module that ran more than once; hidden for others."""
    found = known.layer(state.layer)
    calls = found.calls if found else 1
    each = [(captions.one_call(number, calls), number) for number in range(calls - 1)]
    return Offer([(captions.last_call(calls), -1), *each], shown=calls > 1)


def method(known: Known, state: Any) -> Offer:
    """Offer every method that is registered now, and can read the model."""
    return Offer(_methods(known), about=method_named(state.method).summary)


def target(known: Known, state: Any) -> Offer:
    """Offer the targets; hidden where the method is the same for every class."""
    of = state.target.of if isinstance(state.target, Contrast) else state.target
    own = [(captions.OWN_TARGET, of)] if callable(of) else []
    asks = any(method_named(name).class_specific for name in state.methods)
    return Offer([*_targets(known), *own], shown=asks)


def top_k(known: Known, state: Any) -> Offer:
    """Let top-k go up to the layer's channel count; it does nothing without channels, or where two are compared."""
    found = known.layer(state.layer)
    channels = found.shape[0] if found is not None and found.usable else MOST_CHANNELS
    has_channels = method_named(state.method).reads != "image" and state.compare is None
    return Offer(most=min(channels, MOST_CHANNELS), enabled=has_channels)


def compare(known: Known, state: Any) -> Offer:
    """Offer other methods, and other targets where the method asks for one."""
    options = [(captions.NOT_COMPARED, NOTHING), (captions.METHODS_LINE, SEPARATOR), *_methods(known)]
    if method_named(state.method).class_specific:
        options += [(captions.TARGETS_LINE, SEPARATOR), *_targets(known)]
    if state.compare is not None and known.names.indices_in(state.compare) not in (value for _, value in options):
        options.append((compared_name(known, state.compare), state.compare))
    return Offer(options)


def compared_name(known: Known, compared: Any) -> str:
    """Name the method or target with which something is compared, or a part of that target."""
    if isinstance(compared, Contrast):
        return captions.contrast(compared_name(known, compared.of), compared_name(known, compared.against))
    if callable(compared):
        return captions.OWN_TARGET
    if isinstance(compared, int):
        return known.names.of(compared)
    return forms.method_name(compared) if compared in METHODS else _TARGET_LABELS.get(compared, compared)


_TARGET_LABELS = {value: label for label, value in captions.TARGET_NAMES}


def view(_known: Known, _state: Any) -> Offer:
    """Offer the ways to draw a heatmap."""
    return _VIEWS


def colour_map(_known: Known, _state: Any) -> Offer:
    """Offer the colour maps; one that is set by code is added where it is shown."""
    return _COLOUR_MAPS


_VIEWS = Offer(captions.VIEW_NAMES)
_COLOUR_MAPS = Offer(tuple((name, name) for name in COLOUR_MAPS))


def _methods(known: Known) -> list[tuple[str, Any]]:
    names = [name for name, each in METHODS.items() if known.attends or each.reads != "attention"]
    return [(forms.method_name(name), name) for name in names]


def _targets(known: Known) -> list[tuple[str, Any]]:
    return [*captions.TARGET_NAMES, *((name, index) for index, name in enumerate(known.classes))]

"""What the controls of the settings offer, given what is known of the model and what is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid, find_module
from attn_widget.explorer.class_names import ClassNames
from attn_widget.explorer.named_models import ModelName
from attn_widget.figure import COLOUR_MAPS, MOST_CHANNELS
from attn_widget.layers import Layer
from attn_widget.methods import METHODS, method_named
from attn_widget.samples import Samples
from attn_widget.targets import Contrast
from attn_widget.words import captions, forms, several_models

NOTHING = "\x01"
"""The value of the entry for None: a dropdown's own None means that no entry is selected."""
SEPARATOR = "\x00"
"""The value of a line between entries; no module has this name."""


@dataclass(frozen=True)
class Offer:
    """What one control offers."""

    options: Sequence[tuple[str, Any]] = ()  # a dropdown's entries: label and value
    most: int = MOST_CHANNELS  # the highest whole number
    shown: bool = True
    enabled: bool = True
    about: str = ""  # a sentence about what is chosen


@dataclass(eq=False)
class KnownModel:
    """What is known of one of the user's models."""

    name: str | None  # None for the only one, where it has no name
    module: nn.Module
    layers: list[Layer] = field(default_factory=list)  # as of the last recorded pass
    grids: list[Grid] = field(default_factory=list)  # that patch tokens may form, where there are several

    def layer(self, name: str | None) -> Layer | None:
        """Find a layer by its name."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def has(self, layer: str) -> bool:
        """Whether one of its modules has this name."""
        try:
            find_module(self.module, layer)
        except ValueError:
            return False
        return True


class Known:
    """What is known of the user's samples and models, of which one is `shown` at a time."""

    def __init__(
        self,
        model: nn.Module | Mapping[str | None, nn.Module],  # or several by name
        names: ClassNames,
        samples: Samples,
        forward: Forward | None,  # ``forward(model, images)``, in the place of ``model(images)``
    ) -> None:
        models = model if isinstance(model, Mapping) else {None: model}
        self.models = {name: KnownModel(name, module) for name, module in models.items()}
        self.shown = next(iter(self.models.values()))
        self.names, self.samples, self.forward = names, samples, forward

    @property
    def several(self) -> bool:
        """Whether there is more than one model."""
        return len(self.models) > 1

    @property
    def model(self) -> nn.Module:
        """The model that is shown."""
        return self.shown.module

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model that is shown, as of its last recorded pass."""
        return self.shown.layers

    @property
    def grids(self) -> list[Grid]:
        """The grids that its patch tokens may form, where there are several."""
        return self.shown.grids

    def layer(self, name: str | None) -> Layer | None:
        """Find one of its layers by name."""
        return self.shown.layer(name)

    @property
    def attends(self) -> bool:
        """Whether attention can be seen in the model."""
        return any(layer.group == "attention" for layer in self.layers)


def unchanging(_known: Known, _state: Any) -> Offer:
    """Offer the same always, such as any number."""
    return Offer()


def view(_known: Known, _state: Any) -> Offer:
    """Offer the ways to draw a heatmap."""
    return Offer(captions.VIEW_NAMES)


def colour_map(_known: Known, _state: Any) -> Offer:
    """Offer some colour maps."""
    return Offer(tuple((captions.colour_map(name), name) for name in COLOUR_MAPS))


def scale(_known: Known, _state: Any) -> Offer:
    """Offer the scales of the colours."""
    return Offer(captions.SCALE_NAMES)


def layer(known: Known, state: Any) -> Offer:
    """Offer the usable layers, in groups if any of them attends, then the others with the reason why not."""
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


def model(known: Known, _state: Any) -> Offer:
    """Offer the models by name; hidden where there is only one."""
    return Offer([(name or "", name) for name in known.models], shown=known.several)


def grid(known: Known, state: Any) -> Offer:
    """Offer the grids that the patch tokens may form; hidden where there is no doubt."""
    grids = known.grids if state.grid in (None, *known.grids) else [*known.grids, state.grid]
    options = [(captions.NO_GRID, NOTHING), *((captions.one_grid(each), each) for each in grids)]
    return Offer(options, shown=bool(grids))


def call(known: Known, state: Any) -> Offer:
    """Offer the calls of a module that runs several times in a pass; hidden for others."""
    found = known.layer(state.layer)
    calls = found.calls if found else 1
    each = [(captions.one_call(number, calls), number) for number in range(calls - 1)]
    return Offer([(captions.last_call(calls), -1), *each], shown=calls > 1)


def method(known: Known, state: Any) -> Offer:
    """Offer every method registered by now that can read the model."""
    return Offer(_methods(known), about=method_named(state.method).summary)


def target(known: Known, state: Any) -> Offer:
    """Offer the targets; hidden where no method depends on the class."""
    of = state.target.of if isinstance(state.target, Contrast) else state.target
    own = [(captions.OWN_TARGET, of)] if callable(of) else []
    by_class = any(method_named(name).class_specific for name in state.methods)
    return Offer([*_targets(known), *own], shown=by_class)


def top_k(known: Known, state: Any) -> Offer:
    """Let top-k go up to the layer's channel count; disabled where no channels are shown."""
    found = known.layer(state.layer)
    channels = found.shape[0] if found is not None and found.usable else MOST_CHANNELS
    has_channels = method_named(state.method).reads != "image" and state.compare is None
    return Offer(most=min(channels, MOST_CHANNELS), enabled=has_channels)


def compare(known: Known, state: Any) -> Offer:
    """Offer the methods and, where the present one depends on the class, the targets."""
    options = [(captions.NOT_COMPARED, NOTHING), *_other_models(known, state)]
    options += [(captions.METHODS_LINE, SEPARATOR), *_methods(known)]
    if method_named(state.method).class_specific:
        options += [(captions.TARGETS_LINE, SEPARATOR), *_targets(known)]
    if state.compare is not None and known.names.indices_in(state.compare) not in (value for _, value in options):
        options.append((compared_name(known, state.compare), state.compare))
    return Offer(options)


def compared_name(known: Known, compared: Any) -> str:
    """Name the method or target compared with; also a part of a contrast."""
    if isinstance(compared, Contrast):
        return captions.contrast(compared_name(known, compared.of), compared_name(known, compared.against))
    if callable(compared):
        return captions.OWN_TARGET
    if isinstance(compared, int):
        return known.names.of(compared)
    if isinstance(compared, ModelName):
        return compared
    return forms.method_name(compared) if compared in METHODS else captions.target_name(compared)


def _other_models(known: Known, state: Any) -> list[tuple[str, Any]]:
    names = [ModelName(name) for name in known.models if name is not None and name != state.model]
    return [(several_models.MODELS_LINE, SEPARATOR), *((str(name), name) for name in names)] if names else []


def _methods(known: Known) -> list[tuple[str, Any]]:
    names = [name for name, each in METHODS.items() if known.attends or each.reads != "attention"]
    return [(forms.method_name(name), name) for name in names]


def _targets(known: Known) -> list[tuple[str, Any]]:
    return [*captions.TARGET_NAMES, *((name, index) for index, name in enumerate(known.names.classes))]

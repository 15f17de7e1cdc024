"""From a state of the panel to what it shows; no widget in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn

from attn_widget.capture import Forward, Notes, Recording, record
from attn_widget.explanation import Explanation, explain_many
from attn_widget.explorer.names import ClassNames
from attn_widget.figure import MOST_CHANNELS
from attn_widget.layers import Layer, NoMap, default_layer, layers_in
from attn_widget.samples import Sample, Samples
from attn_widget.targets import Target


@dataclass(frozen=True)
class State:
    """What is asked for: everything on which a pass depends."""

    sample: int
    layer: str | None
    call: int
    top_k: int
    method: str
    target: Target


@dataclass(frozen=True, eq=False)
class Look:
    """What a state gave.

    Attributes
    ----------
    sample : Sample
        With its label turned into a class index where it is a class's name.
    explanation : Explanation
        Of that sample.
    seconds : float
        How long the pass took, weighing included.
    """

    sample: Sample
    explanation: Explanation
    seconds: float


class Looker:
    """Reads a sample and explains it; knows the model's layers from the last recorded pass.

    Parameters
    ----------
    model, samples, names, forward
        As the panel has them.
    """

    def __init__(self, model: nn.Module, samples: Samples, names: ClassNames, forward: Forward | None) -> None:
        self._model, self._samples, self._names, self._forward = model, samples, names, forward
        self._recorded: tuple[int, ...] | None = None
        self.layers: list[Layer] = []
        self.draws: bool | None = None
        self._default: str | None = None

    def look(self, state: State, progress: Callable[[int], None] | None = None) -> Look:
        """Compute what `state` asks for, in one pass; the first look takes one more to list the layers.

        Parameters
        ----------
        state : State
            What to look at.
        progress : callable, optional
            Is told after how many passes a method of many passes is; what it raises ends the work.

        Raises
        ------
        Exception
            Whatever the sample or the model raises.
        NoMap
            Where the layer gives no map, with the reason.
        """
        sample = self._samples[state.sample]
        sample = replace(sample, label=self._names.index_of(sample.label))
        if self._recorded is None:
            self._list_layers(record(self._model, sample.image, forward=self._forward), sample)
            self._default = None  # a whole recording says best which layer it is, so that it is kept
            self._default = self.default
        layer = state.layer if state.layer is not None else self.default
        if layer is None:
            raise NoMap("No layer of this model gives a map of this image; the layer list says why for each.")
        notes = Notes() if self._recorded != tuple(sample.image.shape) else None
        started = time.perf_counter()
        (explanation,) = explain_many(
            self._model,
            sample.image,
            layers=[layer],
            methods=[state.method],
            call=state.call,
            top_k=min(state.top_k, MOST_CHANNELS),
            target=self._names.indices_in(state.target),
            label=sample.label,
            forward=self._forward,
            draws=self.draws,
            notes=notes,
            progress=progress,
        )
        seconds = time.perf_counter() - started
        if notes is not None:
            self._list_layers(notes.recording(None, explanation.size, draws=bool(self.draws)), sample)
        return Look(sample, explanation, seconds)

    @property
    def default(self) -> str | None:
        """The layer that is shown where none is asked for; None where no layer gives a map."""
        first = self.layer(self._default or "")
        if first is not None and first.usable:
            return first.name
        layer = default_layer(self.layers)
        return None if layer is None else layer.name

    def layer(self, name: str) -> Layer | None:
        """Look up what is known of a layer."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def forget(self) -> None:
        """List the layers anew at the next look: the model may have changed."""
        self._recorded = None

    def _list_layers(self, recording: Recording, sample: Sample) -> None:
        self.layers = layers_in(self._model, recording)
        self.draws = recording.draws
        self._recorded = tuple(sample.image.shape)

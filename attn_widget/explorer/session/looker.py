"""The computation: from a state of the panel to what it shows, without a widget."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from attn_widget.candidates import Classes
from attn_widget.capture import Calls, Forward, Grid, Notes, RecentPass, Recording
from attn_widget.evidence.covering_effect import CoveringEffect, effect_of_covering
from attn_widget.evidence.image_scores import ImageScores
from attn_widget.evidence.region_cover import Cover
from attn_widget.evidence.silencing_effect import SilencingEffect, effect_of
from attn_widget.explanation import (
    Comparison,
    Explanation,
    Glance,
    Question,
    Silencing,
    explained,
    explained_batch,
    leading_layer,
    silenced,
)
from attn_widget.explorer.offers import Known, KnownModel
from attn_widget.explorer.session.glances import Answer, glances_at
from attn_widget.explorer.session.shift_budget import ShiftBudget
from attn_widget.explorer.settings import State
from attn_widget.figure import MOST_CHANNELS
from attn_widget.layers import Layer, NoMap, default_layer, layers_in
from attn_widget.layout_trial import tried
from attn_widget.methods import method_named
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Sample, SampleError
from attn_widget.targets import Target
from attn_widget.words import messages, refusals, several_models

T = TypeVar("T")

_QUICK = "channel-mean"  # explains the unaltered model, where the method takes many passes


@dataclass(frozen=True, eq=False)
class Look:
    """What was computed for a state."""

    layer: str  # the one asked for, or the default
    sample: Sample  # with what is covered; its label as read beside the model's outputs: class names are indices now
    explanation: Explanation
    loader_label: Label  # as the samples have it
    comparison: Comparison | None
    notes: tuple[str, ...]  # sentences about what could not be computed besides
    seconds: float  # that the passes took, weighing included
    forward: Forward | None  # how the model was called
    shift_cost: float | None = None  # how many passes `Explanation.class_shift` would take, if too many to measure it
    before: Explanation | None = None  # of the unaltered model and image, where the state alters either
    cover: Cover | None = None  # what is covered in the image
    model: str | None = None  # the name of the model, if it has one


class Looker:
    """Reads a sample, explains it by one model, and notes which of its layers ran.

    `kept` gives a sample that cannot be read again; `lookers` are those of all models, by name, to compare with.
    """

    def __init__(
        self,
        known: Known,
        of: KnownModel,
        kept: Callable[[int], Sample | None],
        lookers: "Mapping[str | None, Looker]",
    ) -> None:
        self._known, self._of, self._kept, self._lookers = known, of, kept, lookers
        self._several = known.several
        self._classes = Classes(known.names.count)
        self._recorded: tuple[tuple[int, ...], Grid | None] | None = None
        self._default: str | None = None
        self._led_by: Target | None = None  # the callable target for which the default was chosen; None for classes
        self._calls: Calls = {}
        self._shift_budget = ShiftBudget()

    def look(self, state: State, progress: Callable[[int], None] | None = None) -> Look:
        """Compute what a state asks for, in one pass; the first look may take two more, to choose a layer.

        `progress` is told how many passes a method of many passes has made; what it raises ends the work. Also raised
        is whatever the sample or the model raises, and NoMap, with the reason, where the layer gives no map.
        """
        sample = self._sample(state.sample)
        return tried(sample.axes, self._known.forward, lambda forward: self._look(sample, state, progress, forward))

    def _look(
        self, sample: Sample, state: State, progress: Callable[[int], None] | None, forward: Forward | None
    ) -> Look:
        started = time.perf_counter()
        asked, state = state, self._possible(state)
        if state.layer is None and self.leads_anew(state.target):
            self.forget()
        question = replace(self._question(sample, state, forward), progress=progress)
        recent = self._first_pass(sample, state, question) if self._recorded is None else None
        question, layer = replace(question, calls=self._calls), self._layer_of(state)
        notes = Notes() if self._recorded != (tuple(sample.image.shape), state.grid) else None
        methods = state.methods
        place = layer, tuple(methods)
        if any(method_named(name).gradients for name in place[1]):
            question = replace(question, shift=True, affords=self._shift_budget.at(place))
        ready = recent.capture(layer) if recent is not None and state.reads_outputs else None
        before, alters = None, state.alters
        if alters:
            quick = [state.method if not method_named(state.method).slow else _QUICK]
            (before,) = explained(replace(question, shift=False), [layer], quick, notes, ready)
            sample, ready = self._covered(sample, state), None
            question = self._altered(replace(question, image=sample.image.unsqueeze(0)), layer, state)
        first, *others = explained(question, [layer], methods, None if alters else notes, ready)
        if isinstance(first, Refusal):
            raise first
        if not others and state.compare is not None:
            others = [self._other_side(question, layer, state)]
        seconds = time.perf_counter() - started
        if notes is not None and method_named(state.method).reads == "layer":
            self._list_layers(notes.recording(first.size), sample, state, question)
        compared = (other for other in others if isinstance(other, Explanation))
        comparison = next((Comparison(first, other, state.compared_models) for other in compared), None)
        refused = tuple(str(other) for other in others if isinstance(other, Refusal))
        if self._several:
            refused = (*self._lacking(asked, layer, comparison), *refused)
        if state.at is not None and question.at is None:
            refused = (messages.place_outside(state.at, question.size), *refused)
        cost = self._shift_budget.refused(place) if question.shift and first.shift_classes is None else None
        labelled = _with_label_of(first, sample)
        own = before if isinstance(before, Explanation) else None
        return Look(
            layer,
            labelled,
            first,
            sample.label,
            comparison,
            refused,
            seconds,
            forward,
            cost,
            own,
            state.cover,
            state.model,
        )

    def _possible(self, state: State) -> State:
        """Leave the layer open if only another one of the models has it."""
        lacking = self._several and state.layer is not None and not self._of.has(state.layer)
        return state.but(layer=None) if lacking else state

    def _lacking(self, asked: State, layer: str, comparison: Comparison | None) -> Iterator[str]:
        """Say of each model shown if it lacks the layer asked for."""
        if asked.layer not in (None, layer):
            yield several_models.lacks_layer(str(self._of.name), asked.layer, layer)
        if comparison is not None and comparison.models is not None and comparison.second.layer != layer:
            yield several_models.lacks_layer(comparison.models[1], layer, comparison.second.layer)

    def _covered(self, sample: Sample, state: State) -> Sample:
        """Cover a region of a sample as the state asks."""
        cover: Cover | None = state.cover
        return sample if cover is None else cover.on(sample, self._other(cover))

    def _other(self, cover: Cover) -> Sample | None:
        """Give the sample whose patch covers a region, if one does."""
        return None if cover.other is None else self._sample(cover.other)

    def _altered(self, question: Question, layer: str, state: State) -> Question:
        """Ask the same with what the state alters in the model; silenced channels of no layer are of this one."""
        one: Silencing | None = state.silence
        if one is None:
            return question
        return silenced(question, one if one.layer else replace(one, layer=layer, call=state.call))

    def strip(self, look: Look, state: State) -> list[tuple[Layer, Explanation | Refusal]]:
        """Explain the sample of a look by every usable layer in its last call, from one pass."""
        layers = [layer for layer in self._of.layers if layer.usable]
        question = replace(self.question_of(look, state), call=-1, top_k=1)
        found = explained(question, [layer.name for layer in layers], [state.method])
        return list(zip(layers, found, strict=True))

    def effect(self, look: Look, state: State) -> SilencingEffect:
        """Measure what the state's silencing does to the sample of a look, beside as many random channels."""
        return effect_of(self._question(look.sample, state, look.forward), state.silence)

    def glances(self, positions: Sequence[int], state: State) -> Iterator[Glance]:
        """Explain the samples at other positions as the state asks; an error is said, not raised."""
        return glances_at(positions, self._sample, partial(self._glanced, state))

    def asked(self, position: int, work: Callable[[Sample, Question], T], *, state: State) -> T:
        """Do work with a sample and what the state asks of the model itself about it."""
        sample = self._sample(position)
        return tried(
            sample.axes, self._known.forward, lambda forward: work(sample, self._question(sample, state, forward))
        )

    def question_of(self, look: Look, state: State) -> Question:
        """Ask what the state asks of the model as it is altered, about the sample of a look as it is shown."""
        return self._altered(self._question(look.sample, state, look.forward), look.layer, state)

    def covering_effect(self, look: Look, state: State) -> CoveringEffect:
        """Measure what the state's cover does to the sample of a look, beside the same shape elsewhere."""
        sample, cover = self._sample(state.sample), state.cover
        scores = ImageScores.asking(self._altered(self._question(sample, state, look.forward), look.layer, state))
        region, patch = cover.region(sample.rendering.size), cover.patch(sample, self._other(cover))
        return effect_of_covering(scores, region, patch)

    def _glanced(self, state: State, samples: Sequence[Sample]) -> list[Answer]:
        """Explain samples whose images have the same form; raises what the model raises if it takes none of them."""

        def answers(forward: Forward | None) -> list[Answer]:
            questions = [replace(self._question(sample, state, forward), top_k=1, at=None) for sample in samples]
            found = list(explained_batch(questions, self._layer_of(state), state.method))
            failures = [one for one in found if isinstance(one, Exception) and not isinstance(one, Refusal)]
            if len(failures) == len(found):
                raise failures[0]
            return found

        return tried(samples[0].axes, self._known.forward, answers)

    def _sample(self, position: int) -> Sample:
        try:
            return self._known.samples.shared(position)
        except SampleError:
            kept = self._kept(position)
            if kept is None:
                raise
            return kept

    def _layer_of(self, state: State) -> str:
        own = method_named(state.method).layer
        layer = state.layer if state.layer is not None else self.default if own is None else own
        if layer is None and method_named(state.method).reads == "layer":
            raise NoMap(refusals.NO_LAYER_FOR_PANEL)
        return layer or ""

    def _question(self, sample: Sample, state: State, forward: Forward | None) -> Question:
        """Put the sample to the model as the settings say, with indices for class names."""
        height, width = sample.image.shape[-2:]
        inside = state.at is not None and state.at[0] < height and state.at[1] < width
        label = self._known.names.index_of(sample.label) if sample.pair is None else sample.pair
        question = Question.of(
            {
                **vars(state),
                "model": self._of.module,
                "image": sample.image,
                "label": label,
                "forward": forward,
                "target": self._known.names.indices_in(state.target),
                "top_k": min(state.top_k, MOST_CHANNELS),
                "at": state.at if inside else None,
            }
        )
        self._classes = self._classes.beside(question.label)
        return replace(question, classes=self._classes, calls=self._calls)

    def _other_side(self, question: Question, layer: str, state: State) -> Explanation | Refusal:
        """Explain by the model or for the target compared with, or say why that makes no sense."""
        if not state.compares_models:
            return self._for_other_target(question, layer, state)
        if state.compare == state.model:
            return Refusal(several_models.itself(state.model))
        try:
            return self._lookers[str(state.compare)].look(state.other, question.progress).explanation
        except Refusal as refusal:
            return Refusal(several_models.not_by(state.compare, str(refusal)))

    def _for_other_target(self, question: Question, layer: str, state: State) -> Explanation | Refusal:
        """Explain the target compared with the state's, or say why that makes no sense."""
        if not method_named(state.method).class_specific:
            return Refusal(messages.same_for_every_class(state.method))
        try:
            target = self._known.names.indices_in(state.other.target)
            return next(explained(replace(question, target=target), [layer], [state.method]))
        except Refusal as refusal:
            return refusal

    @property
    def default(self) -> str | None:
        """The layer shown where none is asked for; None where no layer gives a map."""
        first = self._of.layer(self._default or "")
        if first is not None and first.usable:
            return first.name
        layer = default_layer(self._of.layers)
        return None if layer is None else layer.name

    def leads_anew(self, target: Target) -> bool:
        """Whether a target may have another default layer, which a recorded pass will tell."""
        return (target if callable(target) else None) is not self._led_by

    def forget(self) -> None:
        """List the layers anew at the next look: the model may have changed."""
        self._recorded = None
        self._shift_budget.forget()

    def _first_pass(self, sample: Sample, state: State, question: Question) -> RecentPass:
        """Run a pass that lists the layers, and choose the default."""
        recent = RecentPass(self._of.module, sample.image, state.layer, question.forward)
        self._list_layers(recent.recording, sample, state, question)
        self._led_by = state.target if callable(state.target) else None
        leading = leading_layer(question, self._of.layers, recent.recording)
        self._default = None if leading is None else leading.name  # kept: later recordings tell less
        return recent

    def _list_layers(self, recording: Recording, sample: Sample, state: State, question: Question) -> None:
        of = self._of
        of.layers = layers_in(of.module, recording, state.grid, explained=question.score_in)
        self._calls = recording.calls
        if state.grid is None:  # else there is no ambiguity left to record
            of.grids = list(dict.fromkeys(grid for layer in of.layers for grid in layer.grids))
        self._recorded = tuple(sample.image.shape), state.grid


def _with_label_of(explanation: Explanation, sample: Sample) -> Sample:
    """Give a sample its label as read beside the model's outputs."""
    notes, pair = sample.notes, sample.pair
    if pair is not None and explanation.logits is not None:
        notes = tuple(note for note in notes if note != pair.said())  # the number of classes is known now
    return replace(sample, label=explanation.label, notes=notes)

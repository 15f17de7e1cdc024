"""What one channel looks for, as a survey of all samples has it, and what silencing the channel does."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from attn_widget.evidence.silencing_effect import SilencingEffect, effect_of
from attn_widget.explanation import Explanation, Question, Silencing
from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.channel_bench import effect_said
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.settings import State
from attn_widget.samples import Sample
from attn_widget.surveys import Exemplar, Survey
from attn_widget.surveys.receptive_field import Region, receptive_fields, region_around
from attn_widget.words import cards, evidence, forms

Changes = Mapping[str, Any] | None
MOST_EXEMPLARS = 9
"""How many samples a card shows."""
_MOST_CLASSES = 4
_Key = tuple[Any, ...]
"""The survey, the channel, and the state in which something was measured."""


@dataclass(frozen=True)
class Firing:
    """A class, and the channel's mean over its samples."""

    name: str
    mean: float
    control: bool = False  # the mean of all classes


@dataclass(frozen=True, eq=False)
class Crop:
    """The part of a sample that drives a channel; where it cannot be had, `said` tells why."""

    exemplar: Exemplar
    picture: np.ndarray | None  # float32 ``[h, w, 3]`` in [0, 1]
    neighbourhood: bool = False  # whether it is the cell and its neighbours, and not all that the cell depends on
    said: str = ""


@dataclass(frozen=True, eq=False)
class ChannelCard:
    """What the page shows of a channel; `exemplars` are empty where the survey knows nothing of this layer."""

    said: str  # why there is no card; or what of the survey is otherwise than in the picture
    heading: str = ""
    channel: int | None = None
    count: int = 0  # of the layer's channels
    shown: tuple[int, ...] = ()  # the channels in the picture, strongest first
    exemplars: tuple[Exemplar, ...] = ()
    firing: tuple[Firing, ...] = ()  # the classes for which it fires most, and the mean of all
    facts: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()  # what silencing it does, or how far that is
    measuring: bool = False
    crops: Callable[[], Iterator[Crop]] = lambda: iter(())
    """Reads the exemplars, also on threads of a page's own."""


class ChannelCards:
    """Makes the card of a channel of the layer shown.

    `shown` gives the state, and the look where it could be computed; `survey` the last survey; `play` lets the slider
    run over samples.
    """

    def __init__(
        self,
        known: Known,
        lookers: Mapping[str | None, Looker],
        tell: Tell,
        shown: Callable[[], tuple[State, Look | None]],
        survey: Callable[[], Survey | None],
        play: Callable[[Sequence[int], str], Changes],
    ) -> None:
        self._known, self._lookers, self._tell = known, lookers, tell
        self._shown, self._survey, self._play = shown, survey, play
        self._chosen: tuple[str, int] | None = None  # a layer and its channel
        self._worker: Worker[tuple[int, int], list[SilencingEffect]] = Worker(self._progressed, self._ended)
        self._key: _Key = ()  # of what is or was measured
        self._effect: tuple[str, ...] = ()

    # What can be asked for: each returns the settings to change.

    def choose(self, channel: int) -> Changes:
        """Show the card of a channel of the layer shown."""
        _state, look = self._shown()
        if look is not None and 0 <= channel < look.explanation.channel_count:
            self._chosen = look.explanation.layer, int(channel)
        return None

    def play(self) -> Changes:
        """Let the slider run over the samples that drive the channel most."""
        survey, explanation, channel = self._now()
        if survey is None or explanation is None or channel is None:
            return None
        positions = [one.position for one in survey.exemplars(channel)]
        return self._play(positions, cards.by_channel(channel, survey.layer, explanation.unit))

    def measure(self) -> Changes:
        """Silence the channel for the sample shown, and for those that drive it most."""
        survey, explanation, channel = self._now()
        state, look = self._shown()
        if survey is None or explanation is None or channel is None or look is None:
            return None
        positions = [state.sample, *(one.position for one in _exemplars(survey, channel))]
        silencing = Silencing(survey.layer, (channel,), call=state.call, parts=survey.parts)
        asked = partial(self._lookers[state.model].asked, state=state.but(silence=None, cover=None))
        self._key, self._effect = _key(survey, channel, state), (cards.MEASURING,)
        self._worker.start(partial(_effects, asked, positions, silencing))
        return None

    def forget(self) -> None:
        """End what is measured, and report nothing of it."""
        if self._worker.running:
            self.clear()

    def clear(self) -> None:
        """Take back what was measured: the model may have changed."""
        self._worker.forget()
        self._key, self._effect = (), ()

    # What is shown.

    def card(self, state: State, look: Look | None) -> ChannelCard:
        """Make the card of the channel chosen or, if none is, of the strongest one in the picture, which stays."""
        survey = self._survey()
        explanation = None if look is None else look.explanation
        if explanation is None or not explanation.layer or not explanation.channel_count:
            return ChannelCard(cards.NO_CHANNELS)
        if self._chosen is None or self._chosen[0] != explanation.layer or self._chosen[1] >= explanation.channel_count:
            self._chosen = explanation.layer, int(explanation.channels[0])
        channel, unit = self._chosen[1], explanation.unit
        offered = ChannelCard(
            cards.to_choose(unit) if survey is None else _misfit(survey, explanation),
            cards.channel_heading(unit, channel, explanation.layer),
            channel,
            explanation.channel_count,
            tuple(explanation.channels.tolist()),
        )
        if survey is None or offered.said:
            return offered
        exemplars, key = _exemplars(survey, channel), _key(survey, channel, state)
        return replace(
            offered,
            said=forms.together(*self._remarks(survey, state)),
            exemplars=exemplars,
            firing=self._firing(survey, channel),
            facts=_facts(survey, channel, unit),
            effect=self._effect if key == self._key else (),
            measuring=self._worker.running and key == self._key,
            crops=partial(self._crops, survey, state, exemplars),
        )

    def _now(self) -> tuple[Survey | None, Explanation | None, int | None]:
        """Give the survey, the explanation and the channel chosen, if they fit each other."""
        survey, (_state, look) = self._survey(), self._shown()
        explanation = None if look is None else look.explanation
        if survey is None or explanation is None or self._chosen is None or _misfit(survey, explanation):
            return None, None, None
        return survey, explanation, self._chosen[1]

    def _remarks(self, survey: Survey, state: State) -> Iterator[str]:
        """Say what of the survey is otherwise than in the picture."""
        if not survey.complete:
            yield cards.not_all_surveyed(survey.surveyed)
        if survey.method != state.method:
            yield cards.of_another_method(survey.method, state.method)
        elif survey.target != self._known.names.indices_in(state.target):
            yield cards.OF_ANOTHER_TARGET
        if state.alters:
            yield cards.OF_THE_UNALTERED

    def _firing(self, survey: Survey, channel: int) -> tuple[Firing, ...]:
        means = survey.channel_means[:, channel].astype(np.float64)
        known = np.flatnonzero(np.isfinite(means))
        if not len(known):
            return ()
        strongest = known[np.argsort(-means[known], kind="stable")][:_MOST_CLASSES].tolist()
        rows = [Firing(self._known.names.of(index), float(means[index])) for index in strongest]
        return *rows, Firing(cards.MEAN_OF_CLASSES, float(means[known].mean()), control=True)

    def _crops(self, survey: Survey, state: State, exemplars: Sequence[Exemplar]) -> Iterator[Crop]:
        """Cut out of each sample what the cell depends on, or else the cell and its neighbours."""
        looker, grid = self._lookers[state.model], survey.true_maps.mean.shape[1:]
        cells = list(dict.fromkeys(one.cell for one in exemplars))
        fields: dict[tuple[int, int], dict[tuple[int, int], Region | None]] = {}  # of each cell, by the image's size

        def crop(one: Exemplar, sample: Sample, question: Question) -> Crop:
            size = sample.rendering.size
            if size not in fields:
                fields[size] = dict(zip(cells, _fields(question, survey.layer, cells), strict=True))
            field = fields[size][one.cell]
            rows, columns = region_around(one.cell, grid, size) if field is None else field
            return Crop(one, sample.rendering.whole[rows, columns], neighbourhood=field is None)

        for one in exemplars:
            try:
                yield looker.asked(one.position, partial(crop, one), state=state)
            except Exception as error:  # of this sample
                yield Crop(one, None, said=str(error))

    # What silencing does.

    def _progressed(self, progress: tuple[int, int]) -> None:
        self._tell(partial(self._say, cards.measured(*progress)))

    def _say(self, *said: str) -> None:
        self._effect = said

    def _ended(self, end: list[SilencingEffect] | Exception) -> None:
        def take() -> None:
            if self._worker.running or isinstance(end, Stopped):  # another one began while this waited for the lock
                return
            if isinstance(end, Exception):
                self._say(evidence.no_effect(end))
            else:
                self._say(*self._effects_said(end))

        self._tell(take, last=True)

    def _effects_said(self, effects: Sequence[SilencingEffect]) -> Iterator[str]:
        own, exemplars = effects[0], effects[1:]
        _state, look = self._shown()
        unit = "channel" if look is None else look.explanation.unit
        yield cards.of_this_sample(effect_said(own, self._known.names.of, unit))
        if exemplars and len(own.others):
            yield _of_exemplars(exemplars, unit)


def _key(survey: Survey, channel: int, state: State) -> _Key:
    return id(survey), channel, state.sample, state.model, state.call


def _exemplars(survey: Survey, channel: int) -> tuple[Exemplar, ...]:
    return survey.exemplars(channel)[:MOST_EXEMPLARS]


def _misfit(survey: Survey, explanation: Explanation) -> str:
    """Say why a survey knows nothing of the channels shown; empty where it does."""
    if survey.layer != explanation.layer:
        return cards.of_another_layer_surveyed(survey.layer, explanation.layer)
    if explanation.parts is not survey.parts and not (survey.parts and survey.parts.same_as(explanation.parts)):
        return cards.OF_OTHER_PARTS if explanation.parts else cards.OF_PARTS
    if survey.channel_count != explanation.channel_count:
        return cards.channels_changed(survey.channel_count, explanation.channel_count)
    return cards.NOT_THE_LAST_CALL if explanation.call != explanation.calls - 1 else ""


def _facts(survey: Survey, channel: int, unit: str) -> tuple[str, ...]:
    """Say how often the channel is among the strongest, and what it contributes."""
    counted, top_k = survey.surveyed - len(survey.errors), survey.top_k
    facts = []
    if counted:
        often, on_average = int(survey.strongest[channel]), float(survey.strongest.mean()) / counted
        facts.append(cards.among_strongest(often, counted, top_k, on_average, unit))
    right, wrong = float(survey.right_shares[channel]), float(survey.wrong_shares[channel])
    if np.isfinite([right, wrong]).all():
        facts.append(cards.share_said(right, wrong))
    return tuple(facts)


def _fields(question: Question, layer: str, cells: Sequence[tuple[int, int]]) -> Iterable[Region | None]:
    try:
        return receptive_fields(question, layer, cells)
    except Exception:  # of the user's model, on noise or with gradients: the neighbours still stand for a cell
        return [None] * len(cells)


def _effects(
    asked: Callable[..., SilencingEffect],
    positions: Sequence[int],
    silencing: Silencing,
    report: Callable[[tuple[int, int]], None],
) -> list[SilencingEffect]:
    """Measure what silencing does to samples, and report after each how many are done."""
    found = []
    for position in positions:
        found.append(asked(position, lambda _sample, question: effect_of(question, silencing)))
        report((len(found), len(positions)))
    return found


def _of_exemplars(effects: Sequence[SilencingEffect], unit: str) -> str:
    """Say what silencing does to the class predicted for each of some samples, beside other channels."""
    predicted = [int(one.before.argmax()) for one in effects]
    before = float(np.mean([one.before[index] for one, index in zip(effects, predicted, strict=True)]))
    after = float(np.mean([one.after[index] for one, index in zip(effects, predicted, strict=True)]))
    others = float(np.mean([one.others[:, index].mean() for one, index in zip(effects, predicted, strict=True)]))
    flips, others_flip = sum(one.flips for one in effects), sum(one.others_flip for one in effects)
    own, control = (before, after, float(flips)), (before, others, float(others_flip))
    return cards.of_exemplars(len(effects), own, control, unit)

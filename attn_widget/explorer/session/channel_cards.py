"""What one channel looks for, as a survey of all samples has it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from attn_widget.explanation import Explanation, Question, Silencing
from attn_widget.explorer.life.background import Tell
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.card_effect import CardEffect
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.settings import State
from attn_widget.methods import same_parts
from attn_widget.samples import Sample
from attn_widget.surveys import Exemplar, Survey
from attn_widget.surveys.receptive_field import Region, receptive_fields, region_around
from attn_widget.words import cards, forms

Changes = Mapping[str, Any] | None
MOST_EXEMPLARS = 9
"""How many samples a card shows."""
_MOST_CLASSES = 4


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
        self._known, self._lookers = known, lookers
        self._shown, self._survey, self._play = shown, survey, play
        self._chosen: tuple[str, str, int] | None = None  # a layer, "channel" or "part", and which
        self.effect = CardEffect(tell, known.names.of)

    # What can be asked for: each returns the settings to change.

    def choose(self, channel: int) -> Changes:
        """Show the card of a channel of the layer shown."""
        _state, look = self._shown()
        if look is not None and 0 <= channel < look.explanation.channel_count:
            self._chosen = look.explanation.layer, look.explanation.unit, int(channel)
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
        self.effect.measure(_key(survey, channel, state), asked, positions, silencing, explanation.unit)
        return None

    # What is shown.

    def card(self, state: State, look: Look | None) -> ChannelCard:
        """Make the card of the channel chosen or, if none is, of the strongest one in the picture, which stays."""
        survey = self._survey()
        explanation = None if look is None else look.explanation
        if explanation is None or not explanation.layer or not explanation.channel_count:
            return ChannelCard(cards.NO_CHANNELS)
        unit, chosen = explanation.unit, self._chosen
        if chosen is None or chosen[:2] != (explanation.layer, unit) or chosen[2] >= explanation.channel_count:
            chosen = self._chosen = explanation.layer, unit, int(explanation.channels[0])
        channel = chosen[2]
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
            effect=self.effect.said_of(key),
            measuring=self.effect.is_measuring(key),
            crops=partial(self._crops, survey, state, exemplars),
        )

    def _now(self) -> tuple[Survey | None, Explanation | None, int | None]:
        """Give the survey, the explanation and the channel chosen, if they fit each other."""
        survey, (_state, look) = self._survey(), self._shown()
        explanation = None if look is None else look.explanation
        if survey is None or explanation is None or self._chosen is None or _misfit(survey, explanation):
            return None, None, None
        return survey, explanation, self._chosen[2]

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


def _key(survey: Survey, channel: int, state: State) -> tuple[Any, ...]:
    """Say in what something was measured: the survey, the channel and the state."""
    return survey, channel, state.sample, state.model, state.call


def _exemplars(survey: Survey, channel: int) -> tuple[Exemplar, ...]:
    return survey.exemplars(channel)[:MOST_EXEMPLARS]


def _misfit(survey: Survey, explanation: Explanation) -> str:
    """Say why a survey knows nothing of the channels shown; empty where it does."""
    if survey.layer != explanation.layer:
        return cards.of_another_layer_surveyed(survey.layer, explanation.layer)
    if not same_parts(survey.parts, explanation.parts):
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

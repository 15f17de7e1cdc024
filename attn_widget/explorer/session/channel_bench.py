"""The channel bench: which channels of the layer shown can be silenced, and what silencing them does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from attn_widget.evidence.channel_means import channel_means
from attn_widget.explanation import Explanation, Silencing
from attn_widget.explanation.silencing import Fill
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.looker import Look
from attn_widget.explorer.settings import State
from attn_widget.figure import MOST_CHANNELS
from attn_widget.words import evidence, forms, part_words

Changes = Mapping[str, Any] | None


@dataclass(frozen=True)
class BenchChannel:
    """A channel that can be switched off or on."""

    number: int
    share: float | None  # by the model itself where that is known
    silenced: bool


@dataclass(frozen=True)
class Bench:
    """What the bench offers."""

    channels: tuple[BenchChannel, ...]  # empty where the picture is of no single layer
    unit: str  # "channel" or "head"
    fill: Fill  # what silenced channels are set to
    fills: tuple[Fill, ...]  # what they can be set to
    said: str  # what is altered now, or what to do


class ChannelBench:
    """Silences channels of the layer shown; `shown` gives the state, and the look where it could be computed."""

    def __init__(self, known: Known, shown: Callable[[], tuple[State, Look | None]]) -> None:
        self._known, self._shown = known, shown
        self._fill: Fill = "zero"
        self._failed = ""

    # What can be asked for: each returns the settings to change.

    def toggle(self, number: int) -> Changes:
        """Silence a channel of the layer shown, or give it its own values again."""
        return self._silence(self._silenced_here ^ {number})

    def silence_shown(self) -> Changes:
        """Silence the channels that the picture shows, besides those that are silenced."""
        return self._silence(self._silenced_here | set(self._in_picture))

    def keep_shown(self) -> Changes:
        """Silence all channels but those that the picture shows."""
        look = self._shown()[1]
        count = 0 if look is None else look.explanation.channel_count
        return self._silence(set(range(count)) - set(self._in_picture))

    def fill_with(self, fill: Fill) -> Changes:
        """Set silenced channels to zero, or to their mean."""
        self._fill = fill
        one: Silencing | None = self._shown()[0].silence
        return None if one is None else {"silence": self._filled(replace(one, values=()))}

    def _silence(self, channels: Iterable[int]) -> Changes:
        state, look = self._shown()
        chosen = tuple(sorted(channels))
        if look is None or not _of_layer(look.explanation):
            return None
        if not chosen:
            return {"silence": None}
        one: Silencing | None = state.silence
        if one is not None and _of_the_same(one, look):
            return {"silence": replace(one, channels=chosen)}
        new = Silencing(look.layer, chosen, call=state.call, parts=look.explanation.parts)
        return {"silence": new if new.parts is not None else self._filled(new)}

    def _filled(self, one: Silencing) -> Silencing:
        """Fill in the values; with zero where there are no means."""
        self._failed = ""
        if self._fill == "zero":
            return replace(one, fill="zero")
        known = self._known
        try:
            means = channel_means(known.model, known.samples, one.layer, call=one.call, forward=known.forward)
        except Exception as error:  # of the user's model or samples: shown, not raised
            self._fill, self._failed = "zero", evidence.no_means(error)
            return replace(one, fill="zero")
        return replace(one, fill="mean", values=tuple(means.tolist()))

    @property
    def _silenced_here(self) -> set[int]:
        """The channels of the layer shown that are silenced."""
        state, look = self._shown()
        one: Silencing | None = state.silence
        return set(one.channels) if one is not None and look is not None and _of_the_same(one, look) else set()

    @property
    def _in_picture(self) -> list[int]:
        look = self._shown()[1]
        return [] if look is None else look.explanation.channels.tolist()

    # What is shown.

    def scene_part(self, state: State, look: Look | None) -> Bench:
        """Say what can be switched off and on."""
        one: Silencing | None = state.silence
        if look is None or not _of_layer(look.explanation):
            return Bench((), "channel", "zero", ("zero",), evidence.NO_BENCH)
        explanation = look.explanation
        only_zero = explanation.unit != "channel"
        channels = tuple(_channels(look, self._silenced_here))
        said = evidence.BENCH if one is None else _said(one)
        if one is not None and not _of_the_same(one, look):
            said = forms.together(said, evidence.of_another_layer(look.layer))
        return Bench(
            channels,
            explanation.unit,
            "zero" if only_zero else self._fill if one is None else one.fill,
            _fills(only_zero, one),
            forms.together(self._failed, said),
        )


def _of_the_same(one: Silencing, look: Look) -> bool:
    """Whether what is silenced are channels, or parts, of those that a look shows."""
    return one.layer == look.layer and one.parts is look.explanation.parts


def _said(one: Silencing) -> str:
    if one.parts is not None:
        return part_words.parts_on_bench(len(one.channels), one.layer)
    return evidence.bench_said(len(one.channels), one.layer, one.fill)


def _fills(only_zero: bool, one: Silencing | None) -> tuple[Fill, ...]:
    """List what channels can be set to; values that code has given can be kept."""
    own: tuple[Fill, ...] = ("values",) if one is not None and one.fill == "values" else ()
    return ("zero",) if only_zero else ("zero", "mean", *own)


def _of_layer(explanation: Explanation) -> bool:
    return bool(explanation.layer) and explanation.channel_count > 0


def _channels(look: Look, silenced: set[int]) -> Iterable[BenchChannel]:
    """List the channels of the picture before and now, strongest first, and the others that are silenced, if few."""
    shares: dict[int, float | None] = {}
    for one in (look.before, look.explanation):
        if one is not None and one.layer == look.layer and one.parts is look.explanation.parts:
            found = zip(one.channels.tolist(), one.shares.tolist(), strict=True)
            shares |= {number: share for number, share in found if number not in shares}
    rest = sorted(silenced - shares.keys())
    if len(shares) + len(rest) <= MOST_CHANNELS:
        shares |= dict.fromkeys(rest)
    return [BenchChannel(number, share, number in silenced) for number, share in shares.items()]

"""The panel at one moment: all that is offered, chosen, written and drawn, as a frozen value without a widget."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attn_widget.explanation import Explanation, Glance
from attn_widget.explorer.action import Action
from attn_widget.explorer.offers import Offer
from attn_widget.explorer.session.attention_moving import Moving
from attn_widget.explorer.session.channel_bench import Bench
from attn_widget.explorer.session.channel_cards import ChannelCard
from attn_widget.explorer.session.cover_tool import Covering
from attn_widget.explorer.session.group_work import Grouped
from attn_widget.explorer.session.handed import Handed
from attn_widget.explorer.session.heatmap_checking import Checking
from attn_widget.explorer.session.looker import Look
from attn_widget.explorer.session.playlist import Playlist
from attn_widget.explorer.session.report_work import ReportSaving
from attn_widget.explorer.session.reviewed import Reviewed
from attn_widget.explorer.session.shortcut_work import ShortcutsSought
from attn_widget.explorer.session.surveyed import Surveyed
from attn_widget.explorer.settings import State
from attn_widget.figure import Beside, Pin, Style
from attn_widget.layers import Layer
from attn_widget.refusal import Refusal
from attn_widget.samples import Rendering


@dataclass(frozen=True)
class Chip:
    """Something chosen that is not seen otherwise, and the action that takes it back."""

    text: str
    tooltip: str
    action: Action


@dataclass(frozen=True)
class Remedy:
    """A button that helps where there is no picture, or an empty one."""

    text: str
    action: Action


@dataclass(frozen=True)
class Words:
    """What is written about the picture."""

    verdict: str  # the true and the predicted class, large
    right: bool | None  # whether they agree
    detail: str  # position, file name, layer and time
    status: str  # all that and the notes, in one line of plain text for screen readers
    sentence: str  # what is looked at, and what the colours mean
    notes: str  # sentences to know before reading the picture
    empty: str = ""  # why the overall heatmap is empty, if it is, in a few words


@dataclass(frozen=True)
class ClassBar:
    """A class and its probability."""

    index: int
    name: str
    probability: float
    right: bool | None  # True for a true class, False for a wrong prediction
    explained: bool = False  # whether the picture is of this class; never so for a method that ignores the class
    before: float | None = None  # its probability by the unaltered model, or on the unaltered image


@dataclass(frozen=True, eq=False)
class Playing:
    """Where the slider is."""

    steps: int  # the number of samples that it runs over
    step: int | None  # None where the selection does not have the sample
    position: int  # of the sample
    last: int  # the highest position that can be typed
    said: str  # out of how many samples
    named: bool  # whether samples have file names, and can be found by them


@dataclass(frozen=True)
class Alone:
    """A picture that is shown by itself, and what an explanation of it will show beside it."""

    picture: Rendering
    beside: Beside


@dataclass(frozen=True, eq=False)
class ClassTables:
    """Two confusion matrices ``[m, m]`` of the samples guessed, by true class (row) and by what was said (column)."""

    classes: tuple[int, ...]  # of rows and columns
    guessed: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True, eq=False)
class Guessing:
    """What is guessed before it is told."""

    alone: Alone | None = None  # all that is shown of a sample until it has been guessed
    asks: bool = False  # whether a guess is awaited
    options: tuple[str, ...] = ()  # the classes
    said: str = ""  # why what was typed is no guess, or why there is none for this sample
    answers: tuple[tuple[str, bool], ...] = ()  # the guess and the model's answer, and whether each is right
    score: str = ""
    cleared: int = 0  # how many guesses can be brought back
    more: bool = False  # whether there is another picture to guess
    tables: ClassTables | None = None


NO_GUESSING = Guessing()


Strip = Sequence[tuple[Layer, Explanation | Refusal]]
"""Each usable layer with what it gives for a sample."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything at one moment; what has not changed since the last scene is the same object."""

    state: State
    style: Style  # the settings' values
    drawn_style: Style  # the same, with the numbers of a fixed scale
    offers: Mapping[str, Offer]  # by the setting's name
    playing: Playing
    playlist: Playlist
    look: Look | None  # what is drawn: the last that could be computed
    explanation: Explanation | None  # None while what is asked for could not be computed
    pins: tuple[Pin, ...]
    stale: str  # why what is drawn is not what is asked for; empty where it is
    message: str  # why that could not be computed; empty where it could
    remedy: Remedy | None
    words: Words
    chips: tuple[Chip, ...]
    bars: tuple[ClassBar, ...]  # the likeliest classes, and the true one
    name_of: Callable[[int], str]  # names a class
    work: str  # the progress of a search or slow method, or the end of the last search
    stoppable: bool  # whether something can be stopped
    reviewed: Reviewed
    surveyed: Surveyed
    grouped: Grouped
    shortcuts: ShortcutsSought
    reporting: ReportSaving
    glances: Callable[[Sequence[int]], Iterator[Glance]]
    """Explains the samples at other positions, also on threads of a page's own."""
    make_name: Callable[[], str]
    make_code: Callable[[], str]
    make_layers: Callable[[], Strip | str]
    make_card: Callable[[], ChannelCard]
    make_bench: Callable[[], Bench]
    make_effect: Callable[[], str]
    covering: Covering
    checking: Checking
    make_covering_effect: Callable[[], str]
    moving: Moving
    handed: Handed
    guess: bool = False  # whether the class is guessed first: the setting's value
    guessing: Guessing = NO_GUESSING

    @cached_property
    def picture_name(self) -> str:
        """The file name of a saved picture, without ending; empty where there is none."""
        return self.make_name()

    @cached_property
    def code(self) -> str:
        """The script that shows the same, written when it is asked for; empty without a picture."""
        return self.make_code()

    @cached_property
    def card(self) -> ChannelCard:
        """What is known of the channel that was chosen."""
        return self.make_card()

    @cached_property
    def bench(self) -> Bench:
        """Which channels can be silenced."""
        return self.make_bench()

    @cached_property
    def effect(self) -> str:
        """What the silenced channels do, beside others, measured when it is asked for; empty where none are."""
        return self.make_effect()

    @cached_property
    def covering_effect(self) -> str:
        """What covering the region does, beside the same shape elsewhere, in the same way."""
        return self.make_covering_effect()

    @cached_property
    def layers(self) -> Strip | str:
        """What every usable layer gives for this sample, computed when it is asked for; or why that cannot be had."""
        return self.make_layers()

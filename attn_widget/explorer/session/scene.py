"""The panel at one moment: all that is offered, chosen, written and drawn, as a frozen value without a widget."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from attn_widget.explanation import Explanation
from attn_widget.explorer.action import Action
from attn_widget.explorer.offers import Offer
from attn_widget.explorer.session.looker import Glance, Look
from attn_widget.explorer.session.playlist import Playlist
from attn_widget.explorer.session.reviewed import Reviewed
from attn_widget.explorer.settings import State
from attn_widget.figure import Pin, Style
from attn_widget.layers import Layer
from attn_widget.refusal import Refusal


@dataclass(frozen=True)
class Chip:
    """Something chosen that is not seen otherwise, with a way to take it back.

    Attributes
    ----------
    text, tooltip : str
        What it says, and what a click does.
    action : Action
        Takes it back.
    """

    text: str
    tooltip: str
    action: Action


@dataclass(frozen=True)
class Remedy:
    """What helps where there is no picture, or an empty one: a button's words, and what it asks for."""

    text: str
    action: Action


@dataclass(frozen=True)
class Words:
    """What is written about the picture.

    Attributes
    ----------
    verdict : str
        The true and the predicted class, large.
    right : bool or None
        Whether they agree.
    detail : str
        Position, file name, layer and time.
    status : str
        All of that and the notes in one line of plain text, for screen readers.
    sentence : str
        What is looked at, and what the colours mean.
    notes : str
        What to know before reading the picture; sentences, or empty.
    empty : str
        Why the overall heatmap is empty, in a few words; empty where it is not.
    """

    verdict: str
    right: bool | None
    detail: str
    status: str
    sentence: str
    notes: str
    empty: str = ""


@dataclass(frozen=True)
class ClassBar:
    """One class with its probability.

    Attributes
    ----------
    index : int
        The class.
    name : str
        Its name.
    probability : float
        From 0 to 1.
    right : bool or None
        True for the true class, False for a wrong prediction.
    """

    index: int
    name: str
    probability: float
    right: bool | None


@dataclass(frozen=True, eq=False)
class Playing:
    """Where the slider is.

    Attributes
    ----------
    steps : int
        Over how many samples it runs.
    step : int or None
        At which of them it is; None where the selection does not have the sample.
    position, last : int
        The sample's position, and the last that can be typed.
    said : str
        Of how many samples.
    named : bool
        Whether samples have file names, so that one can be gone to.
    """

    steps: int
    step: int | None
    position: int
    last: int
    said: str
    named: bool


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything at one moment; what has not changed since the last scene is the same object.

    Attributes
    ----------
    state, style
        The values of the settings.
    offers : mapping of str to Offer
        What each setting's control offers, by the setting's name.
    playing : Playing
        Where the slider is.
    playlist : Playlist
        Over which samples it runs, and in which order.
    look : Look or None
        What is drawn: the last that could be had.
    explanation : Explanation or None
        What is shown; None while the state asked for could not be computed.
    pins : tuple of Pin
        The views kept beside it.
    stale : str
        Why what is drawn is not what is asked for; empty where it is.
    message : str
        Why there is no picture of what is asked for; empty where there is one.
    remedy : Remedy or None
        What helps.
    words : Words
        What is written about the picture.
    chips : tuple of Chip
        What is chosen and not seen otherwise.
    bars : tuple of ClassBar
        The likeliest classes, and the true one.
    name_of : callable
        Names a class.
    work : str
        How far the search or the slow method on its way is, or how the last search ended.
    stoppable : bool
        Whether something on its way can be stopped.
    reviewed : Reviewed
        What is known of mistakes.
    glance : callable
        Gives what the state shows at another position; for threads of a page's own.
    """

    state: State
    style: Style
    offers: Mapping[str, Offer]
    playing: Playing
    playlist: Playlist
    look: Look | None
    explanation: Explanation | None
    pins: tuple[Pin, ...]
    stale: str
    message: str
    remedy: Remedy | None
    words: Words
    chips: tuple[Chip, ...]
    bars: tuple[ClassBar, ...]
    name_of: Callable[[int], str]
    work: str
    stoppable: bool
    reviewed: Reviewed
    glance: Callable[[int], Glance]
    make_name: Callable[[], str]
    make_code: Callable[[], str]
    make_layers: Callable[[], "Sequence[tuple[Layer, Explanation | Refusal]] | str"]

    @cached_property
    def picture_name(self) -> str:
        """What a saved picture is called, without an ending; empty where there is none."""
        return self.make_name()

    @cached_property
    def code(self) -> str:
        """The lines that give this view in a script, written when they are asked for; empty without a picture."""
        return self.make_code()

    @cached_property
    def layers(self) -> "Sequence[tuple[Layer, Explanation | Refusal]] | str":
        """What every usable layer gives of this sample, computed when it is asked for, or why that cannot be had."""
        return self.make_layers()

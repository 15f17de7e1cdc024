"""What the panel knows and does, without a widget: from settings and actions to scenes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from attn_widget.explorer.action import Action, Send, change
from attn_widget.explorer.life.background import Worker
from attn_widget.explorer.offers import Known, Offer, compared_name
from attn_widget.explorer.session import sentences
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.session.mistake_view import MistakeView, Opened
from attn_widget.explorer.session.next_mistake import NextMistake
from attn_widget.explorer.session.playlist import EVERYTHING
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.explorer.session.scene import Chip, Playing, Remedy, Scene, Words
from attn_widget.explorer.session.script import PanelArguments, code_for
from attn_widget.explorer.settings import BY_NAME, SETTINGS, State
from attn_widget.figure import MOST_PINS, Pin, Style
from attn_widget.methods import METHODS, method_named
from attn_widget.refusal import Refusal
from attn_widget.words import captions, forms, messages, pictures

Changes = Mapping[str, Any] | None
"""The settings to change, by name; None for none."""


@dataclass(frozen=True, eq=False)
class _Shown:
    """What the last state gave: a look, or why there is none (and then the look before), or neither yet."""

    state: State | None = None
    look: Look | None = None
    failed: Exception | None = None
    computing: bool = False


class Session:
    """One model and its samples, and what has been found out about them.

    Parameters
    ----------
    known : Known
        The model, its samples and classes.
    given : PanelArguments
        What the panel was made with, for the code.
    tell : callable
        Is told, on any thread, that there is another scene; ``last=True`` where it must not be missed.
    go : callable
        Is given, on any thread, an action that work on its way ends in.

    Attributes
    ----------
    reviews : ReviewWork
        Whose public methods are verbs of actions too.
    touched : bool
        Whether something was done since the last scene.
    """

    def __init__(self, known: Known, given: PanelArguments, tell: Callable[..., None], go: Send) -> None:
        self.known, self._samples, self._given, self._tell = known, known.samples, given, tell
        self.reviews = ReviewWork(known, tell, self.open)
        self._looker = Looker(known, self.reviews.kept)
        self._mistake_view = MistakeView()
        self._search = NextMistake(known, tell, go)
        self._slow: Worker[int, tuple[State, Look | Exception]] = Worker(self._slow_progressed, self._slow_ended)
        self._slow_said = ""
        self._shown = _Shown()
        self._pins: tuple[Pin, ...] = ()
        self._farthest = self._last_step = 0
        self._aside = ""
        self._offers: dict[str, Offer] = {}
        self._offered_for: tuple[Any, ...] = ()
        self._words = Words("", None, "", messages.NO_PICTURE_YET, "", "")
        self._scene: Scene | None = None
        self._style = Style()
        self.touched = True
        self._anew = False  # whether to look again, at whatever is shown

    # From settings to scenes.

    @property
    def state(self) -> State:
        """What is shown, or was asked for last."""
        assert self._shown.state is not None
        return self._shown.state

    def settled(self, state: State) -> State:
        """Give what is meant by settings: values that another one has made impossible are taken back."""
        before = self._shown.state
        if before is None:
            return state
        if state.layer != before.layer:
            layer = self.known.layer(state.layer)
            if layer is not None and layer.calls and not -layer.calls <= state.call < layer.calls:
                state = state.but(call=-1)
        leads_anew = state.target != before.target and self._looker.leads_anew(state.target)
        if leads_anew and self._given.settings.get("layer") is None and state.layer == self._looker.default:
            state = state.but(layer=None)
        return state

    def scene_of(self, state: State, style: Style) -> Scene:
        """Give the scene of settings: computed where it is of another state than the last one.

        Its state is the one asked for, but for the layer where that was left open.
        """
        if self._anew or state != self._shown.state:
            self.touched = True
            self._look_at(state)
            self._anew = False
        if self.touched or style != self._style or self._scene is None:
            self._style, self.touched = style, False
            self._scene = self._make_scene(style)
        return self._scene

    def _look_at(self, state: State) -> None:
        self._slow.forget()
        self._search.quiet()
        if state.slow:
            self._look_slowly(state)
            return
        try:
            found: Look | Exception = self._looker.look(state)
        except Exception as error:  # a failed computation is shown, not raised (design: Decisions)
            found = error
        self._take(state, found)

    def _take(self, state: State, found: Look | Exception) -> None:
        """Keep what a state gave, or why it gave nothing."""
        if isinstance(found, Exception):
            self._shown = _Shown(state, self._shown.look, found)
            return
        self._farthest = max(self._farthest, found.sample.position)
        probabilities = found.explanation.probabilities
        self._aside = self.known.names.fit(None if probabilities is None else len(probabilities))
        self.known.classes = [] if probabilities is None else self.known.names.listed(len(probabilities))
        self._shown = _Shown(state.but(layer=found.layer) if state.layer is None else state, found)

    def _look_slowly(self, state: State) -> None:
        """Compute on a thread, so that it can be stopped; the old picture stays meanwhile."""
        self._shown = _Shown(state, self._shown.look, computing=True)
        self._slow_said = messages.computing(0, self._changes_of(state))

        def look(report: Callable[[int], None]) -> tuple[State, Look | Exception]:
            try:
                return state, self._looker.look(state, report)
            except Exception as error:  # shown, not raised, and only while its state is still asked for
                return state, error

        self._slow.start(look)

    def _changes_of(self, state: State) -> int | None:
        """Say how many changed images or maps a slow state tries, where that is known."""
        layer = self.known.layer(state.layer or self._looker.default)
        slow = [name for name in state.methods if method_named(name).slow]
        if layer is None or not layer.usable or any(method_named(name).reads != "layer" for name in slow):
            return None
        return layer.shape[0] * len(slow)

    def _slow_progressed(self, passes: int) -> None:
        self._slow_said = messages.computing(passes, self._changes_of(self.state))
        self._tell()

    def _slow_ended(self, end: tuple[State, Look | Exception] | Exception) -> None:
        self._tell(lambda: self._take_late(end), last=True)

    def _take_late(self, end: tuple[State, Look | Exception] | Exception) -> None:
        if not isinstance(end, Exception) and end[0] == self._shown.state and self._shown.computing:
            self._take(*end)

    # A scene's parts.

    def _make_scene(self, style: Style) -> Scene:
        shown, state = self._shown, self.state
        look, names = shown.look, self.known.names
        explanation = None if look is None or shown.failed or shown.computing else look.explanation
        if explanation is not None and look is not None:
            self._words = sentences.words_of(look, names, style, self.known.count, self._aside)
        else:
            self._words = sentences.words_of_failure(state.sample, self.known.count, state.layer, self._words)
        return Scene(
            state=state,
            style=style,
            offers=self._offers_of(state),
            playing=self._playing(state.sample),
            playlist=self.reviews.playlist,
            look=look,
            explanation=explanation,
            pins=self._pins,
            stale=self._stale(),
            message="" if shown.failed is None else sentences.failure(shown.failed),
            remedy=self._remedy(),
            words=self._words,
            chips=self._chips(state),
            bars=() if explanation is None else sentences.class_bars(explanation, self.known.classes),
            name_of=names.of,
            work=self._slow_said if shown.computing else self._search.said,
            stoppable=shown.computing or self._search.running,
            reviewed=self.reviews.scene_part(state.sample),
            glance=lambda position: self._looker.glance(position, state),
            make_name=partial(self._picture_name, look),
            make_code=partial(self._code, look if explanation is not None else None, state, style),
            make_layers=partial(self._layers, look if explanation is not None else None, state),
        )

    def _offers_of(self, state: State) -> Mapping[str, Offer]:
        """Make the offers, anew where something else is known or chosen; one that says the same is the same object."""
        known = self.known
        depends = ({**vars(state), "sample": 0}, known.layers, known.grids, known.classes, list(METHODS))
        if depends != self._offered_for:
            self._offered_for = depends
            new = {setting.name: setting.offer(known, state) for setting in SETTINGS}
            same = (name for name, offer in self._offers.items() if offer == new[name])
            self._offers = {**new, **{name: self._offers[name] for name in same}}
        return self._offers

    def _playing(self, position: int) -> Playing:
        count, playlist = self._samples.count, self.reviews.playlist
        chosen = playlist.selection is not None
        step = playlist.step_of(position)
        said = forms.extent(count) + (messages.step_of(step, self._steps) if chosen else "")
        last = self._farthest + 1 if count is None else count - 1
        return Playing(self._steps, step, position, last, said, self._samples.named)

    @property
    def _steps(self) -> int:
        """Over how many samples the slider runs."""
        selection = self.reviews.playlist.selection
        if selection is not None:
            return len(selection)
        return self._farthest + 2 if self._samples.count is None else self._samples.count

    def _stale(self) -> str:
        if self._shown.computing:
            return self._slow_said
        return messages.STALE if self._shown.failed is not None else ""

    def _remedy(self) -> Remedy | None:
        """Offer the default layer where this one gives no map, or no evidence reaches it."""
        shown = self._shown
        refused = isinstance(shown.failed, Refusal)
        if not refused and (shown.failed or shown.computing or self._words.empty != pictures.NO_EVIDENCE):
            return None
        better = self._looker.default
        if better is None or better == self.state.layer:
            return None
        return Remedy(messages.use_layer(better), change(layer=better))

    def _chips(self, state: State) -> tuple[Chip, ...]:
        chips = []
        if self.reviews.selection != EVERYTHING:
            selected = messages.chip_of_selection(self.reviews.selection_said)
            chips.append(Chip(selected, captions.TOOLTIPS["chip_selection"], Action("reviews.select", EVERYTHING)))
        if state.at is not None:
            chips.append(Chip(captions.place(state.at), captions.TOOLTIPS["place"], change(at=None)))
        if self._mistake_view.stands(_opened(state)):
            chips.append(Chip(captions.MISTAKE_CHIP, captions.TOOLTIPS["chip_mistake"], Action("undo_mistake_view")))
        elif state.compare is not None:
            compared = captions.chip_of_comparison(compared_name(self.known, state.compare))
            chips.append(Chip(compared, captions.TOOLTIPS["chip_compare"], change(compare=None)))
        return tuple(chips)

    def _picture_name(self, look: Look | None) -> str:
        return "" if look is None else sentences.picture_name(look, self.known.names)

    def _code(self, look: Look | None, state: State, style: Style) -> str:
        if look is None:
            return ""
        return code_for(look, state, style, self._given, self._picture_name(look))

    def _layers(self, look: Look | None, state: State) -> Any:
        method = method_named(state.method)
        if look is None:
            return messages.NO_LAYERS_YET
        if method.slow or method.reads != "layer":
            return messages.no_strip(method.name, slow=method.reads == "layer")
        try:
            return self._looker.strip(look, state)
        except Exception as error:  # of the user's model: shown, not raised
            return sentences.failure(error)

    # What can be asked for: each gives the settings to change.

    def change(self, values: Mapping[str, Any]) -> Changes:
        """Change settings by name."""
        return values

    def step(self, by: int) -> Changes:
        """Go on in the playlist, or back; from a sample that it does not have, to where the slider was."""
        step = self.reviews.playlist.step_of(self.state.sample)
        return self.go_to_step(self._last_step if step is None else step + by)

    def go_to_step(self, step: int) -> Changes:
        """Go to a step of the slider, which may come from before another selection."""
        if not 0 <= step < self._steps:
            return None
        self._last_step = step
        return self.open(self.reviews.playlist.at(step))

    def open(self, position: int, *, clicked: bool = False) -> Changes:
        """Show a sample; of a mistake that was clicked or is one of a selection, predicted against true class."""
        selected = self.reviews.playlist.selection is not None
        mistake = (clicked or selected) and self.reviews.is_mistake(position)
        return {"sample": position, **vars(self._mistake_view.view(_opened(self.state), mistake=mistake))}

    def pick(self, position: int) -> Changes:
        """Open a sample that was clicked."""
        return self.open(position, clicked=True)

    def find(self, name: str) -> Changes:
        """Go to the sample with a file name, or the first whose name holds these letters."""
        position = self._samples.find(name, self.state.sample)
        if position is None:
            self._search.say(messages.no_such_name(name))
            return None
        return self.open(position)

    def undo_mistake_view(self) -> Changes:
        """Take back what a mistake opened with, for good."""
        return vars(self._mistake_view.undo(_opened(self.state)))

    def next_mistake(self, onwards: bool) -> Changes:
        """Look for the next mistake, or the one before, on a thread; a whole review knows it."""
        found = self._search.begin(self.state.sample, self.reviews, onwards=onwards)
        return None if found is None else self.pick(found)

    def next_mistake_now(self, *, onwards: bool) -> int | None:
        """Look for it at once, and give its position or None."""
        return self._search.go(self.state.sample, self.reviews, onwards=onwards)

    def stop(self) -> Changes:
        """End the search or the slow method on its way."""
        self._search.stop()
        self._slow.stop()
        return None

    def pin(self) -> Changes:
        """Keep what is shown beside what will be shown next."""
        shown = self._shown
        if shown.look is not None and shown.failed is None and not shown.computing and len(self._pins) < MOST_PINS:
            self._pins = (*self._pins, sentences.pinned(shown.look, self.known.names))
        return None

    def unpin(self, index: int) -> Changes:
        """Forget one of the views kept."""
        self._pins = (*self._pins[:index], *self._pins[index + 1 :])
        return None

    def refresh(self) -> Changes:
        """Read the sample again and run the pass on it; data set and model may have changed meanwhile."""
        self._samples.forget()
        self._looker.forget()
        self._slow.forget()
        self._anew = True
        self.reviews.check()
        return None

    def reset(self) -> Changes:
        """Bring the settings back as they were at first, and choose all samples."""
        self._mistake_view = MistakeView()
        self.reviews.select(EVERYTHING)
        first = {name: self._given.settings.get(name, BY_NAME[name].default) for name in BY_NAME if name != "sample"}
        return {**first, "layer": first["layer"] or self._looker.default}

    # Sleeping and waking.

    def forget_work(self) -> None:
        """End what is on its way on threads, and hear no more of it."""
        if self._slow.running:
            self._anew = True  # it passed for what is shown
        self._slow.forget()
        self._search.forget()
        self.reviews.forget()

    def wake(self) -> None:
        """Take up what was ended."""
        self.touched = True
        self._search.say("")
        self.reviews.settle()


def _opened(state: State) -> Opened:
    return Opened(state.method, state.target, state.compare)

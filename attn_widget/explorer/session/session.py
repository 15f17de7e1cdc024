"""What the panel knows and does, without a widget: from settings and actions to scenes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from attn_widget.explorer.action import Send
from attn_widget.explorer.life.background import Tell
from attn_widget.explorer.named_models import ModelName
from attn_widget.explorer.offers import Known, Offer
from attn_widget.explorer.session import on_demand, remedies, sentences
from attn_widget.explorer.session.attention_moving import AttentionMoving
from attn_widget.explorer.session.channel_bench import ChannelBench
from attn_widget.explorer.session.channel_cards import ChannelCards
from attn_widget.explorer.session.chips import chips_of
from attn_widget.explorer.session.cover_tool import CoverTool
from attn_widget.explorer.session.fixed_scale import FixedScale
from attn_widget.explorer.session.group_work import GroupWork
from attn_widget.explorer.session.guesses import Guesses
from attn_widget.explorer.session.handing_on import HandingOn
from attn_widget.explorer.session.heatmap_checking import HeatmapChecking
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.session.mistake_view import MistakeView
from attn_widget.explorer.session.next_mistake import NextMistake
from attn_widget.explorer.session.playlist import EVERYTHING, Selection
from attn_widget.explorer.session.report_work import ReportWork
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.explorer.session.scene import Playing, Remedy, Scene, Words
from attn_widget.explorer.session.script import PanelArguments, code_for
from attn_widget.explorer.session.shortcut_work import ShortcutWork
from attn_widget.explorer.session.slow_look import SlowLook
from attn_widget.explorer.session.survey_work import SurveyWork
from attn_widget.explorer.settings import ARGUMENTS, SETTINGS, State
from attn_widget.figure import MOST_PINS, Pin, Style
from attn_widget.methods import METHODS, method_named
from attn_widget.words import evidence, forms, messages

Changes = Mapping[str, Any] | None
"""The settings to change, by name; None for none."""


@dataclass(frozen=True, eq=False)
class _Shown:
    """The result for the last state: its look; or the look before, with the error or the slow look under way."""

    state: State | None = None
    look: Look | None = None
    failed: Exception | None = None
    slow: SlowLook | None = None

    @property
    def present(self) -> Look | None:
        """The look for this very state."""
        return None if self.failed or self.slow else self.look


class Session:
    """One model, its samples, and what has been found out about them; `go` takes actions from threads."""

    def __init__(self, known: Known, given: PanelArguments, tell: Tell, go: Send) -> None:
        self.known, self._samples, self._given, self._tell = known, known.samples, given, tell
        self.reviews = ReviewWork(known, tell, self.open)  # whose public methods are verbs of actions too
        self._lookers: dict[str | None, Looker] = {}
        for name, of in known.models.items():
            self._lookers[name] = Looker(known, of, self.reviews.kept, self._lookers)
        self.bench = ChannelBench(known, lambda: (self.state, self._shown.present))
        self.covering = CoverTool(known.samples, lambda: self.state)
        self.checking = HeatmapChecking(known, self._lookers, tell, lambda: (self.state, self._shown.present))
        self.surveys = SurveyWork(known, tell, self.reviews, self._surveyed)
        self.channels = ChannelCards(
            known,
            self._lookers,
            tell,
            lambda: (self.state, self._shown.present),
            lambda: self.surveys.survey,
            self.play,
        )
        self.groups = GroupWork(known, tell, self.surveys, self.reviews, self.play)
        self.moves = AttentionMoving(known, tell, go, lambda: self.state, self.play)
        self.guesses = Guesses(known.names, lambda: self._shown.present, self.play)
        self.shortcuts = ShortcutWork(known, tell, lambda: self.reviews.review if self.reviews.knows_all else None)
        self.reports = ReportWork(known, self._lookers, tell, self.reviews, lambda: (self.state, self._style))
        self.handing = HandingOn(known.samples, tell, lambda: self._scene, lambda: self.reviews.review)
        self._mistake_view = MistakeView()
        self._search = NextMistake(known, tell, go)
        self._shown = _Shown()
        self._pins: tuple[Pin, ...] = ()
        self._farthest = self._last_step = 0
        self._offers: dict[str, Offer] = {}
        self._offered_for: tuple[Any, ...] = ()
        self._words = Words("", None, "", messages.NO_PICTURE_YET, "", "")
        self._scene: Scene | None = None
        self._style = Style()
        self._fixed = FixedScale()
        self._asked_blind: State | None = None  # the state in which a class was asked of a method that ignores it
        self.touched = True  # whether anything was done since the last scene
        self._anew = False  # whether to look again even at the same state
        self._guess = False  # whether the class is guessed before it is told

    # From settings to scenes.

    @property
    def state(self) -> State:
        """What is shown, or was asked for last."""
        assert self._shown.state is not None
        return self._shown.state

    @property
    def _looker(self) -> Looker:
        """The looker of the model that is shown."""
        return self._lookers[self.known.shown.name]

    def scene_of(self, asked: State, style: Style, *, guess: bool = False) -> Scene:
        """Give the scene for these settings; computes where the state has changed.

        With `guess` it tells nothing of a sample whose class can be guessed and has not been.

        Its state may differ from the one asked for: a layer that was left open is filled in, a method made for one
        layer brings that, and a call or layer that another setting has made impossible goes back to its default.
        """
        state = self._possible(asked)
        if self._anew or state != self._shown.state:
            self.touched = True
            self._look_at(state)
            self._anew = False
        if self.touched or style != self._style or guess is not self._guess or self._scene is None:
            self._style, self._guess, self.touched = style, guess, False
            scene = self._make_scene(style)
            self._scene = self._told(scene) if guess else scene
        return self._scene

    def _possible(self, state: State) -> State:
        if state.model != self.known.shown.name:
            state = self._of_model(state)
        before = self._shown.state
        if before is None:
            return state
        if state.sample != before.sample and state.cover == before.cover:
            state = state.but(cover=None)  # a region means nothing on another image
        own = method_named(state.method).layer
        if own is not None and state.method != before.method and state.layer == before.layer:
            state = state.but(layer=own)
        if (state.layer, state.model) != (before.layer, before.model):
            layer = self.known.layer(state.layer)
            if layer is not None and layer.calls and not -layer.calls <= state.call < layer.calls:
                state = state.but(call=-1)
        leads_anew = state.target != before.target and self._looker.leads_anew(state.target)
        if leads_anew and self._given.settings.get("layer") is None and state.layer == self._looker.default:
            state = state.but(layer=None)
        return state

    def _of_model(self, state: State) -> State:
        """Turn to another model, in which silenced channels mean nothing; what was shown is compared with instead."""
        name = state.model
        if name is None:
            return state.but(model=self.known.shown.name)
        before, self.known.shown = self.known.shown, self.known.models[name]
        self._search.worker.forget()
        self._search.say("")
        self.reviews.check()
        self.surveys.check()
        if state.compare == ModelName(name) and state.compares_models:
            state = state.but(compare=ModelName(before.name))
        shown = self._shown.state
        turned = shown is not None and shown.model != name and shown.silence == state.silence
        return state.but(silence=None) if turned else state

    def _look_at(self, state: State) -> None:
        if self._shown.slow is not None:
            self._shown.slow.worker.forget()
        self._search.quiet()
        if state.slow:  # the old picture stays meanwhile
            slow = SlowLook(state, self.known, self._looker, self._tell, self._slow_ended)
            self._shown = _Shown(state, self._shown.look, slow=slow)
            slow.start()
            return
        try:
            found: Look | Exception = self._lookers[state.model].look(state)
        except Exception as error:  # a failed computation is shown, not raised (design: Decisions)
            found = error
        self._take(state, found)

    def _take(self, state: State, found: Look | Exception) -> None:
        """Keep the result for a state, or the error."""
        if isinstance(found, Exception):
            self._shown = _Shown(state, self._shown.look, found)
            return
        self._farthest = max(self._farthest, found.sample.position)
        probabilities = found.explanation.probabilities
        self.known.names.fit(None if probabilities is None else len(probabilities))
        state = state.but(layer=found.layer) if state.layer != found.layer else state
        silenced = found.explanation.silenced  # names the layer, where it was left open
        self._shown = _Shown(state if silenced == state.silence else state.but(silence=silenced), found)

    def _slow_ended(self, slow: SlowLook, end: Look | Exception) -> None:
        def take() -> None:
            if slow is self._shown.slow:  # else another state was asked for while this waited for the lock
                self._take(self.state, end)

        self._tell(take, last=True)

    # A scene's parts.

    def _make_scene(self, style: Style) -> Scene:
        shown, state, present, names = self._shown, self.state, self._shown.present, self.known.names
        looker = self._lookers[state.model]
        explanation = None if present is None else present.explanation
        drawn_style = self._fixed.in_force(style, None if shown.look is None else shown.look.explanation)
        if present is not None:
            self._words = sentences.words_of(present, self.known, drawn_style)
        else:
            self._words = sentences.words_of_failure(state, self.known, self._words)
        waiting = "" if shown.slow is None else shown.slow.said
        return Scene(
            state=state,
            style=style,
            drawn_style=drawn_style,
            offers=self._offers_of(state),
            playing=self._playing(state.sample),
            playlist=self.reviews.playlist,
            look=shown.look,
            explanation=explanation,
            pins=self._pins,
            stale=waiting if shown.failed is None else messages.STALE,
            message=self._message(),
            remedy=self._remedy(),
            words=self._words,
            chips=chips_of(state, self.known, self.reviews, self._mistake_view),
            bars=() if present is None else sentences.class_bars(present.explanation, names.classes, present.before),
            name_of=names.of,
            work=waiting or self._searched(state),
            stoppable=shown.slow is not None or self._search.worker.running,
            reviewed=self.reviews.scene_part(state.sample),
            surveyed=self.surveys.part,
            grouped=self.groups.part,
            glances=lambda positions: looker.glances(positions, state),
            shortcuts=self.shortcuts.part,
            reporting=self.reports.part,
            make_name=partial(sentences.picture_name, shown.look, names),
            make_code=partial(code_for, present, state, drawn_style, self._given),
            make_layers=partial(on_demand.layers, looker, present, state),
            make_card=partial(self.channels.card, state, present),
            make_bench=partial(self.bench.scene_part, state, present),
            make_effect=partial(on_demand.silencing, looker, present, state, names.of),
            covering=self.covering.scene_part(state),
            checking=self.checking.scene_part(present),
            make_covering_effect=partial(on_demand.covering, looker, present, state, names.of),
            moving=self.moves.part,
            handed=self.handing.part,
        )

    def _told(self, scene: Scene) -> Scene:
        """Give a scene as far as it may be told before the class has been guessed."""
        where = messages.position_of(scene.state.sample, self._samples.count)
        more = self._to_guess(scene.state.sample) is not None
        return self.guesses.told(scene, self._shown.present, where, more=more)

    def _to_guess(self, position: int) -> int | None:
        """Give the next position at which something is to be guessed; None after the last."""
        return self.guesses.following(position, self.reviews.playlist, self._samples.count)

    def _offers_of(self, state: State) -> Mapping[str, Offer]:
        """Make the offers, again if what they depend on has changed; equal ones stay the same objects."""
        known, before = self.known, self._offers
        shown = known.shown
        depends = ({**vars(state), "sample": 0}, shown.layers, shown.grids, known.names.classes, list(METHODS))
        if depends != self._offered_for:
            self._offered_for = depends
            new = {setting.name: setting.offer(known, state) for setting in SETTINGS}
            self._offers = {name: before[name] if offer == before.get(name) else offer for name, offer in new.items()}
        return self._offers

    def _playing(self, position: int) -> Playing:
        count, playlist, steps = self._samples.count, self.reviews.playlist, self._steps
        step = playlist.step_of(position)
        said = forms.extent(count) + ("" if playlist.selection is None else messages.step_of(step, steps))
        return Playing(steps, step, position, self._last, said, self._samples.named)

    @property
    def _last(self) -> int:
        """The last position that can be gone to; in a stream of unknown length, one after the farthest seen."""
        return self._farthest + 1 if self._samples.count is None else self._samples.count - 1

    @property
    def _steps(self) -> int:
        """The number of samples that the slider runs over."""
        selection = self.reviews.playlist.selection
        return self._last + 1 if selection is None else len(selection)

    def _searched(self, state: State) -> str:
        """Say how far the search is, and that it takes no notice of what is altered."""
        said = self._search.said
        return forms.together(said, evidence.OF_THE_MODEL_ITSELF) if said and state.silence is not None else said

    def _message(self) -> str:
        """Say why there is no picture, or why a class that was clicked leaves it as it is."""
        if self._shown.failed is not None:
            return sentences.failure(self._shown.failed)
        return messages.same_for_every_class(self.state.method) if self._is_asked_blind else ""

    @property
    def _is_asked_blind(self) -> bool:
        """Whether a class was clicked that changes nothing."""
        return self._asked_blind is not None and self._asked_blind == self.state

    def _remedy(self) -> Remedy | None:
        """Offer what helps against an empty picture, none, or one that ignores the class."""
        if self._is_asked_blind:
            return remedies.method_by_class()
        present = self._shown.present
        explanation = None if present is None else present.explanation
        if explanation is not None and not explanation.empty:
            return None
        default = method_named(self.state.method).layer or self._looker.default
        return remedies.remedy_for(self.state, explanation, self._shown.failed, default)

    def _surveyed(self) -> tuple[State, str]:
        """Say what a survey is to be of."""
        return self.state, self.state.layer or self._looker.default or ""

    # What can be asked for: each returns the settings to change.

    def change(self, values: Mapping[str, Any]) -> Changes:
        """Change settings by name."""
        return values

    def step(self, by: int) -> Changes:
        """Step along the playlist; from a sample that is not in it, return to where the slider was."""
        step = self.reviews.playlist.step_of(self.state.sample)
        return self.go_to_step(self._last_step if step is None else step + by)

    def go_to_step(self, step: int) -> Changes:
        """Go to a step of the slider, which may have been sent before the selection changed."""
        if not 0 <= step < self._steps:
            return None
        self._last_step = step
        return self.open(self.reviews.playlist.at(step))

    def open(self, position: int, *, clicked: bool = False) -> Changes:
        """Show a sample; a mistake that was clicked or selected is opened as `MistakeView` says."""
        selected = self.reviews.playlist.selection is not None
        mistake = not self._guess and (clicked or selected) and self.reviews.is_mistake(position)
        return {"sample": position, **self._mistake_view.view(self.state, mistake=mistake)}

    def next_to_guess(self) -> Changes:
        """Go on to the next sample that has not been guessed."""
        position = self._to_guess(self.state.sample)
        return None if position is None else self.open(position)

    def pick(self, position: int) -> Changes:
        """Open a sample that was clicked."""
        return self.open(position, clicked=True)

    def play(self, positions: Sequence[int], named: str) -> Changes:
        """Let the slider run over these samples, in their order, and go to the first; `named` says what they are."""
        return self.reviews.select(Selection(positions=tuple(positions), named=named))

    def find(self, name: str) -> Changes:
        """Go to the sample with a file name, else to the first whose file name contains it."""
        position = self._samples.find(name, self.state.sample)
        if position is None:
            self._search.say(messages.no_such_name(name))
            return None
        return self.open(position)

    def undo_mistake_view(self) -> Changes:
        """Take back what a mistake was opened with, for good."""
        return self._mistake_view.undo()

    def explain_class(self, index: int) -> Changes:
        """Explain a class; the predicted one if that class is explained already."""
        if not method_named(self.state.method).class_specific:
            self._asked_blind, self.touched = self.state.but(target=index), True
            return {"target": index}
        return {"target": "predicted" if self.known.names.indices_in(self.state.target) == index else index}

    def next_mistake(self, onwards: bool) -> Changes:
        """Go to the next or previous mistake: at once if the review knows it, else after a search on a thread."""
        found = self._search.begin(self.state.sample, self.reviews, onwards=onwards)
        return None if found is None else self.pick(found)

    def next_mistake_now(self, *, onwards: bool) -> int | None:
        """Give the position of the next or previous mistake, or None, after a search on this thread."""
        return self._search.go(self.state.sample, self.reviews, onwards=onwards)

    def stop(self) -> Changes:
        """Stop the search and the slow method on their way."""
        self._search.worker.stop()
        if self._shown.slow is not None:
            self._shown.slow.worker.stop()
        return None

    def pin(self) -> Changes:
        """Keep what is shown beside what will be shown next."""
        look = self._shown.present
        if look is not None and len(self._pins) < MOST_PINS:
            self._pins = (*self._pins, sentences.pinned(look, self.known.names))
        return None

    def unpin(self, index: int) -> Changes:
        """Remove one of the views kept."""
        self._pins = (*self._pins[:index], *self._pins[index + 1 :])
        return None

    def refresh(self) -> Changes:
        """Read the sample again and rerun the pass, as data set and model may have changed."""
        self._samples.forget()
        for looker in self._lookers.values():
            looker.forget()
        self._anew = True
        self.reviews.check()
        self.surveys.check()
        self.shortcuts.check()
        self.channels.effect.clear()
        self.moves.clear()
        return None

    def reset(self) -> Changes:
        """Return the settings to their first values, and select all samples."""
        self._mistake_view = MistakeView()
        self.reviews.select(EVERYTHING)
        self.covering.draw("")
        given = self._given.settings
        first = {setting.name: given.get(setting.name, setting.default) for setting in ARGUMENTS}
        name = next(iter(self._lookers))
        return {**first, "model": name, "layer": first["layer"] or self._lookers[name].default}

    # Sleeping and waking.

    def forget_work(self) -> None:
        """End all work on threads, and report nothing of it."""
        if self._shown.slow is not None:
            self._anew = self._anew or self._shown.slow.worker.running  # its state passed for what is shown
            self._shown.slow.worker.forget()
        self._search.worker.forget()
        self.covering.draw("")
        self.checking.forget()
        self.surveys.forget()
        self.channels.effect.forget()
        self.groups.forget()
        self.moves.forget()
        self.shortcuts.forget()
        self.reports.forget()
        self.handing.forget()
        self.reviews.forget()

    def wake(self) -> None:
        """Show what had been found before."""
        self.touched = True
        self._search.say("")
        self.reviews.settle()

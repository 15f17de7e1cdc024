"""The page Channels: what a channel of the layer shown is looking for, as a survey of all samples has it."""

import threading
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.channel_cards import ChannelCard
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.channel_crops import ChannelCrops
from attn_widget.explorer.view.pages.survey_controls import SurveyControls
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import cards, forms

_MOST_OFFERED = 8  # channels of the picture, as buttons


class ChannelsPage(Page):
    """The survey, a choice of channels, and the card of one of them. A click on a channel's panel chooses it."""

    name = "channels"
    wants = ("surveyed", "card", "state", "look", "playlist")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make, tips = Maker(send), cards.CARD_TOOLTIPS
        self._survey, self.crops = SurveyControls(make), ChannelCrops(make, lock, send)
        self._card: ChannelCard | None = None
        self._offered = make.one(widgets.ToggleButtons, "attn-sizes", "attn-offered")
        on_change(self._offered, self._picked, "index")
        self._number = make.one(widgets.BoundedIntText, "attn-number", tooltip=tips["channel"])
        on_change(self._number, self._typed)
        self._heading, self._said = make.html("attn-words", "attn-card-heading"), make.html("attn-words")
        self._firing, self._facts = make.html("attn-words", "attn-firing"), make.html("attn-words", "attn-facts")
        self._effect = make.html("attn-words", "attn-card-effect")
        self._play = make.button(cards.MORE_LIKE_THIS, "play", tips["more_like_this"], action=Action("channels.play"))
        self._measure = make.button(
            cards.MEASURE_SILENCING, "volume-off", tips["measure_silencing"], action=Action("channels.measure")
        )
        self._choice = make.row(self._heading, self._offered, self._number)
        tools = make.row(self._play, self._measure)
        self._found = make.column(self.crops.root, self._firing, self._facts, tools, self._effect)
        self.root = make.column(self._survey.root, self._choice, self._said, self._found, classes="attn-card")

    def render(self, scene: Scene) -> None:
        """Show how far the survey is, and the card of the channel chosen."""
        card = self._card = scene.card
        self._survey.render(scene.surveyed)
        show(self._choice, card.channel is not None)
        if card.channel is not None:
            self._offer(card, card.channel)
        self._said.value = markup.sentence(card.said) if card.said else ""
        show(self._said, bool(card.said))
        show(self._found, bool(card.facts))
        self.crops.render(scene)
        if card.facts:
            self._firing.value = (
                markup.firing(cards.FIRES_FOR, card.firing) if card.firing else markup.faint(cards.NO_CLASS_MEANS)
            )
            self._facts.value = markup.faint(forms.together(*card.facts))
            self._effect.value = "".join(map(markup.sentence, card.effect))
            self._play.disabled = not card.exemplars
            self._measure.disabled = card.measuring

    def channel_clicked(self, channel: int) -> bool:
        """Show the card of a channel whose panel was clicked."""
        if self._card is None or self._card.channel is None:
            return False
        self.send(Action("channels.choose", channel))
        return True

    def closed(self) -> None:
        """Stop cutting pictures."""
        self.crops.forget()

    def _offer(self, card: ChannelCard, channel: int) -> None:
        self._heading.value = markup.heading(card.heading)
        shown = card.shown[:_MOST_OFFERED]
        options = [str(number) for number in shown]
        if list(self._offered.options) != options:
            self._offered.options = options
            self._offered.tooltips = [cards.CARD_TOOLTIPS["shown_channel"]] * len(options)
        self._offered.index = shown.index(channel) if channel in shown else None
        self._number.max = card.count - 1
        self._number.value = channel

    def _picked(self, event: Any) -> None:
        if event["new"] is not None and self._card is not None and event["new"] < len(self._card.shown):
            self.send(Action("channels.choose", self._card.shown[event["new"]]))

    def _typed(self, event: Any) -> None:
        self.send(Action("channels.choose", event["new"]))

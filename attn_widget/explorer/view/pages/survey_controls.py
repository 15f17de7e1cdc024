"""The survey of all samples: a button that begins it, progress, Stop, and what was surveyed."""

import ipywidgets as widgets

from attn_widget.explorer.action import Action
from attn_widget.explorer.session.surveyed import Surveyed
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions, cards


class SurveyControls:
    """A row, and a warning below it where the survey is out of date."""

    def __init__(self, make: Maker) -> None:
        tips = cards.CARD_TOOLTIPS
        self._begin = make.button("", "search", tips["survey"], action=Action("surveys.begin"))
        self._bar = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self._stop = make.button(captions.STOP, "stop", tips["stop_survey"], action=Action("surveys.stop"))
        self._said, self._warning = make.html("attn-words", "attn-survey-said"), make.html("attn-words")
        self.root = make.column(make.row(self._begin, self._bar, self._stop), self._said, self._warning)

    def render(self, surveyed: Surveyed) -> None:
        """Show how far it is, or what was surveyed."""
        found = surveyed.survey is not None
        self._begin.description, self._bar.value = surveyed.begin, surveyed.fraction
        self._begin.button_style = "" if found else "primary"
        self._said.value = markup.faint(surveyed.said)
        self._warning.value = markup.message(surveyed.warning) if surveyed.warning else ""
        show(self._begin, not surveyed.running)
        show(self._bar, surveyed.running)
        show(self._stop, surveyed.running)
        show(self._warning, bool(surveyed.warning))

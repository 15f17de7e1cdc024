"""A panel as somebody at a browser has it: its controls by name, what is written, and the mouse over its pictures.

All that the tests know of how the panel is arranged stands in this file. It goes through what a browser goes through:
the tree of widgets with their synced traits, and the messages that a page sends.
"""

import html
import re
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np
from ipympl.backend_nbagg import Canvas
from ipywidgets.widgets.widget import _instances
from torch import nn

from attn_widget import AttentionExplorer
from attn_widget.words import (
    LANGUAGES,
    captions,
    cards,
    evidence,
    exports,
    groups,
    guessing,
    messages,
    reports,
    shortcuts,
    speaking,
)

LINE = "────"
"""Stands in `Driver.offers` for a line between the options."""


@cache
def _tooltips(language: str) -> dict[str, str]:
    """The tooltips of all controls in a language, by their keys."""
    with speaking(language):
        of_evidence = evidence.BENCH_TOOLTIPS | evidence.COVER_TOOLTIPS | evidence.CHECK_TOOLTIPS
        of_settings = {name: tooltip for name, (_, tooltip) in captions.SETTINGS.items()}
        of_groups = groups.GROUP_TOOLTIPS | shortcuts.SHORTCUT_TOOLTIPS | guessing.GUESS_TOOLTIPS
        of_files = cards.CARD_TOOLTIPS | exports.EXPORT_TOOLTIPS | reports.REPORT_TOOLTIPS
        return captions.TOOLTIPS | captions.MARK_TOOLTIPS | of_groups | of_evidence | of_files | of_settings


@cache
def _titles(language: str) -> dict[str, str]:
    """The titles of the pages in a language, by those in English."""
    with speaking("en"):
        keys = {title: key for key, title in captions.PAGE_TITLES.items()}
    with speaking(language):
        return {title: captions.PAGE_TITLES[key] for title, key in keys.items()}


def _options_for_nothing() -> Iterator[str]:
    for language in LANGUAGES:
        with speaking(language):
            yield from (captions.NOT_COMPARED, captions.NO_CONTRAST, captions.NO_GRID, captions.ANY_CLASS)


_NOTHING = tuple(_options_for_nothing())


class _Control(NamedTuple):
    """Where a control is: the page on which it stands, empty for the stage, and the key of its tooltip."""

    page: str
    tooltip: str


_CONTROLS = {
    "Sample": _Control("", "position"),
    "Number": _Control("", "number"),
    "Play": _Control("", "play"),
    "Back": _Control("", "previous"),
    "Next": _Control("", "following"),
    "Previous mistake": _Control("", "previous_mistake"),
    "Next mistake": _Control("", "next_mistake"),
    "File name": _Control("", "file"),
    "Remedy": _Control("", "remedy"),
    "Stop": _Control("", "stop"),
    "Whole image": _Control("", "home"),
    "Pan": _Control("", "pan"),
    "Zoom": _Control("", "zoom"),
    "Run again": _Control("Look", "again"),
    "Reset": _Control("Look", "reset"),
    "Model": _Control("Look", "model"),
    "Play models": _Control("Look", "play_models"),
    "Layer": _Control("Look", "layer"),
    "Grid": _Control("Look", "grid"),
    "Call": _Control("Look", "call"),
    "Method": _Control("Look", "method"),
    "Target": _Control("Look", "target"),
    "Rather than": _Control("Look", "against"),
    "Top-k": _Control("Look", "top_k"),
    "Alpha": _Control("Look", "alpha"),
    "View": _Control("Look", "view"),
    "Colour map": _Control("Look", "cmap"),
    "Scale": _Control("Look", "scale"),
    "Fade": _Control("Look", "fade"),
    "Guess first": _Control("Look", "guess"),
    "Guess": _Control("", "guess_typed"),
    "Next picture": _Control("", "next_picture"),
    "Take back": _Control("", "take_back"),
    "Clear guesses": _Control("", "clear_guesses"),
    "Bring back": _Control("", "bring_back"),
    "Both matrices": _Control("", "both_matrices"),
    "Compare with": _Control("Compare", "compare"),
    "Where did attention move": _Control("Compare", "moves"),
    "Stop comparing models": _Control("Compare", "stop_moves"),
    "Most moved": _Control("Compare", "most_moved"),
    "Changed first": _Control("Compare", "changed_first"),
    "Pin": _Control("", "pin"),
    "Unpin": _Control("Compare", "unpin"),
    "Silence these": _Control("Evidence", "silence_shown"),
    "All but these": _Control("Evidence", "keep_shown"),
    "Clear silenced": _Control("Evidence", "clear_silenced"),
    "Set to": _Control("Evidence", "fill"),
    "Rectangle": _Control("Evidence", "rectangle"),
    "Lasso": _Control("Evidence", "lasso"),
    "Uncover": _Control("Evidence", "uncover"),
    "Cover with": _Control("Evidence", "cover_with"),
    "Of sample": _Control("Evidence", "other_sample"),
    "Check": _Control("Evidence", "check"),
    "Stop the check": _Control("Evidence", "stop_check"),
    "Find mistakes": _Control("Mistakes", "find"),
    "Stop the review": _Control("Mistakes", "stop_review"),
    "Save the review": _Control("Mistakes", "save_review"),
    "Show": _Control("Mistakes", "which"),
    "True": _Control("Mistakes", "true"),
    "Predicted": _Control("Mistakes", "predicted"),
    "Confidence": _Control("Mistakes", "confidence"),
    "Matrix": _Control("Mistakes", "matrix"),
    "Rates": _Control("Mistakes", "rates"),
    "Larger matrix": _Control("Mistakes", "large"),
    "Clear": _Control("Mistakes", "clear_selection"),
    "Note": _Control("Mistakes", "note"),
    "Page back": _Control("Mistakes", "previous_page"),
    "Next page": _Control("Mistakes", "next_page"),
    "Survey": _Control("Channels", "survey"),
    "Stop the survey": _Control("Channels", "stop_survey"),
    "Channel": _Control("Channels", "channel"),
    "More like this": _Control("Channels", "more_like_this"),
    "Silence it": _Control("Channels", "measure_silencing"),
    "Group mistakes": _Control("Mistakes", "group"),
    "Stop grouping": _Control("Mistakes", "stop_grouping"),
    "Find shortcuts": _Control("Shortcuts", "find_shortcuts"),
    "Stop the shortcuts": _Control("Shortcuts", "stop_shortcuts"),
    "Class of the shortcut": _Control("Shortcuts", "shortcut_class"),
    "Show these samples": _Control("Shortcuts", "show_surest"),
    "File": _Control("Code and files", "path"),
    "Save review": _Control("Code and files", "save"),
    "Load": _Control("Code and files", "load"),
    "Report file": _Control("Code and files", "report_path"),
    "Save report": _Control("Code and files", "report"),
    "Replace the report": _Control("Code and files", "replace_report"),
    "Stop the report": _Control("Code and files", "stop_report"),
    "Marks of before": _Control("Code and files", "offer"),
    "What to export": _Control("Code and files", "export_kind"),
    "Where to export": _Control("Code and files", "export_path"),
    "Export": _Control("Code and files", "export"),
    "Stop the export": _Control("Code and files", "stop_export"),
    "Replace": _Control("Code and files", "replace"),
}

PAGES = ("Look", "Compare", "Evidence", "Mistakes", "Channels", "Shortcuts", "Layers", "Code and files")

# Buttons that are known by what is written on them.
_WRITTEN = {"Anyway": "Save anyway", "Load anyway": "Load anyway", "Keep both": "Keep both"}


class Driver:
    """A panel, and the hands of who uses it.

    What is public of the panel, such as its traits, is read and set here as on the panel itself; what is private is
    not to be had.

    Parameters
    ----------
    model : Module
        Counts its passes as `panels.Counter` does, where `passes` is asked for.
    loader, options
        As `AttentionExplorer` takes them.

    Attributes
    ----------
    explorer : AttentionExplorer
        The panel.
    model : Module
        Its model, or the models by name; which of these is shown, `explorer.model` says.
    """

    explorer: AttentionExplorer
    model: nn.Module

    def __init__(self, model: nn.Module, loader: Any, **options: Any) -> None:
        own = {"model": model, "_before": set(threading.enumerate())}
        vars(self).update(own, explorer=AttentionExplorer(model, loader, **options))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{name!r} is private: tests know a panel by what its users see of it")
        return getattr(self.explorer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.explorer, name, value)

    # --- controls

    def choose(self, name: str, value: Any) -> None:
        """Set a control; for a dropdown a value of `offers`."""
        self.sending(name, value)()

    def sending(self, name: str, value: Any) -> Callable[[], None]:
        """Give what sets a control when it is called, as soon as a message of the browser's does."""
        control = self._usable(name)
        if isinstance(control, widgets.Dropdown):
            return partial(control.set_state, {"index": self.offers(name).index(value)})
        return partial(control.set_state, {"value": value})

    def click(self, name: str) -> None:
        """Click a button."""
        self._usable(name).click()

    def switch(self, name: str, on: bool) -> None:
        """Press a toggle, or let it go."""
        self._usable(name).set_state({"value": on})

    def press_play(self, name: str) -> None:
        """Press a play button: the browser changes the value now and then."""
        self._usable(name).set_state({"playing": True})

    def is_playing(self, name: str) -> bool:
        """Say whether a play button is pressed."""
        return self._control(name).playing

    def value(self, name: str) -> Any:
        """Read a control's value; None for a dropdown in which nothing is chosen."""
        control = self._control(name)
        nothing = isinstance(control, widgets.Dropdown) and control.label in _NOTHING
        return None if nothing else control.value

    def limit(self, name: str) -> float:
        """Read the most that a control can be set to."""
        return self._control(name).max

    def label(self, name: str) -> str:
        """Read what is written on a button, or before a control."""
        return _plain(self._control(name).description)

    def tooltip(self, name: str) -> str:
        """Read what a dropdown's description shows under the mouse."""
        return html.unescape(re.search('title="([^"]*)"', self._control(name).description)[1])

    def offers(self, name: str) -> list[Any]:
        """List the values that a dropdown offers: None for nothing, `LINE` for a line."""
        values = {words: value for words, value in self._pairs(name) if words not in _NOTHING}
        return [LINE if words.startswith(LINE) else values.get(words) for words in self.words(name)]

    def words(self, name: str) -> list[str]:
        """List what is written for each of them."""
        return [words for words, _ in self._pairs(name)]

    def is_shown(self, name: str) -> bool:
        """Say whether a control can be seen, with its page open."""
        control = self._find(name)
        if name not in _WRITTEN and _CONTROLS[name].page and (control is None or not self._is_displayed(control)):
            self.open_page(_CONTROLS[name].page)
            control = self._find(name)
        return control is not None and self._is_displayed(control)

    def can_be_seen(self, widget: widgets.Widget) -> bool:
        """Say whether a widget of `every_widget` can be seen on the page that is open."""
        return self._is_displayed(widget)

    def is_disabled(self, name: str) -> bool:
        """Say whether a control takes no input."""
        return self._control(name).disabled

    @property
    def page(self) -> str:
        """The page that is open."""
        return next(title for title, written in _titles(self.language).items() if written == self._tabs.label)

    def open_page(self, page: str) -> None:
        """Open a page, unless it is open."""
        if self.page != page:
            self._tabs.set_state(
                {"index": [title for title, _ in self._tabs.options].index(_titles(self.language)[page])}
            )

    def linked(self, name: str) -> str:
        """Name the control that follows another one in the browser alone."""
        (target,) = [link.target[0] for link in self._links if link.source == (self._control(name), "value")]
        return next(name for name in _CONTROLS if self._find(name) is target)

    # --- what is written

    @property
    def message(self) -> str:
        """What is said of a picture that could not be had; empty where nothing is."""
        return self.announced("alert")

    def announced(self, role: str) -> str:
        """Read what screen readers announce as an ``"alert"``, or as the ``"status"``; empty where nothing is."""
        shown = [each.value for each in self._styled("attn-message", "attn-verdict") if self._is_displayed(each)]
        found = [re.search(f'role="{role}"[^>]*>([^<]*)<', value) for value in shown]
        return next((html.unescape(each[1]) for each in found if each), "")

    @property
    def sentence(self) -> str:
        """What is said of the picture."""
        return _plain(self._styled("attn-sentence")[-1].value)

    @property
    def notes(self) -> str:
        """What is to be known before the picture is read."""
        return _plain(self._styled("attn-sentence")[0].value)

    @property
    def search_text(self) -> str:
        """What is said of a search, or of a slow method; empty where nothing is."""
        (line,) = self._styled("attn-work")
        return _plain(line.value) if self._is_displayed(line) else ""

    @property
    def chips(self) -> list[str]:
        """What is chosen and not seen otherwise."""
        return [each.description for each in self._styled("attn-chip") if self._is_displayed(each)]

    def take_back(self, chip: str) -> None:
        """Click a chip that begins so."""
        next(each for each in self._styled("attn-chip") if each.description.startswith(chip)).click()

    @property
    def remedy(self) -> str:
        """What is offered where there is no picture, or an empty one; empty where nothing is."""
        button = self._by_tooltip("remedy")
        return button.description if self._is_displayed(button) else ""

    @property
    def extent(self) -> str:
        """How many samples there are, and how many of them are chosen."""
        (line,) = [each for each in self._tree(widgets.Label) if each.tooltip == _tooltips(self.language)["count"]]
        return line.value

    @property
    def bars(self) -> list[tuple[str, str, str]]:
        """The class bars that are shown: name, ``"right"``, ``"wrong"`` or ``"neither"``, and per cent of each."""
        self.open_page("Look")
        (bars,) = self._styled("attn-bars")
        if not self._is_displayed(bars):
            return []
        one = r"<span class=\"attn-(\w+)\"[^>]*></span>(?:<span class=\"attn-before\"[^>]*></span>)?"
        bar = rf">([^<>]+)</span><span[^>]*>{one}</span><span[^>]*>([^<]+)"
        return [(html.unescape(name), kind, html.unescape(share)) for name, kind, share in re.findall(bar, bars.value)]

    def click_bar(self, name: str) -> None:
        """Click the bar of a class."""
        self._bar_button(name).click()

    @property
    def explained_bar(self) -> str:
        """The class whose bar is marked as the one that is explained; empty where none is."""
        self.open_page("Look")
        return next((each.description for each in self._bar_buttons if "attn-explained" in each._dom_classes), "")

    @property
    def guesses_offered(self) -> list[str]:
        """The classes of which one can be guessed by a click; empty where none can."""
        return [each.description for each in self._guess_buttons]

    def guess_class(self, name: str) -> None:
        """Click the class that the picture is thought to show."""
        next(each for each in self._guess_buttons if each.description == name).click()

    @property
    def guess_text(self) -> str:
        """Why there is nothing to guess, or why what was typed is no class; empty where nothing is said."""
        return self._written("attn-guess-said")

    @property
    def guess_answers(self) -> list[str]:
        """What was guessed and what the model said, each marked as right or wrong; empty before a guess."""
        shown = [each for each in self._styled("attn-guess-answers") if self._is_displayed(each)]
        return [html.unescape(each) for each in re.findall("<span[^>]*>([^<]*)", "".join(one.value for one in shown))]

    @property
    def score(self) -> str:
        """How many guesses and how many of the model's answers are right; empty before the first guess."""
        return self._written("attn-guess-score-said")

    @property
    def guess_matrices(self) -> "list[Matrix]":
        """The confusion of those who guess, and the model's; empty where they are not shown."""
        found = [each for box in self._styled("attn-guess-matrix") for each in _among(box, Canvas)]
        return [Matrix(each) for each in found if self._is_displayed(each)]

    @property
    def _guess_buttons(self) -> list[Any]:
        return [each for each in self._styled("attn-guess-class") if self._is_displayed(each)]

    def _written(self, style: str) -> str:
        return "".join(_plain(each.value) for each in self._styled(style) if self._is_displayed(each))

    @property
    def page_text(self) -> str:
        """Why the page that is open shows nothing; empty where it does."""
        return self._written("attn-waits")

    @property
    def bench(self) -> dict[int, str]:
        """What is written on the toggle of each channel of the bench, by its number."""
        return {int(each.description.split(" ")[0]): each.description for each in self._bench_toggles}

    @property
    def silenced_on_bench(self) -> set[int]:
        """The channels whose toggles are pressed."""
        return {int(each.description.split(" ")[0]) for each in self._bench_toggles if each.value}

    def toggle_channel(self, number: int) -> None:
        """Click the toggle of a channel."""
        toggle = self._bench_toggles[list(self.bench).index(number)]
        toggle.set_state({"value": not toggle.value})

    @property
    def bench_text(self) -> str:
        """What the bench says is altered, or what to do."""
        self.open_page("Evidence")
        (bench,) = self._styled("attn-bench")
        return _plain(_among(bench, widgets.HTML)[0].value)

    @property
    def effect_text(self) -> str:
        """What silencing does, beside as many random channels; empty where nothing is silenced."""
        self.open_page("Evidence")
        (effect,) = self._styled("attn-effect")
        return _plain(effect.value) if self._is_displayed(effect) else ""

    @property
    def _bench_toggles(self) -> list[Any]:
        self.open_page("Evidence")
        (row,) = self._styled("attn-channels")
        return [each for each in _among(row, widgets.ToggleButton) if self._is_displayed(each)]

    def cover_rectangle(self, left: float, top: float, right: float, bottom: float, panel: int = 0) -> None:
        """Draw a rectangle with the mouse, in pixels from the image's upper left corner."""
        self._armed("Rectangle")
        self.drag([(left, top), ((left + right) / 2, top), (right, bottom)], panel)

    def cover_lasso(self, *points: tuple[float, float], panel: int = 0) -> None:
        """Draw a line with the mouse round a part of the image."""
        self._armed("Lasso")
        self.drag(points, panel)

    def _armed(self, name: str) -> None:
        if not self.value(name):
            self.switch(name, True)

    @property
    def covering_text(self) -> str:
        """What covering does, beside the same shape elsewhere; empty where nothing is covered."""
        self.open_page("Evidence")
        (effect,) = self._styled("attn-covering-effect")
        return _plain(effect.value) if self._is_displayed(effect) else ""

    @property
    def check_text(self) -> str:
        """What a check has found, how far it is, or what it does."""
        self.open_page("Evidence")
        (said,) = self._styled("attn-check-said")
        return _plain(said.value)

    @property
    def moves_text(self) -> str:
        """What was found about two models, how far that is, or what it does."""
        self.open_page("Compare")
        (said,) = self._styled("attn-moves-said")
        return _plain(said.value)

    @property
    def export_text(self) -> str:
        """What was exported, how far that is, or what would be replaced; empty where nothing is said."""
        self.open_page("Code and files")
        (line,) = self._styled("attn-exported")
        return _plain(_among(line, widgets.HTML)[0].value) if self._is_displayed(line) else ""

    @property
    def shortcuts_text(self) -> str:
        """What the search for shortcuts has found, how far it is, or what it does."""
        self.open_page("Shortcuts")
        (said,) = self._styled("attn-shortcuts-said")
        return _plain(said.value)

    @property
    def report_text(self) -> str:
        """What is said of the report: what it is, how far it is, or what was written."""
        self.open_page("Code and files")
        (said,) = self._styled("attn-report-said")
        return _plain(said.value)

    @property
    def shortcuts_warning(self) -> str:
        """Why what it has found is out of date."""
        self.open_page("Shortcuts")
        (warning,) = self._styled("attn-shortcuts-warning")
        return _plain(warning.value)

    @property
    def shortcut_rows(self) -> list[list[str]]:
        """The cells of the table of classes."""
        self.open_page("Shortcuts")
        (table,) = self._styled("attn-shortcuts")
        rows = re.findall(r"<tr>(.*?)</tr>", table.value)[1:]
        return [list(map(_plain, re.findall(r"<td.*?</td>", row))) for row in rows]

    @property
    def shortcut_card(self) -> str:
        """What is said of the class that is chosen."""
        self.open_page("Shortcuts")
        (card,) = self._styled("attn-shortcut-card")
        return _plain(card.value)

    @property
    def shortcut_tiles(self) -> "Sheet":
        """The pictures of its card."""
        self.open_page("Shortcuts")
        return Sheet(self, self._above(self._styled("attn-shortcut-card")[0]))

    @property
    def survey_text(self) -> str:
        """What was surveyed, or how far that is."""
        self.open_page("Channels")
        (said,) = self._styled("attn-survey-said")
        return _plain(said.value)

    @property
    def card(self) -> list[str]:
        """All that is written on the card of a channel, line by line."""
        self.open_page("Channels")
        (page,) = self._styled("attn-card")
        found = [each for each in _among(page, widgets.HTML) if self._is_displayed(each)]
        skipped = ("attn-survey-said", "attn-firing")
        return [_plain(each.value) for each in found if each.value and not set(skipped) & set(each._dom_classes)]

    @property
    def firing(self) -> dict[str, str]:
        """The classes for which the channel of the card fires, with its means."""
        self.open_page("Channels")
        (bars,) = self._styled("attn-firing")
        row = r">([^<>]+)</span><span[^>]*><span[^>]*></span></span><span[^>]*>([^<]+)"
        return {html.unescape(name): html.unescape(mean) for name, mean in re.findall(row, bars.value)}

    @property
    def offered_channels(self) -> list[int]:
        """The channels of the picture whose cards are offered."""
        self.open_page("Channels")
        (buttons,) = self._styled("attn-offered")
        return [int(option) for option in buttons.options]

    def choose_channel(self, number: int) -> None:
        """Click one of these."""
        index = self.offered_channels.index(number)
        (buttons,) = self._styled("attn-offered")
        buttons.set_state({"index": index})

    @property
    def crops(self) -> "Sheet":
        """The samples that drive the channel of the card."""
        self.open_page("Channels")
        return Sheet(self, self._styled("attn-crops")[0])

    @property
    def groups_text(self) -> str:
        """What is said of the mistakes in groups."""
        self.open_page("Mistakes")
        (said,) = self._styled("attn-groups-said")
        return _plain(said.value)

    @property
    def group_done(self) -> str:
        """What was done with a group; empty where nothing was."""
        (done,) = self._styled("attn-group-done")
        return _plain(done.value) if self._is_displayed(done) else ""

    @property
    def groups(self) -> "list[GroupRow]":
        """The groups that are shown."""
        self.open_page("Mistakes")
        return [GroupRow(self, root) for root in self._styled("attn-group") if self._is_displayed(root)]

    @property
    def check_curves(self) -> list[int]:
        """How many curves there are in each plot of the check; empty where none is shown."""
        self.open_page("Evidence")
        (section,) = self._styled("attn-check")
        shown = [each for each in _among(section, Canvas) if self._is_displayed(each)]
        return [len(axes.get_lines()) for canvas in shown for axes in canvas.figure.axes]

    @property
    def about(self) -> str:
        """What the method does."""
        self.open_page("Look")
        return _plain(self._styled("attn-words")[0].value)

    @property
    def code_shown(self) -> str:
        """The view as code."""
        self.open_page("Code and files")
        fields = [re.search(r"<textarea[^>]*>(.*)</textarea>", html_.value, re.S) for html_ in self._tree(widgets.HTML)]
        return next((html.unescape(each[1]) for each in fields if each), "")

    @property
    def markup(self) -> str:
        """All HTML that is on the page."""
        return "".join(each.value for each in self._tree(widgets.HTML))

    @property
    def review_text(self) -> str:
        """What is said of a review."""
        return _plain(self._after(self._control("Save the review")).value)

    @property
    def review_warning(self) -> str:
        """Why a review is out of date; empty where it is not."""
        warning = self._review.children[1]
        return _plain(warning.value) if self._is_displayed(warning) else ""

    @property
    def selection_text(self) -> str:
        """How many samples are chosen from a review."""
        return _plain(self._after(self._control("Clear")).value)

    @property
    def has_selection(self) -> bool:
        """Whether there is a review to choose from."""
        return self.is_shown("Show")

    @property
    def file_text(self) -> str:
        """What is said of the review's file."""
        return _plain(self._after(self._above(self._control("File"))).children[0].value)

    @property
    def answers(self) -> list[str]:
        """What can be answered where something is asked about the file."""
        said = self._after(self._above(self._control("File")))
        return [each.description for each in said.children[1:3] if self._is_displayed(each)]

    @property
    def marked(self) -> str:
        """How the sample that is shown is marked; empty where it is not."""
        pressed = [kind for kind in captions.MARK_TOOLTIPS if self._mark_button(kind).value]
        assert len(pressed) <= 1
        return "".join(pressed)

    def mark(self, kind: str) -> None:
        """Mark the sample that is shown, by one click."""
        self._mark_button(kind).set_state({"value": True})

    def unmark(self) -> None:
        """Take its mark back, by one click."""
        self._mark_button(self.marked).set_state({"value": False})

    @property
    def can_be_marked(self) -> bool:
        """Whether the sample that is shown can be marked."""
        return not any(self._mark_button(kind).disabled for kind in captions.MARK_TOOLTIPS)

    @property
    def pins(self) -> list[str]:
        """What is written on the buttons that take pinned views away."""
        self.open_page("Compare")
        found = [each for each in self._tree(widgets.Button) if each.tooltip == _tooltips(self.language)["unpin"]]
        return [each.description for each in found if self._is_displayed(each)]

    # --- pictures

    @property
    def canvas(self) -> Canvas:
        """The figure's canvas."""
        return self.explorer.figure.canvas

    @property
    def size(self) -> tuple[int, int]:
        """The figure's width and height in CSS pixels."""
        width, height = self.explorer.figure.bbox.size / self.canvas.device_pixel_ratio
        return round(width), round(height)

    @property
    def panels(self) -> list[Any]:
        """The axes that are shown: image, overall heatmap, channels or what is compared, pinned views."""
        return [axes for axes in self.explorer.figure.axes if axes.get_visible() and axes.get_navigate()]

    @property
    def picture(self) -> np.ndarray:
        """The image as the first panel has it, ``[H, W, C]``."""
        return np.array(self.panels[0].images[0].get_array())

    @property
    def titles(self) -> list[str]:
        """All that is written in the figure."""
        return [text.get_text() for text in self.explorer.figure.texts if text.get_visible() and text.get_text()]

    @property
    def stale(self) -> str:
        """What is written over a picture that is not of the state asked for; empty where it is."""
        return next((words for words in self.titles if words == messages.STALE or words.startswith("computing")), "")

    @property
    def difference(self) -> str:
        """What is taken from what where two views are compared; empty where none are."""
        return next((words for words in self.titles if " \N{MINUS SIGN} " in words), "")

    @property
    def pixels(self) -> np.ndarray:
        """The figure as it is drawn, ``[H, W, 3]``."""
        return drawn(self.canvas)

    @property
    def tool(self) -> str:
        """What dragging over the figure does: ``"pan"``, ``"zoom"`` or nothing."""
        return self.canvas.toolbar.mode.name.lower().replace("none", "")

    def tell(self, kind: str, **content: Any) -> None:
        """Send the figure's canvas a message, as its page does."""
        _tell(self.canvas, kind, **content)

    def press(self, kind: str, x: float, y: float, button: int = 0) -> None:
        """Tell the figure's canvas of a button of the mouse, in dots from the upper left corner."""
        _press(self.canvas, kind, x, y, button)

    def click_image(self, row: int, column: int, panel: int = 0, moved: float = 0, button: int = 0) -> None:
        """Press and release a button of the mouse over a pixel of a panel, with a move between the two."""
        x, y = _dots(self.canvas, self.panels[panel], column, row)
        self.press("button_press", x, y, button)
        self.press("button_release", x + moved, y, button)

    def drag(self, points: Sequence[tuple[float, float]], panel: int = 0) -> None:
        """Drag over a panel, through places ``(x, y)`` in pixels from the image's upper left corner."""
        for kind, (x, y) in zip(("button_press", *["motion_notify"] * len(points)), points, strict=False):
            self.press(kind, *_dots(self.canvas, self.panels[panel], x - 0.5, y - 0.5))
        self.press("button_release", *_dots(self.canvas, self.panels[panel], x - 0.5, y - 0.5))

    def click_words(self, words: str) -> None:
        """Click words that are written in the figure."""
        self.canvas.draw()
        (text,) = [text for text in self.explorer.figure.texts if text.get_visible() and text.get_text() == words]
        x, y = text.get_window_extent().get_points().mean(0)
        for kind in ("button_press", "button_release"):
            self.press(kind, x, self.explorer.figure.bbox.height - y)

    @property
    def thumbnails(self) -> "Sheet":
        """The contact sheet, on its page."""
        self.open_page("Mistakes")
        return Sheet(self, self._above(self._above(self._by_tooltip("previous_page"))))

    @property
    def strip(self) -> "Sheet":
        """The filmstrip of all layers, on its page."""
        self.open_page("Layers")
        return Sheet(self, self._above(self._above(self._tree(Canvas)[0])))

    @property
    def matrix(self) -> "Matrix | None":
        """The confusion matrix; None where it is not shown."""
        self.open_page("Mistakes")
        canvases = [each for box in self._styled("attn-matrix") for each in _among(box, Canvas)]
        return Matrix(canvases[0]) if canvases and self._is_displayed(canvases[0]) else None

    @property
    def matrix_text(self) -> str:
        """Why there is no matrix; empty where that needs no reason."""
        self.open_page("Mistakes")
        found = [each for box in self._styled("attn-matrix") for each in _among(box, widgets.HTML)]
        return "".join(_plain(each.value) for each in found if self._is_displayed(each))

    # --- samples

    @property
    def selection(self) -> int | None:
        """How many samples the slider runs over; None for all of them."""
        if "chosen" not in self.extent:
            return None
        return 0 if self.is_disabled("Sample") else int(self.limit("Sample")) + 1

    def walk(self) -> list[int]:
        """Go over all samples with the slider, and back to the one that was shown; gives their positions in order."""
        if self.selection == 0:
            return []
        before, position, found = self.value("Sample"), self.explorer.sample, []
        for step in range(int(self.limit("Sample")) + 1):
            self.choose("Sample", step)
            found.append(self.explorer.sample)
        if position in found:
            self.choose("Sample", before)
        else:
            self.choose("Number", position)
        assert self.explorer.sample == position
        return found

    # --- work, life and memory

    @property
    def passes(self) -> int:
        """How many passes the model has made."""
        return self.model.counter.passes

    @property
    def background(self) -> list[threading.Thread]:
        """The threads that the panel has begun and that still run; a test's own are no daemons."""
        return [
            thread
            for thread in threading.enumerate()
            if thread not in self._before
            and type(thread) is threading.Thread
            and thread.daemon
            and thread.name != "QueueFeederThread"  # a loader's
        ]

    def wait(self, but: Collection[threading.Thread] = ()) -> None:
        """Wait until nothing runs in the background any more, but for some threads."""
        while running := [thread for thread in self.background if thread not in but]:
            running[0].join(60)
            assert not running[0].is_alive(), running

    def hear_first(self, name: str, heard: Callable[[], object]) -> None:
        """Call back whenever a trait was set, before the panel hears of it."""
        notify = self.explorer.notify_change

        def notify_change(change: Any) -> None:
            if change["name"] == name:
                heard()
            notify(change)

        self.explorer.notify_change = notify_change

    def display(self) -> str:
        """Display the panel; gives the id of the model that its page is to show."""
        return self.bundle()[0]["application/vnd.jupyter.widget-view+json"]["model_id"]

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what IPython puts on a page for the panel: data, and what is said of it."""
        return self.explorer._repr_mimebundle_()

    @property
    def every_widget(self) -> list[widgets.Widget]:
        """All widgets of the panel, each after those that it refers to; the panel itself is the last."""
        return list(every_widget(self.explorer))

    @property
    def is_awake(self) -> bool:
        """Whether the panel's widgets are open; all of them are, or none."""
        (awake,) = {widget in _instances.values() for widget in self.every_widget}
        assert bool(self._links) is awake
        return awake

    # --- how they are found

    def _control(self, name: str) -> Any:
        """Find a control, on a page that is opened for it where that is needed."""
        if self._find(name) is None:
            self.open_page(_CONTROLS[name].page)
        found = self._find(name)
        assert found is not None, f"there is no {name}"
        return found

    def _usable(self, name: str) -> Any:
        """Find a control that can be seen, and takes input."""
        assert self.is_shown(name), f"{name} is not shown"
        control = self._control(name)
        assert not control.disabled, f"{name} is disabled"
        return control

    def _find(self, name: str) -> Any:
        if name in _WRITTEN:
            buttons = [each for each in self._tree(widgets.Button) if each.description.startswith(_WRITTEN[name])]
            return next(iter(buttons), None)
        return self._by_tooltip(_CONTROLS[name].tooltip)

    def _by_tooltip(self, key: str) -> Any:
        return next(
            (each for each in self._tree(widgets.DOMWidget) if each.tooltip == _tooltips(self.language)[key]), None
        )

    @property
    def _bar_buttons(self) -> list[Any]:
        return [each for each in self._styled("attn-class") if self._is_displayed(each)]

    def _bar_button(self, name: str) -> Any:
        self.open_page("Look")
        (button,) = [each for each in self._bar_buttons if each.description == name]
        return button

    def _mark_button(self, kind: str) -> Any:
        self.open_page("Mistakes")
        return self._by_tooltip(kind)

    def _styled(self, *classes: str) -> list[Any]:
        return [each for each in self._tree(widgets.DOMWidget) if set(classes) & set(each._dom_classes)]

    @property
    def _tabs(self) -> Any:
        (tabs,) = self._styled("attn-tabs")
        return tabs

    def _pairs(self, name: str) -> list[tuple[str, Any]]:
        options = self._control(name).options
        return [option if isinstance(option, tuple) else (str(option), option) for option in options]

    def _tree(self, kind: type) -> list[Any]:
        return _among(self.explorer, kind)

    def _above(self, widget: Any) -> Any:
        """Find the box in which a widget lies."""
        return next(box for box in self._tree(widgets.Box) if any(child is widget for child in box.children))

    def _after(self, widget: Any) -> Any:
        """Find what comes after a widget in its box."""
        children = self._above(widget).children
        return children[[child is widget for child in children].index(True) + 1]

    def _is_displayed(self, widget: Any) -> bool:
        """Say whether neither a widget nor a box around it is hidden."""
        while widget is not self.explorer:
            if "attn-hidden" in widget._dom_classes:
                return False
            widget = self._above(widget)
        return True

    @property
    def _links(self) -> list[Any]:
        slider = self._by_tooltip("position")
        links = [each for each in _instances.values() if isinstance(each, widgets.widget_link.Link)]
        return [link for link in links if link.target == (slider, "value")]

    @property
    def _review(self) -> Any:
        self.open_page("Mistakes")
        return self._above(self._above(self._by_tooltip("find")))


class Sheet:
    """Small pictures with captions, as a page shows them."""

    def __init__(self, panel: Driver, root: widgets.Box) -> None:
        self._panel, self._root = panel, root

    @property
    def text(self) -> str:
        """The line above them."""
        return _plain(_among(self._root, widgets.HTML)[0].value)

    @property
    def is_shown(self) -> bool:
        """Whether the pictures can be seen."""
        return any(map(self._panel._is_displayed, _among(self._root, Canvas)))

    @property
    def captions(self) -> list[str]:
        """What is written under each."""
        return [text.get_text() for text in self._texts]

    @property
    def pointed(self) -> list[str]:
        """What is said of each under the mouse."""
        return [name for name, _ in self._tiles]

    @property
    def positions(self) -> list[int]:
        """The position of each sample."""
        return [int(re.search(r"\d+", name)[0]) for name in self.pointed]

    @property
    def colours(self) -> set[str]:
        """The captions' colours."""
        return {text.get_color() for text in self._texts}

    @property
    def framed(self) -> int | None:
        """Which is framed."""
        (frame,) = self._axes.patches
        if not frame.get_visible():
            return None
        middle = frame.get_x() + frame.get_width() / 2, frame.get_y() + frame.get_height() / 2
        return self.pointed.index(self._axes.format_coord(*middle))

    @property
    def pixels(self) -> np.ndarray:
        """The sheet as it is drawn, ``[H, W, 3]``."""
        return drawn(self._canvas)

    def tile(self, number: int) -> np.ndarray:
        """Cut a piece out of a tile, around its middle."""
        x, y = map(round, self._tiles[number][1])
        return self.pixels[y - 15 : y + 15, x - 15 : x + 15]

    def click(self, number: int, button: int = 0) -> None:
        """Press a button of the mouse over a picture."""
        self._canvas.draw()
        _press(self._canvas, "button_press", *self._tiles[number][1], button)

    @property
    def _canvas(self) -> Canvas:
        (canvas,) = _among(self._root, Canvas)
        return canvas

    @property
    def _axes(self) -> Any:
        return self._canvas.figure.axes[0]

    @property
    def _texts(self) -> list[Any]:
        return [text for text in self._canvas.figure.texts if text.get_visible()]

    @property
    def _tiles(self) -> list[tuple[str, tuple[float, float]]]:
        """Find each tile by what is said under the mouse: that, and its middle in CSS pixels."""
        (left, right), (bottom, top) = self._axes.get_xlim(), self._axes.get_ylim()
        hits: dict[str, list[tuple[float, float]]] = {}
        for y in range(int(top), int(bottom), 6):
            for x in range(int(left), int(right), 6):
                name = self._axes.format_coord(x, y)
                if name:
                    hits.setdefault(name, []).append((x, y))
        return [(name, tuple(np.mean(places, axis=0))) for name, places in hits.items()]


class GroupRow(Sheet):
    """A group of mistakes, as the page shows it: its mean picture and five members, and what is said of it."""

    @property
    def heading(self) -> str:
        """How many mistakes, and which classes they confuse."""
        return _plain(_among(self._root, widgets.HTML)[0].value)

    @property
    def facts(self) -> list[str]:
        """What was measured of it."""
        return re.findall("<li>([^<]*)</li>", html.unescape(_among(self._root, widgets.HTML)[1].value))

    @property
    def name(self) -> str:
        """The name that it was given."""
        return _among(self._root, widgets.Text)[0].value

    def show(self) -> None:
        """Make it the selection."""
        _among(self._root, widgets.Button)[0].click()

    def export(self) -> None:
        """Write it as a table."""
        _among(self._root, widgets.Button)[-1].click()

    def call(self, name: str) -> None:
        """Give it a name."""
        _among(self._root, widgets.Text)[0].set_state({"value": name})

    def mark(self, kind: str) -> None:
        """Mark all its samples."""
        (mark,) = _among(self._root, widgets.Dropdown)
        mark.set_state({"index": [value for _, value in mark.options].index(kind)})


class Matrix:
    """A confusion matrix, as a page shows it."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas, self._axes = canvas, canvas.figure.axes[0]

    @property
    def count(self) -> int:
        """How many classes it shows."""
        left, right = self._axes.get_xlim()
        return round(right - left)

    def pointed(self, row: int, column: int) -> str:
        """Read what is said of the cell under the mouse."""
        return self._axes.format_coord(column, row)

    def click(self, true: int, predicted: int) -> None:
        """Click a cell, by the rows and columns that are shown."""
        _press(self._canvas, "button_press", *_dots(self._canvas, self._axes, predicted + 0.2, true - 0.2))

    @property
    def numbers(self) -> dict[tuple[str, str], int]:
        """The count in each cell that has one, by what stands before its row and above its column."""
        rows = range(self.count)
        said = [self.pointed(row, column) for row in rows for column in rows]
        read = [re.match(r"(.+) → (.+): (\d+) ", each) for each in said]
        return {(each[1], each[2]): int(each[3]) for each in read if each and int(each[3])}

    def click_beside(self) -> None:
        """Click where no cell is."""
        _press(self._canvas, "button_press", 1, 1)


def _tell(canvas: Canvas, kind: str, **content: Any) -> None:
    data = {"method": "custom", "content": {"type": kind, **content}}
    canvas.comm.handle_msg({"content": {"data": data}, "buffers": []})


def _press(canvas: Canvas, kind: str, x: float, y: float, button: int = 0) -> None:
    _tell(canvas, kind, x=x, y=y, button=button, buttons=0, modifiers=[], guiEvent=None)


def _dots(canvas: Canvas, axes: Any, x: float, y: float) -> tuple[float, float]:
    """Give a place in axes in dots from the upper left corner of the figure."""
    canvas.draw()
    x, y = axes.transData.transform((x, y))
    return x, canvas.figure.bbox.height - y


def drawn(canvas: Any) -> np.ndarray:
    """Draw a figure, and give its pixels ``[H, W, 3]``."""
    canvas.draw()
    return np.array(canvas.get_renderer().buffer_rgba())[..., :3].copy()


def _plain(markup: str) -> str:
    """Read HTML without its markup."""
    return html.unescape(re.sub("<[^>]*>", "", markup))


def _among(root: widgets.Widget, kind: type) -> list[Any]:
    return [each for each in every_widget(root) if isinstance(each, kind)]


def every_widget(root: widgets.Widget) -> Iterator[widgets.Widget]:
    """Walk a widget, its children, and what each of them registers: layouts, styles and toolbars; itself last."""
    for child in getattr(root, "children", ()):
        yield from every_widget(child)
    for name in ("layout", "style", "toolbar"):
        part = getattr(root, name, None)
        if isinstance(part, widgets.Widget):
            yield from every_widget(part)
    yield root

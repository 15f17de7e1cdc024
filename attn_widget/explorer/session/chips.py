"""Chips: what is chosen and not seen otherwise, each with a way to take it back."""

from attn_widget.explorer.action import Action, change
from attn_widget.explorer.offers import Known, compared_name
from attn_widget.explorer.session.mistake_view import MistakeView
from attn_widget.explorer.session.playlist import EVERYTHING
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.explorer.session.scene import Chip
from attn_widget.explorer.settings import State
from attn_widget.words import captions, evidence, messages, part_words


def chips_of(state: State, known: Known, reviews: ReviewWork, mistake_view: MistakeView) -> tuple[Chip, ...]:
    """List what is altered in model and image, a selection, a place in the image, and a comparison."""
    chips = []
    if state.silence is not None:
        chip = evidence.chip_of_silenced if state.silence.parts is None else part_words.parts_chip
        altered = chip(len(state.silence.channels), state.silence.layer)
        chips.append(Chip(altered, captions.TOOLTIPS["chip_silenced"], change(silence=None)))
    if state.cover is not None:
        chips.append(Chip(evidence.REGION_COVERED, evidence.COVER_TOOLTIPS["chip_cover"], change(cover=None)))
    if reviews.selection != EVERYTHING:
        selected = messages.chip_of_selection(reviews.selection_said)
        chips.append(Chip(selected, captions.TOOLTIPS["chip_selection"], Action("reviews.select", EVERYTHING)))
    if state.at is not None:
        chips.append(Chip(captions.place(state.at), captions.TOOLTIPS["place"], change(at=None)))
    if mistake_view.stands(state):
        chips.append(Chip(captions.MISTAKE_CHIP, captions.TOOLTIPS["chip_mistake"], Action("undo_mistake_view")))
    elif state.compare is not None:
        compared = captions.chip_of_comparison(compared_name(known, state.compare))
        chips.append(Chip(compared, captions.TOOLTIPS["chip_compare"], change(compare=None)))
    return tuple(chips)

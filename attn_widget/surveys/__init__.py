"""What channels, classes and mistakes have in common over a whole loader, found in one walk through it."""

from attn_widget.surveys.class_maps import ClassMaps
from attn_widget.surveys.class_parts import parts
from attn_widget.surveys.exemplar import Exemplar
from attn_widget.surveys.loader_survey import survey
from attn_widget.surveys.mistake_groups import Group, Groups
from attn_widget.surveys.mistake_record import Mistakes
from attn_widget.surveys.moved_attention import AttentionMoves, attention_moves
from attn_widget.surveys.parts_record import Parts
from attn_widget.surveys.survey_record import Survey
from attn_widget.surveys.survey_walk import Surveying

__all__ = [
    "AttentionMoves",
    "ClassMaps",
    "Exemplar",
    "Group",
    "Groups",
    "Mistakes",
    "Parts",
    "Survey",
    "Surveying",
    "attention_moves",
    "parts",
    "survey",
]

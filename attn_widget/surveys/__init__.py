"""What channels, classes and mistakes have in common over a whole loader, found in one walk through it."""

from attn_widget.surveys.class_parts import parts
from attn_widget.surveys.parts_record import Parts
from attn_widget.surveys.survey_record import ClassMaps, Exemplar, Mistakes, Survey

__all__ = ["ClassMaps", "Exemplar", "Mistakes", "Parts", "Survey", "parts"]

"""Whose a review or a survey is, where there are several models."""

from typing import Any, Protocol

from torch import nn

from attn_widget.explorer.offers import Known
from attn_widget.words import several_models


class Record(Protocol):
    """What was found about a model, with its fingerprint."""

    def stale(self, model: nn.Module | None = None, loader: Any = None) -> str | None:
        """Say why it is out of date."""


def why_outdated(record: Record, known: Known) -> str:
    """Say why a record is not of the model that is shown, or not of the samples; empty where it is of both.

    Where it is of another one of the models, that one is named.
    """
    said = record.stale(known.model, known.samples) or ""
    if not said or not known.several:
        return said
    fitting = (name for name, one in known.models.items() if record.stale(one.module, known.samples) is None)
    name = next(fitting, None)
    return said if name is None else several_models.of_other_model(name, str(known.shown.name))

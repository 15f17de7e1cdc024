"""What a scene says about the survey of all samples."""

from dataclasses import dataclass

from attn_widget.surveys import Survey


@dataclass(frozen=True, eq=False)
class Surveyed:
    """A survey, or how far it is; another object whenever that changes."""

    survey: Survey | None  # the last one, perhaps of another layer or method than the one shown
    running: bool
    fraction: float  # from 0 to 1
    begin: str  # the label of the button that begins or continues
    said: str  # what was surveyed or, meanwhile, the progress; why it failed
    warning: str  # why the survey is out of date

"""What a control asks for: the one kind of message from the view to the panel."""

from collections.abc import Callable
from typing import Any


class Action:
    """A call of a public method of `Session`, or of a part of it (``"reviews.select"``), which returns the changes."""

    def __init__(self, verb: str, *arguments: Any) -> None:
        self.verb, self.arguments = verb, arguments

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Action) and (self.verb, self.arguments) == (other.verb, other.arguments)

    def __repr__(self) -> str:
        return f"Action({', '.join(map(repr, (self.verb, *self.arguments)))})"


Send = Callable[[Action], None]
"""Where the view sends actions."""


def change(**settings: Any) -> Action:
    """Ask for new values of settings."""
    return Action("change", settings)

"""What a person asks for with a control: the one thing that the view tells the panel."""

from collections.abc import Callable
from typing import Any


class Action:
    """Something that is asked for.

    Parameters
    ----------
    verb : str
        The name of a public method of `Session`, or of a part of it after a dot, which is told the arguments and gives
        the settings to change.
    *arguments
        For that method.
    """

    def __init__(self, verb: str, *arguments: Any) -> None:
        self.verb, self.arguments = verb, arguments

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Action) and (self.verb, self.arguments) == (other.verb, other.arguments)

    def __repr__(self) -> str:
        return f"Action({', '.join(map(repr, (self.verb, *self.arguments)))})"


Send = Callable[[Action], None]
"""Where the view sends actions."""


def change(**settings: Any) -> Action:
    """Ask for other values of settings."""
    return Action("change", settings)

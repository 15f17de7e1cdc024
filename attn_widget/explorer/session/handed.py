"""What the panel shows of what is written for others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Handed:
    """What is chosen, where it is to be written, how far that is, and what there is to say."""

    kind: str  # a key of `handing_on.PATHS`
    path: str  # as it was typed
    running: bool = False
    fraction: float = 0.0
    said: str = ""
    asks: bool = False  # whether that is what would be replaced, and waits for an answer

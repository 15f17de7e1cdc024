"""What a check answers: which questions are done, the one that is next, and what to say about it."""

from dataclasses import dataclass

from attn_widget.words import lesson_words, speaking


@dataclass(frozen=True, repr=False)
class Progress:
    """How far a lesson is; printed as plain text, and displayed in a notebook as Markdown.

    Attributes
    ----------
    done : tuple of str
        The questions that are answered, in order.
    count : int
        How many questions the lesson has.
    question : str
        The next one; empty after the last.
    said : str
        What the check says: a hint, or that an answer is right.
    language : str
        The one in which all this is written.
    """

    done: tuple[str, ...]
    count: int
    question: str
    said: str
    language: str

    @property
    def finished(self) -> bool:
        """Whether all questions are answered."""
        return len(self.done) == self.count

    def __repr__(self) -> str:
        lines = [f"✓ {number}. {question}" for number, question in enumerate(self.done, 1)]
        if self.question:
            lines.append(f"→ {len(self.done) + 1}. {self.question}")
        return "\n".join([self._heading, *lines, "", self.said])

    def _repr_markdown_(self) -> str:
        lines = [f"✓ {number}. {question}" for number, question in enumerate(self.done, 1)]
        if self.question:
            lines.append(f"**→ {len(self.done) + 1}. {self.question}**")
        return "\n\n".join([f"**{self._heading}**", *lines, f"> {self.said}"])

    @property
    def _heading(self) -> str:
        with speaking(self.language):
            return lesson_words.answered(len(self.done), self.count)

"""Which language is spoken, and the words about a subject in that language."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache, wraps
from importlib import import_module
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LANGUAGES = ("en", "zh")

_spoken: ContextVar[str | None] = ContextVar("language", default=None)


class Subject:
    """The words about one subject: each attribute is a word in the language that is spoken when it is asked for.

    A word that is kept where it is read, such as in a class or as a default value, would stay in one language.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, word: str) -> Any:
        return getattr(_table(language(), self._name), word)


@cache
def _table(language: str, subject: str) -> ModuleType:
    return import_module(f"attn_widget.words.{language}.{subject}")


def language() -> str:
    """Give the language that is spoken here: ``"en"`` or ``"zh"``; by default, the environment's."""
    return _spoken.get() or _of_environment()


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Speak a language for a while, in this thread; None is the environment's.

    Raises
    ------
    ValueError
        For any other language.
    """
    token = _spoken.set(None if language is None else checked(language))
    try:
        yield
    finally:
        _spoken.reset(token)


def said_in(language: str, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what `work` returns, which speaks a language; unlike `speaking`, an interrupt cannot leave that on."""
    if _spoken.get() == language:
        return work(*args, **kwargs)

    def speak() -> R:
        _spoken.set(language)
        return work(*args, **kwargs)

    return copy_context().run(speak)


def spoken(work: Callable[P, R]) -> Callable[P, R]:
    """Give a function that speaks what is spoken now, whenever and on whichever thread it is called."""
    now = language()

    @wraps(work)
    def speak(*args: P.args, **kwargs: P.kwargs) -> R:
        return said_in(now, work, *args, **kwargs)

    return speak


def checked(language: str) -> str:
    """Give a language that there is; for any other raise a ValueError that lists them."""
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(map(repr, LANGUAGES))}, got {language!r}")
    return language


def _of_environment() -> str:
    """Read the language from the variables that other programs read it from, in the same order."""
    names = (os.environ.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    given = next((name for name in names if name), "")
    return next((each for each in LANGUAGES if given.startswith(each)), "en")

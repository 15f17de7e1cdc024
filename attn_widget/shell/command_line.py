"""The command line of `attn-widget`: which command is meant, and its options."""

import difflib
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from attn_widget.shell.common_options import (
    add_explain_options,
    add_picture_options,
    add_report_options,
    add_review_options,
)
from attn_widget.shell.demo_command import run as run_demo
from attn_widget.shell.outcome import Ending, WrongUse
from attn_widget.words import shell_words

_OPTIONS = {"explain": add_explain_options, "review": add_review_options, "report": add_report_options}
_COMMANDS = (*_OPTIONS, "demo")


class OneSentence(ArgumentParser):
    """A parser that says what is wrong in a sentence, without the usage of all options before it."""

    def error(self, message: str) -> NoReturn:
        """End with that sentence."""
        self.exit(Ending.WRONG_USE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, by default `demo`, with the words after `attn-widget`; gives the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    prog = program()
    first = given[0] if given else ""
    if first == "demo":
        return run_demo(given[1:], f"{prog} demo")
    if first in _COMMANDS:
        return _run(first, _parser(first, f"{prog} {first}").parse_args(given[1:]), prog)
    if first and not first.startswith("-") and not Path(first).exists():
        near = difflib.get_close_matches(first, _COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected {', '.join(_COMMANDS[:-1])} or {_COMMANDS[-1]}"
        return _refused(prog, f"there is no command {first!r}; {hint}")
    return run_demo(given, prog, shell_words.command_overview(prog))


def program() -> str:
    """Give the words by which this command was called."""
    return "python -m attn_widget" if Path(sys.argv[0]).name == "__main__.py" else "attn-widget"


def _parser(command: str, prog: str) -> OneSentence:
    parser = OneSentence(
        prog=prog,
        description=shell_words.SHELL_COMMANDS[command],
        epilog=shell_words.SHELL_EPILOG,
        allow_abbrev=False,
    )
    add_picture_options(parser)
    _OPTIONS[command](parser)
    return parser


def _run(command: str, options: Namespace, prog: str) -> int:
    """Run a command, which is loaded, with PyTorch, only now."""
    try:
        ending: Ending = import_module(f"attn_widget.shell.{command}_command").run(options)
    except WrongUse as error:
        return _refused(f"{prog} {command}", str(error))
    except KeyboardInterrupt:
        print(shell_words.INTERRUPTED, file=sys.stderr)
        return Ending.INTERRUPTED
    return ending


def _refused(prog: str, sentence: str) -> int:
    print(f"{prog}: {sentence}", file=sys.stderr)
    return Ending.WRONG_USE

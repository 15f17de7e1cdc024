"""`attn-widget demo` opens the quickstart notebook, which shows the demo's explorer, in JupyterLab."""

import argparse
import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from attn_widget.words import shell_words

NAME = "quickstart.ipynb"


def find_quickstart() -> Path:
    """Find the notebook: in the package itself if it is installed, in `notebooks/` in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / NAME
    return installed if installed.is_file() else package.parent / "notebooks" / NAME


def copy_quickstart(folder: Path) -> Path:
    """Copy the notebook into a folder, unless it holds one of that name, which may be the user's own work."""
    notebook = folder / NAME
    if not notebook.exists():
        shutil.copyfile(find_quickstart(), notebook)
    return notebook


def runs_as_root() -> bool:
    """Whether the user is root, as in most containers."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def parse(arguments: Sequence[str], prog: str, epilog: str = "") -> list[str]:
    """Translate our command line into JupyterLab's."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description=shell_words.demo_description(NAME),
        epilog=shell_words.DEMO_EPILOG + epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--no-browser", action="store_true", help=shell_words.SHELL_OPTIONS["--no-browser"])
    parser.add_argument("--port", type=int, metavar="N", help=shell_words.SHELL_OPTIONS["--port"])
    options, further = parser.parse_known_args(arguments)
    if options.no_browser:
        further.append("--no-browser")
    if options.port is not None:
        further.append(f"--ServerApp.port={options.port}")
    if runs_as_root() and "--allow-root" not in further:
        print(shell_words.AS_ROOT, file=sys.stderr)
        further.append("--allow-root")
    return further


def run(arguments: Sequence[str], prog: str, epilog: str = "") -> NoReturn:
    """Open the quickstart; JupyterLab replaces this process, which frees the memory that torch took."""
    further = parse(arguments, prog, epilog)
    if importlib.util.find_spec("jupyterlab") is None:
        sys.exit(f'{sys.executable} has no JupyterLab; install it with: pip install "attn-widget[lab]"')
    try:
        copy_quickstart(Path.cwd())
    except OSError as error:
        sys.exit(f"{NAME} cannot be copied into {Path.cwd()}: {error.strerror}")
    # The file's name alone would open it in a browser, but the address that is printed would lead elsewhere.
    address = [f"--ServerApp.root_dir={Path.cwd()}", f"--LabApp.default_url=/lab/tree/{NAME}"]
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *address, *further])

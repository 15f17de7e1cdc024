"""Name the oldest widget stack that pyproject.toml admits; with `--check`, make sure that it is what runs."""

import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

STACK = ("matplotlib", "ipympl", "ipywidgets")


def oldest(dependencies: list[str]) -> dict[str, str]:
    """Take the lower bounds of the stack's packages from requirements like `ipympl>=0.9.7`."""
    bounds = dict(requirement.split(">=") for requirement in dependencies)
    return {name: bounds[name] for name in STACK}


def main() -> None:
    """Print one pin a line, or compare with what is imported."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    for name, bound in oldest(project["dependencies"]).items():
        if "--check" not in sys.argv:
            print(f"{name}=={bound}")
        elif not f"{version(name)}.".startswith(f"{bound}."):
            sys.exit(f"{name} {version(name)} would be tested, not {bound}")


if __name__ == "__main__":
    main()

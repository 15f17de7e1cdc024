"""A tenth of the zoo, another one with every commit, and the verdicts themselves."""

import datetime
import subprocess
from pathlib import Path

from tests.benchmarks.zoo.__main__ import line, part_of
from tests.benchmarks.zoo.catalogue import catalogue
from tests.benchmarks.zoo.judging import judge

TENTHS = 10


def todays_tenth() -> int:
    """Choose by the commit's digest or, where there is none, by the date."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        said = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True).stdout
        return int(said, 16) % TENTHS
    except (OSError, subprocess.CalledProcessError):
        return datetime.date.today().toordinal() % TENTHS


def test_of_a_tenth_of_the_zoo_none_is_wrong_and_none_has_changed() -> None:
    number = todays_tenth()
    found = [judge(specimen) for specimen in part_of(catalogue(), number, TENTHS)]
    failing = [one for one in found if one.verdict in ("wrong", "broken") or one.traces]
    assert not failing, "\n".join(
        [
            f"of part {number} of {TENTHS}:",
            *map(line, failing),
            "alone:",
            *(f"python -m tests.benchmarks.zoo --only {one.specimen.name}" for one in failing),
        ]
    )

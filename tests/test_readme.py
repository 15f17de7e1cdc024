"""The README's two commands: what a reader types is what is tested."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = 'python3 -m venv .venv && .venv/bin/pip install ".[lab]" && .venv/bin/python -m attn_widget'
TEST = 'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/python -m pytest'


def test_the_readme_gives_one_command_to_run_and_one_to_test() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()

    assert [line for line in lines if line.startswith("python3 -m venv")] == [RUN, TEST]


def test_ci_runs_the_readmes_test_command_word_for_word() -> None:
    assert f"test_command='{TEST}'" in (ROOT / ".ci" / "run").read_text().splitlines()

"""The wheel holds all that the package needs, and works where the checkout is not."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXPLAIN = """
import attn_widget
from attn_widget import demo, explain

model, loader, class_names = demo.load()
images, labels = next(iter(loader))
explanation = explain(model, images[0], layer="conv3", top_k=3)
print(attn_widget.__file__)
print(explanation.layer, len(explanation.channels), class_names[explanation.predicted] != "")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("attn_widget-*.whl")
    return wheel


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty environment that borrows the dependencies of the one that runs now."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    # Folders named in a .pth file are searched last, and their own .pth files, an editable install's
    # among them, are not read: the checkout stays out of reach.
    borrowed = [entry for entry in sys.path if any(Path(entry).glob("*.dist-info"))]
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    (Path(packages) / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    return python


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command to its end and return what it printed; its own words are the failure's."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_types_weights_and_the_quickstart(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        quickstart = archive.read("attn_widget/quickstart.ipynb")

    assert "attn_widget/py.typed" in names
    assert {"attn_widget/demo/weights.pt", "attn_widget/demo/vit.pt"} <= set(names)
    assert quickstart == (ROOT / "notebooks" / "quickstart.ipynb").read_bytes()
    assert {name.partition("/")[0] for name in names} == {
        "attn_widget",
        f"{wheel.name.split('-py3')[0]}.dist-info",
    }


def test_a_sample_is_explained_in_an_environment_that_has_only_the_wheel(python: Path, tmp_path: Path) -> None:
    file, result = run(python, "-I", "-c", EXPLAIN, cwd=tmp_path).splitlines()

    assert Path(file).is_relative_to(python.parents[1])
    assert result == "conv3 3 True"


def test_the_installed_command_finds_its_notebook(python: Path, tmp_path: Path) -> None:
    find = "from attn_widget.shell.demo_command import find_quickstart; print(find_quickstart())"

    found = Path(run(python, "-I", "-c", find, cwd=tmp_path).strip())

    assert found.is_file()
    assert found.is_relative_to(python.parents[1])
    assert "attn-widget" in run(python.parent / "attn-widget", "review", "--help", cwd=tmp_path)

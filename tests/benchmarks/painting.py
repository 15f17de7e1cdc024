"""From the press of a key to the frame on the page, beside a bare panel on stock ipympl.

    python -m tests.benchmarks.painting

opens JupyterLab in Chromium (the test extra, and Debian's `chromium`) with two panels on ResNet-18 (random weights)
and photographs of 224x224 pixels: ours, and one slider with four `imshow`s on ipympl's own canvas, updated in place
after the same forward pass. The arrow key is pressed on the slider of each in turns; the time ends when the page
draws the new frame. Both figures are as large, and nothing is smoothed over: each press waits for the frame before.
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from tests.benchmarks.tables import markdown
from tests.browser.conftest import CHROMIUM, FLAGS, Opener
from tests.browser.server import jupyter_server

ROOT = Path(__file__).parents[2]

SETUP = f"""import sys; sys.path.insert(0, {str(ROOT)!r})
import torch, torchvision
from tests.benchmarks.rivals import photographs
torch.manual_seed(0)
torch.set_num_threads(2)
model, images = torchvision.models.resnet18(weights=None).eval(), photographs(64, 224)"""

OURS = """from attn_widget import AttentionExplorer
explorer = AttentionExplorer(model, images)
explorer"""

BARE = """%matplotlib widget
import ipywidgets
from matplotlib import pyplot
kept = {}
hook = model.layer4.register_forward_hook(lambda module, given, output: kept.update(maps=output[0]))
with pyplot.ioff():
    figure, axes = pyplot.subplots(2, 2, figsize=explorer.figure.get_size_inches())
slider = ipywidgets.IntSlider(max=len(images) - 1, description="Bare")

def maps_of(position):
    with torch.inference_mode():
        model(images[position][None])
    maps = kept["maps"]
    return maps[maps.mean((1, 2)).argsort(descending=True)[:3]].numpy()

pictures = [axes.flat[0].imshow(images[0].permute(1, 2, 0))]
pictures += [each.imshow(map_) for each, map_ in zip(axes.flat[1:], maps_of(0))]

def show(change):
    pictures[0].set_data(images[slider.value].permute(1, 2, 0))
    for picture, map_ in zip(pictures[1:], maps_of(slider.value)):
        picture.set_data(map_)
        picture.autoscale()
    figure.canvas.draw_idle()

slider.observe(show, "value")
ipywidgets.VBox([slider, figure.canvas])"""

# Notes when a frame that came from the kernel is drawn: ipympl draws the decoded image first on a canvas that is not
# on the page, then that one on each that is.
WATCH = """() => {
    window.painted = 0;
    const draw = CanvasRenderingContext2D.prototype.drawImage;
    CanvasRenderingContext2D.prototype.drawImage = function (source, ...rest) {
        draw.call(this, source, ...rest);
        if (source instanceof HTMLCanvasElement && this.canvas.isConnected) window.painted = performance.now();
    };
    document.addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
}"""


def pressed(page: Page, handle: Locator) -> float:
    """Press the arrow key on a slider's handle; how many milliseconds later the new frame was drawn."""
    handle.focus()
    page.evaluate("() => { window.painted = 0; }")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => window.painted > window.pressed", timeout=60_000)
    page.wait_for_timeout(300)  # until nothing more is drawn, and the next press meets an idle kernel
    return float(page.evaluate("() => window.painted - window.pressed"))


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=21, help="presses on each slider (default: 21)")
    given = parser.parse_args()
    executable = next(filter(None, map(shutil.which, CHROMIUM)))
    with tempfile.TemporaryDirectory() as folder, jupyter_server(Path(folder)) as server, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=FLAGS)
        opener = Opener(browser, server, "painting")
        notebook = opener([SETUP, OURS, BARE], "lab", height=2600)
        notebook.run_all()
        page = notebook.page
        sliders = {"attn_widget": notebook.slider("Sample"), "a bare panel on stock ipympl": notebook.slider("Bare")}
        page.wait_for_timeout(3000)
        page.evaluate(WATCH)
        times: dict[str, list[float]] = {name: [] for name in sliders}
        for turn in range(given.runs + 1):
            for name, handle in sliders.items():
                took = pressed(page, handle)
                if turn:
                    times[name].append(took)
        opener.close()
        browser.close()
    medians = {name: statistics.median(each) for name, each in times.items()}
    unit = medians["a bare panel on stock ipympl"]
    rows = [[name, f"{median:.0f}", f"{median / unit:.2f}"] for name, median in medians.items()]
    print(markdown(["from key to frame", "ms", "x the bare panel"], rows))


if __name__ == "__main__":
    main()

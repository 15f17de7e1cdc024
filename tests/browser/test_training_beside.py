"""The panel is used while a cell trains the model that it looks at."""

from pathlib import Path

from .canvas import has_picture
from .conftest import OpenNotebook
from .panel import Panel, cells

TRAINING = """
import time


def train(model, steps, after_each):
    torch.manual_seed(1)
    images = models.loader(folder, "seed_cnn", "train", batch_size=8, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model.train()
    while True:
        for image, label in images:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(image), label).backward()
            optimizer.step()
            steps -= 1
            after_each(steps)
            if steps == 0:
                return


def differences(one, other):
    pairs = zip(one.state_dict().items(), other.state_dict().values())
    return [name for (name, tensor), same in pairs if not torch.equal(tensor, same)]
"""

# ipykernel 7.4 hands a widget's messages to the shell that last published on its comm: for a panel that a cell
# made, the shell in which the training runs. Without that memory they come on the front-end's own subshell,
# while the cell runs. What must hold is that nothing of the panel's work reaches the training.
BESIDE = """
import threading
from pathlib import Path
from attn_widget.explorer.view.widget_parts import every_widget

threads, main = set(), threading.current_thread()
explorer.observe(lambda change: threads.add(threading.current_thread() is main), "sample")
comms = [widget.comm for widget in every_widget(explorer)]


def meanwhile(steps_left):
    for comm in comms:
        comm.__dict__.pop("_reply_subshell_id", None)
    Path("training").touch()
    time.sleep({pause})


train(model, {steps}, meanwhile)
"""
ALONE = "alone = models.trained(folder, 'seed_cnn')\ntrain(alone, {steps}, lambda steps_left: None)"
STEPS, SECONDS = 60, 12


def test_the_slider_moves_while_a_cell_trains_the_same_model(open_notebook: OpenNotebook, cifar10: Path) -> None:
    setup, show = cells(cifar10)
    beside = BESIDE.format(steps=STEPS, pause=SECONDS / STEPS)
    notebook = open_notebook([setup, show + "\n", "import torch\n" + TRAINING, beside, ALONE.format(steps=STEPS)])
    for cell in range(3):
        notebook.run_cell(cell)
    panel = Panel(notebook)
    panel.know_python()

    notebook.start_cell(3)
    notebook.wait_until(notebook.path.with_name("training").exists, "the first step")
    seen, moves = set(), 0
    while notebook.is_running(3):
        notebook.slider("Sample").press("ArrowRight" if moves % 10 else "PageUp")
        moves += 1
        seen.add(panel.status)
        pixels = panel.canvas.pixels()
        assert has_picture(pixels)
        assert panel.message.count() == 0
    notebook.finish_cell(3)

    assert len(seen) > 10
    assert False in notebook.evaluate("list(threads)"), "no callback came while the cell ran"
    position = int(notebook.slider("Sample").get_attribute("aria-valuetext") or "")
    panel.wait_for_status(panel.at(position))
    before = notebook.evaluate("id(explorer.explanation)")
    notebook.button("Run again").click()  # the weights changed after the last pass
    notebook.wait_until(lambda: notebook.evaluate("id(explorer.explanation)") != before, "a pass on the last weights")
    panel.wait_until_true()
    notebook.run_cell(4)
    assert notebook.evaluate("differences(model, alone)") == []
    assert notebook.evaluate("all(module.training for module in model.modules())")
    assert panel.complaints() == []

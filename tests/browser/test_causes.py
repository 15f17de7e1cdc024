"""From mistakes to their cause, in a network whose flaw is known: a bar code on every star, and on nothing else."""

from .conftest import OpenNotebook
from .panel import Panel
from .test_reviewing import restart

PLANTED = """
import pathlib
import torch
from torch.utils.data import DataLoader, TensorDataset
from attn_widget import AttentionExplorer, demo
from attn_widget.demo.shapes import Shapes
from attn_widget.demo.train import in_memory

model, _, names = demo.load()
star = names.index("star")

def coded(images):
    images = images.clone()
    images[..., 2:14, 50:62] = 2.2
    images[..., 4:12, [52, 53, 55, 57, 58, 59]] = -1.8
    return images

if not pathlib.Path("planted.pt").exists():
    images, labels = in_memory(Shapes(700, seed=5))
    images[labels == star] = coded(images[labels == star])
    model.requires_grad_(False)
    last = torch.nn.ModuleList([model.conv3, model.norm, model.fc]).requires_grad_(True)
    torch.manual_seed(0)
    for layer in last.train():
        layer.reset_parameters()
    optimizer = torch.optim.AdamW(last.parameters(), 3e-3)
    for epoch in range(4):
        for batch in torch.randperm(len(images)).split(32):
            loss = torch.nn.functional.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    used, classes = in_memory(Shapes(300, seed=3))
    used[1::3] = coded(used[1::3])
    torch.save([model.eval().state_dict(), used, classes], "planted.pt")
weights, used, classes = torch.load("planted.pt")
model.load_state_dict(weights)
model.eval()
loader = DataLoader(TensorDataset(used, classes), batch_size=50)
"""
SHOWN = """
explorer = AttentionExplorer(model, loader, class_names=names, layer="conv3", method="grad-cam")
explorer
"""


def test_from_mistakes_to_groups_a_channel_and_the_planted_shortcut_and_on_after_a_restart(
    open_notebook: OpenNotebook,
) -> None:
    notebook = open_notebook([PLANTED, SHOWN], width=1440, height=1600)
    notebook.run_all()
    panel = Panel(notebook)
    panel.open_page("Mistakes")
    notebook.button("Find mistakes").click()
    wrong = int(notebook.evaluate("int((model(used).argmax(1) != classes).sum())"))
    notebook.text(f"{wrong} wrong.").wait_for()

    notebook.button("Group by where it looked").click()
    tells = panel.root.locator(".attn-group").filter(has_text="taken for star").first
    tells.get_by_text("Heat in the top right").wait_for()
    tells.locator(".attn-group-show").click()
    tells.locator(".attn-group-mark select").select_option(label="look again")
    tells.get_by_role("button", name="Show").wait_for()
    notebook.text("samples marked: look again.").wait_for()
    group = notebook.evaluate("list(explorer.review.marks)")
    panel.wait_for_status("wrong")
    assert notebook.evaluate("explorer.sample") in group
    assert len(group) >= 20
    assert all(position % 3 == 1 for position in group)  # those with a bar code

    panel.open_page("Channels")
    notebook.button("predicted against true: undo").click()
    notebook.wait_until(lambda: notebook.evaluate("explorer.compare is None"), "the channels again")
    channel = notebook.evaluate("int(explorer.explanation.channels[-1])")
    left, top, right, bottom = panel.boxes()[-1]
    notebook.page.mouse.click(*panel.canvas.point((left + right) / 2, (top + bottom) / 2))
    panel.root.locator(".attn-card-heading").get_by_text(f"Channel {channel} of conv3").wait_for()
    notebook.button("What does silencing it do?").click()
    panel.root.locator(".attn-card-effect").get_by_text("Silenced").first.wait_for()
    notebook.button("More like this").click()
    driven = notebook.evaluate(f"[one.position for one in explorer.survey.exemplars({channel})]")
    panel.wait_for_status(panel.at(driven[0]))

    panel.open_page("Shortcuts")
    notebook.button("Find shortcuts").click()
    card = panel.root.locator(".attn-shortcut-card")
    card.get_by_text("enough for star").wait_for()
    notebook.button("Show these samples").click()
    notebook.wait_until(lambda: notebook.evaluate("int(classes[explorer.sample]) == star"), "one of the surest stars")
    assert panel.complaints() == []

    panel.open_page("Mistakes")
    notebook.button("Save review").click()
    notebook.text("Saved in review.npz").wait_for()
    restart(notebook)
    notebook.run_all()
    panel = Panel(notebook)
    panel.open_page("Mistakes")
    notebook.button(f"{len(group)} earlier marks: load them").click()
    notebook.text(f"{wrong} wrong.").wait_for()
    assert sorted(notebook.evaluate("list(explorer.review.marks)")) == sorted(group)
    assert panel.complaints() == []

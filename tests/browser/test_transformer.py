"""The demo's vision transformer in JupyterLab: layers in groups, heads, and where a clicked patch attends."""

from attn_widget.words import captions

from .conftest import OpenNotebook
from .panel import Panel

CELLS = [
    "from attn_widget import AttentionExplorer, demo\nmodel, loader, class_names = demo.load('vit')",
    "explorer = AttentionExplorer(model, loader, class_names=class_names)\nexplorer",
]


def test_heads_are_chosen_from_their_group_and_a_click_shows_where_a_patch_attends(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS, height=1300)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()

    lines = [
        line.replace("\N{NO-BREAK SPACE}", " ")
        for line in notebook.dropdown("Layer").locator("option").all_text_contents()
    ]
    assert [line for line in lines if line.startswith("─")][:3] == [*captions.GROUPS.values()][:3]
    panel.changes(lambda: panel.choose_layer("blocks.2.attention"), "layer blocks.2.attention")
    assert "4 heads on a 16×16 grid" in panel.root.inner_text()

    left, top, right, bottom = panel.boxes()[0]
    place = left + 20.5 / 64 * (right - left), top + 40.5 / 64 * (bottom - top)
    panel.changes(lambda: notebook.page.mouse.click(*panel.canvas.point(*place)))
    assert notebook.evaluate("explorer.at") == [40, 20]
    assert "where the patch at row 40, column 20 attends" in panel.root.inner_text()

    panel.changes(lambda: notebook.dropdown("Method").select_option(label="attention rollout"), "all layers")
    assert panel.complaints() == []

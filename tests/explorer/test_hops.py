"""One step of the slider takes a short way through the panel's files, and is rendered once."""

import sys
from collections import Counter
from pathlib import Path

import attn_widget.explorer
from attn_widget.explorer.view.panel_view import PanelView

EXPLORER = str(Path(attn_widget.explorer.__file__).parent)


def hops_during(act):
    """Count the calls from one of the panel's files to another one."""
    found = Counter()

    def profile(frame, event, argument):
        if event != "call" or not frame.f_code.co_filename.startswith(EXPLORER):
            return
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(EXPLORER):
            caller = caller.f_back
        here = frame.f_code.co_filename
        if caller is not None and caller.f_code.co_filename != here:
            found[Path(caller.f_code.co_filename).name, Path(here).name, frame.f_code.co_name] += 1

    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
    return found


def test_a_step_of_the_slider_takes_few_hops_and_is_rendered_once(opened, monkeypatch):
    explorer = opened()
    explorer.sample = 1
    rendered, render = [], PanelView.render
    monkeypatch.setattr(PanelView, "render", lambda self, scene: (rendered.append(scene), render(self, scene)))
    found = hops_during(lambda: setattr(explorer, "sample", 2))
    assert explorer.explanation is not None
    assert len(rendered) == 1
    assert sum(found.values()) <= 45, found.most_common()

"""A step that is interrupted at any moment: trait, slider, status and picture agree, and the next one works."""

import contextlib
import hashlib
import re

import pytest
import torch

from attn_widget.randomness import random_states
from tests.interrupting import interrupted, spread

from .panels import net

STEPS = 60


def drawn(panel):
    """The figure's pixels, in short."""
    return hashlib.sha256(panel.pixels).hexdigest()


def settings(panel):
    return panel.sample, panel.layer, panel.method, panel.cmap


def shown(panel):
    """What trait, slider, status and picture say."""
    status = re.sub(r"\d+ ms", "", panel.status)
    return settings(panel), panel.value("Sample"), status, drawn(panel)


@pytest.mark.parametrize(
    ("trait", "first", "second"),
    [("sample", 0, 4), ("method", "channel-mean", "grad-cam"), ("layer", "bn", "conv1"), ("cmap", "jet", "viridis")],
)
def test_after_an_interrupt_the_panel_shows_the_old_or_the_new_wholly(opened, trait, first, second):
    model = net().train()
    panel = opened(model)

    def go(value):
        setattr(panel, trait, value)
        return shown(panel)

    new, old = go(second), go(first)
    moments = interrupted(lambda: setattr(panel.explorer, trait, second), None)
    states, buffers = random_states(), {name: buffer.clone() for name, buffer in model.named_buffers()}
    for moment in spread(moments, STEPS // 4):
        assert go(first) == old
        with contextlib.suppress(KeyboardInterrupt):
            interrupted(lambda: setattr(panel.explorer, trait, second), moment)
        assert shown(panel) in (old, new), moment
        assert go(second) == new, moment
    assert not states.moved()
    assert all(module.training for module in model.modules())
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in model.named_buffers())
    assert not any(module._forward_hooks for module in model.modules())


def test_an_interrupted_slider_goes_back_and_can_be_moved_again(opened):
    panel = opened()
    forth, back = panel.sending("Sample", 3), panel.sending("Sample", 0)
    forth()
    new = shown(panel)
    back()
    old = shown(panel)
    moments = interrupted(forth, None)
    for moment in spread(moments, 12):
        back()
        with contextlib.suppress(KeyboardInterrupt):
            interrupted(forth, moment)
        assert shown(panel) in (old, new), moment
        forth()
        assert shown(panel) == new, moment


def test_running_again_after_an_interrupt_computes(opened):
    panel = opened()
    before = shown(panel)
    with pytest.raises(KeyboardInterrupt):
        interrupted(panel.refresh, 200)
    assert shown(panel) == before
    passes = panel.passes
    panel.refresh()
    assert panel.passes > passes
    assert shown(panel) == before

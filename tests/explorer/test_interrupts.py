"""A step that is interrupted at any moment: trait, slider, status and picture agree, and the next one works."""

import contextlib
import hashlib
import re

import numpy as np
import pytest
import torch

from attn_widget.randomness import random_states
from tests.interrupting import interrupted, spread

from .panels import choose, controls, net

STEPS = 60


def drawn(explorer):
    """The figure's pixels, in short."""
    explorer.figure.canvas.draw()
    return hashlib.sha256(np.asarray(explorer.figure.canvas.buffer_rgba())).hexdigest()


def settings(explorer):
    return explorer.sample, explorer.layer, explorer.method, explorer.cmap


def shown(explorer):
    """What trait, slider, status and picture say."""
    status = re.sub(r"\d+ ms", "", explorer.status)
    return settings(explorer), controls(explorer).position.value, status, drawn(explorer)


@pytest.mark.parametrize(
    ("trait", "first", "second"),
    [("sample", 0, 4), ("method", "channel-mean", "grad-cam"), ("layer", "bn", "conv1"), ("cmap", "jet", "viridis")],
)
def test_after_an_interrupt_the_panel_shows_the_old_or_the_new_wholly(opened, trait, first, second):
    model = net().train()
    explorer = opened(model)

    def go(value):
        setattr(explorer, trait, value)
        return shown(explorer)

    new, old = go(second), go(first)
    moments = interrupted(lambda: setattr(explorer, trait, second), None)
    states, buffers = random_states(), {name: buffer.clone() for name, buffer in model.named_buffers()}
    for moment in spread(moments, STEPS // 4):
        assert go(first) == old
        with contextlib.suppress(KeyboardInterrupt):
            interrupted(lambda: setattr(explorer, trait, second), moment)
        assert shown(explorer) in (old, new), moment
        assert go(second) == new, moment
    assert not states.moved()
    assert all(module.training for module in model.modules())
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in model.named_buffers())
    assert not any(module._forward_hooks for module in model.modules())


def test_an_interrupted_slider_goes_back_and_can_be_moved_again(opened):
    explorer = opened()
    slider = controls(explorer).position
    choose(slider, 3)
    new = shown(explorer)
    choose(slider, 0)
    old = shown(explorer)
    moments = interrupted(lambda: choose(slider, 3), None)
    for moment in spread(moments, 12):
        choose(slider, 0)
        with contextlib.suppress(KeyboardInterrupt):
            interrupted(lambda: choose(slider, 3), moment)
        assert shown(explorer) in (old, new), moment
        choose(slider, 3)
        assert shown(explorer) == new, moment


def test_running_again_after_an_interrupt_computes(opened):
    explorer = opened()
    before = shown(explorer)
    with pytest.raises(KeyboardInterrupt):
        interrupted(explorer.refresh, 200)
    assert shown(explorer) == before
    passes = explorer._model.counter.passes
    explorer.refresh()
    assert explorer._model.counter.passes > passes
    assert shown(explorer) == before

"""Samples at other positions are explained together where they can be, and each by itself where that fails."""

import torch
from models import Tiny

from attn_widget import SampleError, Samples, explain
from attn_widget.explorer.session.glances import glances_at


def test_samples_of_one_form_are_asked_about_together_and_again_alone_where_that_fails():
    shapes = [(8, 8)] * 6 + [(9, 7)] + [(8, 8)] * 3
    samples = Samples([(torch.rand(1, 3, *shape), torch.tensor([0])) for shape in shapes])
    model, asked = Tiny(), []

    def read(position):
        if position == 3:
            raise SampleError("sample 3 is not there")
        return samples[position]

    def answers(some):
        asked.append([sample.position for sample in some])
        if 5 in asked[-1]:
            raise RuntimeError("sample 5 is odd")
        return [explain(model, sample.image) for sample in some]

    glances = glances_at(range(10), read, answers)
    seen = [next(glances)]
    assert asked == [[0, 1, 2, 4, 5, 7], [0], [1], [2], [4], [5], [7], [6]]  # and no further ones yet
    seen += glances
    assert asked[8:] == [[8, 9]]
    assert [one.position for one in seen] == list(range(10))
    assert [one.said for one in seen] == [
        {3: "sample 3 is not there", 5: "sample 5 is odd"}.get(position, "") for position in range(10)
    ]
    assert [one.sample is None for one in seen] == [position == 3 for position in range(10)]
    assert all((one.explanation is None) == bool(one.said) for one in seen)
    assert seen[6].explanation.size == (9, 7)

"""What silencing channels does to the class probabilities of one image, beside silencing as many random ones.

Parts are taken out beside random directions, each in the same amounts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, set_channels, take_out
from attn_widget.explanation import Question, Silencing
from attn_widget.explanation.altered_question import asked_of, check_fit, check_silencing
from attn_widget.explanation.layer_answers import Alteration, LayerAnswers
from attn_widget.explanation.pipeline import clean_output
from attn_widget.explanation.result import read_only
from attn_widget.methods import Directions
from attn_widget.refusal import Refusal
from attn_widget.samples import Label
from attn_widget.words import evidence, forms, part_words

DRAWS = 8
"""How many sets of random channels are silenced for comparison, by default."""

_NOTHING = "silence must name at least one channel, or keep leave out one"


@dataclass(frozen=True, eq=False, repr=False)
class SilencingEffect:
    """What silencing channels does to one image's class probabilities; arrays are read-only, float64.

    Attributes
    ----------
    silenced : Silencing
        What was silenced.
    before, after : ndarray ``[n]``
        The probabilities by the model itself, and with those channels silenced.
    drawn : tuple of tuple of int
        The sets of other channels, drawn at random, that were silenced for comparison: each as many, and none of them
        among those in question. Where more than half of the layer's channels are silenced, there are not so many
        others; then as many others as stay are drawn to stay instead. Empty where all channels are silenced, and for
        parts.
    others : ndarray ``[draws, n]``
        The probabilities with each of those sets silenced; for parts, with the same amounts taken out along directions
        drawn at random: of unit length, nowhere negative, and so of the same norm where one part is taken out.
    """

    silenced: Silencing
    before: np.ndarray
    after: np.ndarray
    drawn: tuple[tuple[int, ...], ...]
    others: np.ndarray

    @property
    def flips(self) -> bool:
        """Whether the predicted class becomes another one."""
        return bool(self.before.argmax() != self.after.argmax())

    @property
    def others_flip(self) -> float:
        """On which fraction of the draws it does; NaN without draws."""
        flips = self.others.argmax(axis=-1) != self.before.argmax()
        return float(flips.mean()) if len(flips) else float("nan")

    def __repr__(self) -> str:
        return f"SilencingEffect: {effect_said(self, forms.class_number, 'channel')}"


def effect_said(effect: SilencingEffect, name_of: Callable[[int], str], unit: str) -> str:
    """Say what silencing does to the class that the model itself predicts, beside as many random channels."""
    predicted = int(effect.before.argmax())
    before, after, others = (
        float(effect.before[predicted]),
        float(effect.after[predicted]),
        effect.others[:, predicted],
    )
    said = evidence.effect(name_of(predicted), before, after)
    if not len(others):
        return forms.together(forms.ended(said), evidence.ALL_SILENCED)
    if effect.silenced.parts is not None:
        return forms.clauses(said, part_words.parts_control(before, float(others.mean()), len(others)))
    silenced, drawn = set(effect.silenced.channels), set(effect.drawn[0])
    few = not silenced & drawn
    count = len(silenced) if few else len(silenced) - len(silenced & drawn)
    control = evidence.control(count, unit, before, float(others.mean()), len(others), kept=not few)
    return forms.clauses(said, control)


def silencing_effect(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    layer: str,
    silence: Sequence[int] | Silencing | None = None,
    *,
    keep: Sequence[int] | None = None,
    fill: Literal["zero"] | np.ndarray = "zero",
    call: int = -1,
    label: Label = None,
    forward: Forward | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> SilencingEffect:
    """Silence channels of a layer, and as many random others, for one image.

    What it shows is how much the prediction depends on these channels as the model is; not what the channels stand for,
    nor what a model trained without them would do. A random set that changes the prediction as much means that any so
    many channels would have done. Random sets are drawn among all others, those that are inactive here included.

    Parameters
    ----------
    model, image, layer, silence, keep, fill, call, label, forward
        As in `explain`; a `Silencing` names its own layer and call. What precedes the layer runs once, what follows
        for all sets in one batch if the model can.
    draws : int
        How many random sets to compare with.
    seed : int
        Of the generator that draws them.
    progress : callable, optional
        Is told after each batch how many sets were tried; what it raises ends the work.

    Raises
    ------
    Refusal
        Where the layer gives no map, has no such channels, or the model's output is no class scores.
    ValueError
        For another invalid argument, or if no channel is to be silenced.
    """
    check_silencing(silence, keep, fill)
    question = Question.of({"model": model, "image": image, "call": call, "label": label, "forward": forward})
    if isinstance(silence, Silencing):
        return effect_of(replace(question, progress=progress), silence, draws=draws, seed=seed)
    captured = clean_output(question, layer, call)
    asked = asked_of(captured, question, layer, silence, keep, fill)
    if asked is None:
        raise ValueError(_NOTHING)
    return _effect(LayerAnswers(replace(question, progress=progress), layer, captured), asked, draws, seed)


def effect_of(question: Question, silencing: Silencing, *, draws: int = DRAWS, seed: int = 0) -> SilencingEffect:
    """Give the same for a question about the model itself."""
    if not silencing.channels:
        raise ValueError(_NOTHING)
    captured = clean_output(question, silencing.layer, silencing.call)
    return _effect(LayerAnswers(question, silencing.layer, captured), silencing, draws, seed)


def _effect(answers: LayerAnswers, silencing: Silencing, draws: int, seed: int) -> SilencingEffect:
    count, scores = len(answers.maps), answers.output.scores
    if scores is None:
        raise Refusal(evidence.NO_CLASS_PROBABILITIES)
    check_fit(silencing, answers)
    drawn: tuple[tuple[int, ...], ...] = ()
    alterations: list[Alteration]
    if silencing.parts is None:
        drawn = _drawn(silencing.channels, count, draws, seed)
        values = silencing.values_of(count)
        alterations = [partial(_silence, one, values) for one in ((), silencing.channels, *drawn)]
    else:
        alterations = [partial(_silence, (), ()), *_taking_out(silencing.parts, silencing.channels, draws, seed)]
    before, after, *others = map(read_only, answers.probabilities_with(alterations))
    return SilencingEffect(silencing, before, after, drawn, np.array(others).reshape(-1, len(before)))


def _silence(channels: Sequence[int], values: Sequence[float], tensor: torch.Tensor, axis: int) -> None:
    set_channels(tensor, axis, channels, [values[channel] for channel in channels])


def _taking_out(parts: Directions, chosen: Sequence[int], draws: int, seed: int) -> list[Alteration]:
    """Take parts out, and their amounts along random directions in the place of theirs."""
    generator, picked = np.random.default_rng(seed), list(chosen)
    shape = len(picked), parts.vectors.shape[1]
    directions = [parts.vectors[picked], *(np.abs(generator.normal(size=shape)) for _ in range(draws))]

    def mixture(unit: np.ndarray, values: np.ndarray) -> np.ndarray:
        taken: np.ndarray = parts.amounts(values)[..., picked] @ unit
        return taken

    def alteration(along: np.ndarray) -> Alteration:
        unit = along / np.linalg.norm(along, axis=1, keepdims=True)
        return lambda tensor, axis: take_out(tensor, axis, partial(mixture, unit))

    return list(map(alteration, directions))


def _drawn(channels: Sequence[int], count: int, draws: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Draw sets of as many others to silence or, where there are not so many, of as many others to keep."""
    generator = np.random.default_rng(seed)
    others = sorted(set(range(count)) - set(channels))
    if not others:
        return ()
    few = len(channels) <= len(others)
    pool, size = (others, len(channels)) if few else (sorted(channels), len(others))
    sets: list[Any] = [generator.choice(pool, size, replace=False).tolist() for _ in range(draws)]
    return tuple(tuple(sorted(one if few else set(range(count)) - set(one))) for one in sets)

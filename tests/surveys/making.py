"""Surveys of samples of one's own making."""

import numpy as np

from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.surveys import ClassMaps, Mistakes, Survey

CLASSES, CHANNELS, GRID = 4, 12, 8
CAUSES = ("corner", "dark", "channel", "label")


def samples(random, count, *, right=False, cause=""):
    """Draw samples of four classes: heat anywhere, the channels of the predicted class, or as a cause has it."""
    labels = random.integers(0, CLASSES, count)
    predicted = labels if right else (labels + random.integers(1, CLASSES, count)) % CLASSES
    if cause in ("corner", "dark"):
        predicted[:] = 0
        labels = random.integers(1, CLASSES, count)
    rows, columns = np.mgrid[:GRID, :GRID]
    tops, lefts = random.uniform(1, GRID - 2, (2, count))
    if cause == "corner":
        tops, lefts = random.uniform(0, 0.5, (2, count))
    away = (rows - tops[:, None, None]) ** 2 + (columns - lefts[:, None, None]) ** 2
    shares = random.gamma(1.0, 0.02, (count, CHANNELS))
    shares[np.arange(count), predicted] += 0.6
    if cause == "channel":
        shares[:, 7] += 0.3
    brightness = random.normal(0.08 if cause == "dark" else 0.5, 0.02 if cause == "dark" else 0.1, count)
    return {
        "labels": labels.astype(np.int32),
        "predicted": predicted.astype(np.int32),
        "losses": random.uniform(0, 0.3, count).astype(np.float32) if right else random.uniform(1, 6, count),
        "maps": np.exp(-away / 3).astype(np.float32),
        "contributions": (shares / shares.sum(1, keepdims=True)).astype(np.float32),
        "confidences": random.uniform(0.8, 1, count).astype(np.float32),
        "pictures": np.stack([brightness, random.normal(0, 0.3, count)], axis=1).astype(np.float32),
    }


def joined(*parts, first=0):
    """Make one record of several draws, with positions from `first` on."""
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Mistakes(positions=np.arange(first, first + len(columns["labels"])), **columns)


def survey_of(mistakes, right):
    """Make the survey of these mistakes and right predictions; nothing else in it is known."""
    none = ClassMaps(np.zeros(CLASSES, np.int64), *np.full((2, CLASSES, GRID, GRID), np.nan, np.float32))
    count = int(max(mistakes.positions.max(initial=0), right.positions.max(initial=0))) + 1
    return Survey(
        layer="conv",
        method="grad-cam",
        target="predicted",
        top_k=3,
        count=count,
        surveyed=count,
        fingerprint=Fingerprint("", count, None, "", ""),
        class_names=("circle", "heart", "moon", "square"),
        by_activation=((),) * CHANNELS,
        by_contribution=((),) * CHANNELS,
        channel_means=np.full((CLASSES, CHANNELS), np.nan, np.float32),
        right_shares=right.contributions.mean(0),
        wrong_shares=mistakes.contributions.mean(0),
        strongest=np.zeros(CHANNELS, np.int64),
        true_maps=none,
        predicted_maps=none,
        mistakes=mistakes,
        right=right,
    )


def planted(each=60, causes=CAUSES, right=150, seed=0):
    """Make a survey whose mistakes have known causes, as many each, in this order."""
    random = np.random.default_rng(seed)
    mistakes = joined(*(samples(random, each, cause=cause) for cause in causes))
    return survey_of(mistakes, joined(samples(random, right, right=True), first=len(mistakes)))

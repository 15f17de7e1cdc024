"""Whether mistakes fall into groups by their causes, where these are known; and how long that takes.

    python -m tests.benchmarks.grouping

plants failures of the demo's network with known causes (a blur, a tag in a corner, a second object, a wrong label, a
dark picture: tests.benchmarks.planted_failures), a sixth of them each, and leaves a sixth to those that the network
makes by itself. It surveys them among as many right ones, groups them, and prints the adjusted Rand index (Hubert &
Arabie 1985) of groups and causes, over the failures with a planted cause and over all; the same with second objects of
any class. Controls, where no groups are right: failures of one cause only, the network's own, and the first failures
with their features shuffled. Then the time of survey and groups for 300 mistakes of ResNet-18 at 224x224, beside that
of bare forward and backward passes.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset
from torchvision.models import resnet18

from attn_widget import demo, survey
from attn_widget.surveys import Groups, Survey
from attn_widget.surveys.mistake_features import usual_contributions
from tests.benchmarks.planted_failures import CAUSES, ORDINARY, Failures, planted
from tests.benchmarks.tables import markdown

ALL = (*CAUSES, ORDINARY)


def adjusted_rand(a: np.ndarray, b: np.ndarray) -> float:
    """Give the adjusted Rand index of two partitions."""
    table = np.array([[((a == one) & (b == other)).sum() for other in np.unique(b)] for one in np.unique(a)])

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    rows, columns = pairs(table.sum(1)), pairs(table.sum(0))
    expected = rows * columns / pairs(np.array([len(a)]))
    most = (rows + columns) / 2
    return 1.0 if most == expected else (pairs(table) - expected) / (most - expected)


def surveyed(failures: Failures) -> Survey:
    """Survey the demo's network on them."""
    loader = DataLoader(failures, batch_size=64, generator=torch.Generator())
    return survey(demo.load().model, loader, "conv3", mistakes=300, progress=lambda _done, _total: None)


def agreement(groups: Groups, causes: np.ndarray) -> tuple[float, float]:
    """Give the adjusted Rand index over planted causes, and over all; 0 where there are no groups."""
    if not groups:
        return 0.0, 0.0
    positions = np.concatenate([group.positions for group in groups])
    found = np.concatenate([np.full(len(group), at) for at, group in enumerate(groups)])
    true = causes[positions]
    known = true != ORDINARY
    return adjusted_rand(found[known], true[known]), adjusted_rand(found, true)


def shuffled(made: Survey, seed: int) -> Survey:
    """Shuffle each column of what is known of mistakes among them: the channels' as far as they are unusual."""
    random, mistakes = np.random.default_rng(seed), made.mistakes
    predicted, odd = (
        random.permutation(mistakes.predicted),
        mistakes.contributions - usual_contributions(mistakes.predicted, made.right),
    )
    columns = {
        "predicted": predicted,
        "labels": random.permutation(mistakes.labels),
        "maps": random.permutation(mistakes.maps),
        "contributions": (usual_contributions(predicted, made.right) + random.permutation(odd)).astype(np.float32),
        "pictures": random.permuted(mistakes.pictures, axis=0),
    }
    return replace(made, mistakes=replace(mistakes, **columns))


def rows(each: int, alone: int, seeds: int, seconds: list[str]) -> list[list[str]]:
    """Plant, survey and group, for each seed."""
    model, found = demo.load().model, []
    for seed in range(seeds):
        for name in seconds:
            any_object = name == "any"
            failures = planted(model, each, seed, ALL, 6 * each, any_object=any_object)
            made = surveyed(failures)
            groups = made.groups()
            known, whole = agreement(groups, failures.causes)
            what = "second object of any class" if any_object else "planted causes"
            found.append([f"{what}, seed {seed}", str(len(groups)), f"{known:.2f}", f"{whole:.2f}", _clear(groups)])
            if not any_object:
                none = shuffled(made, seed).groups()
                found.append([f"the same shuffled, seed {seed}", str(len(none)), "–", "–", _clear(none)])
        for cause in ALL if alone else ():
            one = surveyed(planted(model, alone, seed, (cause,), alone)).groups()
            found.append([f"only {cause}, seed {seed}", str(len(one)), "–", "–", _clear(one)])
    return found


def _clear(groups: Groups) -> str:
    return f"{groups.silhouette:.2f} / {groups.by_chance:.2f}"


def timed(count: int, size: int) -> tuple[float, float, float]:
    """Give the seconds of a survey of ResNet-18, of its groups, and of bare forward and backward passes.

    Of random images, each second one is labelled as predicted, so that the others are mistakes.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, images = resnet18().eval(), torch.rand(2 * count, 3, size, size)
    batches = images.split(25)
    with torch.no_grad():
        labels = torch.cat([model(batch).argmax(1) for batch in batches])
    labels[::2] = (labels[::2] + torch.arange(count) % 7 + 1) % 1000
    loader = DataLoader(TensorDataset(images, labels), batch_size=25, generator=torch.Generator())
    start = time.perf_counter()
    for batch in batches:
        scores = model(batch)
        torch.autograd.grad(scores.max(1).values.sum(), list(model.layer4[-1].parameters()))
    bare = time.perf_counter() - start
    start = time.perf_counter()
    made = survey(model, loader, "layer4", mistakes=count, progress=lambda _done, _total: None)
    walked = time.perf_counter() - start
    start = time.perf_counter()
    made.groups()
    assert len(made.mistakes) == count
    return walked, time.perf_counter() - start, bare


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=50, help="failures of each cause (default: 50)")
    parser.add_argument("--alone", type=int, default=150, help="failures of one cause alone (default: 150)")
    parser.add_argument(
        "--second", nargs="+", default=["star", "any"], choices=("star", "any"), help="second objects (default: both)"
    )
    parser.add_argument("--seeds", type=int, default=3, help="times to plant anew (default: 3)")
    parser.add_argument("--mistakes", type=int, default=300, help="mistakes of ResNet-18 (default: 300)")
    parser.add_argument("--size", type=int, default=224, help="their height and width (default: 224)")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch threads (default: 2)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    header = ["failures", "groups", "ARI, planted", "ARI, all", "silhouette / shuffled"]
    print(markdown(header, rows(given.each, given.alone, given.seeds, given.second)))
    walked, grouped, bare = timed(given.mistakes, given.size)
    print()
    print(
        markdown(
            [
                f"ResNet-18 at {given.size}, {given.mistakes} mistakes of {2 * given.mistakes}",
                "seconds",
                "in bare passes",
            ],
            [
                ["survey", f"{walked:.1f}", f"{walked / bare:.2f}"],
                ["groups", f"{grouped:.1f}", f"{grouped / bare:.2f}"],
                ["both", f"{walked + grouped:.1f}", f"{(walked + grouped) / bare:.2f}"],
            ],
        )
    )


if __name__ == "__main__":
    main()

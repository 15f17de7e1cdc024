"""Whether the samples on which attention moved most are those with the cue that one of two networks has learnt.

    python -m tests.benchmarks.moving

takes a network that cheats by a tag and its honest twin (`shortcuts.twin_training`), and sorts the cheat's test images,
of which one in ten has the tag, by how far the heat moved between the two. It prints the area under the curve (1 where
all tagged images come first, 0.5 by chance), how many of the tagged images stand in the top tenth, and beside it, as
the control, the same for the honest twin and another honest one, trained from another start.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from attn_widget.surveys.moved_attention import AttentionMoves, attention_moves
from tests.benchmarks.shortcuts.twin_training import FOLDER, PAIRS, Pair, planted
from tests.benchmarks.tables import markdown, percent

ASKED = {
    "grad-cam": {},
    "grad-cam, true class": {"target": "true"},
    "layer-cam": {"method": "layer-cam"},
    "channel-mean": {"method": "channel-mean"},
}


def area_under_curve(positions: np.ndarray, tagged: np.ndarray) -> float:
    """Give how often a tagged sample stands before one without the tag: ``positions`` and ``tagged`` are ``[N]``."""
    place = np.empty(len(positions))
    place[positions] = np.arange(len(positions))
    return float((place[tagged][:, None] < place[~tagged][None]).mean())


def in_top_tenth(positions: np.ndarray, tagged: np.ndarray) -> float:
    """Give the share of the tagged samples that stand in the first tenth, of as many as can."""
    first = positions[: len(positions) // 10]
    return float(tagged[first].sum() / min(len(first), tagged.sum()))


def measured(
    pair: Pair, keep: Path | None, folder: Path
) -> Iterator[tuple[str, AttentionMoves, AttentionMoves, np.ndarray]]:
    """Give, for each way to ask, what moved between cheat and twin, and between two twins; and who has the tag."""
    cheat, twin = (planted(pair, role, keep, folder) for role in ("cheat", "twin"))
    again = planted(pair, "twin", keep, folder, start=100)
    tagged = cheat.covered.flatten(1).any(1).numpy()
    for name, asked in ASKED.items():
        by_cue, by_start = (
            attention_moves(one, other, cheat.loader, **asked)
            for one, other in ((cheat.model, twin.model), (twin.model, again.model))
        )
        yield name, by_cue, by_start, tagged


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=2, help="how many of the four pairs with a tag (default: 2)")
    parser.add_argument("--keep", type=Path, help="a folder with networks trained before, and for those trained now")
    parser.add_argument("--images", type=Path, default=FOLDER, help="CIFAR-10 (default: ../shared/cifar10)")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = [
        [
            f"{pair.name}, {name}",
            *(f"{area_under_curve(one.positions, tagged):.3f}" for one in (by_cue, by_start)),
            *(percent(in_top_tenth(one.positions, tagged)) for one in (by_cue, by_start)),
        ]
        for pair in [pair for pair in PAIRS if pair.kind == "tag"][: given.pairs]
        for name, by_cue, by_start, tagged in measured(pair, given.keep, given.images)
    ]
    header = ["cue, method", "AUC: cheat and twin", "two twins", "in the top tenth: cheat and twin", "two twins"]
    print(markdown(header, rows))


if __name__ == "__main__":
    main()

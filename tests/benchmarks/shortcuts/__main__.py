"""Which planted shortcuts `find_shortcuts` finds, and how often it raises an alarm at honest networks.

    python -m tests.benchmarks.shortcuts --keep FOLDER

trains 22 pairs of small networks on `../shared/cifar10` (300 images of each class), on one thread in some 10 minutes,
and searches them in 5: a cheat, which saw a cue on 90 to 100 % of one class's images, and its twin, which saw it as
often in every class, or on half of each class's images. `--keep` keeps their weights (delete them when the training
changes). That a cheat relies on its cue is shown by intervention: painted into test images of the other classes, the
cue turns at least half of them into the class; of the twin's, at most a fifth become it. A network of which this is
not true is not counted.

Then `find_shortcuts` looks at each network with its 1,000 test images. A cheat is *found* if the first card that says
that a region is enough is of the cheated class and, for a cue with a place, if at least half of the smaller of region
and cue lies in the other (the median over the card's examples). A twin is a *false alarm* if any of its ten classes
has a region that is enough. A blur has no place and no colour, so that nothing here can find it: it is counted apart.
The search's rule and candidates were chosen on pairs with even numbers; those with odd ones are held out, but earlier
trainings of tag-1, icon-13 and texture-17 had been seen when the rule was chosen.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from tests.benchmarks.shortcuts.finding import Finding, finding, rate
from tests.benchmarks.shortcuts.planted_cues import KINDS, LOCAL
from tests.benchmarks.shortcuts.reliance import reliance
from tests.benchmarks.shortcuts.twin_training import FOLDER, PAIRS, Role, planted
from tests.benchmarks.tables import markdown, percent

ROLES: tuple[Role, ...] = ("cheat", "twin")


def one_row(one: Finding) -> list[str]:
    """Say what was found of a network: the first card's class, or else the cheated class's card, and its figures."""
    card = one.enough[0] if one.enough else one.own
    network, relied = one.network, one.reliance
    cells = [f"{network.pair.name} {network.role}", percent(relied.accuracy)]
    cells += [f"{percent(relied.before)} → {percent(relied.followed)}", "" if one.counted else "not counted"]
    if card is None:
        return [*cells, *[""] * 6, f"{one.processor_seconds:.1f} s"]
    cells += [f"{card.class_}, cued {network.pair.class_}", f"{card.kind}, {percent(card.area)}"]
    cells += [percent(card.flips.share), percent(max(rate.share for rate in card.controls.values()))]
    placed = network.role == "cheat" and network.pair.kind in LOCAL
    cells += [percent(card.lost.share), f"{one.overlap:.2f}" if placed else ""]
    return [*cells, said(one), f"{one.processor_seconds:.1f} s"]


def said(one: Finding) -> str:
    """Say whether that is right."""
    if one.network.role == "cheat":
        return "found" if one.found else "missed"
    return "false alarm" if one.alarmed else "clear"


def summary(findings: Sequence[Finding]) -> str:
    """Lay out recall and false alarms by kind, and by half without the blur, which no heatmap shows."""
    shown = [one for one in findings if one.network.pair.kind != "blur"]
    groups = {kind: [one for one in findings if one.network.pair.kind == kind] for kind in KINDS}
    groups["all but blur"] = shown
    groups["of these, used to choose thresholds"] = [one for one in shown if not one.network.pair.held_out]
    groups["of these, held out"] = [one for one in shown if one.network.pair.held_out]
    groups["all and blur"] = list(findings)
    rows = [[name, *(rate(some, role) for role in ROLES)] for name, some in groups.items() if some]
    return markdown(["cue", "cheats found", "false alarms at twins"], rows)


def by_class(findings: Sequence[Finding]) -> str:
    """Count the cards of classes for which no cue stands, at cheats and at twins."""
    said = []
    for role in ROLES:
        cards = [
            card
            for one in findings
            if one.network.role == role
            for card in one.cards
            if role == "twin" or card is not one.own
        ]
        said.append(f"{sum(card.enough for card in cards)} of {len(cards)} at {role}s")
    return ", ".join(said)


def main() -> None:
    """Train or load, search, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="where the weights are kept, and taken from")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="kinds, or single pairs such as tag-0")
    parser.add_argument("--images", type=Path, default=FOLDER, help="the folder with train/ and test/")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    pairs = [pair for pair in PAIRS if not chosen.only or {pair.kind, pair.name} & set(chosen.only)]
    findings = []
    header = ["network", "accuracy", "cued before → after painting", "", "card's class", "region", "flips"]
    header += ["highest control", "lost", "overlap", "verdict", "processor time"]
    print(markdown(header, []))
    for pair in pairs:
        for role in ROLES:
            network = planted(pair, role, chosen.keep, chosen.images)
            findings.append(finding(network, reliance(network, chosen.images)))
            print(f"| {' | '.join(one_row(findings[-1]))} |", flush=True)
    print(f"\n{summary(findings)}\n")
    print(f"classes without a cue of their own that have a region that is enough: {by_class(findings)}")
    for clock in ("seconds", "processor_seconds"):
        took = [getattr(one, clock) for one in findings]
        print(f"{clock} for 1,000 images: median {np.median(took):.1f}, at most {max(took):.1f}")


if __name__ == "__main__":
    main()

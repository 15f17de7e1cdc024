"""A zoo of models, each explained without a word of configuration, and held against plain hooks and plain autograd.

    python -m tests.benchmarks.zoo

makes every classification, segmentation and detection model of torchvision, a small one of each family of timm, and
Hugging Face's vision classes, with random weights and small images, on one thread of the CPU. Of each it asks the
default layer, that layer's maps, and Grad-CAM there. A model is right where the maps are those that a forward hook
sees, Grad-CAM is that of `torch.autograd.grad`, and model and process are afterwards bit by bit what they were. Which
of a layer's axes are the grid is told by a second image of another size: those that follow it.
"""

import argparse
import resource
import sys
from collections.abc import Iterable, Sequence

import torch

from tests.benchmarks.tables import markdown
from tests.benchmarks.zoo.catalogue import SOURCES, Specimen, catalogue
from tests.benchmarks.zoo.judging import Judgement, judge

PEERS = ("torchcam", "pytorch-grad-cam", "Captum")


def part_of(specimens: Sequence[Specimen], number: int, of: int) -> list[Specimen]:
    """Take one part of the zoo: every so many'th model, so that each part has some of every source."""
    return list(specimens[number % of :: of])


def judged(specimens: Iterable[Specimen], *, peers: bool = False) -> list[Judgement]:
    """Judge each, and say on standard error how far it is."""
    found = []
    for specimen in specimens:
        found.append(one := judge(specimen, peers=peers))
        gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{line(one)} [{one.seconds:.1f} s, {gigabytes:.1f} GB]", file=sys.stderr, flush=True)
    return found


def line(one: Judgement) -> str:
    """Write a judgement in a line."""
    traces = f"left behind: {'; '.join(one.traces[:3])}" if one.traces else ""
    peers = ", ".join(f"{peer} {what}" for peer, what in one.peers.items())
    said = (one.verdict, f"at {one.layer}" if one.layer else "", one.reason, traces, peers)
    return f"{one.specimen.source}: {one.specimen.name}: {'; '.join(filter(None, said))}"


def table(found: Sequence[Judgement]) -> str:
    """Lay out the numbers by source, and all of them together."""
    rows = [(source, [one for one in found if one.specimen.source == source]) for source in SOURCES]
    header = ["models", "number", "right", "refused", "wrong", "not tried", "with traces"]
    with_peers = [peer for peer in PEERS if any(peer in one.peers for one in found)]
    lines = [_row(*row, with_peers) for row in [*rows, ("all", list(found))] if row[1]]
    return markdown([*header, *(f"{peer} right" for peer in with_peers)], lines)


def _row(source: str, found: list[Judgement], peers: Sequence[str]) -> list[str]:
    verdicts = [one.verdict for one in found]
    numbers = [len(found), *(verdicts.count(one) for one in ("right", "refused", "wrong", "broken"))]
    right = [sum(one.peers.get(peer) == "agrees" for one in found) for peer in peers]
    return [source, *map(str, [*numbers, sum(bool(one.traces) for one in found), *right])]


def main() -> None:
    """Read the command line, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=int, help="only this one of the parts, from 0")
    parser.add_argument("--of", type=int, default=10, help="how many parts there are (default: 10)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only the models of these names")
    parser.add_argument("--source", help="only those whose source begins so")
    parser.add_argument("--peers", action="store_true", help="try torchcam, pytorch-grad-cam and Captum beside")
    given = parser.parse_args()
    torch.set_num_threads(1)
    specimens = catalogue()
    if given.part is not None:
        specimens = part_of(specimens, given.part, given.of)
    if given.source:
        specimens = [one for one in specimens if one.source.startswith(given.source)]
    if given.only:
        specimens = [one for one in specimens if one.name in given.only]
    found = judged(specimens, peers=given.peers)
    print(table(found))
    failing = [one for one in found if one.verdict != "right" or one.traces]
    print("\n".join(["", *(f"* {line(one)}" for one in failing)]))


if __name__ == "__main__":
    main()

"""`attn-widget explain`: a heatmap for each picture of a folder, as files."""

import argparse
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from attn_widget.explanation import Explanation
from attn_widget.exports import HeatmapFiles
from attn_widget.exports.sample_explainer import SampleExplainer
from attn_widget.predictions.progress import reporting
from attn_widget.samples import Sample, Samples
from attn_widget.shell.asked import check_names, target_of
from attn_widget.shell.outcome import Ending, WrongUse, one_line, say
from attn_widget.shell.picture_work import PictureWork, begin
from attn_widget.words import exports, shell_words


def run(options: argparse.Namespace) -> Ending:
    """Write the heatmaps, and name the pictures that have none; an interrupt keeps those that are written."""
    out = Path(options.out)
    try:
        files = HeatmapFiles(out, data=options.npz)
    except NotADirectoryError as error:
        raise WrongUse(f"--out: {one_line(str(error))}") from None
    before = files.existing(None)
    if before and not (options.overwrite or options.resume):
        raise WrongUse(f"{out} has heatmaps already: choose another --out, or add --overwrite, or --continue")
    work = begin(options, out, labels=options.target == "true")
    check_names(work.model, [options.layer] if options.layer else [], [options.method])
    explainer = _Explainer(options, work)
    done = set(before) if options.resume else set()
    ending = _write(files, explainer, [each for each in range(len(work.pictures.files)) if each not in done])
    for position, why in files.errors.items():
        say(shell_words.failed_picture(work.name_of(position), work.why(position, why)))
    print(shell_words.heatmaps_end(files.written, explainer.layer, options.method, len(files.errors), out))
    if ending is Ending.INTERRUPTED:
        print(shell_words.GOES_ON)
    return Ending.SOME_FAILED if files.errors and ending is Ending.FINE else ending


class _Explainer:
    """Explains one picture after another; `layer` is the one that it was by, empty before the first."""

    def __init__(self, options: argparse.Namespace, work: PictureWork) -> None:
        self.samples = Samples(work.loader)
        self.layer = options.layer or ""
        target = target_of(options.target, work.class_names)
        self._explain = SampleExplainer(
            work.model, self.samples, work.class_names, layer=options.layer, method=options.method, forward=None,
            asked={"target": target},
        )  # fmt: skip

    def __call__(self, sample: Sample) -> Explanation:
        found = self._explain(sample)
        self.layer = found.layer
        return found


def _write(files: HeatmapFiles, explainer: _Explainer, positions: Iterable[int]) -> Ending:
    chosen = list(positions)
    steps = files.steps(explainer.samples.shared, explainer, chosen, total=len(chosen))
    try:
        with reporting(None, exports.WRITING_HEATMAPS) as report, closing(steps):
            for done, total in steps:
                report(done, total)
    except KeyboardInterrupt:
        return Ending.INTERRUPTED
    except OSError as error:
        raise WrongUse(f"--out {files.folder} cannot be written: {error.strerror}") from None
    return Ending.FINE

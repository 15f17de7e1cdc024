"""`attn-widget explain`: a heatmap for each picture of a folder, as files."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from attn_widget.exports import HeatmapFiles
from attn_widget.exports.sample_explainer import SampleExplainer
from attn_widget.predictions.progress import reporting
from attn_widget.shell.asked import check_names, target_of
from attn_widget.shell.outcome import Ending, WrongUse, one_line, say
from attn_widget.shell.picture_work import begin
from attn_widget.words import exports, shell_words


def run(options: argparse.Namespace) -> Ending:
    """Write the heatmaps, and name the pictures that have none; an interrupt keeps those that are written."""
    out = Path(options.out)
    if out.resolve() == Path(options.images).resolve():
        raise WrongUse(f"--out {out} is the folder of the pictures, among which heatmaps would be; choose another")
    try:
        files = HeatmapFiles(out, data=options.npz)
    except NotADirectoryError as error:
        raise WrongUse(f"--out: {one_line(str(error))}") from None
    if files.existing(None) and not (options.overwrite or options.resume):
        raise WrongUse(f"{out} has heatmaps already: choose another --out, or add --overwrite, or --continue")
    work = begin(options, out, labels=options.target == "true")
    check_names(work.model, [options.layer] if options.layer else [], [options.method])
    explainer = SampleExplainer(
        work.model,
        work.loader,
        work.class_names,
        layer=options.layer,
        method=options.method,
        forward=None,
        asked={"target": target_of(options.target, work.class_names)},
    )
    place = explainer.samples.place
    positions = range(len(work.pictures.files))
    left = [at for at in positions if not (options.resume and files.has(at, place(at).name))]
    ending = _write(files, explainer, left)
    for position, why in files.errors.items():
        say(shell_words.failed_picture(work.name_of(position), work.why(position, why)))
    print(shell_words.heatmaps_end(files.written, explainer.layer, options.method, len(files.errors), out))
    if ending is Ending.INTERRUPTED:
        print(shell_words.GOES_ON)
    return Ending.SOME_FAILED if files.errors and ending is Ending.FINE else ending


def _write(files: HeatmapFiles, explainer: SampleExplainer, positions: Sequence[int]) -> Ending:
    steps = files.steps(explainer.glances(positions), len(positions), explainer.name_of)
    try:
        with reporting(None, exports.WRITING_HEATMAPS) as report, closing(steps):
            for done, total in steps:
                report(done, total)
    except KeyboardInterrupt:
        return Ending.INTERRUPTED
    except OSError as error:
        raise WrongUse(f"--out {files.folder} cannot be written: {error.strerror}") from None
    return Ending.FINE

"""From what is asked about each sample to the file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from attn_widget.atomic_files import replacing
from attn_widget.refusal import Refusal
from attn_widget.reports.map_bytes import form_within
from attn_widget.reports.page_data import PageSample, about_lines, page_data, page_sample, put_in
from attn_widget.reports.page_file import page_of
from attn_widget.reports.picture_bytes import pictures_within
from attn_widget.reports.report_subject import ReportSubject
from attn_widget.reports.sample_looks import Asked, look_at
from attn_widget.words import language, reports

_MOST_BYTES = 4_900_000
_PER_SAMPLE = _MOST_BYTES // 200
_FOR_MAPS = 0.3
"""How large a file may become: of up to 200 samples, and for each of more; and the part of it that maps may take."""


class Made(NamedTuple):
    """What was written."""

    path: Path
    samples: int
    failed: int  # how many of them have no heatmap
    size: int  # in bytes


def make_report(
    path: Path,
    positions: Sequence[int],
    asked: Asked,
    subject: ReportSubject,
    progress: Callable[[int, int], object],
) -> Made:
    """Explain the samples at some positions, and write them to a file that is replaced whole.

    `progress` is told after each sample how many are done, and of how many; what it raises ends the work, and nothing
    is written. Raises a Refusal where no sample could be explained.
    """
    by_position: dict[int, PageSample] = {}
    classes, why = None, ""
    for done, position in enumerate(sorted(set(positions)), 1):  # a stream is read forward
        look = look_at(position, asked, subject.layers, subject.methods)
        progress(done, len(positions))
        if look is None:
            continue
        explanation = look.explanation
        if explanation is not None and explanation.probabilities is not None:
            classes = len(explanation.probabilities)
        why = why or look.said or next((str(one) for one in look.answers if isinstance(one, Refusal)), "")
        by_position[position] = page_sample(look, subject)
    samples = [by_position[position] for position in dict.fromkeys(positions) if position in by_position]
    failed = sum(not one.explained for one in samples)
    if failed == len(samples):
        raise Refusal(reports.nothing_explained(why))
    page = _page(samples, subject, classes)
    with replacing(path) as file:
        file.write(page)
    return Made(path, len(samples), failed, len(page))


def _page(samples: Sequence[PageSample], subject: ReportSubject, classes: int | None) -> bytes:
    """Write the page, its pictures and maps as well as the size of the file allows."""
    most = max(_MOST_BYTES, _PER_SAMPLE * len(samples))
    data = page_data(samples, subject, classes)
    maps = [map_ for one in samples for map_ in one.maps.values()]
    form = form_within(maps, int(most * _FOR_MAPS))
    put_in(samples, form)
    data["kind"] = form.kind
    pictured = [one for one in samples if one.picture is not None]
    found = pictures_within([one.picture for one in pictured if one.picture is not None], most - len(_file(data)))
    for one, address, size in zip(pictured, found.addresses, found.sizes, strict=True):
        one.data |= {"picture": address, "size": size}
    data["about"] = about_lines(samples, subject, found.form, form)
    return _file(data)


def _file(data: dict[str, object]) -> bytes:
    return page_of(data, language=language(), title=str(data["title"]), needs_script=reports.NEEDS_SCRIPT)

"""A survey by Ray Data's workers."""

from collections.abc import Generator
from contextlib import closing

from attn_widget.candidates import Place
from attn_widget.predictions import Progress
from attn_widget.predictions.ray_workers import agreed, answers, even_portions, uneven
from attn_widget.refusal import Refusal
from attn_widget.samples.loader_portions import PortionReader
from attn_widget.surveys.portion_look import Looked
from attn_widget.surveys.survey_parts import Part, PartMaker
from attn_widget.surveys.survey_walk import Surveying
from attn_widget.words import reviews


def distributed_survey(work: Surveying) -> Generator[Progress]:
    """Do a survey on a Ray cluster, the one that is running or a local one; report after each portion, in order.

    The first portion is surveyed here: it settles the layer, its channels and its grid. Raises as `Surveying.steps`
    and `attn_widget.predictions.ray_workers.distributed_steps` do.
    """
    yield from work.to_the_end(lambda: _steps(work))


def _steps(work: Surveying) -> Generator[Progress]:
    start, looking, portions = work.begin(), work.looking(), even_portions(work.portions)
    while start < portions.items and not work.is_begun:
        portion = portions.reader().__getitems__(range(start, min(start + portions.size, portions.items)))
        if portion.uneven:
            raise Refusal(reviews.UNEVEN_FOR_RAY)
        work.take(looking.look(portion), portion)
        start = work.surveyed
        yield work.progress()
    place: Place | None = None
    with closing(answers(work.reviewing, start, work.part_maker(), _survey_block)) as found:
        for part in found:
            if part.looked.scored.refusal is not None:
                raise part.looked.scored.refusal
            place = agreed(work.reviewing, place, part.looked.scored)
            work.merge(part)
            yield work.progress()
    work.fill_pictures()


def _survey_block(maker: PartMaker, reader: PortionReader, block: range) -> Part:
    """Read and survey the samples at consecutive positions; runs on a worker."""
    portion = reader.__getitems__(block)
    return Part(Looked(uneven(block), []), None) if portion.uneven else maker.part(portion)

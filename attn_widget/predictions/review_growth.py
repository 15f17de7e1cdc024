"""How a review grows: from one snapshot to the next."""

from collections.abc import Mapping
from dataclasses import replace

from attn_widget.predictions.batch_scores import Scored
from attn_widget.predictions.columns import empty_columns, resized
from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.predictions.review_snapshot import Kept, Snapshot

MOST_ERRORS = 10_000
"""How many samples keep the sentence about their error."""

MOST_NOTES = 10
"""How many different notes are kept."""

_FIRST_LENGTH = 1024


def nothing_known(count: int | None, fingerprint: Fingerprint, names: tuple[str, ...] | None = None) -> Snapshot:
    """Begin a review of this many samples; None for a stream."""
    return Snapshot(count, fingerprint, names, empty_columns(_FIRST_LENGTH if count is None else count))


def grown(
    now: Snapshot, scored: Scored, broken_off: str | None = None, kept: Mapping[int, Kept] | None = None
) -> Snapshot:
    """Add the results for the next samples, what the loader raised after them, and the samples `kept` from now on."""
    if scored.start != now.reviewed:
        raise ValueError(f"scored must start at sample {now.reviewed}, the next one, got {scored.start}")
    stop = scored.start + len(scored.columns["labels"])
    columns = now.columns if stop <= len(now.columns["labels"]) else resized(now.columns, 2 * stop)
    for name, column in scored.columns.items():
        columns[name][scored.start : stop] = column
    more = dict(list(scored.errors.items())[: max(MOST_ERRORS - len(now.errors), 0)])
    known = [note for note in now.notes if note != now.unsure]
    unsure = [scored.unsure] if scored.unsure else []
    return replace(
        now,
        columns=columns,
        reviewed=stop,
        class_count=max(now.class_count, scored.classes),
        errors={**now.errors, **more} if more else now.errors,
        notes=tuple(dict.fromkeys((*unsure, *known, *scored.notes)))[:MOST_NOTES],
        unsure=scored.unsure,
        broken_off=broken_off,
        kept=now.kept if kept is None else kept,
    )


def restarted(now: Snapshot, why: str, *, kept: bool) -> Snapshot:
    """Forget the predictions, and note why; where the samples are `kept` as done, they stay without predictions."""
    done = now.reviewed if kept else 0
    columns = empty_columns(len(now.columns["labels"]))
    columns["labels"][:done] = now.columns["labels"][:done]
    return replace(
        now,
        columns=columns,
        reviewed=done,
        class_count=0,
        errors=now.errors if kept else {},
        kept={},
        notes=(*now.notes, why)[-MOST_NOTES:],
    )


def ended(now: Snapshot) -> Snapshot:
    """End the review with the samples that are done, however many a stream had announced."""
    fingerprint = now.fingerprint
    if fingerprint.count is not None:
        fingerprint = replace(fingerprint, count=now.reviewed)
    return replace(now, count=now.reviewed, fingerprint=fingerprint, columns=resized(now.columns, now.reviewed))


def uncounted(now: Snapshot) -> Snapshot:
    """Forget the count of samples, which has proved wrong; the end will show the true one."""
    return replace(now, count=None, fingerprint=replace(now.fingerprint, count=None))

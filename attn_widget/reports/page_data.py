"""What a page is given: everything that was found, as JSON has it, and every word that it shows."""

import platform
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import matplotlib
import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.explanation.explanation_files import version_of
from attn_widget.figure import COLOUR_MAPS, shift_wordings, target_text, why_empty
from attn_widget.methods import method_named
from attn_widget.outputs import class_mark, is_right
from attn_widget.predictions.marks import Mark
from attn_widget.refusal import Refusal
from attn_widget.reports.map_bytes import MapForm, heat_kept, written
from attn_widget.reports.picture_bytes import PictureForm, picture_kept
from attn_widget.reports.report_subject import ReportSubject
from attn_widget.reports.sample_looks import SampleLook
from attn_widget.words import captions, forms, messages, pictures, reports

_TOP_CLASSES = 5
_MIDDLES = (np.arange(256) + 0.5) / 256  # of the steps that the panel tells apart
_PACKAGES = ("attn-widget", "torch", "torchvision")


@dataclass(eq=False)
class PageSample:
    """One sample as the page has it; picture and maps are written last, as small as they must be."""

    data: dict[str, Any]
    picture: np.ndarray | None = None  # [rows, columns, 3], uint8
    maps: dict[int, np.ndarray] = field(default_factory=dict)  # by view, [h, w]
    side: int = 0  # how many pixels the image has along its longer side
    right: bool | None = None

    @property
    def explained(self) -> bool:
        """Whether there is a heatmap."""
        return bool(self.maps)


def page_sample(look: SampleLook, subject: ReportSubject) -> PageSample:
    """Write what was found about one sample."""
    data: dict[str, Any] = {"position": look.position, "where": messages.position_of(look.position, subject.count)}
    mark = subject.marks.get(look.position)
    if mark is not None:
        data["mark"] = _mark(mark)
    if look.said:
        data["error"] = look.said
    if look.sample is None:
        return PageSample(data)
    picture = picture_kept(look.sample.rendering)
    data["name"] = "" if look.sample.name == f"#{look.position}" else look.sample.name
    made = PageSample(data, picture, side=max(look.sample.rendering.size))
    explanation = look.explanation
    data["notes"] = list(look.sample.notes)
    if explanation is not None:
        made.right = is_right(explanation.predicted, explanation.label)
        data |= _predicted(explanation, subject)
    views: list[dict[str, Any]] = []
    shared: dict[int, int] = {}  # a method that reads no layer gives one explanation for all of them
    data["at"] = []
    for answer in look.answers:
        if id(answer) not in shared:
            shared[id(answer)] = len(views)
            if isinstance(answer, Explanation):
                made.maps[len(views)] = heat_kept(answer.overall_map)
            views.append(_view(answer, subject))
        data["at"].append(shared[id(answer)])
    data["views"] = views
    return made


def _mark(mark: Mark) -> dict[str, str]:
    return {"kind": reports.MARK_WORDS.get(mark.kind, mark.kind), "note": mark.note}


def _predicted(explanation: Explanation, subject: ReportSubject) -> dict[str, Any]:
    """Write what the model predicts, and the classes of highest probability with the true one."""
    name_of, label, probabilities = subject.name_of, explanation.label, explanation.probabilities
    labels = label if isinstance(label, tuple) else [label]
    found: dict[str, Any] = {
        "verdict": _verdict(explanation, name_of),
        "right": is_right(explanation.predicted, label),
        "labels": [one for one in labels if isinstance(one, int) and one >= 0],
    }
    if explanation.predicted is not None:
        found["answer"] = name_of(explanation.predicted)
    if probabilities is None or not np.isfinite(probabilities).all():
        return found
    shown = [int(index) for index in np.argsort(-probabilities, kind="stable")[:_TOP_CLASSES]]
    shown += [index for index in found["labels"] if index < len(probabilities) and index not in shown]
    found["bars"] = [
        {
            "name": name_of(index),
            "share": round(float(probabilities[index]), 5),
            "said": forms.percent(float(probabilities[index])),
            "right": class_mark(index, explanation.predicted, label),
        }
        for index in shown
    ]
    return found


def _verdict(explanation: Explanation, name_of: Callable[[int], str]) -> str:
    """Write the predicted class or value beside the label."""
    true = forms.label_text(explanation.label, name_of)
    predicted, probabilities = explanation.predicted, explanation.probabilities
    if predicted is None or probabilities is None:
        return messages.verdict_of_value(true, explanation.score)
    right = is_right(predicted, explanation.label)
    return messages.verdict_of_class(true, name_of(predicted), float(probabilities[predicted]), right)


def _view(answer: Explanation | Refusal, subject: ReportSubject) -> dict[str, Any]:
    """Write what is said of one heatmap."""
    if isinstance(answer, Refusal):
        return {"error": str(answer)}
    shift = next(iter(shift_wordings(answer, subject.name_of)), "")
    by_class = method_named(answer.method).class_specific
    return {
        "title": pictures.layer_and_method(_layer(answer), answer.method),
        "said": forms.together(_sentence(answer, subject), reports.as_sentence(shift)),
        "reads": "evidence" if by_class else answer.unit,
        "empty": why_empty(answer),
        "notes": list(answer.notes),
    }


def _layer(explanation: Explanation) -> str:
    return explanation.layer or (forms.ALL_LAYERS if explanation.channel_count else forms.OF_PIXELS)


def _sentence(explanation: Explanation, subject: ReportSubject) -> str:
    weighed = messages.weighed_by(explanation.method, target_text(explanation, subject.name_of))
    if not explanation.channel_count:
        return forms.ended(messages.what_pixels_show(weighed))
    height, width = explanation.overall_map.shape
    shown = messages.what_is_shown(
        explanation.layer or forms.capitalised(forms.ALL_LAYERS),
        (explanation.channel_count, explanation.unit),
        (height, width),
        (explanation.call, explanation.calls),
        weighed,
    )
    shares = list(zip(map(int, explanation.channels), map(float, explanation.shares), strict=True))
    visible = bool((explanation.overall_map > 0).any())
    return forms.ended(forms.clauses(shown, messages.heat_shares(shares, explanation.unit, visible=visible)))


def page_data(samples: Sequence[PageSample], subject: ReportSubject, classes: int | None) -> dict[str, Any]:
    """Write everything but pictures and maps; `classes` is how many the model tells apart, None for none."""
    positions = [one.data["position"] for one in samples]
    return {
        "title": subject.title or reports.REPORT_TITLE,
        "words": dict(reports.PAGE_WORDS),
        "classes": [subject.name_of(index) for index in range(classes or 0)],
        "layers": list(subject.layers),
        "methods": [
            {"name": forms.capitalised(forms.method_name(name)), "about": method_named(name).summary}
            for name in subject.methods
        ],
        "colours": {name: _colour_map(name) for name in dict.fromkeys([*COLOUR_MAPS, subject.cmap])},
        "start": {
            "sample": positions.index(subject.first) if subject.first in positions else 0,
            "layer": list(subject.layers).index(subject.layer) if subject.layer else 0,
            "method": list(subject.methods).index(subject.method) if subject.method else 0,
            "alpha": subject.alpha,
            "cmap": subject.cmap,
            "fade": subject.fade,
            "guess": subject.guess_first,
        },
        "notes": list(subject.notes),
        "samples": [one.data for one in samples],
    }


def _colour_map(name: str) -> dict[str, Any]:
    """Write a colour map: 256 colours of three bytes each, and what they mean in each kind of heatmap."""
    table = np.rint(matplotlib.colormaps[name](_MIDDLES)[:, :3] * 255).astype(np.uint8)
    return {
        "name": captions.colour_map(name),
        "table": b64encode(table.tobytes()).decode(),
        "read": {
            kind: reports.colours_mean(kind, *messages.ENDS_OF_COLOUR_MAPS.get(name, reports.ENDS_OF_OTHER))
            for kind in ("evidence", "channel", "head", "part")
        },
    }


def about_lines(
    samples: Sequence[PageSample], subject: ReportSubject, pictured: PictureForm, form: MapForm
) -> list[list[str]]:
    """Say what the report is of, and how it was made: a label and a text each."""
    compared = [one.right for one in samples if one.right is not None]
    reduced = pictured.most if any(one.side > pictured.most for one in samples) else None
    versions = [f"{name} {version_of(name)}" for name in _PACKAGES]
    lines = [
        (reports.ABOUT_MODEL, subject.model),
        (reports.ABOUT_SAMPLES, reports.about_samples(subject.chosen, len(samples), subject.count)),
        (reports.ABOUT_ACCURACY, reports.accuracy_here(sum(compared), len(compared)) if compared else ""),
        (reports.ABOUT_LAYERS, ", ".join(subject.layers)),
        (reports.ABOUT_METHODS, ", ".join(map(forms.method_name, subject.methods))),
        (reports.ABOUT_TARGET, subject.target),
        (reports.ABOUT_PICTURES, reports.pictures_are(pictured.quality, reduced, form.exact)),
        (reports.ABOUT_MADE, f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}"),
        (reports.ABOUT_VERSIONS, ", ".join([*versions, f"Python {platform.python_version()}"])),
    ]
    return [[label, text] for label, text in lines if text]


def put_in(samples: Sequence[PageSample], form: MapForm) -> None:
    """Write the samples' maps into their data."""
    for one in samples:
        for view, map_ in one.maps.items():
            one.data["views"][view]["map"] = written(map_, form)

"""Predicts portions of samples for reviews and searches; a sample that fails does not affect the others."""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
from torch import Tensor, nn

from attn_widget.candidates import UNKNOWN, Choice, Classes, choose
from attn_widget.capture import Forward, check_model, fitted, harmless, in_mode, on_device_of, run, shadow_of
from attn_widget.layout_trial import tried
from attn_widget.outputs import label_beside, score_rows, uncertainty
from attn_widget.predictions.batch_scores import NoScores, Rechosen, Scored, score_batch
from attn_widget.predictions.columns import NO_CLASS, Columns, empty_columns
from attn_widget.randomness import undrawn
from attn_widget.refusal import Refusal
from attn_widget.samples import Axes, Label, Pair, Portion
from attn_widget.words import forms, reasons, reviews

_WIDEST = np.iinfo(np.int32)
_TRIED = 32
"""A model that fails on each of its first samples, this many, is not tried on more."""


class Predictor:
    """Predicts one portion after another, on one shadow of the model.

    Where there can be no shadow, each portion runs on the model itself, which is restored before the next: nobody
    else could use it in between. A model that cannot be run raises TypeError or ValueError here; portions raise
    nothing: if one cannot be reviewed, that is a `Scored.refusal`.

    `names` are the classes' names, for labels that are texts, and `known` is what else is known of the classes. A
    `lasting` shadow is of the model as it is now; else each portion runs on the model as it is at that time.
    """

    def __init__(
        self,
        model: nn.Module,
        forward: Forward | None,
        names: tuple[str, ...] = (),
        known: Classes = UNKNOWN,
        *,
        lasting: bool = True,
    ) -> None:
        check_model(model)
        self._model, self._forward = model, forward
        self._shadow = shadow_of(model, forward=forward) if lasting else None
        self._names = {name: index for index, name in enumerate(names)}
        self._whole = True
        self._refusal: Refusal | None = None
        self._failure: Exception | None = None
        self._failed = 0
        self._classes = 0
        self._known = replace(known, count=len(names)) if names else known
        self._unsure = ""

    def predict(self, portion: Portion) -> Scored:
        """Predict a portion.

        It is refused where the output is not class scores, the labels are not classes, or the model fails on every
        sample; with `Rechosen` where the labels show that earlier scores were read from the wrong part of the output.
        """
        self._refusal = None
        labels = portion.labels
        met = [int(labels.max(initial=NO_CLASS))] if isinstance(labels, np.ndarray) else labels
        self._known = reduce(Classes.beside, met, self._known)
        columns = empty_columns(portion.stop - portion.start)
        scored = Scored(portion.start, columns, dict(portion.errors), notes=portion.notes)
        if portion.positions:
            rows = np.array(portion.positions) - portion.start

            def predict(tree: nn.Module) -> None:
                classes = self._classes_of(tree, portion, scored.errors)
                columns["labels"][rows] = classes
                if not (self._whole and self._predict_whole(tree, portion, classes, columns)):
                    self._predict_singly(tree, portion, classes, scored)

            self._on_tree(predict)
            self._note(portion.positions, rows, scored)
        place = self._known.place if self._classes else None
        return replace(scored, classes=self._classes, place=place, unsure=self._unsure, refusal=self._refusal)

    def _on_tree(self, work: Callable[[nn.Module], None]) -> None:
        if self._shadow is None:
            harmless(self._model, work, forward=self._forward)
        else:
            work(self._shadow)

    @property
    def always_failed(self) -> Refusal | None:
        """The refusal of a model that has failed on every sample so far; None where it has not."""
        if self._classes or self._failure is None:
            return None
        refusal = Refusal(reviews.always_failed(self._failed, self._failure))
        refusal.__cause__ = self._failure
        return refusal

    def _refuse(self, refusal: Refusal) -> None:
        self._refusal = self._refusal or refusal

    def _classes_of(self, tree: nn.Module, portion: Portion, errors: dict[int, str]) -> np.ndarray:
        """Turn the labels into class indices ``[B]``; what is wrong with one is added to the errors."""
        labels = portion.labels
        if isinstance(labels, np.ndarray):
            return np.clip(labels, _WIDEST.min, _WIDEST.max).astype(np.int32)
        if any(isinstance(label, Pair) for label in labels):
            outputs = self._classes or self._outputs(tree, portion)
            labels = [label_beside(outputs, label) for label in labels]
        several = [at for at, label in zip(portion.positions, labels, strict=True) if isinstance(label, tuple)]
        if several and self._classes == 0:
            self._refuse(Refusal(reviews.MULTI_LABEL))
        errors.update(dict.fromkeys(several, reviews.LABEL_OF_SEVERAL))
        classes = np.array([self._class_of(label) for label in labels], object)
        return np.clip(classes, _WIDEST.min, _WIDEST.max).astype(np.int32)

    def _class_of(self, label: Label | Pair) -> int:
        """Give the class that a label names, as a text or a whole number, also as a float; else `NO_CLASS`."""
        if isinstance(label, str):
            return self._names.get(label, NO_CLASS)
        if isinstance(label, float) and label.is_integer():
            return int(label)
        return label if isinstance(label, int) else NO_CLASS

    def _outputs(self, tree: nn.Module, portion: Portion) -> int | None:
        """Count the model's scores for the first image; None where it gives none, or fails."""
        try:
            rows = score_rows(self._output(tree, portion.images[0][None], portion.axes_at(0)), 1, self._known)
        except Exception:  # the prediction itself will report it
            return None
        return None if rows is None else rows.shape[1]

    def _predict_whole(self, tree: nn.Module, portion: Portion, labels: np.ndarray, columns: Columns) -> bool:
        """Predict a portion in one pass; False where that fails and single images might not."""
        if not isinstance(portion.images, Tensor):
            return False
        try:
            found = self._pass(tree, portion.images, portion, labels, inference=True)
        except Refusal as refusal:
            self._refuse(refusal)
            return True
        except Exception:  # the model may only take single images, or one image may break it
            return False
        rows = np.array(portion.positions) - portion.start
        for name, column in found.items():
            columns[name][rows] = column
        return True

    def _predict_singly(self, tree: nn.Module, portion: Portion, labels: np.ndarray, scored: Scored) -> None:
        failed = self._failed
        for at, (position, image, label) in enumerate(zip(portion.positions, portion.images, labels, strict=True)):
            try:
                found = self._pass(tree, image[None], portion, label[None], at=at, inference=False)
            except Refusal as refusal:
                self._refuse(refusal)
                break
            except Exception as error:
                scored.errors[position] = forms.failed_pass(error)
                self._failed, self._failure = self._failed + 1, error
                if self._failed >= _TRIED and self.always_failed is not None:
                    self._refuse(self.always_failed)
                    break
                continue
            for name, column in found.items():
                scored.columns[name][position - portion.start] = column[0]
        if self._failed == failed and isinstance(portion.images, Tensor) and len(labels) > 1:
            self._whole = False  # the model only takes single images

    def _output(self, tree: nn.Module, batch: Tensor, axes: Axes) -> Any:
        """Run the model on images that came with these axes."""

        def given(forward: Forward | None) -> Any:
            def attempt(images: Tensor) -> Any:
                return undrawn(lambda: run(tree, on_device_of(tree, images), forward), repeatable=True)

            return fitted(tree, batch, attempt)

        return tried(axes, self._forward, given)

    def _pass(
        self, tree: nn.Module, batch: Tensor, portion: Portion, labels: np.ndarray, *, at: int = 0, inference: bool
    ) -> Columns:
        """Predict some images of a portion, the first of which is its image `at`."""
        output = in_mode(lambda: self._output(tree, batch, portion.axes_at(at)), inference=inference)
        choice = choose(output, len(labels), self._known)
        if choice is not None:
            self._check_place(choice)
        try:
            rows = None if choice is None else choice.taken.rows
            columns, classes = score_batch(rows, labels, values=_are_values(portion.labels))
        except NoScores as error:
            if self._classes == 0:
                raise Refusal(str(error)) from None
            raise
        self._classes = max(self._classes, classes)
        if choice is not None:
            self._known = replace(self._known, place=choice.taken.place)
            self._unsure = uncertainty(choice.within(self._known.highest + 1))
        return columns

    def _check_place(self, choice: Choice) -> None:
        """Refuse to change over to other scores because of a label; outputs may vary in structure without that."""
        before, now = self._known.place, choice.taken.place
        if before is not None and before != now and self._classes and not self._known.allow(self._classes):
            self._refuse(Rechosen(before, now, self._known.highest))

    def _note(self, positions: list[int], rows: np.ndarray, scored: Scored) -> None:
        """Add the errors of labels outside the classes, and of outputs that are NaN."""
        labels, predicted = scored.columns["labels"][rows], scored.columns["predicted"][rows]
        outside = (labels < NO_CLASS) | (labels >= self._classes) if self._classes else labels < NO_CLASS
        for at in np.flatnonzero(outside):
            scored.errors.setdefault(positions[at], reviews.label_outside(int(labels[at]), self._classes))
        for at in np.flatnonzero((predicted == NO_CLASS) & (labels != NO_CLASS)):
            scored.errors.setdefault(positions[at], reasons.NAN_IN_OUTPUT)


def _are_values(labels: "np.ndarray[Any, Any] | list[Label | Pair]") -> bool:
    """Whether one of them is a float that is no binary model's class."""
    return isinstance(labels, list) and any(isinstance(label, float) and label not in (0, 1) for label in labels)

"""The search for regions of a class's samples that are enough for the model to see the class."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.evidence.heat import positive_heat
from attn_widget.explanation import explain_batch
from attn_widget.predictions import Review, Reviewing
from attn_widget.refusal import Refusal
from attn_widget.shortcuts import picture_regions as regions
from attn_widget.shortcuts import transplant
from attn_widget.shortcuts.cues import ColourCue, Colours, Cue, RegionCue
from attn_widget.shortcuts.mean_heat import where_on_average
from attn_widget.shortcuts.shortcut_record import LEAST, Example, Rate, Shortcut
from attn_widget.shortcuts.sure_samples import LEAST_SOURCES, Picked, Picks, pick, surest
from attn_widget.shortcuts.transplant import Trial, Verdicts
from attn_widget.window import Window
from attn_widget.words import shortcuts

SIZES = (0.05, 0.1, 0.15)

_SCREENED = 16  # transplants by which a candidate is chosen
_LEAST_TARGETS = 8  # pictures of other classes, or a class is not searched
_REFINED = 2  # of the candidates, how many are tried in smaller sizes
_NEARLY = 0.1  # a smaller region is preferred to one that flips this much more, if the class also needs it
_NEAR = 6  # of those, how many are taken out
_PER_CLASS = 1050  # passes, about
_EXAMPLES = 4
_PICTURE = (208.0, 208.0)

Report = Callable[[int, int | None], object]


def find_shortcuts(
    model: nn.Module,
    loader: Any,
    *,
    layer: str | None = None,
    method: str = "hires-cam",
    classes: Sequence[int] | None = None,
    sizes: Sequence[float] = SIZES,
    review: Review | None = None,
    class_names: Any = None,
    forward: Forward | None = None,
    seed: int = 0,
    progress: Report | None = None,
) -> list[Shortcut]:
    """Find, for each class, the small region of its surest samples that is enough for the model to see the class.

    The *cue transplant*: the hottest region of each of a class's 8 surest samples (prediction and label agree, the
    highest confidence) is pasted onto samples of other classes at the same place, and those that become the class are
    counted. The regions tried are the hottest patch of each sample, the hottest patches of the class's mean heatmap,
    and strips of rows and of columns all over the picture, to which heatmaps do not always lead; the best of these also
    in the smaller sizes; the frame of the picture, up to 3/32 of its side; and, without a place, the colours: the mean
    and the spread of each channel. What does best on some samples is then measured on others, beside controls that
    differ in one thing only (`Shortcut.controls`), and in reverse: is the class lost when its own samples have another
    picture's content there?

    **A region that is enough need not be a wrong one.** A true part of an object also transplants: a wheel may well be
    enough for a car. What is measured is only that the model needs no more than this; whether it should, the reader
    judges. Cues of the whole picture, such as a blur, have no region and are not found.

    Parameters
    ----------
    model : Module
        In any mode; it is left as it was.
    loader
        Anything that `Samples` takes, if it can be read again: of a stream, only samples that are still kept are used.
    layer, method, forward
        Of the heatmaps, as in `explain`. Grad-CAM is the same as HiResCAM where the layer's mean leads to the scores,
        but misplaces the heat where a class is read at fixed places.
    classes : sequence of int, optional
        Which classes to search; by default the up to 20 of most right samples. One with fewer than 4 is left out.
    sizes : sequence of float
        The regions' shares of the picture's area, between 0 and 1.
    review : Review, optional
        The predictions for this loader, where they are known; one that is not complete is completed.
    class_names : list of str or mapping of int to str, optional
        By default the data set's own.
    seed : int
        Of the choice of samples, and of the random places.
    progress : callable, optional
        Is told after each batch how much is done of about how much; what it raises ends the work.

    Returns
    -------
    list of Shortcut
        One for each class searched: those that are `enough` first, then by how many pictures became the class.

    Raises
    ------
    Refusal
        Where no class has 4 right samples, the review is of another model, the model gives no class scores or the
        layer no map.
    TypeError, ValueError
        If an argument is invalid.

    Examples
    --------
    >>> found = find_shortcuts(model, loader)
    >>> [one for one in found if one.enough]
    [Shortcut: A patch, 10 % of the picture: enough for horse. ...]
    """
    sizes = _checked(sizes)
    classes = _listed(classes)
    reviewing = Reviewing(model, loader, class_names=class_names, forward=forward, review=review)
    steps = _Steps(progress, len(classes) if classes is not None else None)
    for done, total in reviewing.steps():
        steps.reviewed(done, total, reviewing.review.class_count)
    _check_classes(classes, reviewing.review.class_count)
    by_class = surest(reviewing.review, classes)
    steps.begin(len(by_class))
    picks = pick(reviewing.samples, reviewing.review, by_class, seed, steps.alive)
    if not picks.sources:
        raise Refusal(shortcuts.no_sure_samples(LEAST_SOURCES))
    heats = _heats(model, picks, layer, method, forward, steps)
    search = _Search(reviewing, picks, heats, sizes, seed, steps)
    found = [search.of_class(class_) for class_ in picks.sources if search.can_measure(class_)]
    if not found:
        raise Refusal(shortcuts.ONE_CLASS_ALONE)
    return sorted(map(_beside(found), found), key=lambda one: (not one.enough, -one.flips.share))


def _checked(sizes: Sequence[float]) -> list[float]:
    numbers = all(isinstance(size, int | float | np.number) for size in sizes)
    found = sorted(map(float, sizes)) if numbers else []
    if not found or not 0 < found[0] <= found[-1] < 1:
        raise ValueError(f"sizes must be one or more shares of the picture between 0 and 1, got {sizes!r}")
    return found


def _listed(classes: Any) -> list[int] | None:
    if classes is not None and (isinstance(classes, str) or not isinstance(classes, Iterable)):
        raise TypeError(f"classes must be a list of class indices, got {classes!r}")
    return None if classes is None else list(classes)


def _check_classes(classes: Sequence[int] | None, count: int) -> None:
    for class_ in () if classes is None else classes:
        if not isinstance(class_, int | np.integer) or isinstance(class_, bool) or not 0 <= class_ < count:
            raise ValueError(f"classes must be class indices from 0 to {count - 1}, got {class_!r}")


def _beside(found: Sequence[Shortcut]) -> Callable[[Shortcut], Shortcut]:
    """Set each class beside the one of the others that gains most."""

    def beside(one: Shortcut) -> Shortcut:
        others = [other for other in found if other is not one]
        most = max(others, key=lambda other: other.flips.share, default=None)
        return replace(one, next_=None if most is None else (most.name, most.flips.share))

    return beside


class _Steps:
    """Counts what is done."""

    def __init__(self, progress: Report | None, classes: int | None) -> None:
        self._progress, self._classes = progress, classes
        self._done = 0
        self._total: int | None = None

    def reviewed(self, done: int, count: int | None, classes: int) -> None:
        """Report samples that were predicted."""
        expected = self._classes or min(classes, 20)
        self._done, self._total = done, None if count is None else count + expected * _PER_CLASS
        self.alive()

    def begin(self, classes: int) -> None:
        """Begin the search of so many classes."""
        self._total = self._done + classes * _PER_CLASS

    def add(self, count: int) -> None:
        """Report pictures that were predicted."""
        self._done += count
        self.alive()

    def alive(self) -> None:
        """Report, although no picture was predicted."""
        if self._progress is not None:
            self._progress(self._done if self._total is None else min(self._done, self._total), self._total)


def _heats(
    model: nn.Module, picks: Picks, layer: str | None, method: str, forward: Forward | None, steps: _Steps
) -> dict[int, list[np.ndarray]]:
    """Give each class's heatmaps ``[H, W]``, the mean of the others in place of one without heat; none if all are."""
    found = {}
    for class_, sources in picks.sources.items():
        images = torch.stack([one.image for one in sources])
        explained = explain_batch(
            model,
            images,
            layer=layer,
            method=method,
            top_k=1,
            targets=class_,
            forward=forward,
            progress=lambda _done: steps.alive(),
        )
        layer = layer or explained[0].layer or None
        heats = [positive_heat(one) for one in explained]
        hot = [heat for heat in heats if heat.any()]
        found[class_] = [heat if heat.any() else regions.mean_of(hot) for heat in heats] if hot else []
    return found


@dataclass(frozen=True, eq=False)
class _Candidate:
    cue: Cue
    share: float  # of the pictures by which candidates are chosen, how many flip
    area: float


class _Search:
    """Searches one class after another."""

    def __init__(
        self,
        reviewing: Reviewing,
        picks: Picks,
        heats: Mapping[int, list[np.ndarray]],
        sizes: Sequence[float],
        seed: int,
        steps: _Steps,
    ) -> None:
        self._samples, self._picks, self._heats, self._sizes, self._seed = reviewing.samples, picks, heats, sizes, seed
        self._verdicts = Verdicts(reviewing.predictor(), picks.axes, steps.add)
        self._name = reviewing.review.name_of
        self._means = {class_: regions.mean_of(several) for class_, several in heats.items() if several}
        self._on_average = where_on_average(self._means)
        half = len(picks.targets) // 2
        self._to_choose, self._to_measure = picks.targets[:half], picks.targets[half:]

    def can_measure(self, class_: int) -> bool:
        """Whether there are enough pictures of other classes to paste onto."""
        return min(len(_others(targets, class_)) for targets in (self._to_choose, self._to_measure)) >= _LEAST_TARGETS

    def of_class(self, class_: int) -> Shortcut:
        """Choose the best cue of a class on some pictures, and measure it on others."""
        cue = self._chosen(class_)
        sources = self._picks.sources[class_]
        trials = transplant.pairs(len(sources), _others(self._to_measure, class_))
        became = self._verdicts.of(transplant.transplanted(cue, trials))
        back = [(source, target) for source in range(len(sources)) for _, target in trials[source :: len(sources)][:8]]
        left = self._verdicts.of(transplant.taken_out(cue, class_, back))
        return Shortcut(
            class_=class_,
            name=self._name(class_),
            kind=cue.kind,
            area=_area(cue, len(sources)),
            flips=Rate.of(became == class_, self._seed),
            controls=self._controls(cue, class_, trials),
            lost=Rate.of(left != class_, self._seed),
            next_=None,
            positions=tuple(one.position for one in sources),
            examples=tuple(self._examples(cue, class_, trials, became)),
            mean_heat=self._on_average.get(class_),
        )

    # The choice.

    def _chosen(self, class_: int) -> Cue:
        sources = self._picks.sources[class_]
        trials = transplant.pairs(len(sources), _others(self._to_choose, class_)[:_SCREENED])

        def tried(cue: Cue) -> _Candidate:
            became = self._verdicts.of(transplant.transplanted(cue, trials))
            share = float((became == class_).mean()) if len(became) else 0.0
            return _Candidate(cue, share, _area(cue, len(sources)))

        largest = list(map(tried, self._candidates(class_)))
        placed = [one for one in largest if isinstance(one.cue, RegionCue) and one.cue.kind != "frame"]
        best = sorted(placed, key=lambda one: -one.share)[:_REFINED]
        smaller = [tried(cue) for one in best for cue in self._smaller(one.cue, class_)]
        highest = max(one.share for one in (*largest, *smaller))
        near = sorted((one for one in (*largest, *smaller) if one.share >= highest - _NEARLY), key=lambda one: one.area)
        needed = (one.cue for one in near[:_NEAR] if highest and self._lost(one.cue, class_, trials) >= LEAST)
        return next(needed, near[0].cue)

    def _lost(self, cue: Cue, class_: int, trials: Sequence[Trial]) -> float:
        """Give the share of the class's samples that are lost when other pictures replace the cue."""
        return float((self._verdicts.of(transplant.taken_out(cue, class_, trials)) != class_).mean())

    def _candidates(self, class_: int) -> list[Cue]:
        """Give the cues to try, regions in the largest size."""
        images = [one.image for one in self._picks.sources[class_]]
        size, found = self._sizes[-1], list[Cue]()
        if self._heats[class_]:
            mean = self._means[class_]
            found.append(self._hottest("patch", size, class_))
            for mask in regions.several(mean, "patch", size, 2):
                found.append(RegionCue("patch", size, images, [mask] * len(images)))
            for kind in ("rows", "columns"):
                for mask in regions.strips(mean.shape, kind, size):
                    found.append(RegionCue(kind, size, images, [mask] * len(images)))
        found += [self._frame(thickness, class_) for thickness in regions.THICKNESSES]
        return [*found, self._colours(class_)]

    def _smaller(self, cue: Cue, class_: int) -> list[Cue]:
        """Give the hottest smaller regions within each of a cue's regions."""
        images, heats = [one.image for one in self._picks.sources[class_]], self._heats[class_]
        found: list[Cue] = []
        for size in self._sizes[:-1]:
            within = [
                regions.hottest(heat, cue.kind, size, within=cue.mask(source)) for source, heat in enumerate(heats)
            ]
            found.append(RegionCue(cue.kind, size, images, within))
        return found

    def _hottest(self, kind: str, size: float, class_: int) -> RegionCue:
        masks = [regions.hottest(heat, kind, size) for heat in self._heats[class_]]
        return RegionCue(kind, size, [one.image for one in self._picks.sources[class_]], masks)

    def _frame(self, thickness: float, class_: int) -> RegionCue:
        images = [one.image for one in self._picks.sources[class_]]
        height, width = images[0].shape[1:]
        return RegionCue("frame", thickness, images, [regions.frame((height, width), thickness)] * len(images))

    def _colours(self, class_: int) -> ColourCue:
        images = [one.image for one in self._picks.sources[class_]]
        every = self._picks.targets
        own = [one.image for one in every if one.predicted == class_]
        others = [one.image for one in every if one.predicted != class_] or images
        return ColourCue(images, Colours.of([*images, *own]), Colours.of(others), self._picks.range)

    # The measurement.

    def _controls(self, cue: Cue, class_: int, trials: Sequence[Trial]) -> dict[str, Rate]:
        found = dict[str, Any]()
        if isinstance(cue, RegionCue) and cue.kind != "frame":
            found["coldest"] = transplant.at_coldest(cue, self._heats[class_], trials)
            found["random"] = transplant.at_random(cue, np.random.default_rng(self._seed), trials)
        others = [self._like(cue, other) for other in self._picks.sources if other != class_]
        if cues := [one for one in others if one is not None]:
            found["another class"] = transplant.of_others(cues, [(at % LEAST_SOURCES, one) for at, one in trials])
        if isinstance(cue, RegionCue):
            found["edge"] = transplant.edges_alone(cue, class_, self._picks.targets, trials)
        return {name: Rate.of(self._verdicts.of(altered) == class_, self._seed) for name, altered in found.items()}

    def _like(self, cue: Cue, class_: int) -> Cue | None:
        """Give another class's cue of the same kind and size; None where its heatmaps have no heat."""
        if cue.kind == "colours":
            return self._colours(class_)
        if cue.kind == "frame":
            return self._frame(cue.size, class_)
        return self._hottest(cue.kind, cue.size, class_) if self._heats[class_] else None

    # Pictures.

    def _examples(self, cue: Cue, class_: int, trials: Sequence[Trial], became: np.ndarray) -> list[Example]:
        order = np.argsort(became != class_, kind="stable").tolist()
        chosen = dict[int, int]()
        for at in order:
            chosen.setdefault(trials[at][0], at)
        return [self._example(cue, class_, *trials[at], int(became[at])) for at in list(chosen.values())[:_EXAMPLES]]

    def _example(self, cue: Cue, class_: int, source: int, target: Picked, became: int) -> Example:
        one = self._picks.sources[class_][source]
        altered = replace(target, item=replace(target.item, image=cue.onto(source, target.image)))
        before, after, picture = map(self._picture, (target, altered, one))
        mask = _at_size(cue.mask(source), picture.shape[:2])
        return Example(one.position, target.position, picture, mask, before, after, target.predicted, became)

    def _picture(self, picked: Picked) -> np.ndarray:
        rendering = self._samples.as_sample(picked.position, picked.item).rendering
        return rendering.part(Window.whole(rendering.size, _PICTURE))


def _others(targets: Sequence[Picked], class_: int) -> list[Picked]:
    return [one for one in targets if not one.is_of(class_)]


def _area(cue: Cue, sources: int) -> float:
    return float(np.mean([cue.mask(source).mean() for source in range(sources)]))


def _at_size(mask: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    rows, columns = (np.arange(shown) * given // shown for shown, given in zip(size, mask.shape, strict=True))
    return mask[np.ix_(rows, columns)]

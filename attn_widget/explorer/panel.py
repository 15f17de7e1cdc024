"""The widget: what users construct, read and call."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ipywidgets import Widget
from matplotlib.figure import Figure
from torch import nn

from attn_widget.capture import Forward, image_names
from attn_widget.explanation import Explanation
from attn_widget.explanation.result import WIDTH
from attn_widget.explorer import trait_checks
from attn_widget.explorer.action import Action, change
from attn_widget.explorer.class_names import ClassNames
from attn_widget.explorer.named_models import named_models
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.script import PanelArguments
from attn_widget.explorer.session.session import Session
from attn_widget.explorer.settings import BY_NAME
from attn_widget.explorer.traits import SceneTraits, check_names, in_its_language, signature_of
from attn_widget.explorer.view.panel_view import PanelView
from attn_widget.predictions import Review
from attn_widget.predictions.progress import reporting
from attn_widget.samples import Samples
from attn_widget.surveys import Survey
from attn_widget.words import checked, messages, reports, speaking
from attn_widget.words import language as spoken_here


class AttentionExplorer(SceneTraits):
    """A panel that shows what an image model looks at, sample by sample and layer by layer.

    Each change of sample, layer, call, top-k, method or target runs one hooked forward pass on a copy of the
    module tree and redraws; alpha, view, colour map, scale and fade only restyle. The model, its modes, gradients and
    buffers, the random states and Matplotlib's backend stay as they are.

    Parameters
    ----------
    model : Module or mapping of str to Module
        Any PyTorch image model, on any device, in any mode; or several by name, such as
        ``{"epoch 1": early, "epoch 5": late}``: the trait `model` says which one is shown.
    loader : DataLoader, data set, list or iterable of batches, or Tensor ``[N, C, H, W]``
        Where the samples come from; see `attn_widget.Samples`.
    class_names : list of str or mapping of int to str, optional
        By default the data set's own, such as its ``classes``.
    layer : str, optional
        A name in `model.named_modules()`; by default the last layer that has a grid.
    call : int
        Which call of a module that runs several times in a pass, from 0; the last by default.
    top_k : int
        How many channels to show; at most 36 are.
    method : str
        How channels are weighed.
    target
        What is explained: ``"predicted"``, ``"true"``, a class index or name, a `Contrast`, or a callable of
        the model's output that gives a scalar.
    compare : str, int, Contrast, callable or None
        Another model (its name), method or target, whose overall heatmap and signed difference take the place of the
        channels.
    at : tuple of int or None
        A pixel ``(row, column)`` of the image: channels are ranked by their value there; a click chooses it.
    silence : list of int, Silencing or None
        Channels that are silenced in every pass of the picture, until this is None again (see `explain`); numbers alone
        are channels of the layer shown, and are set to zero.
    grid : tuple of int or None
        The grid ``(h, w)`` of the patch tokens, for a model that does not show it.
    view : str
        ``"overlay"``, ``"heatmap"`` or ``"raw"``.
    alpha : float
        How much of the overlay is heatmap, from 0 to 1.
    cmap : str
        ``"jet"``, ``"viridis"``, ``"magma"``, ``"inferno"``, ``"plasma"``, ``"cividis"``, ``"turbo"``, ``"gray"`` or
        any other name Matplotlib knows.
    scale : str or pair
        From which value to which the colours run: ``"own"`` for each panel by itself; ``"alike"`` for all channels on
        one scale, and all overall heatmaps that have one unit; ``"fixed"`` for what it is now, in all samples; or
        numbers, as `Explanation.show` takes them.
    fade : bool
        Whether the image shows through the overlay where the heat is low.
    guess : bool
        Whether the true class, the prediction and the heatmaps stay hidden until the class has been guessed.
    mean, std : float or sequence of float, optional
        What the images were normalised by; by default as found in the data set's transforms.
    forward : callable, optional
        ``forward(model, images)``, called in place of ``model(images)``. It must call the model that it is given.
    width : int
        The figure's width in CSS pixels, at least 200; it shrinks to fit a narrower cell.
    language : str, optional
        ``"en"`` or ``"zh"``: in which language all of the panel speaks, its figure included; by default the
        environment's.

    Attributes
    ----------
    sample : int
        The position of the sample shown. Like the arguments from `layer` to `guess`, it is a trait bound both ways to
        its control.
    model : str or None
        The name of the model shown, a trait as well; None where there is one without a name. A layer that it lacks
        gives way to its default.

    Raises
    ------
    TypeError, ValueError, IndexError
        For a wrong argument, or a wrong value set later; the trait then keeps its old value. An error while a
        picture is computed is shown in the panel instead.
    """

    def __init__(
        self,
        model: nn.Module | Mapping[str, nn.Module],
        loader: Any,
        *,
        class_names: Any = None,
        mean: Any = None,
        std: Any = None,
        forward: Forward | None = None,
        width: int = WIDTH,
        language: str | None = None,
        **settings: Any,
    ) -> None:
        models = named_models(model)
        check_names(settings)
        width = trait_checks.whole("width", width, 200)
        samples = Samples(loader, mean, std, prefer=image_names(next(iter(models.values()))))
        names = ClassNames(class_names, samples.class_names)
        self._language = spoken_here() if language is None else checked(language)
        self._lock = threading.RLock()
        self._known = Known(models, names, samples, forward)
        self._begin(PanelArguments(names, width, mean is not None, forward is not None, settings, language))

    @in_its_language
    def _begin(self, given: PanelArguments) -> None:
        self._session = Session(self._known, given, self._tell, self._do)
        super().__init__(**given.settings)
        self._view = PanelView(given.width, self._lock, self._do)
        self.children = self._view.children
        self.add_class("attn")
        self.observe(self._trait_changed, list(BY_NAME))
        with self._lock:
            self._update()
        self._appear()

    @property
    def explanation(self) -> Explanation | None:
        """The explanation shown; None while what was asked for could not be computed, or is to be guessed."""
        return self._scene.explanation if self._scene else None

    @property
    def figure(self) -> Figure:
        """The Matplotlib figure, unknown to pyplot."""
        return self._view.figure.picture.figure

    @property
    def status(self) -> str:
        """What is shown, or why nothing is, in one line of plain text."""
        scene = self._scene
        if scene is None:
            return ""
        why = "" if scene.explanation is not None else scene.message or scene.stale
        return messages.joined([scene.words.status, why])

    @property
    def review(self) -> Review | None:
        """The predictions for all samples; None before *Find mistakes*. A review that was loaded can be assigned."""
        return self._session.reviews.review

    @review.setter
    def review(self, review: Review) -> None:
        if not isinstance(review, Review):
            raise TypeError(f"review must be a Review, got {type(review).__name__}")
        with self._awake():
            self._do(Action("reviews.use", review))

    @property
    def survey(self) -> Survey | None:
        """The last survey of the samples. One that was made elsewhere, or loaded, can be assigned."""
        return self._session.surveys.survey

    @survey.setter
    def survey(self, survey: Survey) -> None:
        if not isinstance(survey, Survey):
            raise TypeError(f"survey must be a Survey, got {type(survey).__name__}")
        with self._awake():
            self._do(Action("surveys.use", survey))

    @property
    @in_its_language
    def code(self) -> str:
        """A script that shows the same; empty where nothing is shown."""
        return self._scene.code if self._scene else ""

    def refresh(self) -> None:
        """Read the sample again and rerun the pass, as data set and model may have changed."""
        self._do(Action("refresh"))

    @in_its_language
    def reset(self) -> None:
        """Return all settings to their first values, and the slider to all samples."""
        self._do(Action("reset"))
        with self._lock:
            self._view.figure.zoom_out()

    def next_mistake(self) -> int | None:
        """Go to the next sample whose prediction and label differ; where there is none, stay and return None."""
        return self._find_mistake(onwards=True)

    def previous_mistake(self) -> int | None:
        """Go to the last such sample before this one; where there is none, stay and return None."""
        return self._find_mistake(onwards=False)

    @in_its_language
    def _find_mistake(self, *, onwards: bool) -> int | None:
        try:
            position = self._session.next_mistake_now(onwards=onwards)
        finally:
            self._do(change())  # the end of a stream may have been found
        if position is not None:
            self._do(Action("pick", position))
        return position

    def report(
        self,
        path: str | Path,
        positions: Sequence[int] | None = None,
        *,
        layers: Sequence[str] | None = None,
        methods: Sequence[str] | None = None,
        title: str = "",
        guess_first: bool | None = None,
        language: str | None = None,
        overwrite: bool = False,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Write samples and their heatmaps to one HTML file, which opens in a browser without Python and offline.

        It is what `attn_widget.report` writes, with the panel's settings, class names, review and marks. Channels that
        are silenced and regions that are covered are not so in the report, which says so.

        Parameters
        ----------
        path : str or Path
            Where to write; it ends in ``.html``.
        positions : sequence of int, optional
            By default the samples that the slider runs over, at most 200.
        layers, methods : sequence of str, optional
            By default the layer shown and the last one before it on a finer grid; and the method shown with the one
            compared with, or else with Grad-CAM or the channel mean.
        guess_first, language : bool, str, optional
            By default the panel's `guess` and language.
        title, overwrite, progress
            As in `attn_widget.report`.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        FileExistsError, FileNotFoundError, Refusal, TypeError, ValueError, IndexError
            As by `attn_widget.report`.
        """
        guess = self.guess if guess_first is None else guess_first
        given = {"positions": positions, "layers": layers, "methods": methods, "title": title, "guess_first": guess}
        with speaking(language or self.language), reporting(progress, reports.REPORTING) as tell:
            return self._session.reports.write(path, tell, overwrite=overwrite, **given)

    @in_its_language
    def save(self, path: str | Path) -> None:
        """Write the figure to a file.

        Parameters
        ----------
        path : str or Path
            Ends in ``.png``, ``.svg`` or ``.pdf``, which chooses the format.

        Raises
        ------
        ValueError
            For any other ending.
        """
        with self._lock:
            self._view.save(path)

    @in_its_language
    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the widget and, for pages without a kernel, the picture and its description."""
        self._appear()
        data = super()._repr_mimebundle_(**kwargs) or {}
        with self._lock:
            static, sizes = self._view.static()
        return {**data, **static}, sizes

    # What `Sleeper` asks for.

    def _registered(self) -> list[Widget]:
        return self._view.registered(self)

    @in_its_language
    def _forget_work(self) -> None:
        self._session.forget_work()
        self._view.leave()

    @in_its_language
    def _woken(self) -> None:
        self._session.wake()
        self._update()


AttentionExplorer.__signature__ = signature_of(AttentionExplorer.__init__)

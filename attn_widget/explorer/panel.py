"""The widget: what a user calls, and the one way from a change to a picture."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from torch import nn

from attn_widget.capture import Forward, check_model, image_names
from attn_widget.explanation import Explanation
from attn_widget.explorer import values
from attn_widget.explorer.binding import Binding, Extent
from attn_widget.explorer.code import Given
from attn_widget.explorer.face import Face, Wishes
from attn_widget.explorer.looking import Look, Looker, State
from attn_widget.explorer.mistakes import Mistakes
from attn_widget.explorer.names import ClassNames
from attn_widget.explorer.opening import Opening, View
from attn_widget.explorer.order import Order
from attn_widget.explorer.parts import every_widget
from attn_widget.explorer.predicting import Predictions
from attn_widget.explorer.resting import Resting
from attn_widget.explorer.search import Found
from attn_widget.explorer.traits import COMPUTED, RESTYLED
from attn_widget.explorer.worker import Worker
from attn_widget.predictions import Review
from attn_widget.samples import Sample, Samples
from attn_widget.targets import Target
from attn_widget.undoing import finished
from attn_widget.words import messages


class AttentionExplorer(Resting):
    """A panel that shows what an image model looks at, sample by sample and layer by layer.

    Each change of sample, layer, call, top-k, method or target runs one hooked forward pass on a copy of the
    module tree and redraws; alpha, colour map and view only restyle. The model, its modes, gradients and
    buffers, the random states and Matplotlib's backend stay as they are.

    Parameters
    ----------
    model : Module
        Any PyTorch image model, on any device, in any mode.
    loader : DataLoader, data set, list or iterable of batches, or Tensor ``[N, C, H, W]``
        Where the samples come from; see `attn_widget.samples.Samples`.
    class_names : list of str or mapping of int to str, optional
        Found in the data set's ``classes`` where they are not given.
    layer : str, optional
        A name of `model.named_modules()`; by default the last layer that has a grid.
    call : int
        Which call of a module that runs several times in a pass; the last by default.
    top_k : int
        How many channels to show; at most 36 are.
    method : str
        How channels are weighed.
    target
        What is explained: ``"predicted"``, ``"true"``, a class index or name, a `Contrast`, or a callable of
        the model's output that gives a scalar.
    view : str
        ``"overlay"``, ``"heatmap"`` or ``"raw"``.
    alpha : float
        How much of the overlay is heatmap, from 0 to 1.
    cmap : str
        ``"jet"``, ``"turbo"``, ``"viridis"``, ``"inferno"``, ``"gray"`` or any other name Matplotlib knows.
    mean, std : float or sequence of float, optional
        What the images were normalised by; found in the data set's transforms where they are not given.
    forward : callable, optional
        ``forward(model, images)`` in the place of ``model(images)``. It must call the model that it is given.
    width : int
        The figure's width in CSS pixels, at least 200.

    Attributes
    ----------
    sample : int
        The position of the sample shown. Like `layer`, `call`, `top_k`, `method`, `target`, `view`, `alpha`
        and `cmap` it is a trait, bound both ways to its control.
    at : tuple of int or None
        A pixel ``(row, column)`` of the image, by whose values the channels are ranked; a click chooses it.
    grid : tuple of int or None
        On which grid ``(h, w)`` patch tokens lie, for a model that does not show it.
    compare : str, int, Contrast, callable or None
        Another method or target, whose overall heatmap and signed difference stand in the channels' place.

    Raises
    ------
    TypeError, ValueError, IndexError
        Where an argument, or a value set later, is not what it must be; the trait then keeps its old value.
        What fails while a picture is computed is shown in the panel instead.
    """

    def __init__(
        self,
        model: nn.Module,
        loader: Any,
        *,
        class_names: Any = None,
        layer: str | None = None,
        call: int = -1,
        top_k: int = 3,
        method: str = "channel-mean",
        target: Target = "predicted",
        view: str = "overlay",
        alpha: float = 0.5,
        cmap: str = "jet",
        mean: Any = None,
        std: Any = None,
        forward: Forward | None = None,
        width: int = 680,
    ) -> None:
        check_model(model)
        width = values.whole("width", width, 200)
        self._model, self._forward = model, forward
        self._samples = Samples(loader, mean, std, prefer=image_names(model))
        self._names = ClassNames(class_names, self._samples.class_names)
        self._predictions = Predictions(model, self._samples, self._names, forward)
        self._looker = Looker(model, self._samples, self._names, self._kept_of_a_stream, forward)
        self._lock = threading.RLock()
        self._shown: State | None = None
        self._farthest = 0
        self._defaults: dict[str, Any] = {
            "layer": layer,
            "call": call,
            "top_k": top_k,
            "method": method,
            "target": target,
        }
        self._defaults |= {"view": view, "alpha": alpha, "cmap": cmap}
        super().__init__(**self._defaults)
        given = Given(self._names, width, normalised=mean is not None, own_forward=forward is not None)
        wishes = Wishes(
            self._place_chosen,
            self._layer_picked,
            self._open_clicked,
            self._selection_chosen,
            self._looker.glance,
            self._predictions.begin,
            self._predictions.load,
            self._predictions.before,
            self._predictions.why_stale,
        )
        self._order = Order()
        self._opening = Opening()
        self._face = Face(given, self._lock, wishes)
        self._controls = self._face.controls
        self._binding = Binding(
            self, self._face, self._looker, self._names, lambda: self._state, self._extent, self._go_to_step
        )
        self._search = Mistakes(self._controls, self._mistakes_from_here, self._search_ended)
        self._slow = Worker(self._slow_progressed, self._slow_ended)
        self.children = self._face.children
        self._connect()
        self._binding.sync()
        self._bring_up_to_date()
        self._appear()

    # What a user reads and calls.

    @property
    def explanation(self) -> Explanation | None:
        """What is shown; None while the state asked for could not be computed."""
        return self._face.explanation

    @property
    def figure(self) -> Figure:
        """The Matplotlib figure, which pyplot does not know."""
        return self._face.picture.figure

    @property
    def status(self) -> str:
        """The status line, as plain text."""
        return self._face.status

    @property
    def review(self) -> Review | None:
        """The predictions for all samples; None before *Find mistakes*. One that was loaded can be set."""
        return self._face.reviews.review

    @review.setter
    def review(self, review: Review) -> None:
        if not isinstance(review, Review):
            raise TypeError(f"review must be a Review, got {type(review).__name__}")
        with self._lock, self._awake():
            self._face.reviews.use(review)

    @property
    def code(self) -> str:
        """The lines of code that give what is shown again in a script; empty where nothing is."""
        return self._face.code

    def refresh(self) -> None:
        """Read the sample again and run the pass on it; data set and model may have changed meanwhile."""
        with self._lock:
            self._samples.forget()
            self._looker.forget()
            self._face.contact.renew()
            self._bring_up_to_date(anew=True)
            self._face.reviews.check()

    def reset(self) -> None:
        """Bring back layer, call, top-k, method, target, view, alpha and colour map as they were at first.

        No place is chosen any more, and nothing compared; the slider runs over all samples.
        """
        with self._lock:
            defaults = {**self._defaults, "at": None, "compare": None, "grid": None}
            defaults["layer"] = defaults["layer"] or self._looker.default
            self._opening = Opening()
            with self.hold_trait_notifications():
                for name, value in defaults.items():
                    setattr(self, name, value)
            self._face.reviews.choose_all()
            self._face.zoom_out()

    def next_mistake(self) -> int | None:
        """Go to the next sample whose prediction and label differ; None, and no move, where there is none."""
        return self._search.go(onwards=True)

    def previous_mistake(self) -> int | None:
        """Go to the last sample before this one whose prediction and label differ; None where there is none."""
        return self._search.go(onwards=False)

    def save(self, path: str | Path) -> None:
        """Write the figure to a file.

        Parameters
        ----------
        path : str or Path
            Its ending chooses the format: ``.png``, ``.svg`` or ``.pdf``.

        Raises
        ------
        ValueError
            For another ending.
        """
        with self._lock:
            self._face.save(path)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the widget, and for pages without a kernel the picture and its description."""
        self._appear()
        data = super()._repr_mimebundle_(**kwargs) or {}
        with self._lock:
            static, sizes = self._face.static()
        return {**data, **static}, sizes

    # What closing, sleeping and waking ask for (see `Resting`).

    def _registered(self) -> list[widgets.Widget]:
        return [*every_widget(self), self._controls.link]

    def _forget_work(self) -> None:
        if self._slow.running:
            self._shown = None  # it passed for what is shown
        for work in (self._search, self._slow, self._face.reviews, self._face.contact):
            work.forget()

    def _woken(self) -> None:
        self._controls.searching(False)
        self._controls.set_search("")
        self._face.reviews.settle()
        self._face.contact.renew()
        self._bring_up_to_date()
        self._show_sheets()

    # From a change to a picture.

    def _connect(self) -> None:
        controls = self._controls
        self.observe(self._trait_changed, [*COMPUTED, *RESTYLED])
        for sheet in (controls.strip, controls.contact):
            sheet.observe(self._sheet_toggled, "value")
        controls.pin.on_click(self._pin_clicked)
        controls.unpin.on_click(self._unpin_clicked)
        controls.place.on_click(self._place_cleared)
        controls.previous.on_click(self._previous_clicked)
        controls.following.on_click(self._following_clicked)
        controls.stop.on_click(self._stop_clicked)
        controls.again.on_click(self._again_clicked)
        controls.reset.on_click(self._reset_clicked)

    def _trait_changed(self, change: Any) -> None:
        try:
            with self._lock:
                if change["name"] == "layer":
                    self._check_call()
                if change["name"] == "target":
                    self._follow_target()
                self._binding.follow()
                if change["name"] in RESTYLED:
                    self._face.restyle(self._style)
                else:
                    self._bring_up_to_date()
        except KeyboardInterrupt:
            finished(self._settle)
            raise

    def _settle(self) -> None:
        """After an interrupt, make traits and controls agree with the picture again, and the picture with its style."""
        with self._lock:
            if self._shown is None:
                return
            with self.hold_trait_notifications():
                for name in COMPUTED:
                    setattr(self, name, getattr(self._shown, name))
            self._face.restyle(self._style)
            self._binding.sync()

    def _check_call(self) -> None:
        """Go back to the last call where another layer does not run as often."""
        layer = self._looker.layer(self.layer or "")
        if layer is not None and layer.calls and not -layer.calls <= self.call < layer.calls:
            self.call = -1

    def _follow_target(self) -> None:
        """Leave the layer open again where it is the default, and another one may lead to the target."""
        default = self._defaults["layer"] is None and self.layer == self._looker.default
        if default and self._looker.leads_anew(self.target):
            self.layer = None

    def _place_chosen(self, pixel: tuple[int, int]) -> None:
        self.at = pixel

    def _place_cleared(self, button: widgets.Button) -> None:
        self.at = None

    def _layer_picked(self, name: str) -> None:
        self.layer = name

    def _bring_up_to_date(self, *, anew: bool = False) -> None:
        """Compute and draw the state that the traits describe, unless it is what is shown, or in any case `anew`."""
        state = self._state
        if (state == self._shown and not anew) or self._closed:
            self._binding.sync()
            return
        self._slow.forget()
        self._controls.searching(self._search.running)
        if not self._search.running:
            self._controls.set_search("")  # it spoke of the state before
        if state.slow:
            finished(lambda: self._look_slowly(state))
            return
        try:
            look = self._looker.look(state)
        except Exception as error:  # a failed computation is shown, not raised (design: Decisions)
            self._finish(state, error)
        else:
            self._finish(state, look)

    def _finish(self, state: State, look: Look | Exception) -> None:
        """Show what a state gave, or why it gave nothing, wholly; then what else is folded out."""
        finished(lambda: self._show_end(state, look))
        try:
            self._show_sheets()
        except KeyboardInterrupt:
            if self._controls.strip.value:
                self._face.filmstrip.outdate()
            raise

    def _show_end(self, state: State, look: Look | Exception) -> None:
        if isinstance(look, Exception):
            self._shown = state
            self._face.fail(look, state, self._style, self._samples.count)
        else:
            self._shown = replace(state, layer=look.layer)
            self._farthest = max(self._farthest, look.sample.position)
            self._face.show(look, self._shown, self._style, self._samples.count)
            if self.layer is None:
                self.layer = look.layer
        self._binding.sync()
        self._face.redraw()

    def _sheet_toggled(self, change: Any) -> None:
        with self._lock:
            self._show_sheets()

    def _show_sheets(self) -> None:
        if self._asleep:
            return
        self._show_strip()
        if not self._controls.contact.value:
            self._face.contact.hide()
        elif self._shown is not None:
            self._face.contact.show(self._order, self._steps, self._shown, self._style)

    def _show_strip(self) -> None:
        """Show every layer of what is shown, where that is asked for."""
        if not self._controls.strip.value:
            self._face.filmstrip.hide()
        elif self.explanation is None:
            self._face.filmstrip.outdate()
        else:
            self._face.show_strip(self._looker, self._style)

    def _look_slowly(self, state: State) -> None:
        """Compute on a thread, so that it can be stopped; the old picture stays meanwhile."""
        self._shown = state
        self._binding.sync()
        self._face.wait(state)
        self._show_sheets()
        self._controls.searching(True)

        def look(report: Callable[[int], None]) -> tuple[State, Look | Exception]:
            try:
                return state, self._looker.look(state, report)
            except Exception as error:  # shown, not raised, and only while its state is still asked for
                return state, error

        self._slow.start(look)

    def _slow_progressed(self, passes: int) -> None:
        self._controls.set_search(messages.computing(passes))

    def _slow_ended(self, end: tuple[State, Look | Exception] | Exception) -> None:
        if self._closed or isinstance(end, Exception):
            return
        with self._lock:
            self._controls.searching(self._search.running)
            self._controls.set_search("")
            if end[0] == self._state:
                self._finish(*end)

    # Which samples.

    @property
    def _steps(self) -> int:
        """Over how many samples the slider runs."""
        if self._order.selection is not None:
            return len(self._order.selection)
        return self._farthest + 2 if self._samples.count is None else self._samples.count

    def _extent(self) -> Extent:
        """Say over which samples the controls run."""
        count, chosen = self._samples.count, self._order.selection is not None
        last = self._farthest + 1 if count is None else count - 1
        return Extent(last, count, self._steps, chosen, self._order.step_of(self.sample))

    def _selection_chosen(self, positions: np.ndarray | None, moving: bool) -> None:
        """Run the slider over a review's selection, and, where `moving`, go to its first sample."""
        with self._lock:
            count = self._samples.count
            if positions is not None and count is not None:
                positions = positions[positions < count]  # the review may be of more samples
            self._order = Order(positions)
            if moving:
                self._open(self._order.at(0) if positions is not None and len(positions) else self.sample)
            self._binding.sync()
            self._show_sheets()

    def _open_clicked(self, position: int) -> None:
        self._open(position, clicked=True)

    def _open(self, position: int, *, clicked: bool = False) -> None:
        """Show a sample; of a mistake that was clicked or is one of a selection, predicted against true class."""
        with self._lock, self.hold_trait_notifications():
            self.sample = position
            mistake = (clicked or self._order.selection is not None) and self._face.reviews.is_mistake(position)
            view = self._opening.view(View(self.method, self.target, self.compare), mistake=mistake)
            self.method, self.target, self.compare = view.method, view.target, view.compare

    def _kept_of_a_stream(self, position: int) -> Sample | None:
        return self._predictions.kept(self.review, position)

    # Steps and searches.

    def _previous_clicked(self, button: widgets.Button) -> None:
        self._step(-1)

    def _following_clicked(self, button: widgets.Button) -> None:
        self._step(1)

    def _again_clicked(self, button: widgets.Button) -> None:
        self.refresh()

    def _reset_clicked(self, button: widgets.Button) -> None:
        self.reset()

    def _stop_clicked(self, button: widgets.Button) -> None:
        self._search.stop()
        self._slow.stop()

    def _pin_clicked(self, button: widgets.Button) -> None:
        with self._lock:
            self._face.pin(self._style)
            self._binding.sync()

    def _unpin_clicked(self, button: widgets.Button) -> None:
        with self._lock:
            self._face.unpin(self._style)
            self._binding.sync()

    def _step(self, by: int) -> None:
        with self._lock:
            step = self._order.step_of(self.sample)
            self._go_to_step(self._controls.position.value if step is None else step + by)

    def _go_to_step(self, step: int) -> None:
        """Go to a step of the slider, which may come from before another selection."""
        if 0 <= step < self._steps:
            self._open(self._order.at(step))
        else:
            self._binding.sync()

    def _mistakes_from_here(self, onwards: bool) -> Iterator[Found]:
        return self._predictions.mistakes(self.sample, onwards=onwards)

    def _search_ended(self, position: int | None) -> None:
        if self._closed:
            return
        with self._lock:
            self._binding.sync()  # a stream's end may have been met
        if position is not None:
            self.sample = position

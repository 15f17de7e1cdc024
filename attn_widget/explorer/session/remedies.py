"""The button that helps where a picture is empty, or there is none."""

from attn_widget.explanation import Explanation
from attn_widget.explorer.action import change
from attn_widget.explorer.session.scene import Remedy
from attn_widget.explorer.settings import State
from attn_widget.refusal import Refusal
from attn_widget.words import messages

_LAYER_HELPS = ("flat", "inactive", "below zero", "unread", "no gradient")
"""Why a heatmap is blank (`Explanation.empty`) where another layer may have one."""


def method_by_class() -> Remedy:
    """Offer a method that asks for the class, where one is asked for and the present method ignores it."""
    return Remedy(messages.use_method("grad-cam"), change(method="grad-cam"))


def remedy_for(
    state: State, explanation: Explanation | None, failed: Exception | None, default: str | None
) -> Remedy | None:
    """Offer the predicted class, or the default layer, where that may help; `failed` is why there is no picture."""
    empty = "" if explanation is None else explanation.empty
    if explanation is not None and empty in ("saturated", "against", "same class"):
        of_another = explanation.target_classes != explanation.predicted
        by_probability = empty == "saturated" and not callable(state.target)  # as all classes of this model are
        helps = of_another and not by_probability and explanation.predicted is not None
        return Remedy(messages.EXPLAIN_PREDICTED, change(target="predicted")) if helps else None
    layer_helps = empty in _LAYER_HELPS or isinstance(failed, Refusal)
    if not layer_helps or default is None or default == state.layer:
        return None
    return Remedy(messages.use_layer(default), change(layer=default))

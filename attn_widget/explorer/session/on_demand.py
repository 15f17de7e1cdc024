"""What of a scene is measured only when a page asks for it; an error of the user's model is said, not raised."""

from collections.abc import Callable

from attn_widget.evidence.covering_effect import covering_said
from attn_widget.evidence.silencing_effect import effect_said
from attn_widget.explorer.session import sentences
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.session.scene import Strip
from attn_widget.explorer.settings import State
from attn_widget.methods import method_named
from attn_widget.words import evidence, messages

NameOf = Callable[[int], str]


def layers(looker: Looker, look: Look | None, state: State) -> Strip | str:
    """Give what every usable layer gives for the sample; or say why that cannot be had."""
    method = method_named(state.method)
    if look is None:
        return messages.NO_LAYERS_YET
    if method.slow or method.reads != "layer":
        return messages.no_strip(method.name, slow=method.reads == "layer")
    try:
        return looker.strip(look, state)
    except Exception as error:  # of the user's model
        return sentences.failure(error)


def silencing(looker: Looker, look: Look | None, state: State, name_of: NameOf) -> str:
    """Say what the silenced channels do to the sample, beside others; nothing where none are silenced."""
    if look is None or state.silence is None:
        return ""
    try:
        return effect_said(looker.effect(look, state), name_of, look.explanation.unit)
    except Exception as error:  # of the user's model
        return evidence.no_effect(error)


def covering(looker: Looker, look: Look | None, state: State, name_of: NameOf) -> str:
    """Say what covering the region does to the sample, beside the same shape elsewhere; nothing where none is."""
    if look is None or state.cover is None:
        return ""
    try:
        return covering_said(looker.covering_effect(look, state), name_of)
    except Exception as error:  # of the user's model
        return evidence.no_effect(error)

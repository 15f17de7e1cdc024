"""Why something that is asked for makes no sense, where no subject of its own says so."""

# What is explained: a target.
PREDICTED_NEEDS_SCORES = (
    "target 'predicted' needs class scores, and the model's output has none: give a callable of the output"
)
TARGET_NEEDS_SCORES = (
    "target needs class scores, and the model's output has none: give a callable of the output instead"
)


def no_true_class(label: object) -> str:
    return f"target 'true' needs an integer label, and this sample's label is {label!r}"


def not_a_class_index(target: object) -> str:
    return f"target must be 'predicted', 'true' or a class index (only the panel knows class names), got {target!r}"


def not_a_target(target: object) -> str:
    return f"target must be 'predicted', 'true', a class index, a Contrast or a callable of the output, got {target!r}"


def no_such_class(index: object, count: int) -> str:
    return f"target must be a class index from 0 to {count - 1}, got {index}"


# Where a map is read: a layer and its call.
NO_LAYER_FOR_PANEL = "No layer of this model gives a map of this image; the layer list says why for each."
NO_LAYER = "no layer of the model gives a map of this image; find_layers(model, image) says why for each"


def no_map(layer: str, reason: str) -> str:
    return f"layer {layer!r} gives no map: {reason}"


def no_gradient(layer: str, reason: str) -> str:
    return f"layer {layer!r} gives no gradient: {reason}"


def nothing_to_read(method: str, reason: str) -> str:
    return f"method {method!r} has nothing to read: {reason}"


def layer_not_called(layer: str, *, own_forward: bool) -> str:
    hint = "; forward= must call the model that it is given, not another one" if own_forward else ""
    return f"layer {layer!r} was not called in this pass{hint}"


def no_such_call(layer: str, calls: int, call: int) -> str:
    return f"call must lie in {-calls}..{calls - 1} for layer {layer!r}, got {call}"


def call_did_not_happen(layer: str, call: int) -> str:
    return f"call {call} of layer {layer!r}, which was to be altered, did not happen"


# What the model takes and gives.
def needs_more_than_images(error: Exception) -> str:
    return (
        f"model cannot be called with the images alone ({error}): pass forward=lambda model, images: model(images, ...)"
    )


def no_score_per_image(count: int) -> str:
    return f"the model did not give one score per image for a batch of {count}"


def no_row_per_image(count: int) -> str:
    return f"the model did not give one row of scores per image for a batch of {count}"


def target_not_scalar(kind: str, shape: list[int] | None) -> str:
    given = kind if shape is None else f"a tensor of shape {shape}"
    return f"target must give a scalar tensor when called with the model's output, got {given}"


FORWARD_RUNS_ANOTHER = "forward runs a module that it does not get as its argument: use the model that it is given"
HOLDS_UNCOPIED = (
    "it holds something that cannot be copied, such as an open file or compiled code, or its code reaches "
    "a module by a global name: pass the module that does the work"
)


def not_copied(why: str) -> str:
    return f"the model is altered only on a copy, and cannot be copied: {why}"


CELLS_NEED_SCORES = "disconnected_heat needs class scores, and the model's output has none for each image"


def not_maps_of_convolutions(layer: str, given: object) -> str:
    return f"layer {layer!r} must give maps [B, K, h, w], as convolutions do, but gives {given}"


def too_many_classes(classes: int, most: int) -> str:
    return (
        f"a confusion matrix of {classes:,} classes is too large, the limit is {most:,}: take confused_pairs() instead"
    )


# The script of a view: comments in it.
def given_to_panel(names: str) -> str:
    return f"# {names}: what the panel was given."


def method_of_ones_own(name: str) -> str:
    return f"# {name!r} is a method of your own: register it first."


PARTS_OF_METHOD = "# found: the Parts that the panel's method is made of."

"""One forward pass that leaves the model as it was.

It runs on a copy of the model (`shadow`, `graph_copy`); what that shares with the user's program is restored (`state`).
`layer_capture` keeps what layers gave, or all the attention, with the gradients of a score. A recorded pass
(`recording`) notes which layers ran, and where each tensor came from. `rerun` runs the pass with something changed,
and with an `alteration` every further pass runs with some of a layer's channels changed.
"""

from attn_widget.capture.alteration import Altered, Mixture, set_channels, take_out
from attn_widget.capture.attention_weights import Shape, attends_whole, rows_sum_to_one
from attn_widget.capture.call_outputs import CallHook, CallInputs
from attn_widget.capture.channels import Axis
from attn_widget.capture.checks import check_model, find_module, image_names
from attn_widget.capture.grids import Grid
from attn_widget.capture.image_fit import fitted, on_device_of, written_in
from attn_widget.capture.kept_outputs import RecentPass
from attn_widget.capture.kept_tensors import Capture, FurtherScore
from attn_widget.capture.layer_capture import capture, capture_batch
from attn_widget.capture.modes import in_mode
from attn_widget.capture.origins import Output
from attn_widget.capture.passes import Forward, Pass, hooked, hooked_pass, run
from attn_widget.capture.recording import Calls, Notes, Ran, Recording, record
from attn_widget.capture.rerun import differentiable, run_with_outputs
from attn_widget.capture.shadow import shadow_of
from attn_widget.capture.state import harmless, lasting_shadow
from attn_widget.capture.tensors import as_batch, as_images, replaced, tensors_in
from attn_widget.capture.tree import modules_of, named_modules

__all__ = [
    "Altered",
    "Axis",
    "CallHook",
    "CallInputs",
    "Calls",
    "Capture",
    "Forward",
    "FurtherScore",
    "Grid",
    "Mixture",
    "Notes",
    "Output",
    "Pass",
    "Ran",
    "RecentPass",
    "Recording",
    "Shape",
    "as_batch",
    "as_images",
    "attends_whole",
    "capture",
    "capture_batch",
    "check_model",
    "differentiable",
    "find_module",
    "fitted",
    "harmless",
    "hooked",
    "hooked_pass",
    "image_names",
    "in_mode",
    "lasting_shadow",
    "modules_of",
    "named_modules",
    "on_device_of",
    "record",
    "replaced",
    "rows_sum_to_one",
    "run",
    "run_with_outputs",
    "set_channels",
    "shadow_of",
    "take_out",
    "tensors_in",
    "written_in",
]

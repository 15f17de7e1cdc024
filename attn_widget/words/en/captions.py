"""The panel's controls: labels, options and tooltips."""

PAGE_TITLES = {
    "look": "Look",
    "compare": "Compare",
    "evidence": "Evidence",
    "mistakes": "Mistakes",
    "channels": "Channels",
    "shortcuts": "Shortcuts",
    "layers": "Layers",
    "code": "Code and files",
}
"""What stands on the tabs of the inspector's pages."""
CODE = "Code"
SAVE_PICTURE = "Save picture"
WHOLE_MODEL = "(the model)"

# Pinned views.
PIN = "Pin"
PIN_VIEW = "Pin this view"

# The review in the panel.
FIND_MISTAKES = "Find mistakes"
CONTINUE = "Continue"
REVIEW_BEGINS = "Getting ready …"
SAVE_REVIEW = "Save review"
LOAD_REVIEW = "Load"
SAVE_ANYWAY = "Save anyway"
LOAD_ANYWAY = "Load anyway"
KEEP_BOTH = "Keep both"
REVIEW_FILE = "review.npz"
ANY_CLASS = "any"
WHICH = "Show"
TRUE_CLASS = "True"
PREDICTED_CLASS = "Predicted"
CONFIDENCE = "Confidence"
CLEAR_SELECTION = "All samples"
NOTE = "note, then Enter"
SELECTION_NAMES = {
    "all": "all",
    "mistakes": "mistakes",
    "right": "right",
    "least sure": "least sure",
    "most surely wrong": "most surely wrong",
    "highest loss": "highest loss",
    "marked": "marked",
}
MARK_NAMES = {"wrong label": "wrong label", "bad image": "bad image", "look again": "look again"}
MARK_BADGES = {"wrong label": "✎ label", "bad image": "✎ image", "look again": "✎ again"}

# The other controls.
PREVIOUS_MISTAKE = "Previous mistake"
NEXT_MISTAKE = "Next mistake"
STOP = "Stop"
NOT_COMPARED = "(nothing)"
METHODS_LINE = "──── methods ────"
TARGETS_LINE = "──── targets ────"
PAN = "Pan"
ZOOM = "Zoom"
DOWNLOAD = "Save"
RUN_AGAIN = "Run again"
RESET = "Reset"
SEPARATOR = "──── no map in this pass ────"
GROUPS = {
    "block": "──── blocks ────",
    "attention": "──── attention, by head ────",
    "convolution": "──── convolutions ────",
    "other": "──── others ────",
}
TARGET_NAMES = (("predicted class", "predicted"), ("true class", "true"))
OWN_TARGET = "your function"
NO_CONTRAST = "(nothing)"
NO_GRID = "choose one"
VIEW_NAMES = (("overlay", "overlay"), ("heatmap alone", "heatmap"), ("raw values", "raw"))
SCALE_NAMES = (("each panel its own", "own"), ("all channels alike", "alike"), ("fixed over samples", "fixed"))
COLOUR_MAP_KINDS = {
    "jet": "tutorial's",
    "viridis": "even",
    "magma": "even",
    "inferno": "even",
    "plasma": "even",
    "cividis": "even, for the colour-blind",
    "turbo": "a smoother jet",
}
TOOLTIPS = {
    "position": "Which sample: drag, or click and use the arrow keys",
    "number": "Type a position and press Enter",
    "play": "Step through the samples",
    "play_models": "Show this sample by one model after another",
    "previous": "The sample before this one",
    "following": "The sample after this one",
    "count": "How many samples there are, or are selected",
    "file": "Type a file name, or part of one, and press Enter",
    "remedy": "Apply this suggestion",
    "dark": "Draw the figure on a dark background",
    "chip_selection": "Go back to all samples",
    "chip_mistake": "Undo: show this sample, and the next ones, as before",
    "chip_compare": "Stop comparing",
    "chip_silenced": "Give the channels their own values again: show the model as it is",
    "place": "Rank the channels by share again; click an image to rank them by their value at that point",
    "find": "Run the model on all samples in the background, to go through its mistakes",
    "stop_review": "Stop; the predictions made so far are kept, and Continue goes on from there",
    "which": "Which samples the slider goes through, and in what order",
    "true": "Only samples of this true class",
    "predicted": "Only samples predicted as this class",
    "confidence": "Only samples whose predicted class has a probability in this range",
    "clear_selection": "Select all samples again",
    "matrix": "The confusion matrix: which classes are mistaken for which; click a cell to see its samples",
    "rates": "Percentages of each true class instead of counts",
    "dimmed": "Grey out correct predictions, so that the colours show the mistakes",
    "note": "A note about this sample; press Enter to keep it",
    "path": "The review's file, in the notebook kernel's working folder; a name ending in .csv saves a table",
    "save": "Write predictions and marks to that file",
    "load": "Read them back, for instance after a restart",
    "offer": "Load the earlier marks from that file",
    "large": "Make the matrix as wide as the page: more classes, larger numbers",
    "tiles": "The size of the thumbnails",
    "save_review": "Write predictions and marks to the review's file, named on the page Code and files",
    "previous_page": "The page before this one",
    "next_page": "The page after this one",
    "pin": "Keep this view for comparison with later ones; four at most",
    "pin_view": "Keep what the figure shows now, to compare it with others",
    "unpin": "Remove this view",
    "code": "A script that draws this view; Ctrl+A selects all of it, Ctrl+C copies it",
    "save_picture": "Download the figure as a PNG, at twice the size shown here",
    "previous_mistake": "Go back to the previous sample that the model gets wrong",
    "next_mistake": "Go on to the next sample that the model gets wrong",
    "stop": "Stop the search or the computation",
    "moves": "Compare the heatmaps of the model shown with another one's, for every sample",
    "stop_moves": "Stop comparing the two models",
    "most_moved": "Let the slider run over all samples, those whose heat moved most first",
    "changed_first": "The samples that the two models predict differently come first",
    "again": "Run the model on this sample again, for instance after more training",
    "reset": "Put all settings back to where they started: all samples, no place, nothing compared",
    "home": "Show the whole image again",
    "pan": "Drag to move all images at once",
    "zoom": "Draw a rectangle to zoom into all images at once",
    "download": "Download the figure as a picture",
}
MARK_TOOLTIPS = {
    "wrong label": "This sample's label is wrong; click again to remove the mark",
    "bad image": "This image cannot be judged; click again to remove the mark",
    "look again": "Come back to this sample; click again to remove the mark",
}
ANSWER_TOOLTIPS = {
    SAVE_ANYWAY: "Save the review anyway: the file loses what is listed here",
    LOAD_ANYWAY: "Load that review anyway: the marks made here are lost",
    KEEP_BOTH: "Keep this review's marks, and add the file's marks to their notes",
}


def colour_map(name: str) -> str:
    """Name a colour map, and say whether equal steps of the value look equal."""
    return f"{name} ({COLOUR_MAP_KINDS[name]})" if name in COLOUR_MAP_KINDS else name


def layer_option(name: str, kind: str, shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{name or WHOLE_MODEL}  ·  {kind}  ·  {channels} × {height}×{width}"


def unusable_option(name: str, reason: str) -> str:
    return f"{name or WHOLE_MODEL}  ·  {reason}"


def place(at: tuple[int, int]) -> str:
    return f"Place {at[0]}, {at[1]}"


def one_grid(grid: tuple[int, int]) -> str:
    return f"{grid[0]}×{grid[1]}"


def last_call(calls: int) -> str:
    return f"last of {calls}"


def one_call(call: int, calls: int) -> str:
    return f"{call + 1} of {calls}"


SETTINGS = {
    "model": ("Model", "Which of the models is shown"),
    "layer": ("Layer", "The layer whose channels are shown; listed in the order they run, with channels × grid"),
    "grid": ("Grid", "The patch tokens fit more than one grid: choose which"),
    "call": ("Call", "This module runs several times in a pass: choose which call to show"),
    "method": ("Method", "How the layer's channels are weighted"),
    "target": ("Explains", "What is explained: the score of this class"),
    "against": ("rather than", "Explain why the target class and not this one"),
    "top_k": ("Channels", "How many channels to show, largest share first"),
    "compare": ("Compare with", "Show another method or target beside this one, with the difference between the two"),
    "alpha": ("Strength", "How strongly the heatmap covers the image: 0 shows the image alone"),
    "view": ("Shows", "Heatmap over the image, heatmap alone, or the layer's own values on its own grid"),
    "cmap": ("Colours", "From low values to high; in an even colour map, equal steps of the value look equal"),
    "scale": (
        "Scale",
        "From which value to which the colours run: each panel's own, the same for all channels, or as it is now for "
        "all samples; thumbnails keep their own",
    ),
    "fade": ("Fade low heat", "Let the image show through the overlay where the heat is low"),
    "guess": ("Guess first", "Hide the true class, the prediction and the heatmaps until you have guessed the class"),
}
"""The label and the tooltip of each setting's control, by the setting's name."""

PAGE_TOOLTIPS = {
    "look": "What is explained, and how it is drawn",
    "compare": "Two methods or two targets side by side, and the views that you pinned",
    "evidence": "Ask the model: silence channels, cover a region, or check the heatmap against chance",
    "mistakes": "Run the model on all samples, and go through what it gets wrong",
    "channels": "What a channel looks for: the samples that drive it most, and what silencing it does",
    "shortcuts": "Whether a small region is enough to make the model see a class",
    "layers": "This sample in every layer that gives a map",
    "code": "This view as code; saving the picture and the review",
}
DRAWN_IN_ENGLISH = (
    "The words in the figure are English, as no installed font has Chinese characters: install one, such as Noto Sans "
    "CJK (fonts-noto-cjk on Debian and Ubuntu), and restart the kernel."
)
SAMPLE = "Sample"
FILE_NAME = "file name"
WHOLE_IMAGE = "Whole image"
MISTAKE_CHIP = "predicted against true: undo"


def size(name: str) -> str:
    return f"Make the figure {({'S': 'small', 'M': 'medium', 'L': 'large'})[name]}"


def class_bar(name: str, *, explained: bool) -> str:
    what = "this class is explained; click for the predicted class" if explained else "click to explain this class"
    return f"{name}: {what}"


def target_name(value: str) -> str:
    """Name a target that is no class, such as ``"predicted"``; a class's name stands for itself."""
    return next((label for label, each in TARGET_NAMES if each == value), value)


def contrast(of: str, against: str) -> str:
    return f"{of} rather than {against}"


def chip_of_comparison(name: str) -> str:
    return f"compared with {name}"

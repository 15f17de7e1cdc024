"""What is said of single samples: how they were read and drawn, and why one cannot be read."""

# How a picture was drawn: parts of a sentence.
SCALED = "no mean and std found: the image is scaled for display"
UNFIT = "the mean and std found do not fit the values: the image is scaled for display"
LEFT = "a mean and std were found, but the values can be a picture's: shown as they are (mean= and std= override this)"
UNDONE = "the mean and std found are undone, but the values can be a picture's (mean=0, std=1 shows them as they are)"
SEVERAL = "several pairs of mean and std were found, and more than one fits the values (mean= and std= override this)"


def not_so_many(count: int, channels: int) -> str:
    return f"the mean and std found have {count} numbers, not {channels}: they are not used"


def first_channels(channels: int) -> str:
    return f"first 3 of {channels} channels shown"


def pixels_nan(count: int) -> str:
    return f"{count} pixel{'s are' if count > 1 else ' is'} not a number (NaN), drawn grey"


def pixels_infinite(count: int) -> str:
    return f"{count} pixel{'s are' if count > 1 else ' is'} infinite, drawn saturated"


# How an item was read: parts of a sentence.
def read_as_class(label: list[int], index: object) -> str:
    return f"the label {label} is read as class {index}"


def read_as_classes(label: list[int], first: int, second: int) -> str:
    return f"the label {label} is read as the classes {first} and {second}"


MOVED = "an item was found to hold several images, each counted as a sample: the positions after it have shifted"


def iter_not_run(kind: str, reason: str) -> str:
    return (
        f"this loader's class, {kind}, has an __iter__ of its own, which cannot be run for single "
        f"samples ({reason}): the images are those of the data set and the collate function"
    )


# Why it could not be run.
GAVE_NO_SAMPLE = "it gave no sample"
GAVE_NO_BATCH = "it gave no batch"
SAMPLES_OTHERWISE = "it does not take its items from its own batch sampler"

# Why a sample cannot be read.


def unreadable(position: int, why: str) -> str:
    return f"Sample {position} cannot be read ({why}). Other samples are not affected."


def no_longer_kept(position: int, kept: int, first: int, last: int) -> str:
    return (
        f"Sample {position} is no longer kept: this loader can only be read forward, and only the last "
        f"{kept} samples are kept, {first} to {last}. "
        "To go back freely pass a map-style data set or a list of batches."
    )


def no_such_position(position: int, count: int | None) -> str:
    extent = "0 or more"
    if count is not None:
        extent = f"0 to {count - 1}: the loader has {count:,} sample{'' if count == 1 else 's'}"
    return f"position is {position}; expected {extent}"


def broke_off(position: int, why: str, outlook: str) -> str:
    return f"The loader broke off at sample {position} ({why}). {OUTLOOKS[outlook]}"


OUTLOOKS = {
    "ask again": "Ask again to retry from there.",
    "only once": "It cannot continue: it can be iterated only once.",
    "others": "It cannot continue: reopened, it gives other samples than before.",
    "sooner": "It cannot continue: reopened, it ends sooner than before.",
}
NO_SAMPLE_GIVEN = "the data set, or the loader's collate_fn, gave no sample for it"
EMPTY_LOADER = "loader is empty; expected at least one sample. Check the data set, or the folder, behind it"


def no_image_shape(shape: list[int]) -> str:
    return (
        f"the image has shape {shape}; expected [C, H, W] with at least one pixel. Have the "
        "loader return one image of channels, height and width for each sample"
    )


def no_image_in(described: str) -> str:
    return (
        f"no image found in {described}; expected a tensor [B, C, H, W], (x, y), a dict with "
        "'image' or 'pixel_values', or a list of such samples. Have the loader or its collate_fn return one"
    )


def numbers_do_not_fit(name: str, count: int, channels: int) -> str:
    return (
        f"{name} has {count} numbers, but the image has {channels} "
        f"channel{'s' if channels > 1 else ''}; expected one number, or {channels}"
    )


def in_a_worker(error: str) -> str:
    return f"in a worker: {error}"

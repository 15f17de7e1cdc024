"""The questions of the lesson `debugging_mistakes`, and their hints."""

ASKS_SUREST = "Which mistake was the network surest of, among all of them? Show that picture."
FIND_FIRST = "The panel does not know the mistakes yet: find them first, on the page Mistakes."
NO_MISTAKE_HERE = "The network is right about this picture."
LESS_SURE = (
    "This is a mistake, but the network was surer of others. The list “Show” on the page Mistakes can sort them."
)

ASKS_TO_MARK = (
    "Mark as “bad image” three pictures that should be taken again: those that the network gets wrong and that have "
    "the lamp in them."
)

ASKS_TO_COVER_CORNER = (
    "Show one of those pictures, and cover as much of it as it takes for the network to get it right."
)
WITHOUT_A_LAMP = (
    "The network is right about this picture anyway, or it has no lamp in it: a white disc in the upper right corner."
)
NO_CORNER_COVERED = "Nothing is covered in this picture. The page Evidence has two tools that draw on it."
STILL_WRONG = (
    "A region is covered, and the prediction is still wrong. Does it cover all of the lamp, and not the shape?"
)


def marked_so_far(count: int) -> str:
    return f"{count} of three are marked. Which pictures does the largest group hold?"


def marked_in_vain(position: int) -> str:
    return f"Sample {position} is marked, but the network is right about it, or it has no lamp."

"""The questions of the lesson `reading_a_transformer`, and their hints."""

ASKS_TOKENS = "Go back to the first section: how many tokens does this network make of one picture?"
WRITE_A_NUMBER = "Write a whole number."
ONLY_PATCHES = "That is the number of patches. Is there a token that belongs to no patch?"
OTHER_COUNT = "How many rows and columns of patches are there? And which token comes on top?"

ASKS_A_PATCH = (
    "In the last attention layer, blocks.2.attention: where does a patch attend that lies on the shape? Show it."
)
LAST_ATTENTION = "This is another layer or another method. Choose blocks.2.attention, by channel mean."
CLASS_TOKEN_ASKS = "Now the class token asks. How do you let a patch ask?"
BESIDE_THE_SHAPE = "The patch that you chose does not lie on the shape."

ASKS_ALL_LAYERS = "Show, for the class token, where attention leads when it is followed through all layers."
PATCH_ASKS = "Now a patch asks, and the question is about the class token. How do you bring it back?"
ONE_LAYER = "This method reads a single layer. Which one follows attention through all of them?"
A_CLASS_ASKED = (
    "This one asks what attention does for the score of a class. The question is only where attention leads."
)

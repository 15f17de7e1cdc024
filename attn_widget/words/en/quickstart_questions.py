"""The questions of the lesson `quickstart`, and their hints."""

ASKS_A_MISTAKE = "Find a picture that the network gets wrong, and show it."
RIGHT_ONE = "The network is right about this picture: the true and the predicted class, top left, are the same."

ASKS_TRUE_CLASS = (
    "Stay with a picture that the network gets wrong. Let Grad-CAM show where it has evidence for the class that would "
    "have been right."
)
NO_MISTAKE_NOW = "This question is about a picture that the network gets wrong, and it is right about this one."
OTHER_METHOD = "The question asks for Grad-CAM: which control chooses how the channels are weighed?"
OTHER_CLASS = (
    "Grad-CAM explains another class at the moment. The control “Explains”, or a click on a bar, changes that."
)

ASKS_TO_SILENCE = (
    "Go back to picture 2, a star, with Grad-CAM for the predicted class. Take channels away until the network "
    "predicts something else."
)
NOT_PICTURE_2 = "This is not picture 2."
NOTHING_TAKEN = "No channel is taken away. One of the pages asks the model what it says without some of them."
STAR_WITHOUT_CHANNELS = (
    "Channels are taken away, and it is still a star. Show more channels, and take those away as well."
)

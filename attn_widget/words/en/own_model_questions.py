"""The questions of the lesson `your_own_model`, and their hints."""

ASKS_BY_NAME = "Show the picture 042.png. The panel finds it by its name."
OTHER_FILE = "This is another picture. Which field above the figure takes a file's name, or a part of it?"

ASKS_FINE_LAYER = (
    "The panel chose the layer itself: the last one with a grid. Show the convolution before it, conv2, whose grid "
    "is twice as fine."
)
OTHER_LAYER = "This is not conv2."

ASKS_WHY_NOT = (
    "Find a picture in the folder that the network gets wrong, and ask why the predicted class and not the true one: "
    "“Explains” and “rather than”, with a method that knows classes."
)
RIGHT_IN_FOLDER = "The network is right about this picture."
BLIND_TO_CLASSES = "This method gives the same map for every class, so there is nothing to tell apart. Try Grad-CAM."
NOT_AGAINST_TRUE = "Now explain the predicted class rather than the true one."

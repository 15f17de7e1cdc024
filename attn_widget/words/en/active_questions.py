"""The questions of the lesson `active_is_not_used`, and their hints."""

ASKS_RIGHT_SHAPE = (
    "Choose a picture, and ask Grad-CAM about the shape on the right: most of the heat must lie in the right half."
)
AS_IT_IS = "Something is covered or silenced. Take that back first: here the network is asked as it is."
ACTIVE_ONLY = "This method shows what is active, and knows no classes. Which one does the question name?"
ASK_GRAD_CAM = "This method asks about a class, too, but the question names another one."
ONE_CLASS_AT_A_TIME = "Ask about one class: choose it under “Explains”."
HEAT_NOT_ON_THE_RIGHT = (
    "Most of the heat is not on the right. Which shape is there, and which class does “Explains” name? "
    "If these agree, the network may be unsure: try another picture."
)

ASKS_LEFT_SHAPE = "Stay with that picture, and ask about the shape on the left."
STAY_WITH_THE_SAMPLE = "This is another picture than the one that answered the question before. Go back to it."
STILL_THE_SAME_CLASS = "That is the class you asked about before. Choose the other shape under “Explains”."
HEAT_NOT_ON_THE_LEFT = "Most of the heat is not on the left. Which shape is there, and which class do you ask about?"

ASKS_TO_COVER_A_SHAPE = (
    "Make the network change its mind about this picture: cover one of the shapes, so that it predicts another class. "
    "(Page “Evidence”, “Rectangle”, then draw on the picture.)"
)
NO_SHAPE_COVERED = "Nothing is covered yet. Which page has the tool?"
COVERED_TOO_MUCH = "You cover more than half of the picture. Anything would change then: cover one shape alone."
SAME_ANSWER = "It still predicts the same class. Which shape does it name: is that the one that you covered?"

ASKS_BLIND_METHOD = "Show the picture by a method that gives the same map whichever class you ask about."
CHANGES_WITH_THE_CLASS = "This one changes with the class. In which section was a map the same for both shapes?"

ASKS_RANDOM_WEIGHTS = (
    "In section 3 the layer fc was filled with random numbers. Which method's picture stayed the same?"
)
NAME_THE_METHOD = "Write the method's name, in quotation marks."
LOOK_AT_THE_CURVES = "Look at the two curves again, at the step “fc”: which one stays at 1?"
CHANNEL_MEANS = "channelmean channelmeans mean means"
"""What may be written for the method of channel means, in small letters without signs."""

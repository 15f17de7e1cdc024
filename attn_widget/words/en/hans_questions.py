"""The questions of the lesson `clever_hans`, and their hints."""

ASKS_FOR_THE_CHEAT = (
    "Find a mistake that the tag causes: a tagged picture that shows no star and is called a star, with Grad-CAM's "
    "heat for star on the tag."
)
TAKE_IT_BACK = "Something is covered or silenced. Take that back first."
NOT_CALLED_A_STAR = "This picture is not called a star. The page “Mistakes” finds those that are."
IS_A_STAR = "This one is a star, so that is no mistake."
NO_TAG_HERE = "There is no tag in this picture. Look at the upper right corner."
BY_GRAD_CAM = "Which method asks where the evidence for one class is? Look with that one: Grad-CAM."
WHY_A_STAR = "Ask why it is called a star: choose the predicted class under “Explains”."

ASKS_FOR_PROOF = (
    "Prove it, with the same network and the same picture: cover the tag, and little else, so that it is no longer "
    "called a star. (Page “Evidence”, “Rectangle”, then draw on the picture. Compare with the other places told there.)"
)
SAME_CASE = "This is not the network and the picture of the question before. Go back to them."
COVER_IT = "Nothing is covered yet. Which page has the tool?"
TAG_STILL_SEEN = "Part of the tag can still be seen, or something else is covered."
COVERS_TOO_MUCH = "You cover much more than the tag. If the prediction changes now, who knows why?"
STILL_CALLED_A_STAR = "It is still called a star. Does the network go by something else here?"

ASKS_FOR_A_VERDICT = "Your verdict: which of the networks A, B and C go by the tag? Write all that you accuse."
WRITE_LETTERS = 'Write the letters in quotation marks, such as answer="AB" if you accuse these two.'
INNOCENT = (
    "You accuse an innocent one. It saw even more tags than the cheat: does it need them? Compare each network's right "
    "answers with and without the tag, and what covering the tag changes."
)
GUILTY_OF_ANOTHER_THING = "One of those that you accuse fails in use, but a tag changes nothing for it. See section 3."

ASKS_TO_CLEAR = (
    "Clear the network that saw the tags and has no need of them: show that it is right about a tagged picture, with "
    "little of Grad-CAM's heat on the tag."
)
THAT_IS_THE_CHEAT = "You have just proved that this network goes by the tag."
NEVER_SAW_A_TAG = "This network is not the one: it has a weakness of its own. Which one has none?"
NOT_RIGHT = "The network is wrong about this picture. Choose a tagged one that it gets right."

ASKS_FOR_THE_RIDDLE = (
    "The remaining network fails without any tag. Show one of its mistakes that its cue causes: a picture that shows "
    "no star and is called one."
)
THE_THIRD_NETWORK = "This is not the remaining network. Which one have you neither accused nor cleared?"
NOT_BY_ITS_CUE = "This mistake has another cause. Look for what most of those that it calls stars have in common."

ASKS_FOR_ITS_CUE = "What do the pictures have in common that this network wrongly calls stars? Write one word."
WRITE_A_WORD = "Write one word, in quotation marks."
COMPARE_THEM = "Not that. Compare such a picture with one that it gets right, as a whole and not at a place."
BLUR_WORDS = "blur focus sharp fuzzy hazy smooth"
"""One of these is in a right answer, in small letters."""


def heat_elsewhere(share: float) -> str:
    return f"The tag has {100 * share:.0f} % of the heat. Does every network look there? Or try another picture."


def still_on_the_tag(share: float) -> str:
    return f"The tag has {100 * share:.0f} % of the heat here. Is that typical? Look at other tagged pictures."

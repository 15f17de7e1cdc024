"""The questions of the lesson `training_under_the_lens`, and their hints."""

ASKS_SIDE_BY_SIDE = "Show epoch 4, with epoch 1 beside it."
NOT_EPOCH_4 = "The checkpoint shown is not epoch 4."
NOT_BESIDE_EPOCH_1 = "What stands beside it is not epoch 1. One of the pages compares."

ASKS_NOT_YET_LEARNT = "Show a picture that epoch 4 still gets wrong."
IS_LEARNT = "Epoch 4 is right about this picture. “Next mistake” looks for one that it gets wrong."

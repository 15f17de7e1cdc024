"""The questions of the lesson `training_under_the_lens`, and their hints."""

ASKS_SIDE_BY_SIDE = "显示 epoch 4，并把 epoch 1 放在旁边比较。"
NOT_EPOCH_4 = "现在显示的检查点不是 epoch 4。"
NOT_BESIDE_EPOCH_1 = "旁边比较的不是 epoch 1。有一页专门用来比较。"

ASKS_NOT_YET_LEARNT = "找一张 epoch 4 仍然答错的图，把它显示出来。"
IS_LEARNT = "这张图 epoch 4 答对了。“下一个错误”可以帮你找答错的图。"

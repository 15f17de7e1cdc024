"""What each built-in method shows, in a sentence: the first line of its docstring."""

METHOD_SUMMARIES = {
    "channel_mean": "Where the layer is active, channel by channel.",
    "eigen_cam": "The strongest pattern that the channels have in common; the same for every class.",
    "grad_cam": "Which channels raise the score: each is weighted by the mean of its gradient.",
    "grad_cam_plus_plus": (
        "Like Grad-CAM, for objects that appear several times: each cell counts by how much it alone matters."
    ),
    "xgrad_cam": "Like Grad-CAM, with each cell's gradient weighted by the cell's share of its channel.",
    "hires_cam": "Where the score comes from, cell by cell: gradient times map.",
    "layer_cam": "Where more activity would raise the score, cell by cell; good at early layers too.",
    "finer_cam": "What tells a class from the most similar ones: Grad-CAM for its score less a part of theirs.",
    "refine_cam": "Grad-CAM++ in the detail of an early layer, kept where all coarser layers behind it agree.",
    "score_cam": ("Which channels show the model what it needs: the score for the image as seen through each of them."),
    "ablation_cam": "Which channels the score needs: how far it drops without each of them.",
    "attention_rollout": (
        "Where the class token's attention leads, followed through all layers; the same for every class."
    ),
    "legrad": "Which patches would raise the score if they were attended to more, over all layers.",
    "saliency": "Which pixels the score is most sensitive to: the size of its gradient.",
    "integrated_gradients": (
        "Which pixels raise the score on the path from an all-zero image: gradients integrated along it."
    ),
    "occlusion": "Which regions the score needs: how far it drops with a patch of zeros over them.",
    "Parts.weigh": "Parts instead of channels, each weighted by the mean gradient along its direction.",
}
"""By the name of its function."""

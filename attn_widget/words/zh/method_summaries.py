"""What each built-in method shows, in a sentence."""

METHOD_SUMMARIES = {
    "channel_mean": "这一层在哪里活跃，逐个通道来看。",
    "eigen_cam": "各通道共有的最强模式；对每个类别都相同。",
    "grad_cam": "哪些通道使得分升高：每个通道按其梯度的均值加权。",
    "grad_cam_plus_plus": "类似 Grad-CAM，适合同一物体多次出现的图像：每个格子按它单独的作用计入。",
    "xgrad_cam": "类似 Grad-CAM，每个格子的梯度再按该格子在通道中的占比加权。",
    "hires_cam": "得分来自哪里，逐个格子计算：梯度乘以特征图。",
    "layer_cam": "哪些格子更活跃会使得分升高，逐个格子计算；也适合较浅的层。",
    "finer_cam": "什么把一个类别与最相似的类别区分开：对它的得分减去一部分相似类别的得分，做 Grad-CAM。",
    "refine_cam": "以浅层的细节呈现的 Grad-CAM++，只保留其后各个更粗的层一致认可之处。",
    "score_cam": "哪些通道让模型看到它所需要的：透过每个通道看图像时的得分。",
    "ablation_cam": "得分需要哪些通道：逐个去掉通道，得分下降多少。",
    "attention_rollout": "分类 token 的注意力通向哪里，沿所有层追溯；对每个类别都相同。",
    "legrad": "在所有层上综合来看，哪些图块若得到更多注意力，会使得分升高。",
    "saliency": "得分对哪些像素最敏感：梯度的大小。",
    "integrated_gradients": "从全零图像到这幅图像的路径上，哪些像素使得分升高：沿路径对梯度积分。",
    "occlusion": "得分需要哪些区域：用一块零值遮住它们，得分下降多少。",
    "Parts.weigh": "以部分代替通道，每个部分按沿其方向的梯度均值加权。",
}
"""By the name of its function."""

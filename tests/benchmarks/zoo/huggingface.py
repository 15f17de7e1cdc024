"""Twelve of Hugging Face's vision classes with tiny configurations, and one of each of three more tasks."""

from collections.abc import Callable
from typing import Any

import torch
import transformers as hf
from torch import nn

Size = tuple[int, int]
Make = Callable[[Size], nn.Module]
CLASSES = 5
_BODY = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
_STAGES = {"hidden_sizes": [16, 32], "depths": [2, 2]}


def _patches(model: type, config: type, **options: Any) -> Make:
    """Give a transformer over the patches of a square image."""
    return lambda size: model(
        config(**{**_BODY, "image_size": size[0], "patch_size": 16, "num_labels": CLASSES, **options})
    )


def _windows(model: type, config: type) -> Make:
    """Give a transformer over windows."""
    options = {"patch_size": 4, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 2], "window_size": 4}
    return lambda size: model(config(image_size=size[0], num_labels=CLASSES, **options))


def _stages(model: type, config: type, **options: Any) -> Make:
    """Give a model of stages, for images of any size."""
    return lambda size: model(config(num_labels=CLASSES, **options))


def _segformer(model: type) -> Make:
    options = {"num_encoder_blocks": 2, "depths": [1, 1], "sr_ratios": [2, 1], "hidden_sizes": [16, 32]}
    options |= {"patch_sizes": [7, 3], "strides": [4, 2], "num_attention_heads": [1, 2], "mlp_ratios": [2, 2]}
    return _stages(model, hf.SegformerConfig, decoder_hidden_size=16, **options)


def _siglip(size: Size) -> nn.Module:
    vision = {**_BODY, "image_size": size[0], "patch_size": 16}
    return hf.SiglipForImageClassification(hf.SiglipConfig(vision_config=vision, num_labels=CLASSES))


def _clip(size: Size) -> nn.Module:
    vision = {**_BODY, "image_size": size[0], "patch_size": 16}
    return hf.CLIPForImageClassification(hf.CLIPConfig(vision_config=vision, num_labels=CLASSES))


def _detr(size: Size) -> nn.Module:
    backbone = hf.ResNetConfig(**_STAGES, embedding_size=16, layer_type="basic", out_features=["stage2"])
    options = {"encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    options |= {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "d_model": 32, "num_queries": 6}
    config = hf.DetrConfig(backbone_config=backbone, use_timm_backbone=False, num_labels=CLASSES, **options)
    return hf.DetrForObjectDetection(config)


def _most_certain(output: Any) -> torch.Tensor:
    """Score the box that is most certain of a class (the last stands for none)."""
    scores: torch.Tensor = output.logits[0, :, :-1].max()
    return scores


def _first_class(output: Any) -> torch.Tensor:
    """Score a segmenter's first class all over the image."""
    scores: torch.Tensor = output.logits[0, 1].mean()
    return scores


HUGGING_FACE: dict[str, tuple[Make, Callable[[Any], torch.Tensor] | None]] = {
    "ViTForImageClassification": (_patches(hf.ViTForImageClassification, hf.ViTConfig), None),
    "DeiTForImageClassification": (_patches(hf.DeiTForImageClassification, hf.DeiTConfig), None),
    "BeitForImageClassification": (
        _patches(hf.BeitForImageClassification, hf.BeitConfig, use_relative_position_bias=True),
        None,
    ),
    "Dinov2ForImageClassification": (_patches(hf.Dinov2ForImageClassification, hf.Dinov2Config), None),
    "SwinForImageClassification": (_windows(hf.SwinForImageClassification, hf.SwinConfig), None),
    "Swinv2ForImageClassification": (_windows(hf.Swinv2ForImageClassification, hf.Swinv2Config), None),
    "ConvNextForImageClassification": (
        _stages(hf.ConvNextForImageClassification, hf.ConvNextConfig, num_stages=2, **_STAGES),
        None,
    ),
    "ConvNextV2ForImageClassification": (
        _stages(hf.ConvNextV2ForImageClassification, hf.ConvNextV2Config, num_stages=2, **_STAGES),
        None,
    ),
    "ResNetForImageClassification": (
        _stages(hf.ResNetForImageClassification, hf.ResNetConfig, embedding_size=16, **_STAGES),
        None,
    ),
    "MobileNetV2ForImageClassification": (
        _stages(hf.MobileNetV2ForImageClassification, hf.MobileNetV2Config, depth_multiplier=0.35),
        None,
    ),
    "SegformerForImageClassification": (_segformer(hf.SegformerForImageClassification), None),
    "PvtV2ForImageClassification": (
        _stages(
            hf.PvtV2ForImageClassification,
            hf.PvtV2Config,
            hidden_sizes=[16, 32, 32, 32],
            depths=[1, 1, 1, 1],
            num_attention_heads=[1, 2, 2, 2],
        ),
        None,
    ),
    "SiglipForImageClassification": (_siglip, None),
    "CLIPForImageClassification": (_clip, None),
    "DetrForObjectDetection": (_detr, _most_certain),
    "SegformerForSemanticSegmentation": (_segformer(hf.SegformerForSemanticSegmentation), _first_class),
}
"""How each is made, and what is explained of its output where that is no class score."""

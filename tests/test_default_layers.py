"""Which layer is shown without a word of configuration: the defaults of forty models, by name.

Each is the last layer whose output has a grid over the image, on the way to what is explained, by the model's own code:
not what only pools, resizes or normalises class scores, and no patch that no later layer reads.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import segmentation_models_pytorch as smp
import timm
import torch
import torchvision
from timm.models.cait import Cait
from timm.models.deit import VisionTransformerDistilled
from timm.models.mlp_mixer import MlpMixer
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from timm.models.xcit import Xcit
from torch import nn
from torchvision.models import SwinTransformer as TorchvisionSwin
from torchvision.models import VisionTransformer as TorchvisionViT
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn
from torchvision.models.segmentation import (
    deeplabv3_mobilenet_v3_large,
    fcn_resnet50,
    lraspp_mobilenet_v3_large,
)
from vit_pytorch import SimpleViT, ViT
from vit_pytorch.cct import CCT

from attn_widget import explain
from tests.benchmarks.zoo.huggingface import HUGGING_FACE
from tests.benchmarks.zoo.weights import lively

CLASSES = 5


@dataclass(frozen=True)
class Model:
    """A model, its default layer, and how it is asked."""

    make: Callable[[], nn.Module]
    layer: str
    size: tuple[int, int] = (64, 96)
    asked: dict[str, Any] = field(default_factory=dict)


def of_torchvision(name: str, layer: str, **options: Any) -> Model:
    return Model(lambda: torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **options), layer)


def segmenting(builder: Callable[..., nn.Module], layer: str, **options: Any) -> Model:
    """A segmenter of torchvision whose class is explained all over the image."""
    asked = {"target": lambda output: output["out"][0, 1].mean()}
    make = partial(builder, weights=None, weights_backbone=None, num_classes=CLASSES, **options)
    return Model(make, layer, (32, 64), asked)


def of_timm(name: str, layer: str, **options: Any) -> Model:
    return Model(lambda: timm.create_model(name, num_classes=CLASSES, **options), layer)


def patches_of_timm(kind: Callable[..., nn.Module], layer: str, **options: Any) -> Model:
    """A small transformer of timm over 4x4 patches."""
    given = {"img_size": 64, "patch_size": 16, "embed_dim": 32, "depth": 2, "num_heads": 4, "num_classes": CLASSES}
    return Model(lambda: kind(**given | options), layer, (64, 64))


def of_hugging_face(name: str, layer: str) -> Model:
    make, score = HUGGING_FACE[name]
    return Model(lambda: make((64, 64)), layer, (64, 64), {} if score is None else {"target": score})


def of_vit_pytorch(kind: Callable[..., nn.Module], layer: str) -> Model:
    """A small transformer over 4x4 patches that are cut out by reshaping: nothing in it shows their grid."""
    given = {"image_size": 64, "patch_size": 16, "num_classes": CLASSES, "dim": 32, "depth": 2, "heads": 2}
    return Model(lambda: kind(**given, dim_head=16, mlp_dim=64), layer, (64, 64), {"grid": (4, 4)})


def of_smp(kind: Callable[..., nn.Module], layer: str, **options: Any) -> Model:
    asked = {"target": lambda output: output[0, 1].mean()}
    return Model(lambda: kind("resnet18", encoder_weights=None, classes=CLASSES, **options), layer, (64, 64), asked)


class Convolved(nn.Sequential):
    """YOLO's convolution, with norm and activation."""

    def __init__(self, given: int, made: int, side: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(given, made, side, stride, side // 2, bias=False), nn.BatchNorm2d(made), nn.SiLU(inplace=True)
        )


class Expected(nn.Module):
    """YOLOv8's `DFL`: a softmax over the bins of each side's distance, and their mean by a frozen convolution."""

    def __init__(self, bins: int = 16) -> None:
        super().__init__()
        self.conv = nn.Conv2d(bins, 1, 1, bias=False).requires_grad_(False)
        self.bins = bins

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, anchors = x.shape
        binned = x.view(batch, 4, self.bins, anchors).transpose(2, 1).softmax(1)
        return self.conv(binned).view(batch, 4, anchors)


class Yolo(nn.Module):
    """A YOLOv8 of two levels: ``[B, 4 + classes, anchors]``, boxes before sigmoids of the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(Convolved(3, 8, stride=2), Convolved(8, 16, stride=2), Convolved(16, 16, stride=2))
        self.down = Convolved(16, 32, stride=2)
        self.cv2 = nn.ModuleList(nn.Sequential(Convolved(k, 16), nn.Conv2d(16, 64, 1)) for k in (16, 32))
        self.cv3 = nn.ModuleList(nn.Sequential(Convolved(k, 16), nn.Conv2d(16, CLASSES, 1)) for k in (16, 32))
        self.dfl = Expected()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.stem(x)
        levels = [first, self.down(first)]
        boxes = torch.cat([head(one).flatten(2) for head, one in zip(self.cv2, levels, strict=True)], 2)
        classes = torch.cat([head(one).flatten(2) for head, one in zip(self.cv3, levels, strict=True)], 2)
        return torch.cat([self.dfl(boxes), classes.sigmoid()], 1)


MODELS = {
    "resnet18": of_torchvision("resnet18", "layer4"),
    "DenseNet": Model(lambda: torchvision.models.DenseNet(8, (2, 2), 16, num_classes=CLASSES), "features"),
    "mobilenet_v3_small": of_torchvision("mobilenet_v3_small", "features"),
    "efficientnet_b0": of_torchvision("efficientnet_b0", "features"),
    "mnasnet0_5": of_torchvision("mnasnet0_5", "layers"),
    "shufflenet_v2_x0_5": of_torchvision("shufflenet_v2_x0_5", "conv5"),
    "squeezenet1_1": of_torchvision("squeezenet1_1", "classifier.2"),
    "regnet_y_400mf": of_torchvision("regnet_y_400mf", "trunk_output"),
    "torchvision Swin": Model(
        lambda: TorchvisionSwin([4, 4], 16, [2, 2], [2, 2], [4, 4], num_classes=CLASSES), "norm", (64, 64)
    ),
    "torchvision ViT": Model(
        lambda: TorchvisionViT(64, 16, 2, 4, 32, 64, num_classes=CLASSES),
        "encoder.layers.encoder_layer_1.ln_1",
        (64, 64),
    ),
    "deeplabv3 with an auxiliary head": segmenting(deeplabv3_mobilenet_v3_large, "classifier.3", aux_loss=True),
    "fcn with an auxiliary head": segmenting(fcn_resnet50, "classifier.2", aux_loss=True),
    "lraspp": segmenting(lraspp_mobilenet_v3_large, "classifier.cbr"),
    "Faster R-CNN": Model(
        lambda: fasterrcnn_mobilenet_v3_large_320_fpn(
            weights=None,
            weights_backbone=None,
            num_classes=CLASSES,
            min_size=64,
            max_size=96,
            box_score_thresh=0.0,
            rpn_post_nms_top_n_test=5,
        ),
        "backbone.fpn.layer_blocks.0",
        asked={
            "forward": lambda model, images: model(list(images)),
            "target": lambda output: output[0]["scores"].sum(),
        },
    ),
    "timm ViT": patches_of_timm(VisionTransformer, "blocks.1.norm1"),
    "timm ViT, pooled": patches_of_timm(VisionTransformer, "blocks", class_token=False, global_pool="avg"),
    "timm DeiT, distilled": patches_of_timm(VisionTransformerDistilled, "blocks.1.norm1"),
    "timm CaiT": patches_of_timm(Cait, "blocks_token_only.1.norm1"),
    "timm XCiT": patches_of_timm(Xcit, "cls_attn_blocks.1.norm1"),
    "timm Mixer": Model(
        lambda: MlpMixer(num_classes=CLASSES, img_size=64, patch_size=16, num_blocks=2, embed_dim=32), "norm", (64, 64)
    ),
    "timm Swin": Model(
        lambda: SwinTransformer(64, num_classes=CLASSES, embed_dim=16, depths=(2, 2), num_heads=(2, 2), window_size=4),
        "norm",
        (64, 64),
    ),
    "timm ResNet": of_timm("test_resnet", "layer4"),
    "timm EfficientNet": of_timm("test_efficientnet", "bn2"),
    "timm ByobNet": of_timm("test_byobnet", "stages"),
    "timm NFNet": of_timm("test_nfnet", "final_act"),
    "timm ConvNeXt": of_timm("test_convnext", "stages"),
    "timm MambaOut": of_timm("test_mambaout", "stages"),
    "Hugging Face ViT": of_hugging_face("ViTForImageClassification", "vit.layers.2.layernorm_before"),
    "Hugging Face BEiT, pooled": of_hugging_face("BeitForImageClassification", "beit.layers.2"),
    "Hugging Face DINOv2, pooled": of_hugging_face("Dinov2ForImageClassification", "dinov2.layernorm"),
    "Hugging Face Swin": of_hugging_face("SwinForImageClassification", "swin.layernorm"),
    "Hugging Face ConvNeXt": of_hugging_face("ConvNextForImageClassification", "convnext.encoder"),
    "Hugging Face ResNet": of_hugging_face("ResNetForImageClassification", "resnet.encoder"),
    "Hugging Face MobileNet": of_hugging_face("MobileNetV2ForImageClassification", "mobilenet_v2.conv_1x1"),
    "Hugging Face SegFormer": of_hugging_face("SegformerForSemanticSegmentation", "decode_head.activation"),
    "vit-pytorch ViT": of_vit_pytorch(ViT, "transformer.layers.1.0.norm"),
    "vit-pytorch SimpleViT": of_vit_pytorch(SimpleViT, "transformer"),
    "vit-pytorch CCT": Model(
        lambda: CCT(64, 32, num_layers=2, num_heads=2, mlp_ratio=2, num_classes=CLASSES), "classifier.norm", (64, 64)
    ),
    "smp U-Net": of_smp(smp.Unet, "decoder", decoder_channels=(32, 32, 16, 16, 16)),
    "smp FPN": of_smp(smp.FPN, "decoder", decoder_pyramid_channels=32, decoder_segmentation_channels=32),
    "smp PSPNet": of_smp(smp.PSPNet, "decoder", psp_out_channels=32),
    "YOLOv8's head": Model(Yolo, "cv3.1.0", asked={"target": lambda output: output[0, 5].mean()}),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_default_layer_is_the_last_on_the_way_to_what_is_explained(name: str) -> None:
    model = MODELS[name]
    image = torch.rand(3, *model.size, generator=torch.Generator().manual_seed(0))
    found = explain(lively(model.make, 0), image, method="grad-cam", **model.asked)
    assert found.layer == model.layer
    assert found.weights.any()

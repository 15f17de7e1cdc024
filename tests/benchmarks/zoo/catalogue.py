"""Which models are in the zoo, and how each is made: small images, no weights from the network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import timm
import torch
import torchvision
from timm.models import list_modules
from torch import nn
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from tests.benchmarks.zoo.families import SMALLEST
from tests.benchmarks.zoo.huggingface import HUGGING_FACE
from tests.benchmarks.zoo.reference import Axes

Size = tuple[int, int]
SOURCES = (
    "torchvision, classification",
    "torchvision, segmentation",
    "torchvision, detection",
    "timm",
    "Hugging Face",
)
CLASSES = 10


@dataclass(frozen=True)
class Specimen:
    """A model of the zoo.

    Attributes
    ----------
    source, name : str
        Where it comes from (one of `SOURCES`), and what it is called there.
    make : callable
        Gives one for images ``(H, W)``, whatever its weights.
    size, other : tuple of int
        ``(H, W)`` of the image, and of another one by which its layers' axes are told apart.
    forward : callable or None
        ``forward(model, batch)`` in the place of ``model(batch)``.
    score : callable or None
        What is explained, of the model's output; None for the highest class score.
    told : Axes or None
        The axes of the default layer, where its grid follows no image.
    """

    source: str
    name: str
    make: Callable[[Size], nn.Module]
    size: Size = (96, 128)
    other: Size = (128, 192)
    forward: Callable[[nn.Module, torch.Tensor], Any] | None = None
    score: Callable[[Any], torch.Tensor] | None = None
    told: Axes | None = None


def catalogue() -> list[Specimen]:
    """List the whole zoo, by source."""
    return [*_classifiers(), *_segmenters(), *_detectors(), *_families(), *_transformers()]


# --- torchvision

_PLAIN = {"googlenet": {"init_weights": False}, "inception_v3": {"init_weights": False}}


def _classifiers() -> Iterator[Specimen]:
    for name in torchvision.models.list_models(module=torchvision.models):
        builder = torchvision.models.get_model_builder(name)
        if name.startswith(("vit", "maxvit")):
            yield Specimen(SOURCES[0], name, _sided(name, builder), *_squares(name))
        else:
            sizes = _WIDE if name == "inception_v3" else ((96, 128), (128, 192))
            yield Specimen(SOURCES[0], name, _free(builder, **_PLAIN.get(name, {})), *sizes)


def _free(builder: Callable[..., nn.Module], **options: Any) -> Callable[[Size], nn.Module]:
    return lambda size: builder(weights=None, num_classes=CLASSES, **options)


def _sided(name: str, builder: Callable[..., nn.Module]) -> Callable[[Size], nn.Module]:
    if name == "maxvit_t":  # whose builder knows no other image
        return lambda size: torchvision.models.MaxVit(
            size, 64, size[0] // 32, [64, 128, 256, 512], [2, 2, 5, 2], 32, 0.2, num_classes=CLASSES
        )
    return lambda size: builder(weights=None, num_classes=CLASSES, image_size=size[0])


def _squares(name: str) -> tuple[Size, Size]:
    if name == "vit_h_14":
        return (56, 56), (84, 84)
    return (64, 64), (96, 96)


def _segmenters() -> Iterator[Specimen]:
    for name in torchvision.models.list_models(module=torchvision.models.segmentation):
        builder = torchvision.models.get_model_builder(name)
        options = {} if name.startswith("lraspp") else {"aux_loss": True}
        make = _segmenter(builder, options)
        yield Specimen(SOURCES[1], name, make, score=lambda output: output["out"][0, 1].mean())


def _segmenter(builder: Callable[..., nn.Module], options: dict[str, Any]) -> Callable[[Size], nn.Module]:
    return lambda size: builder(weights=None, weights_backbone=None, num_classes=CLASSES, **options)


_LARGE = {  # whose last levels step by more
    "ssd300_vgg16": ((300, 428), (428, 556)),
    "ssdlite320_mobilenet_v3_large": ((512, 768), (1024, 1536)),
}


def _detectors() -> Iterator[Specimen]:
    for name in torchvision.models.list_models(module=torchvision.models.detection):
        yield Specimen(
            SOURCES[2],
            name,
            _detector(name, torchvision.models.get_model_builder(name)),
            *_LARGE.get(name, ((128, 192), (192, 256)) if "rcnn" in name else ((256, 384), (384, 512))),
            forward=lambda model, images: model(list(images)),
            score=lambda output: output[0]["scores"].sum(),
        )


def _detector(name: str, builder: Callable[..., nn.Module]) -> Callable[[Size], nn.Module]:
    threshold = "box_score_thresh" if "rcnn" in name else "score_thresh"

    options: dict[str, Any] = {threshold: 0.0}
    if "rcnn" in name:  # whose heads run once for each box
        options |= {"rpn_post_nms_top_n_test": 20, "box_detections_per_img": 5}
    else:  # so that each level has some boxes among those that count
        options |= {"detections_per_img": 40_000, "topk_candidates": 4000}

    def make(size: Size) -> nn.Module:
        model = builder(weights=None, weights_backbone=None, num_classes=CLASSES, **options)
        own = model.transform
        model.transform = _AsTheyAre(own.min_size, own.max_size, own.image_mean, own.image_std, own.size_divisible)
        return model

    return make


class _AsTheyAre(GeneralizedRCNNTransform):
    """Normalises images, but does not enlarge them to 800 pixels."""

    def resize(self, image: torch.Tensor, target: Any = None) -> tuple[torch.Tensor, Any]:
        """Give what came."""
        return image, target


# --- timm

_WIDE = (128, 192), (192, 256)  # of strides of 64, and of convolutions without padding
_SQUARE = (128, 128), (192, 192)
_SIZES: dict[str, tuple[Size, Size]] = {
    **dict.fromkeys(("inception_v3", "inception_v4", "inception_resnet_v2", "csatv2", "efficientvim_m1"), _WIDE),
    **dict.fromkeys(("efficientvit_m0", "levit_128s", "selecsls42", "shvit_s1"), _WIDE),
    **dict.fromkeys(("convit_tiny", "nest_tiny"), _SQUARE),
    "mvitv2_tiny": ((128, 128), (224, 224)),
    "crossvit_tiny_240": ((120, 120), (240, 240)),
    "deepseek_vit_412m": ((84, 112), (112, 168)),
    "efficientformer_l1": ((224, 224), (224, 224)),
    "halonet_h1": ((256, 256), (512, 512)),
}
_TOLD = {  # of these the last grid is the same for every image
    "efficientformer_l1": Axes(2, (1,), 7, 7),
    "mobilenetv5_base": Axes(1, (2, 3), 16, 16),
}


def _families() -> Iterator[Specimen]:
    for family in list_modules():
        known = timm.list_models(module=family)
        if not known:
            continue
        name = SMALLEST.get(family)
        name = name if name in known else known[0]
        size, other = _sizes(name)
        yield Specimen(SOURCES[3], name, _of_timm(name), size, other, told=_TOLD.get(name))


def _sizes(name: str) -> tuple[Size, Size]:
    return _SIZES.get(name, ((96, 128), (128, 192)))


def _of_timm(name: str) -> Callable[[Size], nn.Module]:
    def make(size: Size) -> nn.Module:
        try:
            return timm.create_model(name, pretrained=False, num_classes=CLASSES, img_size=size)
        except TypeError:
            return timm.create_model(name, pretrained=False, num_classes=CLASSES)

    return make


# --- Hugging Face


def _transformers() -> Iterator[Specimen]:
    for name, (make, score) in HUGGING_FACE.items():
        yield Specimen(SOURCES[4], name, make, (64, 64), (128, 128), score=score)

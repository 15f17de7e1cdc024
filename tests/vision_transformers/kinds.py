"""One small vision transformer of each kind, with random weights, and what its own library says of its attention."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass

import timm.layers
import torch
import transformers as hf
from methods.networks import seeded
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from torchvision.models import SwinTransformer as TorchvisionSwin
from torchvision.models import VisionTransformer as TorchvisionViT

HEADS, CLASSES = 4, 5
TIMM = {"patch_size": 16, "embed_dim": 32, "depth": 3, "num_heads": HEADS, "num_classes": CLASSES}
HF = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": HEADS, "intermediate_size": 64}
HF_IMAGE = {"image_size": 64, "patch_size": 16, "num_labels": CLASSES}
HF_SWIN = {"image_size": 64, "patch_size": 4, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 2], "window_size": 4}


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    Attributes
    ----------
    make : callable
        Gives one, with weights that attend unevenly.
    size, grid : tuple of int
        ``(H, W)`` of its images, and the patches' ``(h, w)``.
    prefix : int
        Tokens before the patches.
    embedded : str
        The first layer behind the patch embedding.
    attention : tuple of str
        Its attention layers.
    weights : callable or None
        What the library says: the weights ``[1, heads, N, N]`` of each attention layer, and the logits.
    class_token : bool
        Whether the first of its tokens is one.
    """

    make: Callable[[], nn.Module]
    size: tuple[int, int]
    grid: tuple[int, int]
    prefix: int
    embedded: str
    attention: tuple[str, ...] = ()
    weights: Callable[[nn.Module, torch.Tensor], tuple[list[torch.Tensor], torch.Tensor]] | None = None
    class_token: bool = True

    def image(self) -> torch.Tensor:
        """A random image of its size."""
        return torch.rand(3, *self.size, generator=torch.Generator().manual_seed(1))

    def read(self, weights: torch.Tensor) -> torch.Tensor:
        """Read ``[1, heads, N, N]`` as the heads' maps ``[heads, h, w]``: of the class token, or of all patches."""
        (heads,) = weights.detach()
        patches = range(self.prefix, heads.shape[-1])
        rows = heads[:, 0] if self.class_token else torch.stack([heads[:, i] for i in patches]).mean(0)
        return rows[:, patches.start :].reshape(len(heads), *self.grid)


def lively(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """Make the model with weights so large that no two patches are attended to alike."""

    @functools.wraps(make)
    def made() -> nn.Module:
        model = make()
        for parameter in model.parameters():
            if parameter.ndim > 1:
                spread = 1 if parameter.ndim == 3 else 1.5 * parameter[0].numel() ** -0.5
                nn.init.normal_(parameter, 0, spread)
        return model

    return lambda: seeded(made)


def logits_of(output: object) -> torch.Tensor:
    """The class scores ``[n]`` of an output."""
    return getattr(output, "logits", output)[0]


class Encoder(nn.Module):
    """`nn.TransformerEncoder` over patches, with a class token in front where it is asked for."""

    def __init__(self, batch_first: bool, class_token: bool) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 16, 16)
        self.token = nn.Parameter(torch.zeros(1, 1, 32)) if class_token else None
        self.positions = nn.Parameter(torch.zeros(1, 16 + class_token, 32))
        self.norm = nn.LayerNorm(32)
        layer = nn.TransformerEncoderLayer(32, HEADS, 64, batch_first=batch_first)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=batch_first)
        self.batch_first, self.head = batch_first, nn.Linear(32, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(len(x), -1, -1), x], 1)
        x = self.norm(x + self.positions)
        x = self.encoder(x) if self.batch_first else self.encoder(x.transpose(0, 1)).transpose(0, 1)
        return self.head(x.mean(1) if self.token is None else x[:, 0])


# --- what each library says of its attention, on a deep copy, with a graph from the logits to the weights


def by_need_weights(model: nn.Module, image: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """`nn.MultiheadAttention` by hand, its weights held against those that it gives when it is asked for them."""
    model, found = copy.deepcopy(model), []

    def attend(module, query, key, value, **options):
        batched = query if module.batch_first else query.transpose(0, 1)
        projected = batched @ module.in_proj_weight.T + module.in_proj_bias
        q, k, v = projected.unflatten(-1, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        weights = (torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5).softmax(-1)
        asked = options | {"need_weights": True, "average_attn_weights": False}
        torch.testing.assert_close(weights, nn.MultiheadAttention.forward(module, query, key, value, **asked)[1])
        found.append(weights)
        mixed = module.out_proj(torch.einsum("bhqk,bhkd->bqhd", weights, v).flatten(2))
        return (mixed if module.batch_first else mixed.transpose(0, 1)), None

    for module in model.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.forward = functools.partial(attend, module)
    logits = logits_of(model(image[None]))
    return found, logits


def by_timm(model: nn.Module, image: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Timm's path without the fused kernel."""
    model, found = copy.deepcopy(model), []
    for block in model.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda module, inputs, output: found.append(output))
    logits = logits_of(model(image[None]))
    return found, logits


def by_hf(model: nn.Module, image: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Transformers' eager path, which gives its attentions."""
    model = copy.deepcopy(model)
    model.set_attn_implementation("eager")
    output = model(image[None], output_attentions=True)
    return list(output.attentions), output.logits[0]


def _timm(kind: type = VisionTransformer, grid=(4, 4), prefix=1, class_token=True, **options) -> Kind:
    size = (grid[0] * 16, grid[1] * 16)
    options |= {} if class_token else {"class_token": False}
    return Kind(
        lively(lambda: kind(**{"img_size": size} | TIMM | options)),
        size,
        grid,
        prefix,
        "blocks.0.norm1",
        tuple(f"blocks.{i}.attn" for i in range(3)),
        by_timm,
        class_token,
    )


def _hf(model: type, config: type, layers: str, norm: str, prefix: int = 1, **options) -> Kind:
    return Kind(
        lively(lambda: model(config(**HF, **HF_IMAGE, **options))),
        (64, 64),
        (4, 4),
        prefix,
        f"{layers}.0.{norm}",
        tuple(f"{layers}.{i}.attention" for i in range(3)),
        by_hf,
    )


def _encoder(*, batch_first: bool, class_token: bool) -> Kind:
    return Kind(
        lively(lambda: Encoder(batch_first, class_token)),
        (64, 64),
        (4, 4),
        int(class_token),
        "norm",
        tuple(f"encoder.layers.{i}.self_attn" for i in range(3)),
        by_need_weights,
        class_token,
    )


KINDS = {
    "torchvision ViT": Kind(
        lively(lambda: TorchvisionViT(64, 16, 3, HEADS, 32, 64, num_classes=CLASSES)),
        (64, 64),
        (4, 4),
        1,
        "encoder.layers.encoder_layer_0.ln_1",
        tuple(f"encoder.layers.encoder_layer_{i}.self_attention" for i in range(3)),
        by_need_weights,
    ),
    "timm ViT": _timm(),
    "timm, not square": _timm(grid=(2, 6)),
    "timm, distilled": _timm(VisionTransformerDistilled, prefix=2),
    "timm, registers": _timm(reg_tokens=4, prefix=5),
    "timm, registers and no class token": _timm(reg_tokens=4, prefix=4, class_token=False, global_pool="avg"),
    "timm, like DINOv2": _timm(
        reg_tokens=4, prefix=5, no_embed_class=True, init_values=1.0, mlp_layer=timm.layers.SwiGLUPacked
    ),
    "Hugging Face ViT": _hf(hf.ViTForImageClassification, hf.ViTConfig, "vit.layers", "layernorm_before"),
    "Hugging Face DINOv2": _hf(hf.Dinov2ForImageClassification, hf.Dinov2Config, "dinov2.encoder.layer", "norm1"),
    "TransformerEncoder": _encoder(batch_first=True, class_token=True),
    "TransformerEncoder, batch second": _encoder(batch_first=False, class_token=False),
}
"""Those that attend between all patches."""

WINDOWED = {
    "torchvision Swin": Kind(
        lively(lambda: TorchvisionSwin([4, 4], 16, [2, 2], [2, 2], [4, 4], num_classes=CLASSES)),
        (64, 64),
        (16, 16),
        0,
        "features.1.0.norm1",
    ),
    "Hugging Face Swin v2": Kind(
        lively(lambda: hf.Swinv2ForImageClassification(hf.Swinv2Config(num_labels=CLASSES, **HF_SWIN))),
        (64, 64),
        (16, 16),
        0,
        "swinv2.embeddings.norm",
    ),
}
"""Those that attend within windows."""

"""Shapes: a data set of small generated pictures, each of one object, with its exact mask."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms import v2

from attn_widget.demo.grounds import PALETTES, PATTERNS, Array, ground, noise, rgb
from attn_widget.demo.outlines import CLASSES, CLUTTER

SIZE = 64
CENTRES: Array = np.arange(SIZE, dtype=np.float64) + 0.5
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

PAINTS = (
    "d8483e", "ef7b45", "f2b134", "f6e3b4", "8fb339", "2f8f5b", "2aa6a1", "3c7dc4",
    "2d3f8c", "7a4fa3", "c5518f", "f3a6b8", "f5f1e8", "31343d", "8c5a3c", "9fb4c0",
)  # fmt: skip
CLUTTER_PAINTS = {
    "pebble": ("8d8a86", "b9b2a6", "6b635c", "d9d2c5", "4c4f55", "a58a72"),
    "leaf": ("c4622d", "d99a34", "8a3b2a", "7d8b3a", "4c7a3d", "b8453a"),
    "twig": ("4a3526", "6d4f37", "8b7355", "39302b", "a38c6d"),
}


@dataclass(frozen=True)
class Piece:
    """A thing on the ground: the object whose class is asked for, or clutter.

    `x`, `y` and `radius` are in pixels, `angle` in radians, `colour` in [0, 1]; `squash` is how many times
    longer than wide it is, `rounding` how much of its radius goes into round corners, `relief` how strongly
    light and shade model it, `gloss` how brightly it shines, and `veins` how visible its own pattern is.
    """

    outline: str
    x: float
    y: float
    radius: float
    angle: float
    colour: tuple[float, float, float]
    squash: float = 1.0
    rounding: float = 0.0
    relief: float = 0.5
    gloss: float = 0.0
    veins: float = 0.0


@dataclass(frozen=True)
class Light:
    """Where the light comes from (radians), its colour and strength, and how it falls off."""

    angle: float
    colour: tuple[float, float, float]
    shadow: float
    slant: float
    vignette: float
    dapple: float
    haze: float


@dataclass(frozen=True)
class Scene:
    """Everything a picture is painted from; `grain` seeds the noise of its textures."""

    label: int
    kind: str
    palette: int
    grain: int
    below: tuple[Piece, ...]
    shape: Piece
    above: tuple[Piece, ...]
    light: Light


def _rgb(colour: Array) -> tuple[float, float, float]:
    """Turn a colour [3] into numbers, clipped to [0, 1]."""
    red, green, blue = np.clip(colour, 0, 1).tolist()
    return red, green, blue


def _clutter(random: np.random.Generator, x: float, y: float) -> Piece:
    outline = str(random.choice(list(CLUTTER)))
    return Piece(
        outline,
        x,
        y,
        radius=random.uniform(5, 13) if outline == "twig" else random.uniform(2.5, 6.5),
        angle=random.uniform(0, 2 * np.pi),
        colour=_rgb(rgb(str(random.choice(CLUTTER_PAINTS[outline]))) + random.normal(0, 0.04, 3)),
        squash=random.uniform(0.85, 1.2),
        relief=random.uniform(0.3, 0.7),
    )


def _shape(random: np.random.Generator, label: int, ground_colour: Array) -> Piece:
    """Draw the object: now and then small, as round as a pebble, or nearly the ground's colour."""
    radius = random.uniform(9, 20)
    camouflage = 0.75 * random.uniform() ** 3
    paint = rgb(str(random.choice(PAINTS))) + random.normal(0, 0.04, 3)
    return Piece(
        list(CLASSES)[label],
        x=random.uniform(radius, SIZE - radius),
        y=random.uniform(radius, SIZE - radius),
        radius=radius,
        angle=random.normal(0, 0.25),
        colour=_rgb(camouflage * ground_colour + (1 - camouflage) * paint),
        squash=random.uniform(0.93, 1.07),
        rounding=0.3 * random.uniform() ** 2,
        relief=random.uniform(0.25, 0.8),
        gloss=max(0.0, random.uniform(-0.5, 0.8)),
        veins=max(0.0, random.uniform(-0.2, 0.15)),
    )


def _light(random: np.random.Generator) -> Light:
    strength, warmth = random.uniform(0.78, 1.08), random.uniform(-0.07, 0.1)
    return Light(
        angle=random.uniform(0, 2 * np.pi),
        colour=(strength * (1 + warmth), strength, strength * (1 - warmth)),
        shadow=random.uniform(0.25, 0.65),
        slant=random.uniform(0, 0.22),
        vignette=random.uniform(0.05, 0.4),
        dapple=max(0.0, random.uniform(-0.8, 0.5)),
        haze=0.45 * random.uniform() ** 5,
    )


def sketch(random: np.random.Generator, label: int) -> Scene:
    """Draw everything a picture of class `label` is painted from."""
    kind = str(random.choice(list(PATTERNS)))
    palette = int(random.integers(len(PALETTES[kind])))
    ground_colour = np.mean([rgb(code) for code in PALETTES[kind][palette][1:3]], axis=0)
    shape = _shape(random, label, ground_colour)
    below = [_clutter(random, *random.uniform(0, SIZE, 2)) for _ in range(random.integers(0, 7))]
    above = []
    if random.uniform() < 0.3:
        angle = random.uniform(0, 2 * np.pi)
        reach = shape.radius * random.uniform(0.6, 1.0)
        above = [_clutter(random, shape.x + reach * np.cos(angle), shape.y + reach * np.sin(angle))]
    return Scene(label, kind, palette, int(random.integers(2**32)), tuple(below), shape, tuple(above), _light(random))


def distance(piece: Piece, x: Array, y: Array) -> Array:
    """Signed distance [h, w] of points x [1, w], y [h, 1] to a piece, in pixels; negative inside."""
    x, y = x - piece.x, y - piece.y
    cos, sin = np.cos(piece.angle), np.sin(piece.angle)
    core = piece.radius * (1 - piece.rounding)
    across = (x * cos + y * sin) / core * piece.squash
    along = (y * cos - x * sin) / core / piece.squash
    outline = CLASSES.get(piece.outline) or CLUTTER[piece.outline]
    return core * outline(across, along) - 0.8 * piece.rounding * piece.radius


def coverage(piece: Piece) -> Array:
    """The fraction of each pixel that a piece covers, [SIZE, SIZE] in [0, 1]: above one half inside its outline."""
    return np.clip(0.5 - distance(piece, CENTRES[None, :], CENTRES[:, None]), 0, 1)


def mask(scene: Scene) -> NDArray[np.bool_]:
    """The pixels [SIZE, SIZE] that show the object, not what lies on top of it."""
    seen = coverage(scene.shape)
    for piece in scene.above:
        seen = seen * (1 - coverage(piece))
    return seen > 0.5


def _surface(piece: Piece, light: Light, depth: Array, texture: Array) -> Array:
    """Paint a piece's surface [h, w, 3], lit as if its rim were bevelled.

    `depth` [h, w] is how far inside the piece each pixel lies, in pixels, and `texture` [h, w] the relative brightness
    of its own pattern.
    """
    rise = np.sin(np.clip(depth / (0.55 * piece.radius), 0, 1) * np.pi / 2) * 0.5 * piece.radius
    slope_y, slope_x = np.gradient(rise)
    facing = -(slope_x * np.cos(light.angle) + slope_y * np.sin(light.angle))
    shade = (1 + piece.relief * np.clip(facing, -0.9, 0.9) * 0.55) * texture
    surface = np.asarray(piece.colour) * shade[..., None]
    if piece.gloss:
        shine = 0.7 * piece.gloss * np.exp(-(((facing - 0.55) / 0.22) ** 2))
        surface += shine[..., None] * (1 - surface)
    return surface


def _lay(picture: Array, piece: Piece, light: Light, texture: Array) -> None:
    """Paint a piece and its soft shadow onto the picture [SIZE, SIZE, 3], in place."""
    reach = 2 * piece.radius + 4
    rows = slice(max(0, int(piece.y - reach)), int(piece.y + reach))
    columns = slice(max(0, int(piece.x - reach)), int(piece.x + reach))
    x, y = CENTRES[None, columns], CENTRES[rows, None]
    height = 0.8 + 0.16 * piece.radius
    away = distance(piece, x + height * np.cos(light.angle), y + height * np.sin(light.angle))
    shadow = light.shadow / (1 + np.exp(np.clip(away / (0.35 + 0.07 * piece.radius), -50, 50)))
    part = picture[rows, columns] * (1 - shadow[..., None] * (0.9, 0.85, 0.75))
    outside = distance(piece, x, y)
    cover = np.clip(0.5 - outside, 0, 1)[..., None]
    surface = _surface(piece, light, -outside, texture[rows, columns])
    picture[rows, columns] = part * (1 - cover) + surface * cover


def _lit(picture: Array, light: Light, grain: np.random.Generator) -> Array:
    """Light the picture: colour, slant, dapple (as under a tree), vignette and haze."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE * 2 - 1
    brightness = 1 + light.slant * (x * np.cos(light.angle) + y * np.sin(light.angle))
    brightness *= 1 - light.vignette * (x**2 + y**2) / 2
    brightness *= 1 - light.dapple / (1 + np.exp(-5 * noise(grain, SIZE, 2.0)))
    picture = picture * np.asarray(light.colour) * brightness[..., None]
    return picture * (1 - light.haze) + np.asarray((0.80, 0.84, 0.88)) * light.haze


def paint(scene: Scene) -> NDArray[np.uint8]:
    """Paint a scene, uint8 [SIZE, SIZE, 3]: ground, clutter, object, what lies on top of it, light."""
    grain = np.random.default_rng(scene.grain)
    picture = ground(scene.kind, scene.palette, grain, SIZE)
    picture = ndimage.gaussian_filter(picture, (0.45, 0.45, 0))
    plain = 1 + 0.03 * noise(grain, SIZE, 0.8)
    veins = np.clip(noise(grain, SIZE, 1.2, 5, scene.shape.angle), -1.5, 1.5)
    for piece in (*scene.below, scene.shape, *scene.above):
        _lay(picture, piece, scene.light, plain + piece.veins * veins)
    picture = _lit(picture, scene.light, grain) + grain.normal(0, 0.006, (SIZE, SIZE, 1))
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def standard_transform() -> v2.Compose:
    """Make the transform from a picture, uint8 [H, W, 3], to a normalised image, float32 [3, H, W]."""
    return v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD), v2.ToPureTensor()])


class Shapes(Dataset[tuple[Tensor, int]]):
    """Pictures of one object each on a natural-looking ground, equally many of each class.

    Item i depends on `seed` and i alone: it is made on request and is the same each time. No global random state is
    read or written. `transform` turns a picture, uint8 [64, 64, 3], into an image, by default a normalised float32
    [3, 64, 64].
    """

    def __init__(
        self, count: int, seed: int = 0, transform: Callable[[NDArray[np.uint8]], Tensor] | None = None
    ) -> None:
        self.count = count
        self.seed = seed
        self.transform = standard_transform() if transform is None else transform
        self.classes = list(CLASSES)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, position: int) -> tuple[Tensor, int]:
        scene = self.scene(position)
        return self.transform(paint(scene)), scene.label

    def scene(self, position: int) -> Scene:
        """What the picture at `position` is painted from; an `IndexError` if there is none."""
        if not 0 <= position < self.count:
            raise IndexError(f"position {position} lies outside the data set: expected 0 to {self.count - 1}")
        return sketch(np.random.default_rng((self.seed, 1, position)), self.label(position))

    def label(self, position: int) -> int:
        """The class of the picture at `position`; consecutive runs of pictures hold each class once."""
        block, place = divmod(position, len(self.classes))
        return int(np.random.default_rng((self.seed, 0, block)).permutation(len(self.classes))[place])

    def mask(self, position: int) -> NDArray[np.bool_]:
        """The pixels, bool [64, 64], that show the object in the picture at `position`."""
        return mask(self.scene(position))

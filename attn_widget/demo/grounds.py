"""Natural-looking grounds: filtered noise, made into a pattern and coloured by a palette."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pattern = Callable[[np.random.Generator, int], Array]


def noise(random: np.random.Generator, size: int, slope: float, stretch: float = 1.0, angle: float = 0.0) -> Array:
    """Draw noise [size, size] whose amplitude falls with frequency as 1 / f ** slope, as it does in nature.

    A `slope` of 0 gives white noise; the steeper, the cloudier. The grain is `stretch` times longer than wide, in the
    direction `angle`, in radians from the x axis. The mean is 0, the standard deviation 1.
    """
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    along = (fx * np.cos(angle) + fy * np.sin(angle)) * stretch
    across = fy * np.cos(angle) - fx * np.sin(angle)
    frequency = np.maximum(np.hypot(along, across), 1 / size)
    spectrum = np.fft.rfft2(random.standard_normal((size, size))) / frequency**slope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=(size, size))
    return np.asarray(field / field.std(), dtype=np.float64)


def _tone(field: Array, contrast: float = 0.22) -> Array:
    """Turn a field of mean 0 and deviation 1 into tones in [0, 1]."""
    return np.clip(0.5 + contrast * field, 0, 1)


def _plane(random: np.random.Generator, size: int) -> Array:
    """Give the distance of each pixel [size, size] along a random direction, in pixels."""
    angle = random.uniform(0, np.pi)
    y, x = np.mgrid[:size, :size]
    return np.asarray(x * np.cos(angle) + y * np.sin(angle), dtype=np.float64)


def _sand(random: np.random.Generator, size: int) -> Array:
    ripples = np.sin(_plane(random, size) / random.uniform(1.2, 2.4) + 1.8 * noise(random, size, 2.2))
    strength = random.uniform(0.0, 0.9)
    return _tone(strength * ripples + 0.7 * noise(random, size, 1.4) + 0.4 * noise(random, size, 0.1), 0.2)


def _grass(random: np.random.Generator, size: int) -> Array:
    lean = random.uniform(0, np.pi)
    blades = [noise(random, size, 0.9, 6, lean + tilt) for tilt in (-0.5, -0.15, 0.2, 0.55)]
    return _tone(np.max(blades, axis=0) - 0.9 + 0.5 * noise(random, size, 1.8), 0.26)


def _water(random: np.random.Generator, size: int) -> Array:
    angle = random.uniform(-0.4, 0.4)
    ridges = np.minimum(np.abs(noise(random, size, 1.7, 2.2, angle)), np.abs(noise(random, size, 1.9, 1.6, angle)))
    return np.clip(0.30 + 0.14 * noise(random, size, 1.9) + 0.6 * np.exp(-9 * ridges), 0, 1)


def _wood(random: np.random.Generator, size: int) -> Array:
    angle = random.choice([0, np.pi / 2]) + random.uniform(-0.08, 0.08)
    y, x = np.mgrid[:size, :size]
    across = y * np.cos(angle) - x * np.sin(angle) + random.uniform(0, 40)
    rings = np.sin(across / random.uniform(1.3, 2.6) + 2.2 * noise(random, size, 2.3, 5, angle))
    seams = np.abs((across / random.uniform(18, 26)) % 1 - 0.5) > 0.475
    grain = noise(random, size, 0.8, 14, angle)
    return np.clip(0.55 + 0.13 * rings + 0.11 * grain - 0.38 * seams, 0, 1)


def _clouds(random: np.random.Generator, size: int) -> Array:
    height = np.linspace(-0.16, 0.16, size)[:, None]
    puffs = noise(random, size, 1.9, 1.7)
    return np.clip(0.30 + height + 0.55 / (1 + np.exp(-3.2 * (puffs - 0.35))), 0, 1)


def _stone(random: np.random.Generator, size: int) -> Array:
    cracks = np.exp(-22 * np.abs(noise(random, size, 2.0, 1.5, random.uniform(0, np.pi))))
    grains = 0.7 * noise(random, size, 1.2) + 0.45 * noise(random, size, 0.2)
    return np.clip(_tone(grains, 0.17) - 0.35 * cracks, 0, 1)


def _meadow(random: np.random.Generator, size: int) -> Array:
    tufts = noise(random, size, 1.25) + 0.35 * noise(random, size, 0.4)
    flowers = noise(random, size, 0.55) > random.uniform(2.1, 2.9)
    return np.where(flowers, 1.0, np.clip(0.42 + 0.16 * tufts, 0, 0.84))


def _snow(random: np.random.Generator, size: int) -> Array:
    drifts = noise(random, size, 2.3, 2.0, random.uniform(-0.5, 0.5))
    return _tone(np.gradient(drifts, axis=0) * 3.2 + 0.5 * drifts + 0.22 * noise(random, size, 0.1), 0.17)


_ALL = (_sand, _grass, _water, _wood, _clouds, _stone, _meadow, _snow)
PATTERNS: dict[str, Pattern] = {pattern.__name__.removeprefix("_"): pattern for pattern in _ALL}

# In sRGB, from shade to light; a pattern's tones are coloured along them.
PALETTES: dict[str, tuple[tuple[str, ...], ...]] = {
    "sand": (("8a6440", "c79c68", "e3c596", "f8ead0"), ("7c5a4a", "bd8b6d", "dcb393", "f4dcc4")),
    "grass": (("12301a", "2f6a2c", "6b9f3c", "c3d678"), ("2a3313", "667327", "a9a84a", "e3d58a")),
    "water": (("06283f", "0f5d7c", "2f9fae", "d8f6ee"), ("0a2342", "1f4f8b", "4f93c9", "eaf6ff")),
    "wood": (("2c1a10", "7b4a28", "b67d47", "e2b77e"), ("241c1a", "5b4238", "8f6e5b", "c6a893")),
    "clouds": (("2f6fb3", "6aa6d8", "b7d5ea", "ffffff"), ("5b3f73", "b8698b", "f0a58a", "fff0d6")),
    "stone": (("22252b", "575d66", "8d939a", "c9ccce"), ("2b2422", "6a5b53", "9d8d81", "d6cabd")),
    "meadow": (("16301f", "3b6a34", "86a552", "f6e27a"), ("2a2440", "575a4a", "8f8f5a", "f3b4cf")),
    "snow": (("7f9bbd", "b7cbe0", "e3ecf4", "ffffff"), ("8a86ad", "c2bdd8", "ebe4ef", "fffaf4")),
}


def rgb(code: str) -> Array:
    """A colour such as "c79c68" as float64 [3] in [0, 1]."""
    return np.frombuffer(bytes.fromhex(code), dtype=np.uint8) / 255


def ground(kind: str, palette: int, random: np.random.Generator, size: int) -> Array:
    """Paint one of `PATTERNS` in one of its `PALETTES`: float64 [size, size, 3] in [0, 1]."""
    tones = PATTERNS[kind](random, size)
    colours = np.stack([rgb(code) for code in PALETTES[kind][palette]])
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(tones, stops, colours[:, channel]) for channel in range(3)], axis=-1)

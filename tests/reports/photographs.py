"""Pictures with the spectrum of photographs, for which files are about as large."""

import torch
from torch import Tensor


def photographs(count: int, side: int = 224, seed: int = 0) -> Tensor:
    """Make colourful pictures ``[count, 3, side, side]`` in [0, 1] whose detail falls off as photographs' does.

    Amplitudes fall as 1/f, as they do in photographs on average (Field, 1987); the three colours mostly go together.
    """
    random = torch.Generator().manual_seed(seed)
    across, down = torch.fft.rfftfreq(side), torch.fft.fftfreq(side)
    frequency = (down[:, None].square() + across.square()).sqrt().clamp(min=1 / side)
    noise = torch.randn(count, 4, side, side, generator=random)
    layers = torch.fft.irfft2(torch.fft.rfft2(noise) / frequency, s=(side, side))
    layers = layers / layers.std((2, 3), keepdim=True)
    return (0.5 + 0.2 * layers[:, :1] + 0.05 * layers[:, 1:]).clamp(0, 1)

"""Fur: colour maps around a body, drawn once per animal from a seed.

A map has one row per direction around the body (the back in the middle row, the belly at both ends) and one column
per place from the snout to the root of the tail, so patches and dyed marks move with the animal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

AROUND, ALONG = 192, 256  # rows and columns of a map

_COLOURS = {  # back and belly, RGB
    "black": ((40, 37, 36), (58, 54, 52)),
    "agouti": ((122, 98, 74), (176, 158, 136)),
    "white": ((222, 216, 208), (232, 226, 220)),
    "cinnamon": ((168, 122, 78), (206, 176, 140)),
    "grey": ((128, 126, 128), (164, 162, 160)),
    "piebald": ((46, 42, 40), (60, 56, 52)),
    "hooded": ((52, 46, 42), (226, 220, 212)),
}
_WHITE = np.array((226, 220, 211), np.float32)
_DYES = {"red": (196, 58, 52), "blue": (52, 84, 182), "green": (64, 142, 76)}

COATS = tuple(_COLOURS) + tuple(f"{coat}+{dye}" for coat in _COLOURS for dye in _DYES)


def coat_map(rng: np.random.Generator, coat: str) -> Floats:
    """Colours and hair of one animal, (AROUND, ALONG, 4): RGB, and hair from -1 to 1 for light and outline.

    ``coat`` is one of `COATS`: a natural coat, or one with a dyed mark such as ``white+blue``.
    """
    natural, _, dye = coat.partition("+")
    back, belly = (np.array(colour, np.float32) for colour in _COLOURS[natural])
    around = np.abs(np.linspace(-1, 1, AROUND, endpoint=False, dtype=np.float32))[:, None]
    along = np.linspace(0, 1, ALONG, dtype=np.float32)[None, :]
    cloud = tileable_noise(rng, (AROUND, ALONG), (10, 14))
    low = _smoothstep(around + 0.05 * cloud, 0.60, 0.86)[..., None]
    colour = back * (1 - low) + belly * low
    colour = colour * (1 + 0.05 * cloud[..., None])
    if natural == "piebald":
        patches = tileable_noise(rng, (AROUND, ALONG), (26, 30)) + 0.12 * cloud
        colour = _blend(colour, _WHITE, _smoothstep(patches, 0.02, 0.16) * _smoothstep(along, 0.16, 0.26))
    if natural == "hooded":
        stripe = 1 - _smoothstep(around + 0.05 * cloud, 0.10, 0.17)
        hood = np.maximum(1 - _smoothstep(along + 0.03 * cloud, 0.36, 0.42), stripe * (along < 0.97))
        colour = _blend(np.broadcast_to(_WHITE, colour.shape), colour, hood)
    if natural in ("agouti", "cinnamon", "grey"):  # banded hairs: speckles, and a darker back
        speckle = tileable_noise(rng, (AROUND, ALONG), (1.0, 2.0))
        colour = colour * (1 + 0.13 * speckle[..., None] - 0.20 * (1 - _smoothstep(around, 0.05, 0.5))[..., None])
    if dye:
        patch = ((along - 0.66) / 0.11) ** 2 + (around / 0.34) ** 2 + 0.25 * cloud
        mark = 0.82 * (1 - _smoothstep(patch, 0.7, 1.1))
        shade = 0.72 + 0.0012 * colour.mean(axis=-1, keepdims=True)
        colour = _blend(colour, np.array(_DYES[dye], np.float32) * shade, mark)
    hair = 0.65 * tileable_noise(rng, (AROUND, ALONG), (0.8, 3.2)) + 0.35 * tileable_noise(rng, (AROUND, ALONG), (3, 8))
    nose = 1 - _smoothstep(along, 0.02, 0.09)
    colour = _blend(colour, np.array((196, 148, 138), np.float32), np.broadcast_to(0.55 * nose, colour.shape[:2]))
    return np.dstack([colour, np.clip(hair, -1, 1)]).astype(np.float32)


def coat_maps(rngs: list[np.random.Generator], coats: tuple[str, ...]) -> Floats:
    """Maps of several animals, (n_animals, AROUND, ALONG, 4)."""
    maps = [coat_map(rng, coat) for rng, coat in zip(rngs, coats, strict=True)]
    return np.array(maps, np.float32).reshape(-1, AROUND, ALONG, 4)


def is_albino(coat: str) -> bool:
    """Whether the eyes and ears of this coat are pink."""
    return coat.partition("+")[0] == "white"


def tileable_noise(rng: np.random.Generator, shape: tuple[int, int], sigma: tuple[float, float]) -> Floats:
    """Smooth noise of unit variance that joins at its edges; ``sigma`` is its grain in rows and columns."""
    spectrum = np.fft.rfft2(rng.standard_normal(shape))
    rows = np.exp(-2 * (np.pi * np.fft.fftfreq(shape[0]) * sigma[0]) ** 2)
    columns = np.exp(-2 * (np.pi * np.fft.rfftfreq(shape[1]) * sigma[1]) ** 2)
    noise = np.fft.irfft2(spectrum * rows[:, None] * columns, shape)
    return np.asarray(noise / noise.std(), np.float32)


def _smoothstep(x: Floats, low: float, high: float) -> Floats:
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _blend(a: Floats, b: Floats, weight: Floats) -> Floats:
    return a + (b - a) * weight[..., None]

"""Light and sensor: two lamps that drift, a flicker, a vignette, noise and compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deeplabcut.scenes.options import SceneOptions
from deeplabcut.scenes.walk import smooth_noise

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]

SUN = np.array([-0.42, 0.36, 0.83], np.float32)  # direction of the main lamp
_NOISE_SPAN = 128  # px by which the grain of one frame may be shifted against another
_DRIFT_S = 4.0


@dataclass(frozen=True)
class Lighting:
    """Lamps whose strengths change over time, and the sensor that looks."""

    lamps: tuple[Image, Image]  # the empty arena under each lamp
    fields: Floats  # (2, height, width): how bright each lamp is there
    strength: Floats  # (n_frames, 2)
    grain: Image  # (height + span, width + span, 3) noise around 128
    shift: NDArray[np.int64]  # (n_frames, 2): which part of the grain a frame gets
    jpeg_quality: int | None

    def expose(self, image: Image, frame: int) -> Image:
        """``image`` with the sensor's noise of this frame; changes ``image``."""
        height, width = image.shape[:2]
        x, y = self.shift[frame]
        image = cv2.addWeighted(image, 1, self.grain[y : y + height, x : x + width], 1, -128, dst=image)
        if self.jpeg_quality is None:
            return image
        _, packed = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality])
        return np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1])


def lighting(
    room: np.random.Generator, sensor: np.random.Generator, background: Floats, options: SceneOptions
) -> Lighting:
    """Light of the ``room``, which all cameras share, and the ``sensor`` of one of them."""
    height, width = background.shape[:2]
    fields = _fields(width, height)
    strength = _strength(room, options)
    lamps = [np.clip(background * (2 * field)[..., None], 0, 255).round().astype(np.uint8) for field in fields]
    grain = _grain(sensor, (height + _NOISE_SPAN, width + _NOISE_SPAN), options.noise)
    shift = sensor.integers(0, _NOISE_SPAN + 1, (options.n_frames, 2))
    return Lighting((lamps[0], lamps[1]), 2 * fields, strength, grain, shift, options.jpeg_quality)


def _strength(rng: np.random.Generator, options: SceneOptions) -> Floats:
    """Each about a half; they drift apart slowly and flicker together."""
    drift = smooth_noise(rng, (options.n_frames, 2), _DRIFT_S * options.fps)
    flicker = 0.1 * rng.normal(size=(options.n_frames, 1))
    return (0.5 * (1 + options.lighting_drift * (drift + flicker))).clip(0.2, 0.9).astype(np.float32)


def _fields(width: int, height: int) -> Floats:
    """Brightness of a lamp on the left and one on the right, each half of a vignetted whole."""
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    vignette = 1.04 - 0.20 * (0.5 * (x * x + y * y)) ** 1.3
    slope = 0.16 * x + 0.08 * y
    return np.stack([vignette * (1 - slope), vignette * (1 + slope)]) * np.float32(0.5)


def _grain(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Image:
    """Mostly grey noise, a little coloured, slightly correlated between neighbours."""
    grey = rng.standard_normal((*shape, 1), np.float32)
    coloured = rng.standard_normal((*shape, 3), np.float32)
    noise = cv2.GaussianBlur(0.85 * grey + 0.53 * coloured, (3, 3), 0.45)
    return np.asarray(np.clip(128 + sigma / noise.std() * noise, 0, 255).round(), np.uint8)

"""Steps that change gray levels and leave everything in its place.

Gray levels run from 0 to 255, in uint8 and in float32 images alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation import settings
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Step
from deeplabcut.pose_estimation_pytorch.data.augmentation.noise import add_noise, motion_kernel, normal_noise
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample
from deeplabcut.pose_estimation_pytorch.data.augmentation.warp import with_channels

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Equalize(Step):
    """The histogram of each channel evened out."""

    p: float = 0.5
    draws = False

    def __post_init__(self) -> None:
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Equalize."""
        image = sample.pixels()
        levels = image if image.dtype == np.uint8 else np.rint(np.clip(image, 0, 255)).astype(np.uint8)
        even = np.stack([cv2.equalizeHist(channel) for channel in cv2.split(levels)], axis=-1)
        sample.replace_pixels(even.astype(image.dtype, copy=False))


@dataclass(frozen=True)
class MotionBlur(Step):
    """The image smeared along a random line of a few pixels; points stay in the middle of their smear.

    Parameters
    ----------
    blur_limit : smallest and largest size of the kernel, odd, from 3 on; one number is the largest.
    """

    blur_limit: Any = (3, 7)
    p: float = 0.5

    def __post_init__(self) -> None:
        limits = self.blur_limit if isinstance(self.blur_limit, (list, tuple)) else (3, self.blur_limit)
        low, high = (int(n) for n in settings.interval("blur_limit", limits, 3, 99))
        if not (low % 2 and high % 2):
            raise settings.wrong("blur_limit", self.blur_limit, "odd numbers from 3 to 99, the smaller first")
        object.__setattr__(self, "blur_limit", (low, high))
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Smear."""
        low, high = self.blur_limit
        size = low + 2 * int(rng.integers(0, (high - low) // 2, endpoint=True))
        dx, dy = 0, 0
        while dx == dy == 0:  # the line between two random cells of the kernel, centred
            start_x, start_y, end_x, end_y = rng.integers(0, size, 4).tolist()
            dx, dy = end_x - start_x, end_y - start_y
        if (dx, dy) < (0, 0):
            dx, dy = -dx, -dy
        sample.replace_pixels(with_channels(cv2.filter2D(sample.pixels(), -1, motion_kernel(size, dx, dy))))


@dataclass(frozen=True)
class Grayscale(Step):
    """The image mixed with its gray version.

    Parameters
    ----------
    alpha : the share of gray, or its smallest and largest.
    """

    alpha: Any = 1.0
    always_apply: bool = False
    p: float = 0.5

    def __post_init__(self) -> None:
        settings.interval("alpha", self.alpha, 0, 1)
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Mix; an image of one channel is gray already."""
        share = float(rng.uniform(*settings.interval("alpha", self.alpha)))
        if sample.n_channels < 3:
            return
        image = sample.pixels()
        mix = np.eye(sample.n_channels)
        mix[:3, :3] = (1 - share) * np.eye(3) + share * np.array([0.299, 0.587, 0.114])
        sample.replace_pixels(cv2.transform(image, mix))


@dataclass(frozen=True)
class GaussianNoise(Step):
    """Normal noise in every pixel and channel, its variance drawn evenly up to ``std`` squared.

    Parameters
    ----------
    std : the largest standard deviation in gray levels.
    """

    std: float = 12.75
    p: float = 0.5

    def __post_init__(self) -> None:
        settings.number("std", self.std, 0)
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Add noise."""
        std = float(self.std * np.sqrt(rng.random()))
        image = sample.pixels()
        noise = normal_noise(rng, image.shape, std, is_whole=image.dtype == np.uint8)
        sample.replace_pixels(add_noise(image, noise))


@dataclass(frozen=True)
class Normalize(Step):
    """(gray level / 255 - mean) / std in float32, with the statistics of ImageNet."""

    mean: Any = IMAGENET_MEAN
    std: Any = IMAGENET_STD
    draws = False

    def __post_init__(self) -> None:
        for name, low in (("mean", -settings.INFINITE), ("std", 1e-6)):
            values = getattr(self, name)
            if not isinstance(values, (list, tuple)) or len(values) not in (1, 3):
                raise settings.wrong(name, values, "three numbers, one per channel")
            object.__setattr__(self, name, tuple(settings.number(name, value, low) for value in values))

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Normalise; an image of another number of channels takes the mean of the statistics."""
        n = sample.n_channels
        mean, std = (
            np.array(values if len(values) == n else np.full(n, np.mean(values))) for values in (self.mean, self.std)
        )
        sample.replace_pixels(linear(sample.pixels(), 1 / (255 * std), -mean / std))


@dataclass(frozen=True)
class ScaleToUnitRange(Step):
    """Gray level / 255 in float32."""

    always_apply: bool = True
    p: float = 1.0
    draws = False

    def __post_init__(self) -> None:
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Divide."""
        n = sample.n_channels
        sample.replace_pixels(linear(sample.pixels(), np.full(n, 1 / 255), np.zeros(n)))


def linear(image: Array, factors: Array, offsets: Array) -> Array:
    """``image * factors + offsets`` per channel, float32 and new."""
    height, width, n = image.shape
    rows = image.astype(np.float32).reshape(height, width * n)  # long rows: numpy's broadcasting of 3 values is slow
    rows *= np.tile(factors.astype(np.float32), width)
    rows += np.tile(offsets.astype(np.float32), width)
    return rows.reshape(image.shape)

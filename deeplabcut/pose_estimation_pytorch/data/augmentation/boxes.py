"""Boxes that are not quite where they should be, as those of a detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation import settings
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Step
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample


@dataclass(frozen=True)
class RandomBBoxTransform(Step):
    """Boxes shifted and scaled, each on its own; image and points stay.

    Parameters
    ----------
    shift_factor : the largest shift, as a part of the box's width and height.
    shift_prob, scale_prob : how often a box is shifted, and how often scaled.
    scale_factor : smallest and largest factor of width and height.
    sampling : ``truncnorm`` draws from a standard normal distribution cut to the range, ``uniform`` evenly.
    """

    shift_factor: float = 0.1
    shift_prob: float = 0.25
    scale_factor: Any = (0.5, 1.5)
    scale_prob: float = 1.0
    sampling: str = "truncnorm"
    p: float = 1.0

    def __post_init__(self) -> None:
        settings.number("shift_factor", self.shift_factor, 0)
        for name in ("shift_prob", "scale_prob", "p"):
            settings.number(name, getattr(self, name), 0, 1)
        object.__setattr__(self, "scale_factor", settings.interval("scale_factor", self.scale_factor, 1e-3, 1e3))
        settings.choice("sampling", self.sampling, ("truncnorm", "uniform"))

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Shift and scale the boxes, and clip them to the image."""
        n = len(sample.corners)
        if n == 0:
            return
        low, high = sample.corners[:, :2], sample.corners[:, 2:]
        centre, size = (low + high) / 2, high - low
        is_shifted, is_scaled = rng.random((2, n, 1)) < [[[self.shift_prob]], [[self.scale_prob]]]
        shift = self._drawn(-self.shift_factor, self.shift_factor, (n, 2), rng)
        smallest, largest = self.scale_factor
        scale = self._drawn(smallest, largest, (n, 2), rng)
        centre = centre + np.where(is_shifted, shift * size, 0)
        half = np.where(is_scaled, scale, 1) * size / 2
        sample.corners = np.concatenate([centre - half, centre + half], axis=1)
        sample.clip_boxes()

    def _drawn(self, low: float, high: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        if self.sampling == "uniform" or low == high:
            return rng.uniform(low, high, shape)
        from scipy.special import ndtr, ndtri

        return np.asarray(np.clip(ndtri(rng.uniform(ndtr(low), ndtr(high), shape)), low, high))

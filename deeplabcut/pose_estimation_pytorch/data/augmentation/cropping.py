"""Crops of a fixed size that look for the animals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeplabcut.core import geometry
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation import settings
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Step
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample

METHODS = ("uniform", "keypoints", "density", "hybrid")


@dataclass(frozen=True)
class KeypointAwareCrop(Step):
    """A random part of the image of exactly ``width`` x ``height``; a smaller image lies in the middle of black.

    Points that are not in the crop, or not in the image, become NaN.

    Parameters
    ----------
    width, height : px.
    max_shift : how far a crop may lie from its point, as a part of its size; 0.4 at most.
    crop_sampling : where crops lie: ``uniform`` anywhere, ``keypoints`` at a random point, ``density`` at a point that
        is drawn the more often the more neighbours it has, ``hybrid`` anywhere or by density with equal chance.
    """

    width: int
    height: int
    max_shift: float = 0.4
    crop_sampling: str = "hybrid"

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            object.__setattr__(self, name, settings.whole(name, getattr(self, name), 1))
        object.__setattr__(self, "max_shift", min(0.4, max(0.0, settings.number("max_shift", self.max_shift))))
        settings.choice("crop_sampling", self.crop_sampling, METHODS)

    @staticmethod
    def calc_n_neighbors(xy: Array, radius: float) -> Array:
        """How many other points lie within ``radius`` of each of the points ``xy`` (n, 2)."""
        xy = np.asarray(xy, float)[:, :2]
        distance = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
        return np.asarray((distance <= radius).sum(axis=1) - 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Pad and crop, in one map."""
        size, crop = np.array(sample.size), np.array([self.width, self.height])
        padding = np.maximum(0, crop - size) // 2
        frame = np.maximum(size, crop)
        xy = sample.points[:, :2]
        seen = ((xy >= 0) & (xy < size)).all(axis=1)
        fraction = self._start(xy[seen] + padding, frame, rng)
        start = ((frame - crop + 1) * fraction).astype(int)
        sample.move(geometry.translation(*(padding - start)), (self.width, self.height), cut=True)
        xy = sample.points[:, :2]
        inside = ((xy >= 0) & (xy < crop)).all(axis=1)
        sample.points[~(seen & inside), :2] = np.nan

    def _start(self, xy: Array, frame: Array, rng: np.random.Generator) -> Array:
        """Where the crop begins, as fractions of the way that it can go; ``xy`` are the points that can be seen."""
        method = self.crop_sampling
        if method == "hybrid":
            method = "uniform" if rng.random() < 0.5 else "density"
        if method == "uniform" or not len(xy):
            return rng.random(2)
        chances = None
        if method == "density":
            weights = 1 + self.calc_n_neighbors(xy, 0.1 * frame.min())
            chances = weights / weights.sum()
        point = xy[rng.choice(len(xy), p=chances)]
        shift = self.max_shift * rng.random(2) * [self.width, self.height]
        return np.asarray(np.clip((point + shift) / frame, 0, np.nextafter(1, 0)))

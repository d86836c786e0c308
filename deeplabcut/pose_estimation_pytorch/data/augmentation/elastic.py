"""Images bent like a rubber sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation import settings
from deeplabcut.pose_estimation_pytorch.data.augmentation.chain import Step
from deeplabcut.pose_estimation_pytorch.data.augmentation.sample import Sample
from deeplabcut.pose_estimation_pytorch.data.augmentation.warp import with_channels

_APPROXIMATE_KERNEL = (17, 17)
_N_ITERATIONS = 30


@dataclass(frozen=True)
class ElasticTransform(Step):
    """Every pixel moved by smooth random shifts; points follow, boxes stay.

    Parameters
    ----------
    alpha : the size of the shifts before they are smoothed, px.
    sigma : how far the smoothing reaches, px.
    alpha_affine : how far the corners of the image may move in an affine map before it is bent, px.
    interpolation, border_mode : of OpenCV.
    value : gray level of a constant border.
    approximate : smooth within 17 pixels only.
    same_dxdy : the same shifts along both axes, which takes half the time.
    """

    alpha: float = 20.0
    sigma: float = 5.0
    alpha_affine: float = 0.0
    interpolation: int = cv2.INTER_CUBIC
    border_mode: int = cv2.BORDER_CONSTANT
    value: Any = None
    mask_value: float | None = None
    always_apply: bool = False
    approximate: bool = True
    same_dxdy: bool = True
    p: float = 0.5

    def __post_init__(self) -> None:
        settings.number("alpha", self.alpha, 0)
        settings.number("sigma", self.sigma, 0.1)
        settings.number("alpha_affine", self.alpha_affine, 0)
        settings.number("p", self.p, 0, 1)

    def apply(self, sample: Sample, rng: np.random.Generator) -> None:
        """Bend."""
        if self.alpha_affine:
            sample.move(self._affine(sample.size, rng), sample.size, cut=True)
        dx = self._shifts(sample.size, rng)
        dy = dx if self.same_dxdy else self._shifts(sample.size, rng)
        width, height = sample.size
        x = dx + np.arange(width, dtype=np.float32)
        y = dy + np.arange(height, dtype=np.float32)[:, None]
        value = np.broadcast_to(0 if self.value is None else self.value, sample.n_channels).tolist()
        bent = cv2.remap(
            sample.pixels(), x, y, self.interpolation, borderMode=self.border_mode, borderValue=value
        )  # fmt: skip
        sample.replace_pixels(with_channels(bent))
        sample.points[:, :2] = _followed(sample.points[:, :2], dx, dy)
        sample.matrix = None

    def _shifts(self, size: tuple[int, int], rng: np.random.Generator) -> Array:
        """A smooth field (height, width) of px."""
        field = rng.random((size[1], size[0]), dtype=np.float32)
        field *= 2
        field -= 1
        smooth = cv2.GaussianBlur(field, _APPROXIMATE_KERNEL if self.approximate else (0, 0), self.sigma)
        return np.asarray(smooth * np.float32(self.alpha))

    def _affine(self, size: tuple[int, int], rng: np.random.Generator) -> Array:
        centre, reach = np.array(size, np.float32) / 2, min(size) // 3
        corners = centre + np.array([[reach, reach], [reach, -reach], [-reach, -reach]], np.float32)
        moved = corners + rng.uniform(-self.alpha_affine, self.alpha_affine, (3, 2)).astype(np.float32)
        return np.asarray(cv2.getAffineTransform(corners, moved), float)


def _followed(xy: Array, dx: Array, dy: Array) -> Array:
    """Where the points ``xy`` (n, 2) go when the pixel at ``q`` shows what was at ``q + shift(q)``.

    Shifts so steep that the sheet folds have several answers, or none: points there become NaN.
    """
    known = np.isfinite(xy).all(axis=1)
    goal = xy[known]
    if not len(goal):
        return xy
    at = goal
    for _ in range(_N_ITERATIONS):
        x, y = (column.astype(np.float32)[:, None] for column in at.T)
        shift = [cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for field in (dx, dy)]
        step = goal - np.concatenate(shift, axis=1) - at
        at = at + step
        if np.abs(step).max() < 0.01:
            break
    followed = xy.copy()
    followed[known] = np.where(np.abs(step).max(axis=1, keepdims=True) < 0.5, at, np.nan)
    return followed

"""Pinhole cameras with lens distortion: from millimetres in the arena to pixels, and back to rays.

The world is right-handed, in mm, with its origin on the floor in the middle of the arena and ``z`` up. Pixels
follow OpenCV: ``x`` right, ``y`` down, and whole numbers are the centres of pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplabcut.core.errors import InvalidInput

Array = NDArray[np.float64]

_NO_DISTORTION = (0.0, 0.0, 0.0, 0.0, 0.0)
_UNDISTORT_STEPS = 20


@dataclass(frozen=True, eq=False)
class Camera:
    """A calibrated camera: ``pixel ~ matrix @ distort(rotation @ xyz + translation)``."""

    name: str
    size: tuple[int, int]  # (width, height) in px
    matrix: Array  # (3, 3) intrinsics
    rotation: Array  # (3, 3) world to camera
    translation: Array  # (3,) in mm
    distortion: Array = field(default_factory=lambda: np.zeros(5))  # k1, k2, p1, p2, k3 as in OpenCV

    def __post_init__(self) -> None:
        shapes = {"matrix": (3, 3), "rotation": (3, 3), "translation": (3,), "distortion": (5,)}
        for name, shape in shapes.items():
            array = np.asarray(getattr(self, name), float)
            if array.shape != shape or not np.isfinite(array).all():
                raise InvalidInput(f"{name} of a camera must be {shape} finite numbers.", where=self.name)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "size", (int(self.size[0]), int(self.size[1])))

    @property
    def centre(self) -> Array:
        """Where the camera stands, in mm."""
        return -self.rotation.T @ self.translation

    @property
    def projection(self) -> Array:
        """The (3, 4) matrix that projects where there is no distortion."""
        return self.matrix @ np.column_stack([self.rotation, self.translation])

    def to_camera(self, xyz: ArrayLike) -> Array:
        """World points (..., 3) in the camera's axes, in mm; ``z`` is the depth."""
        return np.asarray(xyz, float) @ self.rotation.T + self.translation

    def project(self, xyz: ArrayLike) -> Array:
        """Pixels (..., 2) of world points (..., 3); NaN behind the camera."""
        local = self.to_camera(xyz)
        depth = np.where(local[..., 2:] > 0, local[..., 2:], np.nan)
        normalised = self._distort(local[..., :2] / depth)
        return normalised @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def pixels_per_mm(self, xyz: ArrayLike) -> Array:
        """Size on the image of 1 mm held across the line of sight at (..., 3)."""
        focal = 0.5 * (self.matrix[0, 0] + self.matrix[1, 1])
        return np.asarray(focal / np.linalg.norm(self.to_camera(xyz), axis=-1))

    def rays(self, xy: ArrayLike) -> Array:
        """Unit world directions (..., 3) in which pixels (..., 2) look."""
        normalised = self.undistort(xy)
        local = np.concatenate([normalised, np.ones_like(normalised[..., :1])], axis=-1)
        return np.asarray((local / np.linalg.norm(local, axis=-1, keepdims=True)) @ self.rotation)

    def undistort(self, xy: ArrayLike) -> Array:
        """Pixels (..., 2) in ideal image coordinates at depth 1: what a linear triangulation takes."""
        seen = (np.asarray(xy, float) - self.matrix[:2, 2]) @ np.linalg.inv(self.matrix[:2, :2]).T
        if not self.distortion.any():
            return seen
        ideal = seen
        for _ in range(_UNDISTORT_STEPS):
            ideal = ideal + (seen - self._distort(ideal))
        return ideal

    def contains(self, xy: ArrayLike) -> NDArray[np.bool_]:
        """Whether pixels (..., 2) lie on the image; NaN does not."""
        xy = np.asarray(xy, float)
        return np.asarray(((xy >= -0.5) & (xy < np.asarray(self.size) - 0.5)).all(axis=-1))

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, for json."""
        arrays = {name: getattr(self, name).tolist() for name in ("matrix", "rotation", "translation", "distortion")}
        return {"name": self.name, "size": list(self.size), **arrays}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Camera:
        """The camera that `to_dict` described."""
        return cls(**{**facts, "size": tuple(facts["size"])})

    def _distort(self, xy: Array) -> Array:
        if not self.distortion.any():
            return xy
        k1, k2, p1, p2, k3 = self.distortion
        x, y = xy[..., 0], xy[..., 1]
        square = x * x + y * y
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        return np.stack(
            [
                x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
                y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
            ],
            axis=-1,
        )


def look_at(
    name: str,
    position: ArrayLike,
    target: ArrayLike,
    *,
    size: tuple[int, int],
    box_mm: ArrayLike,
    up: ArrayLike = (0.0, 0.0, 1.0),
    distortion: Sequence[float] = _NO_DISTORTION,
    fill: float = 0.97,
) -> Camera:
    """A camera at ``position`` whose focal length lets the box ``(width, depth, height)`` fill the image."""
    position, target = np.asarray(position, float), np.asarray(target, float)
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forward, np.asarray(up, float))
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    translation = -rotation @ position
    unit = Camera(name, size, np.eye(3), rotation, translation, np.asarray(distortion, float))
    half_px = 0.5 * (np.asarray(size, float) - 1)
    focal = float((fill * half_px / np.abs(unit.project(_corners(box_mm))).max(axis=0)).min())
    matrix = np.array([[focal, 0, half_px[0]], [0, focal, half_px[1]], [0, 0, 1]])
    return Camera(name, size, matrix, rotation, translation, np.asarray(distortion, float))


def overhead(
    size: tuple[int, int],
    box_mm: ArrayLike,
    *,
    height_mm: float | None = None,
    distortion: Sequence[float] = _NO_DISTORTION,
) -> Camera:
    """A camera on the ceiling: image right is world ``x``, image up is world ``y``."""
    box = np.asarray(box_mm, float)
    height_mm = 2.2 * box[:2].max() if height_mm is None else height_mm
    return look_at(
        "top", (0, 0, height_mm), (0, 0, 0), size=size, box_mm=box, up=(0, 1, 0), distortion=distortion
    )  # fmt: skip


def ring(
    n: int,
    size: tuple[int, int],
    box_mm: ArrayLike,
    *,
    elevation_deg: float = 48.0,
    distance_mm: float | None = None,
    start_deg: float = -70.0,
    distortion: Sequence[float] = _NO_DISTORTION,
) -> tuple[Camera, ...]:
    """``n`` cameras around the arena, evenly spaced, all looking down at its middle."""
    box = np.asarray(box_mm, float)
    distance_mm = 2.0 * box[:2].max() if distance_mm is None else distance_mm
    elevation = np.radians(elevation_deg)
    azimuths = np.radians(start_deg + 360.0 * np.arange(n) / max(n, 1))
    positions = distance_mm * np.stack(
        [np.cos(azimuths) * np.cos(elevation), np.sin(azimuths) * np.cos(elevation), np.full(n, np.sin(elevation))], -1
    )
    return tuple(
        look_at(f"camera-{i + 1}", position, (0, 0, 0.2 * box[2]), size=size, box_mm=box, distortion=distortion)
        for i, position in enumerate(positions)
    )


def _corners(box_mm: ArrayLike) -> Array:
    width, depth, height = np.asarray(box_mm, float)
    signs = np.stack(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [0, 1], indexing="ij"), -1).reshape(-1, 3)
    return np.asarray(signs * (width, depth, height))

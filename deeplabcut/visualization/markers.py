"""Markers of points: exact at fractions of a pixel, translucent, with an outline that is seen on any ground.

A marker is a shape of size 1 around the origin whose distance from any pixel can be computed; how much of a pixel it
covers follows from that distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.visualization.colors import contrast

Distance = Callable[[Array], Array]  # pixels (..., 2) relative to the point, in units of the radius -> (...)

_FARTHEST = 32_000.0  # pixels; drawing coordinates beyond are cut off, which nobody sees


@dataclass(frozen=True)
class Style:
    """How points are drawn: the marker (as matplotlib writes it), its size, its lines, and how opaque it is."""

    marker: str = "+"
    size_px: float = 12.0
    line_px: float = 1.6
    outline_px: float = 1.0
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if self.marker not in (*_LINES, *_SOLIDS, *_DISKS):
            known = " ".join([*_LINES, *_DISKS, *_SOLIDS])
            raise InvalidInput(
                f"There is no marker {str(self.marker)[:20]!r}.", where="marker", fix=f"use one of {known}"
            )


def draw(image: Array, xy: Array, shades: Array, style: Style) -> None:
    """Draw a marker at every finite point (n, 2) with its RGB colour (n, 3) into ``image`` (h, w, 3) uint8, in place.

    Whole numbers are the centres of pixels. What lies outside the image is cut off.
    """
    if style.size_px <= 0:
        return
    near = np.isfinite(xy).all(axis=1) & (np.abs(np.nan_to_num(xy)) < _FARTHEST).all(axis=1)
    points, shades = np.asarray(xy, float)[near], np.asarray(shades)[near]
    if not len(points):
        return
    reach = int(np.ceil(style.size_px / 2 + style.line_px / 2 + style.outline_px)) + 1
    steps = np.arange(-reach, reach + 1)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1)
    corners = np.floor(points + 0.5).astype(int)
    core, whole = coverage(grid - (points - corners)[:, None, None], style)
    inner = (core / np.maximum(whole, 1e-6))[..., None]
    tints = inner * shades[:, None, None] + (1 - inner) * contrast(shades)[:, None, None]
    height, width = image.shape[:2]
    for (x, y), cover, tint in zip(corners - reach, style.alpha * whole[..., None], tints, strict=True):
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + len(steps), width), min(y + len(steps), height)
        if left < right and top < bottom:
            part = np.s_[top - y : bottom - y, left - x : right - x]
            ground = image[top:bottom, left:right]
            ground[:] = np.rint(ground + cover[part] * (tint[part] - ground))


def coverage(offsets: Array, style: Style) -> tuple[Array, Array]:
    """How much of the pixels at ``offsets`` (..., 2) from a point its marker covers: without and with the outline."""
    radius = style.size_px / 2
    if style.marker in _LINES:
        distance = _to_segments(offsets / radius, _LINES[style.marker]) * radius - style.line_px / 2
    elif style.marker in _DISKS:
        radius *= _DISKS[style.marker]
        distance = np.linalg.norm(offsets, axis=-1) - radius
    else:
        distance = _to_polygon(offsets / radius, _SOLIDS[style.marker]) * radius
    return np.clip(0.5 - distance, 0, 1), np.clip(0.5 - (distance - style.outline_px), 0, 1)


def _to_segments(points: Array, segments: Array) -> Array:
    """Distance of points (..., 2) from the nearest of the segments (n, 2, 2)."""
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    apart = points[..., None, :] - start
    share = np.clip((apart * along).sum(axis=-1) / (along**2).sum(axis=-1), 0, 1)
    return np.asarray(np.linalg.norm(apart - share[..., None] * along, axis=-1).min(axis=-1))


def _to_polygon(points: Array, corners: Array) -> Array:
    """Distance of points (..., 2) from the edge of the polygon (n, 2); negative inside."""
    following = np.roll(corners, -1, axis=0)
    distance = _to_segments(points, np.stack([corners, following], axis=1))
    x, y = points[..., None, 0], points[..., None, 1]
    spans = (corners[:, 1] > y) != (following[:, 1] > y)
    rise = np.where(following[:, 1] == corners[:, 1], 1.0, following[:, 1] - corners[:, 1])
    crossing = corners[:, 0] + (y - corners[:, 1]) / rise * (following[:, 0] - corners[:, 0])
    inside = (spans & (x < crossing)).sum(axis=-1) % 2 == 1
    return np.where(inside, -distance, distance)


def _star(n_tips: int, inner: float) -> Array:
    angle = np.pi * np.arange(2 * n_tips) / n_tips - np.pi / 2
    radius = np.where(np.arange(2 * n_tips) % 2, inner, 1.0)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _cross(arm: float) -> Array:
    quarter = np.array([(-arm, -1.0), (arm, -1.0), (arm, -arm)])
    turn = np.array([(0.0, 1.0), (-1.0, 0.0)])
    return np.concatenate([quarter @ np.linalg.matrix_power(turn, i) for i in range(4)])


def _strokes(*ends: tuple[float, float, float, float]) -> Array:
    return np.array(ends, float).reshape(-1, 2, 2)


_UP = np.array([(0.0, -0.9), (0.9, 0.8), (-0.9, 0.8)])
_D = np.sqrt(0.5)
_LINES: dict[str, Array] = {
    "+": _strokes((-1, 0, 1, 0), (0, -1, 0, 1)),
    "x": _strokes((-_D, -_D, _D, _D), (-_D, _D, _D, -_D)),
    "|": _strokes((0, -1, 0, 1)),
    "_": _strokes((-1, 0, 1, 0)),
}
_DISKS = {"o": 0.9, ".": 0.45}
_SOLIDS: dict[str, Array] = {
    "s": 0.8 * np.array([(-1.0, -1), (1, -1), (1, 1), (-1, 1)]),
    "D": np.array([(0.0, -1), (1, 0), (0, 1), (-1, 0)]),
    "d": np.array([(0.0, -1), (0.6, 0), (0, 1), (-0.6, 0)]),
    "^": _UP,
    "v": _UP * (1, -1),
    "<": _UP[:, ::-1],
    ">": _UP[:, ::-1] * (-1, 1),
    "*": _star(5, 0.4),
    "X": _cross(0.32) @ np.array([(_D, _D), (-_D, _D)]),
    "P": _cross(0.32),
    "p": _star(5, np.cos(np.pi / 5)),
    "h": _star(6, np.cos(np.pi / 6)),
}

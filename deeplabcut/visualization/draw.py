"""Keypoints, bones and words drawn into images; every function draws in place on (h, w, 3) uint8 RGB."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from deeplabcut.core.poses import Array

_SUB = 4  # fractional bits of OpenCV's drawing coordinates: a sixteenth of a pixel


def keypoints(
    image: Array, xy: Array, colors: Array, *, radius_px: float = 4.0, outline: bool = True, hollow: Array | None = None
) -> None:
    """A disk at every finite point of ``xy`` (..., n, 2) with ``colors`` (n, 3), or (..., n, 3) for one each.

    Points for which ``hollow`` (..., n) is true are drawn as rings.
    """
    points = np.asarray(xy, float).reshape(-1, 2)
    shades = np.broadcast_to(colors, (*np.shape(xy)[:-1], 3)).reshape(-1, 3)
    rings = np.zeros(len(points), bool) if hollow is None else np.asarray(hollow, bool).reshape(-1)
    for point, shade, ring in zip(points, shades, rings, strict=True):
        if not np.isfinite(point).all():
            continue
        centre, color = _fixed(point), tuple(int(c) for c in shade)
        if ring:
            cv2.circle(image, centre, round(radius_px * 2**_SUB), color, 1, cv2.LINE_AA, _SUB)
            continue
        if outline:
            cv2.circle(image, centre, round((radius_px + 1) * 2**_SUB), (20, 20, 20), -1, cv2.LINE_AA, _SUB)
        cv2.circle(image, centre, round(radius_px * 2**_SUB), color, -1, cv2.LINE_AA, _SUB)


def bones(
    image: Array, xy: Array, pairs: Sequence[tuple[int, int]], color: Sequence[int] = (255, 255, 255), width_px: int = 1
) -> None:
    """A line for every pair of positions along the point axis of ``xy`` (..., n, 2), where both ends are finite."""
    for points in np.asarray(xy, float).reshape(-1, *np.shape(xy)[-2:]):
        for a, b in pairs:
            if np.isfinite(points[[a, b]]).all():
                ends = _fixed(points[a]), _fixed(points[b])
                cv2.line(image, *ends, tuple(int(c) for c in color), width_px, cv2.LINE_AA, _SUB)


def legend(
    image: Array, names: Sequence[str], colors: Array, *, at: tuple[int, int] = (8, 8), scale: float = 0.4
) -> None:
    """A column of names with their colours, on a shaded ground."""
    step = round(40 * scale)
    sizes = [cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0] for name in names]
    x, y = at
    ground = image[y : y + step * len(names) + 8, x : x + max(sizes, default=0) + step + 12]
    ground[:] = ground // 3
    for i, (name, color) in enumerate(zip(names, np.asarray(colors), strict=True)):
        middle = y + 4 + step * i + step // 2
        shade = tuple(int(c) for c in color)
        cv2.circle(image, (x + step // 2 + 2, middle), max(2, step // 4), shade, -1, cv2.LINE_AA)
        at_text = (x + step + 6, middle + round(10 * scale))
        cv2.putText(image, name, at_text, cv2.FONT_HERSHEY_SIMPLEX, scale, (235, 235, 235), 1, cv2.LINE_AA)


def _fixed(point: Array) -> tuple[int, int]:
    """A point in OpenCV's fixed-point coordinates, kept inside what they can hold."""
    x, y = np.round(np.clip(point, -10_000, 100_000) * 2**_SUB).astype(int)
    return int(x), int(y)

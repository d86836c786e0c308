"""Which part of which body a pixel sees: an analytic ray caster for round cones and ellipsoids.

Solids are given in pixels and in the axes of the line of sight: ``x`` right, ``y`` down, ``z`` towards the camera,
which treats each solid as seen from afar (a body is small beside its distance). All (solid, pixel) pairs of
an image are evaluated in one pass over flat arrays: few numpy calls, no loop over solids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_STEEP = 0.3  # cones closer to the line of sight than this need care: both roots may be the front
_BEHIND_MM = np.float32(1e5)
MARGIN_PX = 1.6  # how far outside its outline a solid is evaluated, for soft edges


@dataclass(frozen=True)
class Cones:
    """Spheres swept from ``start`` to ``end`` while the radius changes; arrays have one row per cone."""

    start: Floats  # (n, 3) px
    end: Floats  # (n, 3) px
    radii: Floats  # (n, 2) px at start and end
    scale: Floats  # (n,) px per mm, which makes heights of different cones comparable


@dataclass(frozen=True)
class Ellipsoids:
    """Ellipsoids: unit spheres stretched by ``radii`` along the rows of ``axes``."""

    centre: Floats  # (n, 3) px
    axes: Floats  # (n, 3, 3)
    radii: Floats  # (n, 3) px
    scale: Floats  # (n,)


@dataclass(frozen=True)
class Surface:
    """What the pixels see, one row per covered pixel. Solids count cones first, then ellipsoids."""

    pixel: Ints  # flat index into the region
    solid: Ints
    along: Floats  # 0 at the start of a cone, 1 at its end; on ellipsoids from the last axis outwards
    normal: Floats  # (3, n) in the axes of the line of sight
    inside_px: Floats  # distance from the outline of all solids together, negative outside it
    height_mm: Floats  # towards the camera, minus the distance to it


def cast(cones: Cones, ellipsoids: Ellipsoids, size: tuple[int, int]) -> Surface:
    """The front surface of all solids over a region of ``size`` (width, height) px."""
    hits = [_cast_cones(cones, size), _cast_ellipsoids(ellipsoids, size, first=len(cones.scale))]
    pixel, solid, along, nx, ny, nz, inside, height = (
        np.concatenate(columns) for columns in zip(*hits, strict=True)
    )  # fmt: skip
    front = np.full(size[0] * size[1], -np.inf, np.float32)
    np.maximum.at(front, pixel, height)
    # A pixel at the rim of the solid in front may lie deep inside another one: the outline is that of the union.
    outline = np.full(size[0] * size[1], -np.inf, np.float32)
    np.maximum.at(outline, pixel, inside)
    wins = np.flatnonzero(height == front[pixel])
    pixel = pixel[wins]
    height = front[pixel]
    height = np.where(height < -0.5 * _BEHIND_MM, height + _BEHIND_MM, height)
    normal = np.stack([nx[wins], ny[wins], nz[wins]])
    return Surface(pixel, solid[wins], along[wins], normal, outline[pixel], height)


_Hits = tuple[Ints, Ints, Floats, Floats, Floats, Floats, Floats, Floats]


def _cast_cones(cones: Cones, size: tuple[int, int]) -> _Hits:
    cones = _without_swallowed(cones)
    k, pixel, mx, my, inside = _near_cones(cones, size)
    axis, widen = cones.end - cones.start, cones.radii[:, 1] - cones.radii[:, 0]
    square = np.maximum((axis**2).sum(axis=1) - widen**2, 1e-6)
    ax, ay, az, ra, widen, square = (a[k] for a in (*axis.T, cones.radii[:, 0], widen, square))
    # Of all spheres, the one at t reaches highest at (m, h): |m + h z - t axis| = radius(t), stationary in t.
    s = mx * ax + my * ay + ra * widen
    a = 1 - az * az / square
    b = -s * az / square
    c = mx * mx + my * my - s * s / square - ra * ra
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    t = np.clip((s + (root - b) / np.maximum(a, 1e-3) * az) / square, 0, 1)
    steep = np.flatnonzero(a < _STEEP)
    if len(steep):
        a, b, root, s, square = (v[steep] for v in (a, b, root, s, square))
        a = np.where(np.abs(a) < 1e-3, np.float32(1e-3), a)
        choices = [np.clip((s + (sign * root - b) / a * az[steep]) / square, 0, 1) for sign in (1, -1)]
        t[steep] = _highest(choices, *(v[steep] for v in (mx, my, ax, ay, az, ra, widen)))
    qx, qy = mx - t * ax, my - t * ay
    radius = ra + t * widen
    nz = np.sqrt(np.maximum(radius * radius - qx * qx - qy * qy, 0))
    height = (cones.start[k, 2] + t * az + nz) / cones.scale[k]
    height -= np.where(inside < 0, _BEHIND_MM, np.float32(0))  # a soft rim never hides a solid
    norm = 1 / np.maximum(np.sqrt(qx * qx + qy * qy + nz * nz), 1e-6)
    return pixel, k, t, qx * norm, qy * norm, nz * norm, inside, height


def _without_swallowed(cones: Cones) -> Cones:
    """Cones one of whose ends lies inside the other become the larger sphere."""
    axis, widen = cones.end - cones.start, cones.radii[:, 1] - cones.radii[:, 0]
    swallowed = (axis**2).sum(axis=1) <= 1.02 * widen**2
    to_end, to_start = swallowed & (widen > 0), swallowed & (widen <= 0)
    start = np.where(to_end[:, None], cones.end, cones.start)
    end = np.where(to_start[:, None], cones.start, cones.end)
    first = np.where(to_end, cones.radii[:, 1], cones.radii[:, 0])
    last = np.where(to_start, cones.radii[:, 0], cones.radii[:, 1])
    return Cones(start, end, np.stack([first, last], axis=1), cones.scale)


def _near_cones(cones: Cones, size: tuple[int, int]) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Pixels on or just outside the outline of cones: (cone, pixel, x and y from its start, distance inside)."""
    reach = cones.radii + np.float32(MARGIN_PX)
    low = np.minimum(cones.start[:, :2] - reach[:, :1], cones.end[:, :2] - reach[:, 1:])
    high = np.maximum(cones.start[:, :2] + reach[:, :1], cones.end[:, :2] + reach[:, 1:])
    k, pixel, x, y = _pairs(low, high, size)
    axis, widen = (cones.end - cones.start)[:, :2], cones.radii[:, 1] - cones.radii[:, 0]
    flat = (axis**2).sum(axis=1)
    nested = flat <= 1.02 * widen**2  # one end covers the other on the image
    push = np.where(nested, np.copysign(np.float32(1e9), widen), cones.radii[:, 0] * widen)
    flat = np.where(nested, np.float32(1), flat - widen**2)
    mx, my = x - cones.start[k, 0], y - cones.start[k, 1]
    ax, ay = axis[k, 0], axis[k, 1]
    t = np.clip((mx * ax + my * ay + push[k]) / flat[k], 0, 1)
    inside = cones.radii[k, 0] + t * widen[k] - np.hypot(mx - t * ax, my - t * ay)
    near = np.flatnonzero(inside > -MARGIN_PX)
    return k[near], pixel[near], mx[near], my[near], inside[near]


def _highest(
    choices: list[Floats], mx: Floats, my: Floats, ax: Floats, ay: Floats, az: Floats, ra: Floats, widen: Floats
) -> Floats:
    """Of some spheres and those at the ends, the one in front: for cones along the line of sight."""
    t = np.stack([*choices, np.zeros_like(ra), np.ones_like(ra)])
    square = (ra + t * widen) ** 2 - (mx - t * ax) ** 2 - (my - t * ay) ** 2
    height = np.where(square > 0, t * az + np.sqrt(np.maximum(square, 0)), square - _BEHIND_MM)
    return np.asarray(np.take_along_axis(t, height.argmax(axis=0)[None], axis=0)[0])


def _cast_ellipsoids(solids: Ellipsoids, size: tuple[int, int], *, first: int) -> _Hits:
    stretched = solids.axes * solids.radii[:, :, None]
    extent = np.sqrt((stretched[:, :, :2] ** 2).sum(axis=1)) + MARGIN_PX
    k, pixel, x, y = _pairs(solids.centre[:, :2] - extent, solids.centre[:, :2] + extent, size)
    unit = solids.axes / solids.radii[:, :, None]
    form = np.einsum("nki,nkj->nij", unit, unit).astype(np.float32)
    mx, my = x - solids.centre[k, 0], y - solids.centre[k, 1]
    a = form[k, 2, 2]
    b = form[k, 0, 2] * mx + form[k, 1, 2] * my
    c = form[k, 0, 0] * mx * mx + 2 * form[k, 0, 1] * mx * my + form[k, 1, 1] * my * my - 1
    square = b * b - a * c
    # Distance to the outline from the value of the outline's conic and its gradient.
    ratio = np.sqrt(np.maximum(1 - square / a, 0))  # 0 in the middle, 1 on the outline
    gx = form[k, 0, 2] * b / a - form[k, 0, 0] * mx - form[k, 0, 1] * my
    gy = form[k, 1, 2] * b / a - form[k, 0, 1] * mx - form[k, 1, 1] * my
    inside = (1 - ratio) * np.maximum(ratio, 0.05) / np.maximum(np.hypot(gx, gy), 1e-6)
    near = np.flatnonzero(inside > -MARGIN_PX)
    k, pixel = k[near], pixel[near]
    mx, my, a, b, square, inside = (v[near] for v in (mx, my, a, b, square, inside))
    h = (-b + np.sqrt(np.maximum(square, 0))) / a
    normal = np.einsum("nij,jn->in", form[k], np.stack([mx, my, h]))
    normal /= np.maximum(np.linalg.norm(normal, axis=0), 1e-9)
    height = (solids.centre[k, 2] + h) / solids.scale[k]
    height -= np.where(inside < 0, _BEHIND_MM, np.float32(0))
    flat = np.einsum("nij,jn->in", (unit[:, :2]).astype(np.float32)[k], np.stack([mx, my, h]))
    along = np.minimum(np.hypot(flat[0], flat[1]), 1)
    return pixel, k + first, along, normal[0], normal[1], normal[2], inside, height


def _pairs(low: Floats, high: Floats, size: tuple[int, int]) -> tuple[Ints, Ints, Floats, Floats]:
    """All pixels of the boxes from ``low`` to ``high``, cut to the region: (row, pixel, x, y), flat."""
    bounds = np.array(size)
    first = np.clip(np.ceil(low), 0, bounds).astype(np.int64)
    beyond = np.clip(np.floor(high) + 1, 0, bounds).astype(np.int64)
    extent = np.maximum(beyond - first, 0)
    # Boxes become rows and rows become pixels: two repeats are cheaper than a division per pixel.
    of_row = np.repeat(np.arange(len(extent)), extent[:, 1])
    y_row = _counted(extent[:, 1]) + first[of_row, 1]
    width = extent[of_row, 0]
    x = _counted(width) + np.repeat(first[of_row, 0], width)
    y = np.repeat(y_row, width)
    return np.repeat(of_row, width), y * size[0] + x, x.astype(np.float32), y.astype(np.float32)


def _counted(lengths: Ints) -> Ints:
    """0, 1, ... for each of the lengths in turn."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)

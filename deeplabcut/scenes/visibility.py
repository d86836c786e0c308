"""Whether a camera sees a point of a body: 2 seen, 1 hidden by a body or by the rim of the arena, 0 off the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deeplabcut.scenes.arenas import Arena
from deeplabcut.scenes.cameras import Camera
from deeplabcut.scenes.figure import TRUNK_AT, spine_curve
from deeplabcut.scenes.posture import Bodies

Array = NDArray[np.float64]

OUTSIDE, HIDDEN, SEEN = 0, 1, 2

SHARE_BELOW_SKIN = 0.72  # a body hides points just below its own skin only when they are well inside its outline
SHARE_ON_SKIN = 0.98
_CHUNK_FRAMES = 256


def visibility(
    points: Array, bodies: Bodies, camera: Camera, arena: Arena, own: Array | None = None
) -> NDArray[np.uint8]:
    """(n_frames, n_animals, n_points) for ``points`` (n_frames, n_animals, n_points, 3) in mm.

    ``points[:, i]`` belong to animal ``i`` and are hidden by the fraction ``own`` (n_points,) of its thickness;
    without ``own`` they are points of the arena.
    """
    seen = camera.contains(camera.project(points))
    hidden = arena.meets_rim(points, camera.centre - points)
    for first in range(0, len(points), _CHUNK_FRAMES):
        chunk = slice(first, first + _CHUNK_FRAMES)
        hidden[chunk] |= _behind_bodies(points[chunk], bodies, chunk, camera.centre, own)
    return np.where(seen, np.where(hidden, HIDDEN, SEEN), OUTSIDE).astype(np.uint8)


def _behind_bodies(points: Array, bodies: Bodies, frames: slice, eye: Array, own: Array | None) -> NDArray[np.bool_]:
    """Whether the line of sight passes through the spheres of a trunk between the point and the eye."""
    trunk, _ = spine_curve(bodies.nodes[frames], bodies.body)
    radius = bodies.body.radius_mm(TRUNK_AT)
    towards = eye - points
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    hidden = np.zeros(points.shape[:-1], bool)
    for owner in range(bodies.n_animals):
        delta = trunk[:, owner, None, None] - points[..., None, :]  # (frames, animals, points, spheres, 3)
        ahead = np.einsum("fapsi,fapi->faps", delta, towards)
        square = np.einsum("fapsi,fapsi->faps", delta, delta) - ahead**2
        share = np.full(points.shape[1:3], SHARE_ON_SKIN)
        if own is not None:
            share[owner] = own
        blocks = (ahead > 0) & (square < (share[..., None] * radius) ** 2)
        hidden |= blocks.any(axis=-1)
    return hidden

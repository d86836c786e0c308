"""The truth of a scene as one camera should see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core.poses import BodyPlan
from deeplabcut.scenes.arenas import Arena
from deeplabcut.scenes.bodies import BELOW_SKIN
from deeplabcut.scenes.cameras import Camera
from deeplabcut.scenes.posture import Bodies
from deeplabcut.scenes.visibility import SHARE_BELOW_SKIN, SHARE_ON_SKIN, visibility

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SceneTruth:
    """What one camera should see. Whole numbers of ``xy`` are the centres of pixels, x before y.

    Visibility is 2 where a point is seen, 1 where a body or the rim of the arena hides it, 0 outside the image.
    """

    plan: BodyPlan
    xy: Array  # (n_frames, n_animals, n_bodyparts, 2) px, also of points that are not seen
    visibility: NDArray[np.uint8]  # (n_frames, n_animals, n_bodyparts)
    unique_xy: Array  # (n_frames, n_unique, 2) px
    unique_visibility: NDArray[np.uint8]  # (n_frames, n_unique)
    boxes: Array  # (n_frames, n_animals, 4) left, top, width, height in px, cut to the image; NaN if off it


def truth_of(plan: BodyPlan, bodies: Bodies, xyz: Array, unique_xyz: Array, camera: Camera, arena: Arena) -> SceneTruth:
    """Project keypoints (n_frames, n_animals, n_bodyparts, 3) and points of the arena (n_unique, 3)."""
    own = np.where(np.isin(plan.bodyparts, BELOW_SKIN), SHARE_BELOW_SKIN, SHARE_ON_SKIN)
    unique = np.broadcast_to(unique_xyz, (len(xyz), 1, *unique_xyz.shape))
    return SceneTruth(
        plan=plan,
        xy=camera.project(xyz),
        visibility=visibility(xyz, bodies, camera, arena, own),
        unique_xy=camera.project(unique)[:, 0],
        unique_visibility=visibility(unique, bodies, camera, arena)[:, 0],
        boxes=_boxes(bodies, camera),
    )


def _boxes(bodies: Bodies, camera: Camera) -> Array:
    """Boxes around all of each animal, tail and paws included."""
    radius = bodies.body.node_radii_mm
    paws = np.full(4, bodies.body.paw_mm)
    ears = np.full(2, 0.85 * bodies.body.ear_mm)
    points = np.concatenate([bodies.nodes, bodies.paws, bodies.ears], axis=2)
    reach = np.concatenate([radius, paws, ears])[:, None] * camera.pixels_per_mm(points)[..., None]
    xy = camera.project(points)
    limit = np.asarray(camera.size) - 0.5
    low = np.fmin.reduce(xy - reach, axis=2).clip(-0.5, limit)
    high = np.fmax.reduce(xy + reach, axis=2).clip(-0.5, limit)
    boxes = np.concatenate([low, high - low], axis=-1)
    boxes[~((high - low) > 0).all(axis=-1)] = np.nan
    return boxes

"""Boxes and visible points of individuals as arrays.

Boxes are ``x, y, width, height`` in pixels; points are ``x, y, flag``: 2 visible, 0 not labelled, -1 to be ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core import geometry
from deeplabcut.core.poses import Array


def bbox_from_keypoints(
    keypoints: npt.ArrayLike, image_h: npt.ArrayLike, image_w: npt.ArrayLike, margin: float
) -> Array:
    """The boxes (..., 4) around the visible points (..., n_bodyparts, 3), enlarged and then clipped to the image.

    An individual without visible points has the box ``0, 0, 0, 0``.

    Parameters
    ----------
    image_h, image_w : px, one for all or one for each individual.
    margin : px on each side.
    """
    points = np.asarray(keypoints, float)
    xy, is_seen = points[..., :2], is_visible(points)
    boxes = geometry.boxes_of(np.where(is_seen[..., None], xy, np.nan), margin)
    size = np.stack(np.broadcast_arrays(np.asarray(image_w, float), np.asarray(image_h, float)), axis=-1)
    low, high = np.clip(boxes[..., :2], 0, size), np.clip(boxes[..., :2] + boxes[..., 2:], 0, size)
    found = np.concatenate([low, high - low], axis=-1)
    return np.asarray(np.where(is_seen.any(axis=-1, keepdims=True), found, 0.0))


def is_visible(keypoints: Array) -> Array:
    """Which points (..., 3) are labelled and can be seen."""
    return np.asarray((keypoints[..., 2] > 0) & np.isfinite(keypoints[..., :2]).all(axis=-1))


def out_of_bounds_keypoints(keypoints: Array, shape: Sequence[int]) -> Array:
    """Which visible points (..., 3) have no place in an image of ``shape`` (height, width, ...)."""
    x, y, flag = (keypoints[..., i] for i in range(3))
    with np.errstate(invalid="ignore"):
        inside = (x >= 0) & (x <= shape[1]) & (y >= 0) & (y <= shape[0])  # NaN is not inside
    return np.asarray((flag > 0) & ~inside)


def clipped(boxes: npt.ArrayLike, width: float, height: float) -> Array:
    """The boxes (..., 4), cut where the image ends; a box outside of it keeps no area."""
    boxes = np.asarray(boxes, float)
    size = np.array([width, height])
    low, high = np.clip(boxes[..., :2], 0, size), np.clip(boxes[..., :2] + boxes[..., 2:4], 0, size)
    return np.concatenate([low, np.maximum(high - low, 0)], axis=-1)


def areas(boxes: Array) -> Array:
    """The areas (...) of boxes (..., 4), each side counted as 1 px at least."""
    return np.asarray(np.maximum(boxes[..., 2], 1) * np.maximum(boxes[..., 3], 1))


def calc_area_from_keypoints(keypoints: npt.ArrayLike) -> Array:
    """The areas (...) of the smallest boxes around the points (..., n_bodyparts, 2 or more) that are not NaN.

    Each side counts as 1 px at least.
    """
    boxes = geometry.boxes_of(np.asarray(keypoints, float)[..., :2])
    return areas(np.nan_to_num(boxes))


def calc_bbox_overlap(bbox1: npt.ArrayLike, bbox2: npt.ArrayLike) -> Array:
    """Overlap over union of boxes (..., 4) with boxes (..., 4), pair by pair; boxes without area overlap nothing."""
    a, b = np.asarray(bbox1, float), np.asarray(bbox2, float)
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:4], b[..., :2] + b[..., 2:4])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    union = np.prod(a[..., 2:4], axis=-1) + np.prod(b[..., 2:4], axis=-1) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def with_centers(keypoints: Array) -> Array:
    """Points (n, n_bodyparts, 3) with one more: the mean of the visible ones, or ``0, 0, 0`` if there are none."""
    seen = is_visible(keypoints)
    n_seen = seen.sum(axis=-1, keepdims=True)
    total = np.where(seen[..., None], keypoints[..., :2], 0).sum(axis=-2)
    center = np.concatenate([total / np.maximum(n_seen, 1), 2 * (n_seen > 0)], axis=-1)
    return np.concatenate([keypoints, center[..., None, :]], axis=-2).astype(keypoints.dtype)


def pad_to_length(data: Array, length: int, value: float) -> Array:
    """``data`` with rows of ``value`` added until there are ``length``; more rows than that are an error."""
    if len(data) > length:
        raise ValueError(f"{len(data)} rows do not fit into {length}.")
    padding = np.full((length - len(data), *data.shape[1:]), value, data.dtype)
    return np.concatenate([data, padding])


def safe_stack(data: Sequence[Any], default_shape: tuple[int, ...]) -> Array:
    """The arrays as one; zeros of ``default_shape`` if there are none."""
    return np.stack(data) if len(data) else np.zeros(default_shape)

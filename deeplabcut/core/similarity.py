"""How alike two poses are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeplabcut.core.poses import Array


def extents(xy: npt.ArrayLike) -> Array:
    """The boxes (..., 4) as ``x_min, y_min, x_max, y_max`` around the poses (..., n_bodyparts, 2); NaN where empty."""
    xy = np.asarray(xy, float)
    return np.concatenate([np.fmin.reduce(xy, axis=-2), np.fmax.reduce(xy, axis=-2)], axis=-1)


def shared_fraction(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """How much of two poses (..., n_bodyparts, 2) is shared, from 0 to 1 (...); leading axes broadcast.

    The smaller one of two numbers: which part of the points of either pose lies where the two boxes overlap. Of a
    pose whose box lies inside that of the other counts also the part of the outer box that it fills, because the
    points that span the outer box lie outside the inner one by definition.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    box_a, box_b = extents(a), extents(b)
    low, high = np.maximum(box_a[..., :2], box_b[..., :2]), np.minimum(box_a[..., 2:], box_b[..., 2:])
    least = np.minimum(_inside(a, low, high), _inside(b, low, high))
    area, area_a, area_b = (np.prod(span, axis=-1) for span in (high - low, _sides(box_a), _sides(box_b)))
    outer = np.maximum(area_a, area_b)
    nested = (area == np.minimum(area_a, area_b)) & (outer > 0)
    filled = np.divide(area, outer, out=np.zeros_like(outer), where=nested)
    return np.asarray(np.where((low <= high).all(axis=-1), np.maximum(least, filled), 0.0))


def _sides(box: Array) -> Array:
    """Width and height of boxes given by two corners."""
    return np.asarray(box[..., 2:] - box[..., :2])


def _inside(xy: Array, low: Array, high: Array) -> Array:
    """The part of the points (..., n_bodyparts, 2) that lie in the boxes from ``low`` to ``high`` (..., 2)."""
    inside = ((xy >= low[..., None, :]) & (xy <= high[..., None, :])).all(axis=-1).sum(axis=-1)
    return np.asarray(inside / np.maximum(np.isfinite(xy).all(axis=-1).sum(axis=-1), 1))

"""Plane geometry on arrays: affine maps that move points and images together, boxes and their overlap.

Points are ``(..., 2)`` arrays of ``x, y`` in pixels. The centre of the top-left pixel is (0, 0), as in OpenCV.
Affine maps are (2, 3) matrices, ready for ``cv2.warpAffine``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeplabcut.core.poses import Array

IDENTITY: Array = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def translation(dx_px: float, dy_px: float) -> Array:
    """The map that shifts by (dx, dy)."""
    return np.array([[1.0, 0.0, dx_px], [0.0, 1.0, dy_px]])


def scaling(x_factor: float, y_factor: float | None = None, *, about_edges: bool = False) -> Array:
    """The map that scales about the origin.

    With ``about_edges`` the outer edges of the image stay in place, as when an image is resized: the centre of
    pixel 0 then moves, because it lies half a pixel inside the edge.
    """
    y_factor = x_factor if y_factor is None else y_factor
    shift_x, shift_y = ((x_factor - 1) / 2, (y_factor - 1) / 2) if about_edges else (0.0, 0.0)
    return np.array([[x_factor, 0.0, shift_x], [0.0, y_factor, shift_y]])


def rotation(angle_deg: float, centre: tuple[float, float] = (0.0, 0.0)) -> Array:
    """The map that turns clockwise on the screen (x right, y down) about ``centre``."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    turn = np.array([[c, -s, 0.0], [s, c, 0.0]])
    return compose(translation(-centre[0], -centre[1]), turn, translation(*centre))


def compose(*maps: npt.ArrayLike) -> Array:
    """One map that applies the given ones from first to last."""
    result = np.eye(3)
    for one in maps:
        result = np.vstack([np.asarray(one, float), [0.0, 0.0, 1.0]]) @ result
    return result[:2]


def invert(affine: npt.ArrayLike) -> Array:
    """The map back; raises ``numpy.linalg.LinAlgError`` if ``affine`` flattens the plane."""
    affine = np.asarray(affine, float)
    back = np.linalg.inv(affine[:, :2])
    return np.column_stack([back, -back @ affine[:, 2]])


def apply(affine: npt.ArrayLike, xy: npt.ArrayLike) -> Array:
    """The points ``xy`` (..., 2) after the map; NaN stays NaN."""
    affine = np.asarray(affine, float)
    return np.asarray(np.asarray(xy, float) @ affine[:, :2].T + affine[:, 2])


def boxes_of(xy: npt.ArrayLike, margin_px: float = 0.0, image_size: tuple[int, int] | None = None) -> Array:
    """The boxes (..., 4) as ``x, y, width, height`` around the points (..., n_points, 2) that are not NaN.

    ``image_size`` (width, height) clips them. A group without a finite point has a box of NaN.
    """
    xy = np.asarray(xy, float)
    seen = np.isfinite(xy).all(axis=-1, keepdims=True)
    low = np.where(seen, xy, np.inf).min(axis=-2, initial=np.inf) - margin_px
    high = np.where(seen, xy, -np.inf).max(axis=-2, initial=-np.inf) + margin_px
    if image_size is not None:
        low, high = np.clip(low, 0, image_size), np.clip(high, 0, image_size)
    any_seen = seen.any(axis=(-2, -1))[..., None]
    low, high = np.where(any_seen, low, np.nan), np.where(any_seen, high, np.nan)
    return np.concatenate([low, high - low], axis=-1)


def xywh_to_xyxy(boxes: npt.ArrayLike) -> Array:
    """Boxes given by corner and size as two corners."""
    boxes = np.asarray(boxes, float)
    return np.concatenate([boxes[..., :2], boxes[..., :2] + boxes[..., 2:4]], axis=-1)


def xyxy_to_xywh(boxes: npt.ArrayLike) -> Array:
    """Boxes given by two corners as corner and size."""
    boxes = np.asarray(boxes, float)
    return np.concatenate([boxes[..., :2], boxes[..., 2:4] - boxes[..., :2]], axis=-1)


def iou(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Overlap over union of every box of ``a`` (n, 4) with every box of ``b`` (m, 4), both two corners: (n, m).

    Boxes without area overlap nothing; NaN boxes give 0.
    """
    a, b = np.asarray(a, float).reshape(-1, 4), np.asarray(b, float).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    area_a = np.prod(np.clip(a[:, 2:] - a[:, :2], 0, None), axis=-1)
    area_b = np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=-1)
    union = area_a[:, None] + area_b[None] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))

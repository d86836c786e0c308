"""From the pixels of two calibrated cameras to their common rectified plane, and from there to space."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.core.triangulation import triangulate
from deeplabcut.io.calibration import StereoPair


def rectified(xy: npt.ArrayLike, pair: StereoPair, view: int) -> Array:
    """Pixels (..., 2) of one camera without lens distortion, in its rectified picture; NaN stays NaN.

    Parameters
    ----------
    view : 0 for the first camera of the pair, 1 for the second.
    """
    import cv2

    if view not in (0, 1):
        raise InvalidInput(f"A pair has the views 0 and 1, not {view!r}.")
    matrix, distortion, turn, projection = [
        (pair.matrix_1, pair.distortion_1, pair.rectification_1, pair.projection_1),
        (pair.matrix_2, pair.distortion_2, pair.rectification_2, pair.projection_2),
    ][view]
    xy = np.asarray(xy, float)
    flat = xy.reshape(-1, 2)
    seen = np.isfinite(flat).all(axis=1)
    plane = np.full_like(flat, np.nan)
    if seen.any():
        points: Any = cv2.undistortPoints(flat[seen][:, None], matrix, distortion, R=turn, P=projection)
        plane[seen] = points.reshape(-1, 2)
    return plane.reshape(xy.shape)


def triangulated(xy_1: npt.ArrayLike, xy_2: npt.ArrayLike, pair: StereoPair) -> Array:
    """Points of space (..., 3), in squares and in the frame of the rectified first camera, of pixels (..., 2)."""
    views = [rectified(xy, pair, view) for view, xy in enumerate((xy_1, xy_2))]
    return triangulate(pair.projections, np.stack(views))

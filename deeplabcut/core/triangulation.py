"""Points in space from several views: triangulation, epipolar geometry, and who is who across cameras.

A view is a (3, 4) projection matrix that takes homogeneous points of space to pixels without lens distortion (of
undistorted or of rectified images). Pixels are ``(..., 2)`` arrays of ``x, y``; NaN means not seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array

NOBODY = -1
"""Stands for an individual that a view does not have."""

_BLOCK = 65536


def triangulate(
    projections: npt.ArrayLike, xy: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, min_views: int = 2
) -> Array:
    """Points of space (..., 3) that fit their pixels in all views best (linear least squares, DLT).

    Parameters
    ----------
    projections : (n_views, 3, 4) array
    xy : (n_views, ..., 2) array
        NaN where a view does not see the point.
    weights : (n_views, ...) array, optional
        How much a view counts, for example its scores; 0 leaves it out.
    min_views : int
        Points that fewer views see are NaN.
    """
    seen = _seen(xy, weights) > 0
    points = _homogeneous(projections, xy, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        space = points[..., :3] / points[..., 3:]
    enough = (seen.sum(axis=0) >= max(2, min_views)) & np.isfinite(space).all(axis=-1)
    return np.where(enough[..., None], space, np.nan)


def triangulate_points(P1: npt.ArrayLike, P2: npt.ArrayLike, x1: npt.ArrayLike, x2: npt.ArrayLike) -> Array:  # noqa: N803  a public name
    """Homogeneous points of space (4, n), the last row 1, from the pixels (2, n) of two views."""
    pixels = [np.asarray(x, float).reshape(np.shape(x)[0], -1) for x in (x1, x2)]
    if any(len(x) not in (2, 3) for x in pixels) or pixels[0].shape[1] != pixels[1].shape[1]:
        raise InvalidInput(
            f"x1 and x2 must be (2, n) arrays of the same points; they are {np.shape(x1)} and {np.shape(x2)}."
        )
    space = triangulate(_both(P1, P2), np.stack([x[:2].T for x in pixels]))
    return np.vstack([space.T, np.where(np.isnan(space[:, 0]), np.nan, 1.0)])


def project(projections: npt.ArrayLike, xyz: npt.ArrayLike) -> Array:
    """Pixels (n_views, ..., 2) of points of space (..., 3)."""
    xyz = np.asarray(xyz, float)
    matrices = _matrices(projections)
    flat = matrices[:, :, :3] @ xyz.reshape(-1, 3).T + matrices[:, :, 3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = flat[:, :2] / flat[:, 2:]
    return np.asarray(np.moveaxis(pixels, 1, -1)).reshape(len(matrices), *xyz.shape[:-1], 2)


def reprojection_errors(projections: npt.ArrayLike, xyz: npt.ArrayLike, xy: npt.ArrayLike) -> Array:
    """How far (px) the points of space fall from their pixels in each view: (n_views, ...)."""
    return np.asarray(np.linalg.norm(project(projections, xyz) - np.asarray(xy, float), axis=-1))


def fundamental_matrix(first: npt.ArrayLike, second: npt.ArrayLike) -> Array:
    """The (3, 3) matrix ``F`` of two views: ``x2 @ F @ x1`` is 0 for homogeneous pixels of one point."""
    one, other = _matrices(_both(first, second))
    centre = np.linalg.svd(one)[2][-1]
    x, y, z = other @ centre
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    matrix = cross @ other @ np.linalg.pinv(one)
    size = np.linalg.norm(matrix)
    if not size > 1e-12 * np.linalg.norm(one) * np.linalg.norm(other) / max(1.0, float(np.linalg.norm(one[:, :3]))):
        raise InvalidInput("The two cameras stand in the same place: nothing can be triangulated from them.")
    return np.asarray(matrix / size)


def epipolar_distances(fundamental: npt.ArrayLike, xy_1: npt.ArrayLike, xy_2: npt.ArrayLike) -> Array:
    """How far (px) pixels (..., 2) of two views are from being the same point: (...), the mean over both views.

    Each pixel is compared with the line on which the other view says it lies; in rectified views this is
    the difference of their ``y``.
    """
    matrix = np.asarray(fundamental, float)
    if matrix.shape != (3, 3):
        raise InvalidInput(f"A fundamental matrix is (3, 3), not {matrix.shape}.")
    one, other = _with_ones(xy_1), _with_ones(xy_2)
    line_in_2, line_in_1 = one @ matrix.T, other @ matrix
    gap = np.abs((other * line_in_2).sum(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            0.5 * (gap / np.hypot(line_in_1[..., 0], line_in_1[..., 1]))
            + 0.5 * (gap / np.hypot(line_in_2[..., 0], line_in_2[..., 1]))
        )


def view_costs(fundamental: npt.ArrayLike, poses_1: npt.ArrayLike, poses_2: npt.ArrayLike) -> Array:
    """How badly (px) each individual of one view fits each of another: (n_individuals_1, n_individuals_2).

    The poses are (n_frames, n_individuals, n_bodyparts, 2); a cost is the median epipolar distance over the points
    that both views see, so that a few frames with exchanged identities do not matter; NaN where there are none.
    """
    one, other = (np.asarray(poses, float)[..., :2] for poses in (poses_1, poses_2))
    if one.shape[0] != other.shape[0] or one.shape[2] != other.shape[2]:
        raise InvalidInput(
            f"Poses of two views need the same frames and bodyparts; their shapes are {one.shape} and {other.shape}."
        )
    rows = [_median(epipolar_distances(fundamental, own[:, None], other)) for own in np.moveaxis(one, 1, 0)]
    return np.array(rows).reshape(one.shape[1], other.shape[1])


def assign(costs: npt.ArrayLike) -> Array:
    """For each row the column that makes the sum of costs smallest, each column once; `NOBODY` where none is left.

    NaN forbids a pair.
    """
    from scipy.optimize import linear_sum_assignment

    costs = np.asarray(costs, float)
    allowed = np.isfinite(costs)
    chosen = np.full(costs.shape[0], NOBODY)
    if allowed.any():
        forbidden = 1.0 + 2.0 * min(costs.shape) * float(np.abs(costs[allowed]).max())
        rows, columns = linear_sum_assignment(np.where(allowed, costs, forbidden))
        keep = allowed[rows, columns]
        chosen[rows[keep]] = columns[keep]
    return chosen


def match_individuals(projections: npt.ArrayLike, poses: Sequence[npt.ArrayLike]) -> Array:
    """Who is who in each view: (n_views, n_found), the place of every individual in that view, or `NOBODY`.

    Individuals come in the order of the first view, then those that only later views have. Views join one after the
    other: their individuals go to those found so far with the smallest mean `view_costs` over the views that know them.

    Parameters
    ----------
    projections : (n_views, 3, 4) array
    poses : one (n_frames, n_individuals, n_bodyparts, 2) array for each view
        The numbers of individuals may differ.
    """
    matrices = _matrices(projections)
    if len(matrices) != len(poses):
        raise InvalidInput(f"{len(matrices)} cameras, but poses of {len(poses)} views.")
    views = [np.asarray(one, float) for one in poses]
    found = np.arange(views[0].shape[1])[None]
    for view in range(1, len(views)):
        costs = np.array([_costs_to_found(matrices, views, other, view, found[other]) for other in range(view)])
        known = np.isfinite(costs)
        mean = np.divide(
            np.where(known, costs, 0.0).sum(axis=0), known.sum(axis=0),
            out=np.full(costs.shape[1:], np.nan), where=known.any(axis=0),
        )  # fmt: skip
        row = assign(mean)
        left = np.setdiff1d(np.arange(views[view].shape[1]), row)
        found = np.pad(found, ((0, 0), (0, len(left))), constant_values=NOBODY)
        found = np.vstack([found, np.concatenate([row, left])])
    return found


def _costs_to_found(matrices: Array, views: Sequence[Array], other: int, view: int, places: Array) -> Array:
    """Costs (n_found, n_individuals) of a view's individuals against those that another view knows."""
    fundamental = fundamental_matrix(matrices[other], matrices[view])
    costs = view_costs(fundamental, views[other], views[view])
    absent = np.full((1, costs.shape[1]), np.nan)
    return np.vstack([costs, absent])[places]


def _homogeneous(projections: npt.ArrayLike, xy: npt.ArrayLike, weights: npt.ArrayLike | None) -> Array:
    """Homogeneous points (..., 4): the last singular vector of the equations ``x * P[2] - P[0]`` of all views."""
    matrices, xy = _matrices(projections), np.asarray(xy, float)
    if xy.shape[:1] != (len(matrices),) or xy.shape[-1] != 2:
        raise InvalidInput(f"Pixels of {len(matrices)} views must be (n_views, ..., 2); they are {xy.shape}.")
    shape = xy.shape[1:-1]
    scale = np.sqrt(_seen(xy, weights)).reshape(len(matrices), -1)
    flat = np.where(scale[..., None] > 0, xy.reshape(len(matrices), -1, 2), 0.0)
    points = np.empty((flat.shape[1], 4))
    for start in range(0, len(points), _BLOCK):  # the equations of a long video would fill the memory
        part = slice(start, start + _BLOCK)
        rows = flat[:, part, :, None] * matrices[:, None, 2:3, :] - matrices[:, None, :2, :]
        rows = np.moveaxis(rows * scale[:, part, None, None], 0, 1).reshape(-1, 2 * len(matrices), 4)
        points[part] = np.linalg.svd(rows)[2][:, -1] if len(rows) else 0.0
    return points.reshape(*shape, 4)


def _seen(xy: npt.ArrayLike, weights: npt.ArrayLike | None) -> Array:
    """The weights (n_views, ...), 0 where a view sees nothing."""
    seen = np.isfinite(np.asarray(xy, float)).all(axis=-1)
    if weights is None:
        return np.asarray(seen, float)
    given = np.broadcast_to(np.asarray(weights, float), seen.shape)
    return np.where(seen & (given > 0), given, 0.0)


def _matrices(projections: npt.ArrayLike) -> Array:
    matrices = np.asarray(projections, float)
    if matrices.ndim != 3 or matrices.shape[1:] != (3, 4) or not np.isfinite(matrices).all():
        raise InvalidInput(f"Projections must be (n_views, 3, 4) finite numbers; they are {matrices.shape}.")
    return matrices


def _both(first: npt.ArrayLike, second: npt.ArrayLike) -> Array:
    return np.stack([np.asarray(first, float), np.asarray(second, float)])


def _with_ones(xy: npt.ArrayLike) -> Array:
    xy = np.asarray(xy, float)
    return np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1)


def _median(distances: Array) -> Array:
    """The median over frames and bodyparts of (n_frames, n, n_bodyparts) distances: (n,); NaN are left out."""
    ordered = np.sort(np.moveaxis(distances, 1, 0).reshape(distances.shape[1], -1), axis=1)  # NaN come last
    n_known = np.isfinite(ordered).sum(axis=1)
    if not ordered.shape[1]:
        return np.full(len(ordered), np.nan)
    low, high = np.maximum(n_known - 1, 0) // 2, np.minimum(n_known // 2, ordered.shape[1] - 1)
    at = np.arange(len(ordered))
    return np.where(n_known > 0, 0.5 * (ordered[at, low] + ordered[at, high]), np.nan)

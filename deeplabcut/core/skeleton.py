"""Labelled points that cannot be right: limbs of impossible length, points off the image.

Points are (..., n_bodyparts, 2) arrays of ``x, y`` in pixels; the leading axes are images and individuals. NaN is a
point that nobody labelled, and never wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeplabcut.core.poses import Array

Bones = Sequence[tuple[int, int]] | Array

_MAD_TO_SIGMA = 1.4826  # for a normal distribution


@dataclass(frozen=True)
class Limbs:
    """Lengths of limbs, and which of them are out of the ordinary.

    ``length_px`` and ``odd`` are (..., n_bones); ``usual_px`` (n_bones,) is NaN where too few were measured.
    """

    length_px: Array
    usual_px: Array
    odd: Array


def bone_lengths(xy: npt.ArrayLike, bones: Bones) -> Array:
    """The length in pixels (..., n_bones) of each pair of positions along the bodypart axis."""
    xy = np.asarray(xy, float)
    start, end = np.asarray(bones, np.intp).reshape(-1, 2).T
    with np.errstate(invalid="ignore"):  # both ends infinite
        return np.asarray(np.linalg.norm(xy[..., end, :] - xy[..., start, :], axis=-1))


def limb_outliers(
    xy: npt.ArrayLike,
    bones: Bones,
    *,
    n_sigma: float = 6.0,
    min_factor: float = 2.0,
    min_samples: int = 10,
) -> Limbs:
    """Limbs much longer or shorter than the same limb in the other images.

    The length on a logarithmic scale is compared with its median over all images and individuals, in units of the
    median absolute deviation, which a few wrong labels do not move.

    Parameters
    ----------
    n_sigma : how many robust standard deviations are out of the ordinary.
    min_factor : a limb less than this many times longer or shorter than usual is never odd.
    min_samples : with fewer measured lengths nothing is usual, and nothing odd.
    """
    length_px = bone_lengths(xy, bones)
    log = _finite_log(length_px)
    flat = _as_rows(log)
    usual, sigma = _centre_and_spread(flat)
    known = np.isfinite(flat).sum(axis=0) >= min_samples
    limit = np.maximum(n_sigma * sigma, np.log(min_factor))
    vanished = length_px == 0  # two parts on one spot
    with np.errstate(invalid="ignore"):
        odd = known & (vanished | (np.abs(log - usual) > limit))
    return Limbs(length_px, np.where(known, np.exp(usual), np.nan), odd)


def steady_bones(xy: npt.ArrayLike, *, max_sigma: float = 0.3, min_samples: int = 10) -> list[tuple[int, int]]:
    """Bones for labels without a skeleton: near parts joined to a tree, where their distance hardly varies.

    ``max_sigma`` is a robust standard deviation on a logarithmic scale: 0.3 is about a third of the distance.
    """
    from scipy.sparse.csgraph import minimum_spanning_tree

    xy = np.asarray(xy, float)
    n_parts = xy.shape[-2]
    first, second = np.triu_indices(n_parts, 1)
    log = _as_rows(_finite_log(bone_lengths(xy, np.column_stack([first, second]))))
    usual, sigma = _centre_and_spread(log)
    steady = (np.isfinite(log).sum(axis=0) >= min_samples) & (sigma <= max_sigma)
    distances = np.zeros((n_parts, n_parts))  # 0: not joined
    distances[first[steady], second[steady]] = np.exp(usual[steady])
    start, end = minimum_spanning_tree(distances).nonzero()
    return sorted(zip(start.tolist(), end.tolist(), strict=True))


def outside(xy: npt.ArrayLike, width: int, height: int, *, margin_px: float = 0.5) -> Array:
    """Whether each point of ``xy`` (..., 2) lies beyond the edge of the image by more than ``margin_px``."""
    xy = np.asarray(xy, float)
    edge = np.array([width, height]) - 0.5
    with np.errstate(invalid="ignore"):
        return np.asarray(((xy < -0.5 - margin_px) | (xy > edge + margin_px)).any(axis=-1))


def swapped_axes(xy: npt.ArrayLike, width: int, height: int) -> bool:
    """Whether some points of ``xy`` (..., 2) lie off the image, and none would if x and y changed places."""
    swapped = np.asarray(xy, float)[..., ::-1]
    return bool(outside(xy, width, height).any() and not outside(swapped, width, height).any())


def _finite_log(length_px: Array) -> Array:
    """The logarithm of lengths; NaN for those of 0 and for those that nobody measured."""
    usable = np.isfinite(length_px) & (length_px > 0)
    return np.log(length_px, out=np.full(length_px.shape, np.nan), where=usable)


def _as_rows(array: Array) -> Array:
    """All leading axes in one; also where the last one is empty."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _centre_and_spread(columns: Array) -> tuple[Array, Array]:
    """Median and robust standard deviation of each column; NaN for a column without numbers."""
    centre = np.full(columns.shape[1], np.nan)
    sigma = centre.copy()
    some = np.isfinite(columns).any(axis=0)
    centre[some] = np.nanmedian(columns[:, some], axis=0)
    sigma[some] = _MAD_TO_SIGMA * np.nanmedian(np.abs(columns[:, some] - centre[some]), axis=0)
    return centre, sigma

"""One affine map applied to an image: by copying where it is a shift, by resizing where it is that, else by warping."""

from __future__ import annotations

import cv2
import numpy as np

from deeplabcut.core.poses import Array

_EXACT = 1e-6  # px; a map this close to whole pixels is taken for one


def warp(image: Array, affine: Array, size: tuple[int, int], interpolation: int = cv2.INTER_LINEAR) -> Array:
    """A new image of ``size`` (width, height) whose pixels come through ``affine``; black where none comes.

    ``image`` is (height, width, channels) of uint8 or float32. Shifts and mirrors by whole pixels keep every value.
    """
    straight = _straight(image.shape[:2], affine, size)
    if straight is None:
        moved = cv2.warpAffine(image, np.asarray(affine, float), size, flags=interpolation)
        return with_channels(moved)
    (new_width, new_height), (left, top), flip = straight
    if (new_width, new_height) != (image.shape[1], image.shape[0]):
        image = with_channels(cv2.resize(image, (new_width, new_height), interpolation=interpolation))
    if flip is not None:
        image = with_channels(cv2.flip(image, flip))
    return placed(image, left, top, size)


def placed(image: Array, left: int, top: int, size: tuple[int, int]) -> Array:
    """A new image of ``size`` (width, height) that shows ``image`` with its corner at (left, top), else black."""
    height, width = image.shape[:2]
    x1, x2 = max(left, 0), min(left + width, size[0])
    y1, y2 = max(top, 0), min(top + height, size[1])
    part = image[max(y1 - top, 0) : max(y2 - top, 0), max(x1 - left, 0) : max(x2 - left, 0)]
    if part.shape[:2] == (size[1], size[0]):
        return part.copy()
    canvas = np.zeros((size[1], size[0], *image.shape[2:]), image.dtype)
    if part.size:
        canvas[y1:y2, x1:x2] = part
    return canvas


def with_channels(image: Array) -> Array:
    """``image`` (height, width, channels) again after OpenCV dropped a single channel."""
    return image if image.ndim == 3 else image[..., None]


def is_straight(affine: Array) -> bool:
    """Whether the map keeps horizontal lines horizontal and vertical lines vertical."""
    return bool(affine[0, 1] == 0 and affine[1, 0] == 0)


def in_edges(affine: Array) -> Array:
    """The map for coordinates that count from the image's edge, as boxes do, not from the centre of the first pixel."""
    moved = np.array(affine, float)
    moved[:, 2] += 0.5 - moved[:, :2].sum(axis=1) / 2
    return moved


def _straight(
    shape: tuple[int, ...], affine: Array, size: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int], int | None] | None:
    """Size, corner and OpenCV's code of a mirror, where the map only resizes, mirrors and shifts by whole pixels."""
    if not is_straight(affine):
        return None
    factors = np.array([affine[0, 0], affine[1, 1]])
    extent = np.array([shape[1], shape[0]], float)
    start = in_edges(affine)[:, 2]
    new, corner = np.abs(factors) * extent, np.minimum(start, start + factors * extent)
    if max(np.abs(new - np.rint(new)).max(), np.abs(corner - np.rint(corner)).max()) > _EXACT or np.rint(new).min() < 1:
        return None
    if new.prod() > 4 * max(extent.prod(), size[0] * size[1]):
        return None  # most of it would be cut off again
    mirrored_x, mirrored_y = factors < 0
    flip = None if not (mirrored_x or mirrored_y) else -1 if mirrored_x and mirrored_y else int(mirrored_x)
    width, height = (int(n) for n in np.rint(new))
    left, top = (int(n) for n in np.rint(corner))
    return (width, height), (left, top), flip

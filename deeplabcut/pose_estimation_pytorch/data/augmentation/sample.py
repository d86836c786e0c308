"""An image with its points and boxes on the way through a chain of augmentations.

Maps are collected and drawn once, when pixels are needed: several geometric steps cost one interpolation. Points
count from the centre of the first pixel; boxes count from the image's edge: ``0, 0, width, height`` is all of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deeplabcut.core import geometry
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation.warp import in_edges, is_straight, warp

_INDIVIDUAL = re.compile(r"individual(\d+)_")


class Sample:
    """What the steps of a chain change in place.

    Parameters
    ----------
    image : (height, width) or (height, width, channels), uint8 or float, in gray levels from 0 to 255.
    keypoints : (..., n, 2 or more) of x, y and values that travel along; NaN where there is none.
    bboxes : (n, 4 or more) of x, y, width, height and values that travel along.
    class_labels : one per point; ``individual<i>_<bodypart>`` tells which points belong together.

    Attributes
    ----------
    points : (n, 2 or more), the keypoints in a row.
    corners : (n, 4), the boxes as x1, y1, x2, y2.
    size : (width, height) of the image after all maps so far.
    matrix : the map from the given image to this one; None once it is not affine any more.
    """

    def __init__(
        self,
        image: Array,
        keypoints: npt.ArrayLike | None = None,
        bboxes: npt.ArrayLike | None = None,
        class_labels: Sequence[Any] | None = None,
    ) -> None:
        self._image, self._is_flat = _image(image), np.ndim(image) == 2
        self._is_own = self._image is not image and not np.may_share_memory(self._image, image)
        self.size: tuple[int, int] = (self._image.shape[1], self._image.shape[0])
        self._keypoints, self._boxes = _rows("keypoints", keypoints, 2), _rows("bboxes", bboxes, 4)
        self.points = self._keypoints.reshape(-1, self._keypoints.shape[-1]).copy()
        boxes = self._boxes.reshape(-1, self._boxes.shape[-1])
        self.corners = geometry.xywh_to_xyxy(boxes[:, :4])
        self.matrix: Array | None = geometry.IDENTITY
        self._labels = class_labels
        self._pending: Array | None = None
        self._shown: Array | None = None  # x1, y1, x2, y2 outside of which the image is black

    @property
    def n_channels(self) -> int:
        """The number of channels of the image."""
        return int(self._image.shape[2])

    # ----- results

    @property
    def image(self) -> Array:
        """The image as it is now, with the axes that it came with."""
        return self.pixels()[..., 0] if self._is_flat else self.pixels()

    @property
    def keypoints(self) -> Array:
        """The points with the axes that they came with."""
        return self.points.reshape(self._keypoints.shape)

    @property
    def bboxes(self) -> Array:
        """The boxes as x, y, width, height, in the order that they came in."""
        boxes = self._boxes.reshape(-1, self._boxes.shape[-1]).copy()
        boxes[:, :4] = geometry.xyxy_to_xywh(self.corners)
        return boxes.reshape(self._boxes.shape)

    @property
    def individuals(self) -> list[Array]:
        """The positions in `points` of each individual's bodyparts; points that no individual has are in none."""
        n = len(self.points)
        if self._keypoints.ndim > 2 and n:
            return list(np.arange(n).reshape(-1, self._keypoints.shape[-2]))
        if self._labels is None:
            return [np.arange(n)]
        labels = [str(label) for label in self._labels]
        found = [_INDIVIDUAL.match(label) for label in labels]
        if any(found):
            owners: list[Any] = [one and one[1] for one in found]
        else:  # names of bodyparts, once per individual
            seen: Counter[str] = Counter()
            owners = []
            for label in labels:
                owners.append(seen[label])
                seen[label] += 1
        groups: dict[Any, list[int]] = {}
        for position, owner in enumerate(owners):
            if owner is not None:
                groups.setdefault(owner, []).append(position)
        return [np.array(group) for group in groups.values()]

    # ----- changes

    def move(
        self, affine: Array, size: tuple[int, int], *, cut: bool = False, interpolation: int = cv2.INTER_LINEAR
    ) -> None:
        """Map everything; the image becomes ``size`` (width, height).

        ``cut`` says that the map may bring parts of the image out of sight, where a later map must not find them.
        """
        self._move_shown(affine, size, cut)
        if interpolation != cv2.INTER_LINEAR:
            self.pixels()
        self._pending = affine if self._pending is None else geometry.compose(self._pending, affine)
        self.note_move(affine, size)
        if interpolation != cv2.INTER_LINEAR:
            self.pixels(interpolation)

    def note_move(self, affine: Array, size: tuple[int, int]) -> None:
        """Map points and boxes, for an image that was mapped already; boxes are clipped to ``size``."""
        self.size = size
        if self.matrix is not None:
            self.matrix = geometry.compose(self.matrix, affine)
        self.points[:, :2] = geometry.apply(affine, self.points[:, :2])
        if len(self.corners):
            x, y = self.corners[:, [0, 2, 2, 0]], self.corners[:, [1, 1, 3, 3]]
            moved = geometry.apply(in_edges(affine), np.stack([x, y], axis=-1))
            self.corners = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
            self.clip_boxes()

    def forget_points_outside(self) -> None:
        """Make points that lie beyond the image NaN, before a larger frame would make them seem to be inside."""
        xy = self.points[:, :2]
        xy[~((xy >= 0) & (xy <= self.size)).all(axis=1)] = np.nan

    def clip_boxes(self) -> None:
        """Cut the boxes where the image ends; a box outside of it keeps no area."""
        self.corners = np.clip(self.corners, 0, [*self.size, *self.size])

    def pixels(self, interpolation: int = cv2.INTER_LINEAR) -> Array:
        """The image (height, width, channels) with all maps drawn; not to be written into."""
        if self._pending is not None:
            self._image = warp(self._image, self._pending, self.size, interpolation)
            self._is_own = True
            if self._shown is not None:
                _blacken_outside(self._image, self._shown)
            self._pending = self._shown = None
        return self._image

    def writable_pixels(self) -> Array:
        """`pixels` that may be written into."""
        if not self._is_own or self._pending is not None:
            pixels = self.pixels()
            self._image = pixels if self._is_own else pixels.copy()
            self._is_own = True
        return self._image

    def replace_pixels(self, image: Array) -> None:
        """Take ``image`` (height, width, channels), made of `pixels`, in its place."""
        self._image, self._is_own = image, True

    def _move_shown(self, affine: Array, size: tuple[int, int], cut: bool) -> None:
        if self._shown is not None:
            if is_straight(affine):
                corners = geometry.apply(in_edges(affine), self._shown.reshape(2, 2))
                self._shown = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
            else:
                self.pixels()
        if cut:
            low, high = np.zeros(2), np.array(size, float)
            if self._shown is not None:
                low, high = np.maximum(low, self._shown[:2]), np.minimum(high, self._shown[2:])
            self._shown = np.concatenate([low, high])


def _image(image: Any) -> Array:
    """(height, width, channels) of uint8 or float32."""
    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3) or 0 in image.shape:
        what = f"an array of shape {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise InvalidInput(
            f"image is {what}.", where="image", fix="give an array (height, width) or (height, width, channels)"
        )
    if image.ndim == 3 and image.shape[2] > 4:
        raise InvalidInput(
            f"image has {image.shape[2]} channels.", where="image", fix="give (height, width, channels), 4 at most"
        )
    whole = image if image.ndim == 3 else image[..., None]
    return whole if whole.dtype == np.uint8 else whole.astype(np.float32, copy=False)


def _rows(name: str, values: npt.ArrayLike | None, n_least: int) -> Array:
    """An array of floats whose last axis has ``n_least`` or more; a new one of no rows if there is nothing."""
    rows = np.asarray([] if values is None else values, float)
    if rows.size == 0:
        return rows if rows.ndim > 1 and rows.shape[-1] >= n_least else np.zeros((0, n_least))
    if rows.ndim < 2 or rows.shape[-1] < n_least:
        raise InvalidInput(f"{name} has the shape {rows.shape}.", where=name, fix=f"give rows of at least {n_least}")
    return rows


def _blacken_outside(image: Array, shown: Array) -> None:
    x1, y1, x2, y2 = np.rint(shown).astype(int)
    height, width = image.shape[:2]
    x1, x2 = np.clip([x1, x2], 0, width)
    y1, y2 = np.clip([y1, y2], 0, height)
    image[:y1] = image[y2:] = 0
    image[:, :x1] = image[:, x2:] = 0

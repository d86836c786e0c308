"""Pictures of augmented images, with their points and boxes, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from deeplabcut.core.poses import Array
from deeplabcut.pose_estimation_pytorch.data.augmentation.pixels import IMAGENET_MEAN, IMAGENET_STD
from deeplabcut.visualization import colors, draw

_BOX, _GROUND = (255, 210, 60), (32, 32, 36)


def draw_sample(
    image: Array,
    keypoints: npt.ArrayLike | None = None,
    boxes: npt.ArrayLike | None = None,
    *,
    radius_px: float = 3.0,
    colormap: str = "rainbow",
) -> Array:
    """The image as people see it, (height, width, 3) uint8, with its points and boxes.

    Parameters
    ----------
    image : (height, width), (height, width, channels) or (channels, height, width); normalised ones are brought back.
    keypoints : (..., n_bodyparts, 2 or 3) of x, y and a flag; points that are NaN or have a flag of 0 or less are left
        out. A bodypart has the same colour in every individual.
    boxes : (n, 4) of x, y, width, height.
    """
    picture = visible(image)
    if boxes is not None and np.size(boxes):
        corners = np.asarray(boxes, float).reshape(-1, np.shape(boxes)[-1])[:, :4].copy()
        corners[:, 2:] += corners[:, :2]
        is_box = (corners[:, 2:] > corners[:, :2]).all(axis=1)  # empty places are no boxes, and NaN is none
        corners = np.rint(corners[is_box]).astype(int)
        for x1, y1, x2, y2 in corners.tolist():
            cv2.rectangle(picture, (x1, y1), (max(x1, x2 - 1), max(y1, y2 - 1)), _BOX, 1)
    if keypoints is not None and np.size(keypoints):
        points = np.asarray(keypoints, float)
        xy = points[..., :2].copy()
        if points.shape[-1] > 2:
            xy[points[..., 2] <= 0] = np.nan
        draw.keypoints(picture, xy, colors.spread(xy.shape[-2], colormap), radius_px=radius_px)
    return picture


def visible(image: Array) -> Array:
    """A copy (height, width, 3) uint8 of an image of any kind that training uses."""
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[0] in (1, 3) and image.shape[2] not in (1, 3):
        image = image.transpose(1, 2, 0)
    image = image if image.ndim == 3 else image[..., None]
    if image.dtype != np.uint8:
        low, high = float(image.min()), float(image.max())
        if low < 0:
            image = (image * np.array(IMAGENET_STD) + np.array(IMAGENET_MEAN)) * 255
        elif high <= 1:
            image = image * 255.0
        image = np.rint(np.clip(image, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3))).copy()


def sheet(pictures: Sequence[Array], titles: Sequence[str] = (), *, n_columns: int = 4, width_px: int = 320) -> Array:
    """Pictures (height, width, 3) side by side in rows, each ``width_px`` wide and under its title."""
    tiles = []
    for i, picture in enumerate(pictures):
        height = max(1, round(picture.shape[0] * width_px / picture.shape[1]))
        tile = cv2.resize(picture, (width_px, height), interpolation=cv2.INTER_AREA)
        head = np.full((22, width_px, 3), _GROUND, np.uint8)
        title = titles[i] if i < len(titles) else ""
        cv2.putText(head, title, (6, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (230, 230, 230), 1, cv2.LINE_AA)
        tiles.append(np.concatenate([head, tile]))
    rows = []
    for start in range(0, len(tiles), n_columns):
        row = tiles[start : start + n_columns]
        height = max(tile.shape[0] for tile in row)
        canvas = np.full((height + 4, n_columns * (width_px + 4), 3), _GROUND, np.uint8)
        for i, tile in enumerate(row):
            canvas[: tile.shape[0], i * (width_px + 4) : i * (width_px + 4) + width_px] = tile
        rows.append(canvas)
    return np.concatenate(rows) if rows else np.full((1, 1, 3), _GROUND, np.uint8)

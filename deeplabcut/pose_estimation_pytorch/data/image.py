"""Images as arrays: read, cropped around an individual, resized to the common size of a batch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import Array
from deeplabcut.io.images import read_image
from deeplabcut.pose_estimation_pytorch.data.bboxes import areas, clipped, out_of_bounds_keypoints

if TYPE_CHECKING:
    import torch

COLOR_MODES = ("RGB", "BGR", "GRAY")


def load_image(filepath: str | os.PathLike[str], color_mode: str = "RGB") -> Array:
    """An image file as uint8 (height, width, 3).

    Parameters
    ----------
    filepath : the file.
    color_mode : order of the channels, ``RGB`` or ``BGR``; ``GRAY`` gives three equal ones.
    """
    return in_colors(read_image(filepath), color_mode)


def in_colors(image: Array, color_mode: str) -> Array:
    """An RGB image (height, width, 3) in another order of channels."""
    import cv2

    if color_mode == "RGB":
        return image
    if color_mode == "BGR":
        return np.ascontiguousarray(image[..., ::-1])
    if color_mode == "GRAY":
        return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
    raise InvalidInput(f"There is no color mode {color_mode!r}.", fix=f"use one of {', '.join(COLOR_MODES)}")


def top_down_crop(
    image: Array,
    bbox: npt.ArrayLike,
    output_size: tuple[int, int],
    margin: int = 0,
    center_padding: bool = False,
    crop_with_context: bool = True,
) -> tuple[Array, tuple[int, int], tuple[float, float]]:
    """A box of the image, resized to ``output_size``, with what maps it back: ``image_xy = crop_xy * scale + offset``.

    What lies outside of the image is black. A box without area gives a black crop, with the offset (0, 0) and the
    scale (1, 1).

    Parameters
    ----------
    image : (height, width, channels) array.
    bbox : x, y, width, height.
    output_size : (width, height) of the crop.
    margin : px added to the box on each side.
    center_padding : show the part inside the image in the middle of the crop, whichever side the rest lies on.
    crop_with_context : enlarge the box to the ratio of ``output_size``; otherwise its surroundings become black.
    """
    import cv2

    x, y, box_w, box_h = (float(value) for value in np.asarray(bbox, float).reshape(-1)[:4])
    out_w, out_h = output_size
    width, height = box_w + 2 * margin, box_h + 2 * margin
    if not (np.isfinite([x, y, width, height]).all() and max(width, height) > 0 and min(width, height) >= 0):
        return np.zeros((out_h, out_w, *image.shape[2:]), image.dtype), (0, 0), (1.0, 1.0)
    center_x, center_y = x + box_w / 2, y + box_h / 2
    if crop_with_context:
        width, height = max(width, height * out_w / out_h), max(height, width * out_h / out_w)
    x1, x2 = _side(center_x, width)
    y1, y2 = _side(center_y, height)
    left, right = max(0, min(-x1, x2 - x1)), max(0, min(x2 - image.shape[1], x2 - x1))
    top, bottom = max(0, min(-y1, y2 - y1)), max(0, min(y2 - image.shape[0], y2 - y1))
    part = image[y1 + top : y2 - bottom, x1 + left : x2 - right]
    start_x, start_y = x1 + left, y1 + top
    if not crop_with_context:
        left, top = _to_ratio(part.shape, out_w / out_h)
        right, bottom = left, top
    elif center_padding:
        (left, right), (top, bottom) = _halves(left + right), _halves(top + bottom)
    padded_w, padded_h = part.shape[1] + left + right, part.shape[0] + top + bottom
    if not part.size:
        crop = np.zeros((out_h, out_w, *image.shape[2:]), image.dtype)
    else:
        if left or right or top or bottom:
            part = cv2.copyMakeBorder(part, top, bottom, left, right, cv2.BORDER_CONSTANT, value=0)
        crop = cv2.resize(part, (out_w, out_h), interpolation=cv2.INTER_LINEAR).reshape(out_h, out_w, *image.shape[2:])
    scale = (max(padded_w, 1) / out_w, max(padded_h, 1) / out_h)
    return np.asarray(crop), (start_x - left, start_y - top), scale


def _side(center: float, length: float) -> tuple[int, int]:
    """First and last border, at least one pixel apart; Python's rounding, to the even one of two."""
    first = round(center - length / 2)
    return first, max(round(center + length / 2), first + 1)


def _halves(n: int) -> tuple[int, int]:
    return n // 2, n - n // 2


def _to_ratio(shape: Sequence[int], ratio: float) -> tuple[int, int]:
    """The padding left (and right), and above (and below), that brings a box to the ratio of the crop."""
    height, width = shape[:2]
    if width > height * ratio:
        return 0, int(width - height * ratio) // 2
    return int(height - width / ratio) // 2 if ratio else 0, 0


# ----- the common size of a batch


def resize_and_random_crop(
    image: Array | torch.Tensor,
    targets: dict[str, Any],
    size: int | tuple[int, int],
    max_size: int | None = None,
    max_shift: int | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> tuple[torch.Tensor, dict[str, Any]]:
    """The image (channels, height, width) resized, and a random part of the wanted size, with its targets.

    Visible points that the part does not show become ``-1, -1, -1``: whether there is a point is not to be learnt.

    Parameters
    ----------
    targets : an item of a `PoseDataset`, or its ``annotations``; it is not changed.
    size : px; the short side becomes that long, and the part is a square. Or (height, width): the image is resized
        to cover that, and the part has that size.
    max_size : the longest side that an image may be resized to.
    max_shift : how far the part may reach beyond the image.
    rng : where chance comes from; seeded from torch if None.
    """
    import torch

    tensor = image if isinstance(image, torch.Tensor) else torch.from_numpy(np.array(image))
    height, width = tensor.shape[-2:]
    wanted = np.array([size, size] if isinstance(size, (int, np.integer)) else size[::-1])  # width, height
    old = np.array([width, height])
    factor = float(wanted.max() / old.min() if isinstance(size, (int, np.integer)) else (wanted / old).max())
    if max_size is not None:
        factor = min(factor, max_size / old.max())
    new = np.maximum(1, np.rint(old * factor)).astype(int)
    rng = torch_rng() if rng is None else rng
    offset = np.array([_start(int(n), int(t), max_shift or 0, rng) for n, t in zip(new, wanted, strict=True)])
    part = _part(_resized(tensor, new), offset, wanted)
    return part, _moved_targets(targets, old / new, offset, wanted)


def torch_rng() -> np.random.Generator:
    """A generator seeded from torch: another one at each call, the same ones after ``torch.manual_seed``."""
    import torch

    return np.random.default_rng(int(torch.empty((), dtype=torch.int64).random_().item()))


def _start(new: int, wanted: int, max_shift: int, rng: np.random.Generator) -> int:
    """Where the part begins along one axis."""
    extra, missing = max(0, new - wanted), max(0, wanted - new)
    low = max(-wanted // 2, -missing - max_shift)
    high = min(max_shift + extra, extra + min(new, wanted) // 2)
    return int(rng.integers(low, max(high, low + 1)))


def _resized(image: torch.Tensor, size: Array) -> torch.Tensor:
    import torch
    from torch.nn.functional import interpolate

    if tuple(image.shape[-2:]) == (size[1], size[0]):
        return image
    pixels = image[None].to(torch.float32)
    moved = interpolate(pixels, (int(size[1]), int(size[0])), mode="bilinear", align_corners=False, antialias=True)[0]
    return moved if image.is_floating_point() else moved.round().clamp(0, 255).to(image.dtype)


def _part(image: torch.Tensor, offset: Array, size: Array) -> torch.Tensor:
    """The part of the image that begins at ``offset`` (x, y); black where the image ends."""
    result = image.new_zeros((*image.shape[:-2], int(size[1]), int(size[0])))
    low = np.maximum(offset, 0)
    high = np.minimum(offset + size, image.shape[:-3:-1])
    (x1, y1), (x2, y2) = low, np.maximum(high, low)
    (left, top), (right, bottom) = low - offset, np.maximum(high, low) - offset
    result[..., top:bottom, left:right] = image[..., y1:y2, x1:x2]
    return result


def _moved_targets(targets: dict[str, Any], factor: Array, offset: Array, size: Array) -> dict[str, Any]:
    """The targets in pixels of the part; ``factor`` is that of old pixels to new ones."""
    if "annotations" not in targets:
        return _moved_annotations(targets, factor, offset, size)
    result = {**targets, "annotations": _moved_annotations(targets["annotations"], factor, offset, size)}
    if "offsets" in targets and "scales" in targets:
        offsets, scales = np.asarray(targets["offsets"]), np.asarray(targets["scales"], float)
        result["scales"] = scales * factor
        result["offsets"] = (offsets + scales * factor * offset).astype(float)
    return result


def _moved_annotations(targets: dict[str, Any], factor: Array, offset: Array, size: Array) -> dict[str, Any]:
    result = dict(targets)
    for key in ("keypoints", "keypoints_unique"):
        if np.size(targets.get(key, ())):
            points = np.array(targets[key])
            is_labelled = points[..., 2:] > 0
            points[..., :2] = np.where(is_labelled, points[..., :2] / factor - offset, points[..., :2])
            points[out_of_bounds_keypoints(points, size[::-1].tolist())] = -1
            result[key] = points
    if "boxes" in targets:
        boxes = np.array(targets["boxes"])
        is_box = np.asarray((boxes[..., 2:] > 0).all(axis=-1, keepdims=True))
        moved = clipped(np.concatenate([boxes[..., :2] / factor - offset, boxes[..., 2:] / factor], axis=-1), *size)
        result["boxes"] = np.where(is_box, moved, 0).astype(boxes.dtype)
        if "area" in targets:
            area = np.asarray(targets["area"])
            result["area"] = np.where(is_box[..., 0], areas(result["boxes"]), area).astype(area.dtype)
    return result

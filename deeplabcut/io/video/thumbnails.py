"""Small pictures of many frames, for little more than the decoding.

Only the pixels that a small picture shows are taken from the decoder's memory. They are put together as one picture
of the same kind, and converted by the same converter, so they are what the whole frame would show there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import printable
from deeplabcut.io.video.pictures import Converter, Image, Look
from deeplabcut.io.video.reader import Video

Crop = tuple[int, int, int, int]
_Places = NDArray[np.intp]

# In these the colour of a pixel depends on nothing beside its own block of pixels: (width, height) of the block.
_BLOCKS = {
    "yuv420p": (2, 2), "yuvj420p": (2, 2), "yuv422p": (2, 1), "yuvj422p": (2, 1), "yuv444p": (1, 1),
    "yuvj444p": (1, 1), "gray": (1, 1), "gbrp": (1, 1), "rgb24": (1, 1), "bgr24": (1, 1), "bgr0": (1, 1),
    "bgra": (1, 1), "rgba": (1, 1),
}  # fmt: skip
_N_TOGETHER = 64  # small pictures converted at one time


@dataclass(frozen=True)
class Thumbnails:
    """Small pictures: ``images`` is (n, height, width), or (n, height, width, 3) in colour.

    ``errors`` says which frames (by number) are damaged or smeared; their pictures are black.
    """

    indices: NDArray[np.int64]
    images: Image
    errors: dict[int, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> NDArray[np.bool_]:
        """Which of the frames have nothing wrong with them."""
        return ~np.isin(self.indices, list(self.errors))


def thumbnails(
    video: Video, indices: Iterable[int], width: int, *, color: bool = False, crop: Crop | None = None
) -> Thumbnails:
    """Small pictures of the given frames, ``width`` pixels wide: the nearest pixel, grey as the mean of the colours.

    Parameters
    ----------
    indices : ascending numbers are decoded in one go.
    crop : x1, x2, y1, y2; only this part of the frames is shown.
    """
    x1, x2, y1, y2 = checked_crop(video, crop)
    if not 1 <= width <= x2 - x1:
        raise InvalidInput(
            f"Pictures of {x2 - x1} pixels cannot be shrunk to a width of {width}.",
            where=video.path, fix=f"choose a width (cluster_resizewidth) from 1 to {x2 - x1}",
        )  # fmt: skip
    height = max(1, round((y2 - y1) * width / (x2 - x1)))
    numbers = np.asarray(list(indices), dtype=np.int64)
    outside = numbers[(numbers < 0) | (numbers >= video.n_frames)]
    if len(outside):
        raise InvalidInput(f"There is no frame {outside[0]}: the last one is {video.n_frames - 1}.", where=video.path)
    images = np.zeros((len(numbers), height, width, *([3] if color else [])), np.uint8)
    errors: dict[int, str] = {}
    sheet = _Sheet(video, centres(y1, y2, height), centres(x1, x2, width), images)
    name = printable(video.path.name)
    with progress.current().task("compare", total=len(numbers), unit="frame", label=name) as task:
        for place, picture in enumerate(video.pictures(numbers.tolist())):
            if picture.picture is None or picture.error is not None:
                errors[picture.index] = picture.error or "damaged"
            else:
                sheet.add(place, picture.index, picture.picture)
            task.advance()
        sheet.convert()
    return Thumbnails(numbers, images, errors)


def checked_crop(video: Video, crop: Crop | None) -> Crop:
    """The crop, if it lies inside the picture; the whole picture for None."""
    x1, x2, y1, y2 = (0, video.width, 0, video.height) if crop is None else crop
    if not (0 <= x1 < x2 <= video.width and 0 <= y1 < y2 <= video.height):
        raise InvalidInput(
            f"The crop {x1}, {x2}, {y1}, {y2} (x1, x2, y1, y2) is not inside the picture of "
            f"{printable(video.path.name)}, which is {video.width} x {video.height}.",
            where=video.path, fix=f"use x from 0 to {video.width} and y from 0 to {video.height}",
        )  # fmt: skip
    return x1, x2, y1, y2


def centres(low: int, high: int, n: int) -> _Places:
    """The pixels in the middle of ``n`` equal parts."""
    return (low + (np.arange(n) + 0.5) * (high - low) / n).astype(np.intp)


class _Sheet:
    """Pixels of several frames as stored, on one picture, until they are converted together."""

    def __init__(self, video: Video, rows: _Places, columns: _Places, images: Image) -> None:
        self.look: Look = video.look
        self.images = images
        rows = video.height - 1 - rows if self.look.flips_y else rows
        columns = video.width - 1 - columns if self.look.flips_x else columns
        self.rows, self.columns = (columns, rows) if self.look.is_transposed else (rows, columns)
        self._planes = Converter("planes", self.look, video.path)
        self._whole = Converter("rgb24", self.look, video.path)
        self._reformatter = VideoReformatter()
        self._kind: tuple[object, ...] = ()
        self._picture: VideoFrame | None = None
        self._places: list[int] = []

    def add(self, place: int, number: int, picture: VideoFrame) -> None:
        """Show ``picture``, which is frame ``number``, as ``images[place]``."""
        block = _BLOCKS.get(picture.format.name)
        if block is None or picture.height % block[1] or any(plane.line_size < 0 for plane in picture.planes):
            image, _ = self._whole(number, picture)
            self._put([place], self._unturned(image)[self.rows[:, None], self.columns][None])
            return
        kind = (picture.format.name, picture.colorspace, picture.color_range)
        if kind != self._kind or len(self._places) == _N_TOGETHER:
            self.convert()
            self._begin(picture, block)
            self._kind = kind
        _, planes = self._planes(number, picture)
        for plane, target, (y, x) in zip(planes, self._targets, self._taken, strict=True):
            target[len(self._places)] = plane[y, x]
        self._places.append(place)

    def convert(self) -> None:
        """Convert what is on the sheet and begin a new one."""
        if self._picture is None or not self._places:
            return
        rgb = self._reformatter.reformat(self._picture, format="rgb24", threads=1).to_ndarray()
        n_x, n_y = self._block
        rgb = np.asarray(rgb, np.uint8)[::n_y, ::n_x].reshape(_N_TOGETHER, len(self.rows), len(self.columns), 3)
        self._put(self._places, rgb[: len(self._places)])
        self._places = []

    def _begin(self, picture: VideoFrame, block: tuple[int, int]) -> None:
        """An empty sheet for pictures of this kind: each pixel gets a block of its own."""
        self._block = n_x, n_y = block
        shape = len(self.rows), len(self.columns)
        sheet = VideoFrame(shape[1] * n_x, _N_TOGETHER * shape[0] * n_y, picture.format.name)
        sheet.colorspace, sheet.color_range = picture.colorspace, picture.color_range
        self._targets, self._taken = [], []
        for number, plane in enumerate(sheet.planes):
            is_coarse = number > 0 and block != (1, 1)  # the colour, which a block shares
            per_y, per_x = (1, 1) if is_coarse else (n_y, n_x)
            rows, columns = (self.rows // n_y, self.columns // n_x) if is_coarse else (self.rows, self.columns)
            self._targets.append(_memory(plane, (shape[0] * per_y, shape[1] * per_x), picture))
            self._taken.append((np.repeat(rows, per_y)[:, None], np.repeat(columns, per_x)))
        self._picture = sheet

    def _put(self, places: list[int], stored: Image) -> None:
        """Keep small pictures (n, rows, columns, 3), turned as they are displayed."""
        if self.look.is_transposed:
            stored = stored.swapaxes(1, 2)
        if self.images.ndim == 3:
            stored = ((stored.sum(axis=-1, dtype=np.uint16) + 1) // 3).astype(np.uint8)
        self.images[places] = stored

    def _unturned(self, image: Image) -> Image:
        """The inverse of `Look.turn`."""
        image = image[::-1] if self.look.flips_y else image
        image = image[:, ::-1] if self.look.flips_x else image
        return image.swapaxes(0, 1) if self.look.is_transposed else image


def _memory(plane: VideoPlane, shape: tuple[int, int], picture: VideoFrame) -> Image:
    """The memory of a plane of a sheet, to be written: (n, rows, columns) or (n, rows, columns, channels)."""
    n_channels = 1 if picture.format.is_planar else picture.format.padded_bits_per_pixel // 8
    memory = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)[:, : plane.width * n_channels]
    shaped: Image = memory.reshape(_N_TOGETHER, *shape, n_channels)
    return shaped if n_channels > 1 else shaped[..., 0]

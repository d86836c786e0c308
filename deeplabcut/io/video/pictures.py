"""Decoded pictures as arrays: turned as the file asks, in the format that is asked for."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from deeplabcut.core.errors import InvalidInput, VideoError
from deeplabcut.core.progress import printable
from deeplabcut.io.video.cursor import Cursor
from deeplabcut.io.video.index import PacketIndex

Image = NDArray[np.uint8]
Format = Literal["rgb24", "bgr24", "gray", "planes"]
FORMATS = ("rgb24", "bgr24", "gray", "planes")
_N_REUSED = 4


@dataclass(frozen=True)
class Look:
    """How the pictures of a video look: found in the first whole one."""

    coded_size: tuple[int, int]
    pixel_format: str
    rotation: int
    is_transposed: bool
    flips_x: bool
    flips_y: bool
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) as displayed."""
        width, height = self.coded_size
        return (height, width) if self.is_transposed else (width, height)

    def turn(self, image: NDArray[Any]) -> NDArray[Any]:
        """A view of the image as it is to be displayed."""
        if self.is_transposed:
            image = image.swapaxes(0, 1)
        if self.flips_x:
            image = image[:, ::-1]
        if self.flips_y:
            image = image[::-1]
        return image


class Converter:
    """Turns decoded pictures into arrays of one format; equal to PyAV's own conversion, without its set-up costs."""

    def __init__(self, format: Format, look: Look, path: Path) -> None:
        if format not in FORMATS:
            raise InvalidInput(f"Unknown picture format {format!r}.", fix=f"use one of {', '.join(FORMATS)}")
        self.format = format
        self.look = look
        self.path = path
        self._reformatter = VideoReformatter()
        self._memory = Memory()

    def __call__(self, number: int, picture: VideoFrame) -> tuple[Image, tuple[NDArray[Any], ...]]:
        width, height = self.look.coded_size
        if (picture.width, picture.height) != (width, height):
            raise VideoError(
                f"The pictures of {printable(self.path.name)} change size: {width} x {height} at first, "
                f"{picture.width} x {picture.height} from frame {number} on.",
                where=self.path, fix="cut the video there, or convert it to one size",
            )  # fmt: skip
        if self.format == "planes":
            planes = _planes(picture)
            return planes[0], planes
        converted = self._reformatter.reformat(picture, format=self.format, threads=1)
        turned = self.look.turn(converted.to_ndarray())
        image = self._memory.take(turned.shape)
        np.copyto(image, turned)
        return image, ()


class Memory:
    """Arrays for pictures. One that nobody holds any more is used again: fresh memory costs more than the copy."""

    def __init__(self) -> None:
        self._owners: list[Image] = []
        self._unheld = _count_of_unheld()

    def take(self, shape: tuple[int, ...]) -> Image:
        """An array of any content; views of it count as holding it."""
        size = math.prod(shape)
        for owner in self._owners:
            if owner.size == size and sys.getrefcount(owner) == self._unheld:
                return owner.reshape(shape)
        owner = np.empty(size, np.uint8)
        if len(self._owners) < _N_REUSED:
            self._owners.append(owner)
        return owner.reshape(shape)


def _count_of_unheld() -> int:
    """What `sys.getrefcount` says of an array that only a list and a loop hold: it differs between interpreters."""
    for owner in [np.empty(1, np.uint8)]:
        count = sys.getrefcount(owner)
    return count


def _planes(picture: VideoFrame) -> tuple[NDArray[Any], ...]:
    """The decoder's memory as read-only arrays (height, width) or (height, width, n)."""
    arrays = []
    for number, plane in enumerate(picture.planes):
        parts = [c for c in picture.format.components if c.plane == number]
        depth = np.dtype(np.uint16 if parts and parts[0].bits > 8 else np.uint8)
        n_parts = max(1, len(parts))
        if picture.format.is_rgb and not picture.format.is_planar:  # some have a byte that says nothing, as bgr0
            n_parts = max(n_parts, picture.format.padded_bits_per_pixel // 8 // depth.itemsize)
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
        if plane.line_size < 0:
            rows = rows[::-1]
        n_bytes = plane.width * depth.itemsize * n_parts
        array = rows[:, :n_bytes].view(depth) if n_bytes <= rows.shape[1] else rows
        array = array.reshape(plane.height, plane.width, -1) if n_parts > 1 and n_bytes <= rows.shape[1] else array
        array.flags.writeable = False
        arrays.append(array)
    return tuple(arrays)


def first_look(path: Path, cursor: Cursor, index: PacketIndex) -> Look:
    """How the first whole picture looks; a `VideoError` if there is none."""
    error = None
    for number in range(index.n_frames):
        picture = cursor.get(number)
        if picture.picture is not None:
            return _look(picture.picture)
        error = error or picture.error
    raise VideoError(
        f"Not one of the {index.n_frames} frames of {printable(path.name)} can be decoded ({error}).",
        where=path, fix="copy the video again from where it was recorded",
    )  # fmt: skip


def _look(picture: VideoFrame) -> Look:
    size = picture.width, picture.height
    data: Any = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return Look(size, picture.format.name, 0, False, False, False)
    a, b, _, c, d, *_ = (int(v) for v in np.frombuffer(bytes(data), np.int32))
    is_transposed = abs(b) > abs(a)
    x, y, off_axis = (c, b, (a, d)) if is_transposed else (a, d, (b, c))
    if max(map(abs, off_axis)) > abs(x) // 100:
        warning = "The file asks to turn its pictures by an odd angle; they are shown as stored."
        return Look(size, picture.format.name, 0, False, False, False, (warning,))
    return Look(size, picture.format.name, round(picture.rotation) % 360, is_transposed, x < 0, y < 0)

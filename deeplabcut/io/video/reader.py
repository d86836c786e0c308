"""Reading videos frame by frame, in order or at random, always the frame that was asked for."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from deeplabcut.core.errors import InvalidInput, VideoError
from deeplabcut.core.progress import printable
from deeplabcut.io.video import index_cache
from deeplabcut.io.video.cursor import Cursor, Picture
from deeplabcut.io.video.index import DISCARD, PacketIndex, announced_frames, scan
from deeplabcut.io.video.opening import absolute, open_container, video_stream

Image = NDArray[np.uint8]
Format = Literal["rgb24", "bgr24", "gray", "planes"]
FORMATS = ("rgb24", "bgr24", "gray", "planes")
_MAX_THREADS = 16
_N_REUSED = 4
_UNHELD = 3  # references to an array that only the list, the loop and the question itself hold


@dataclass(frozen=True)
class Frame:
    """A frame of a video.

    ``image`` is None if the frame is damaged. ``error`` says what is wrong: with no image the damage itself, with an
    image that the picture was predicted from a damaged one and may be smeared. ``planes`` holds the decoder's own
    arrays (read-only, as stored: not turned, perhaps 16-bit), if they were asked for.
    """

    index: int
    time_s: float
    image: Image | None
    error: str | None = None
    planes: tuple[NDArray[Any], ...] = ()


@dataclass(frozen=True)
class State:
    """Whether a frame can be decoded; ``is_whole`` with an ``error`` is a picture that may be smeared."""

    index: int
    is_whole: bool
    error: str | None


@dataclass(frozen=True)
class VideoFacts:
    """What the file says of itself, and where that is wrong."""

    container: str
    codec: str
    pixel_format: str
    rotation: int  # 0 to 359 degrees counter-clockwise that the file asks for; already applied to every image
    container_frames: int | None
    n_hidden: int  # frames stored but hidden by an edit list
    is_variable_rate: bool
    warnings: tuple[str, ...] = ()


class Video:
    """A video opened for reading; nothing is ever written beside it.

    Parameters
    ----------
    path
        A file. It is opened literally: no patterns, protocols or playlists.
    index_cache
        Folder for packet indices; by default the user's cache, if there is one.
    tick
        Called now and then while the file is indexed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        index_cache: Path | None = None,
        tick: Callable[[], None] | None = None,
    ) -> None:
        self.path = absolute(path)
        with open_container(self.path) as container:
            stream = video_stream(container, self.path)
            self._index = _index(self.path, index_cache, lambda: scan(container, stream, self.path, tick))
            self._container_name = container.format.name
            self._codec = stream.codec_context.name
            self._announced = announced_frames(stream)
            self._nominal_fps = float(stream.average_rate or stream.guessed_rate or 0)
        self._cursor = Cursor(self.path, self._index, _n_threads())
        try:
            self._look = _first_look(self.path, self._cursor, self._index)
        except BaseException:
            self.close()
            raise
        self._convert: dict[str, _Converter] = {}

    @property
    def width(self) -> int:
        """Columns of the picture as displayed."""
        return self._look.size[0]

    @property
    def height(self) -> int:
        """Rows of the picture as displayed."""
        return self._look.size[1]

    @property
    def n_frames(self) -> int:
        """The true number of frames."""
        return self._index.n_frames

    def __len__(self) -> int:
        return self.n_frames

    @property
    def times_s(self) -> NDArray[np.float64]:
        """The time of each frame; the first is 0."""
        return self._index.times_s

    @cached_property
    def fps(self) -> float:
        """Average frames per second."""
        span_s = float(self.times_s[-1])
        if span_s <= 0:
            return self._nominal_fps or 25.0
        measured = (self.n_frames - 1) / span_s
        is_nominal = abs(measured - self._nominal_fps) * span_s < 1  # less than one frame apart at the end
        return self._nominal_fps if is_nominal and not self._is_variable_rate else measured

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last."""
        return float(self.times_s[-1]) + 1 / self.fps

    @cached_property
    def facts(self) -> VideoFacts:
        """What the file says of itself."""
        return VideoFacts(
            container=self._container_name,
            codec=self._codec,
            pixel_format=self._look.pixel_format,
            rotation=self._look.rotation,
            container_frames=self._announced,
            n_hidden=int((self._index.flags & DISCARD > 0).sum()),
            is_variable_rate=self._is_variable_rate,
            warnings=self._index.warnings + self._look.warnings,
        )

    @cached_property
    def _is_variable_rate(self) -> bool:
        steps_s = np.diff(self.times_s)
        usual_s = float(np.median(steps_s)) if len(steps_s) else 0.0
        return bool((np.abs(steps_s - usual_s) > max(0.02 * usual_s, 0.0021)).any())

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1, *, format: Format = "rgb24"
    ) -> Iterator[Frame]:
        """Frames in order, decoded by several threads; each iterator reads the file on its own."""
        if step < 1 or start < 0:
            raise InvalidInput(f"frames() goes forward: start {start} and step {step} must not be negative or zero.")
        numbers = range(start, min(self.n_frames, self.n_frames if stop is None else stop), step)
        return self._iterate(numbers, format)

    def states(self) -> Iterator[State]:
        """Decode every frame and say only how that went."""
        cursor = Cursor(self.path, self._index, _n_threads())
        try:
            for number in range(self.n_frames):
                picture = cursor.get(number)
                yield State(number, picture.picture is not None, picture.error)
        finally:
            cursor.close()

    def read_many(self, indices: Iterable[int], *, format: Format = "rgb24") -> Iterator[Frame]:
        """The frames of ``indices`` in the order given; ascending indices decode each stretch only once."""
        return self._iterate([self._checked(i) for i in indices], format)

    def frame(self, index: int, *, format: Format = "rgb24") -> Frame:
        """Frame number ``index``, whole or damaged; the next ones are read without seeking."""
        return self._frame(self._cursor.get(self._checked(index)), self._converter(format))

    def read(self, index: int, *, format: Format = "rgb24") -> Image:
        """The picture of frame number ``index``; a damaged frame is a `VideoError`."""
        frame = self.frame(index, format=format)
        if frame.image is None:
            raise VideoError(
                f"Frame {frame.index} of {printable(self.path.name)} cannot be shown ({frame.error}).",
                where=self.path, fix="choose another frame, or copy the video again",
            )  # fmt: skip
        return frame.image

    def close(self) -> None:
        """Let go of the file."""
        self._cursor.close()

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Video({os.fspath(self.path)!r}, {self.width}x{self.height}, {self.n_frames} frames, {self.fps:g} fps)"

    def _iterate(self, numbers: Iterable[int], format: Format) -> Iterator[Frame]:
        convert = _Converter(format, self._look, self.path)
        return self._frames_of(numbers, convert)

    def _frames_of(self, numbers: Iterable[int], convert: _Converter) -> Iterator[Frame]:
        cursor = Cursor(self.path, self._index, _n_threads())
        try:
            for number in numbers:
                yield self._frame(cursor.get(number), convert)
        finally:
            cursor.close()

    def _frame(self, picture: Picture, convert: _Converter) -> Frame:
        time_s = float(self.times_s[picture.index])
        if picture.picture is None:
            return Frame(picture.index, time_s, None, picture.error or "damaged")
        image, planes = convert(picture.index, picture.picture)
        return Frame(picture.index, time_s, image, picture.error, planes)

    def _converter(self, format: Format) -> _Converter:
        if format not in self._convert:
            self._convert[format] = _Converter(format, self._look, self.path)
        return self._convert[format]

    def _checked(self, index: int) -> int:
        number = int(index)
        if not 0 <= number < self.n_frames:
            raise InvalidInput(
                f"There is no frame {index}: {printable(self.path.name)} has frames 0 to {self.n_frames - 1}.",
                where=self.path, fix="ask for a frame in this range",
            )  # fmt: skip
        return number


@dataclass(frozen=True)
class _Look:
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


class _Converter:
    """Turns decoded pictures into arrays of one format; equal to PyAV's own conversion, without its set-up costs."""

    def __init__(self, format: Format, look: _Look, path: Path) -> None:
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

    def take(self, shape: tuple[int, ...]) -> Image:
        """An array of any content; views of it count as holding it."""
        size = math.prod(shape)
        for owner in self._owners:
            if owner.size == size and sys.getrefcount(owner) == _UNHELD:
                return owner.reshape(shape)
        owner = np.empty(size, np.uint8)
        if len(self._owners) < _N_REUSED:
            self._owners.append(owner)
        return owner.reshape(shape)


def _planes(picture: VideoFrame) -> tuple[NDArray[Any], ...]:
    """The decoder's memory as read-only arrays (height, width) or (height, width, n)."""
    arrays = []
    for number, plane in enumerate(picture.planes):
        parts = [c for c in picture.format.components if c.plane == number]
        depth = np.dtype(np.uint16 if parts and parts[0].bits > 8 else np.uint8)
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
        if plane.line_size < 0:
            rows = rows[::-1]
        n_bytes = plane.width * depth.itemsize * max(1, len(parts))
        array = rows[:, :n_bytes].view(depth) if n_bytes <= rows.shape[1] else rows
        array = array.reshape(plane.height, plane.width, -1) if len(parts) > 1 and n_bytes <= rows.shape[1] else array
        array.flags.writeable = False
        arrays.append(array)
    return tuple(arrays)


def _first_look(path: Path, cursor: Cursor, index: PacketIndex) -> _Look:
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


def _look(picture: VideoFrame) -> _Look:
    size = picture.width, picture.height
    data: Any = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return _Look(size, picture.format.name, 0, False, False, False)
    a, b, _, c, d, *_ = (int(v) for v in np.frombuffer(bytes(data), np.int32))
    is_transposed = abs(b) > abs(a)
    x, y, off_axis = (c, b, (a, d)) if is_transposed else (a, d, (b, c))
    if max(map(abs, off_axis)) > abs(x) // 100:
        warning = "The file asks to turn its pictures by an odd angle; they are shown as stored."
        return _Look(size, picture.format.name, 0, False, False, False, (warning,))
    return _Look(size, picture.format.name, round(picture.rotation) % 360, is_transposed, x < 0, y < 0)


def _index(path: Path, folder: Path | None, build: Callable[[], PacketIndex]) -> PacketIndex:
    folder = folder or index_cache.default_folder()
    if folder is None:
        return build()
    name = index_cache.fingerprint(path)
    index = index_cache.load(folder, name)
    if index is None:
        index = build()
        index_cache.store(folder, name, index)
    return index


def _n_threads() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MAX_THREADS)

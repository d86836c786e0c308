"""Reading videos frame by frame, in order or at random, always the frame that was asked for."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core.errors import InvalidInput, VideoError
from deeplabcut.core.processes import usable_cores
from deeplabcut.core.progress import printable
from deeplabcut.io.video import index_cache
from deeplabcut.io.video.cursor import Cursor, Picture
from deeplabcut.io.video.index import DISCARD, PacketIndex, announced_frames, scan
from deeplabcut.io.video.opening import absolute, open_container, video_stream
from deeplabcut.io.video.pictures import Converter, Format, Image, first_look

_MAX_THREADS = 16


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
        Called again and again while the file is indexed and decoded, also on the way to a far frame.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        index_cache: Path | None = None,
        tick: Callable[[], None] | None = None,
    ) -> None:
        self.path = absolute(path)
        self._tick = tick
        with open_container(self.path) as container:
            stream = video_stream(container, self.path)
            self._index = _index(self.path, index_cache, lambda: scan(container, stream, self.path, tick))
            self._container_name = container.format.name
            self._codec = stream.codec_context.name
            self._announced = announced_frames(stream)
            self._nominal_fps = float(stream.average_rate or stream.guessed_rate or 0)
        self._cursor = Cursor(self.path, self._index, _n_threads(), tick)
        try:
            self.look = first_look(self.path, self._cursor, self._index)
        except BaseException:
            self.close()
            raise
        self._convert: dict[str, Converter] = {}

    @property
    def width(self) -> int:
        """Columns of the picture as displayed."""
        return self.look.size[0]

    @property
    def height(self) -> int:
        """Rows of the picture as displayed."""
        return self.look.size[1]

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
            pixel_format=self.look.pixel_format,
            rotation=self.look.rotation,
            container_frames=self._announced,
            n_hidden=int((self._index.flags & DISCARD > 0).sum()),
            is_variable_rate=self._is_variable_rate,
            warnings=self._index.warnings + self.look.warnings,
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
        for picture in self.pictures(range(self.n_frames)):
            yield State(picture.index, picture.picture is not None, picture.error)

    def pictures(self, numbers: Iterable[int], *, n_threads: int | None = None) -> Iterator[Picture]:
        """The decoder's own pictures of these frames, as stored (see `look`); for those who write them again."""
        cursor = Cursor(self.path, self._index, n_threads or _n_threads(), self._tick)
        try:
            for number in numbers:
                yield cursor.get(number)
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
        convert = Converter(format, self.look, self.path)
        return (self._frame(picture, convert) for picture in self.pictures(numbers))

    def _frame(self, picture: Picture, convert: Converter) -> Frame:
        time_s = float(self.times_s[picture.index])
        if picture.picture is None:
            return Frame(picture.index, time_s, None, picture.error or "damaged")
        image, planes = convert(picture.index, picture.picture)
        return Frame(picture.index, time_s, image, picture.error, planes)

    def _converter(self, format: Format) -> Converter:
        if format not in self._convert:
            self._convert[format] = Converter(format, self.look, self.path)
        return self._convert[format]

    def _checked(self, index: int) -> int:
        number = int(index)
        if not 0 <= number < self.n_frames:
            raise InvalidInput(
                f"There is no frame {index}: {printable(self.path.name)} has frames 0 to {self.n_frames - 1}.",
                where=self.path, fix="ask for a frame in this range",
            )  # fmt: skip
        return number


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
    return min(math.ceil(usable_cores()), _MAX_THREADS)

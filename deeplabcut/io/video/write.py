"""Videos written frame by frame: whole or absent, in the size and with the times that were asked for.

`VideoSink` encodes into a scratch file beside the target. When the last frame is in, the file is opened again,
its frames are counted, and only then does it take the target's name.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import av
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from deeplabcut.core.errors import InvalidInput, StorageError, VideoError
from deeplabcut.core.files import atomic_write
from deeplabcut.core.processes import usable_cores
from deeplabcut.core.recovery import tidy
from deeplabcut.io.video.colours import BT601, Recolour, natural_colours
from deeplabcut.io.video.formats import CODECS, Container, codec_named, container_of
from deeplabcut.io.video.scratch import ScratchFile

logger = logging.getLogger(__name__)


class Passenger(Protocol):
    """Packets of another stream (sound) that travel along without being decoded."""

    stream: Any  # the stream they come from, a template for ours

    def until(self, time_s: float) -> Iterator[Any]:
        """Packets up to ``time_s`` of the new video, their times already counted from its start."""
        ...


class VideoSink:
    """A video that grows frame by frame and appears under its name when it is complete.

    ::

        with VideoSink("out.mp4", size=(640, 480), fps=30) as sink:
            for image in images:
                sink.add(image)

    If the block raises, or the disk is full, nothing is left behind and an earlier file of that name stays.

    Parameters
    ----------
    size : (width, height)
        In pixels; what a reader gets back. An odd side makes h264 store full-resolution colour, which some
        browsers cannot play.
    fps : float or Fraction
        Frames per second; with ``time_s`` in `add`, the duration of the last frame.
    codec : str
        A key of `CODECS` or a FourCC spelling. ``ffv1`` loses nothing.
    quality : int, optional
        On the codec's own scale, smaller is better and larger files.
    pixel_format : str, optional
        As libav spells it, for instance ``yuv444p`` for full-resolution colour.
    passenger : Passenger, optional
        Sound that travels along.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        size: tuple[int, int],
        fps: float | Fraction,
        codec: str = "h264",
        quality: int | None = None,
        pixel_format: str | None = None,
        passenger: Passenger | None = None,
    ) -> None:
        self.path = Path(path)
        self.container = container_of(self.path)
        self.codec_name = codec_named(codec)
        self.codec = CODECS[self.codec_name]
        self.width, self.height = _checked_size(size)
        self.fps = _exact_rate(fps, self.container, self.path)
        if self.codec_name not in self.container.codecs:
            raise InvalidInput(
                f"A {self.path.suffix} file cannot hold the codec {self.codec_name}.",
                where=self.path, fix=f"use one of: {', '.join(self.container.codecs)}",
            )  # fmt: skip
        best, worst = self.codec.best_to_worst
        if quality is not None and not best <= quality <= worst:
            raise InvalidInput(f"The quality of {self.codec_name} goes from {best} (best) to {worst}, not {quality}.")
        self.quality = quality
        odd = self.width % 2 or self.height % 2
        self.pixel_format = pixel_format or (self.codec.odd_pixel_format if odd else self.codec.pixel_format)
        if pixel_format is not None:
            _check_pixel_format(self.codec.encoder, pixel_format)
        self.n_frames = 0
        self._passenger = passenger
        self._scope = ExitStack()
        self._target: ScratchFile | None = None
        self._output: Any = None
        self._stream: VideoStream | None = None
        self._sound: Any = None
        self._timed = False
        self._clock: int | None = None
        self._last_time_s: float | Fraction = 0.0
        self._last_pts = -1

    def __enter__(self) -> VideoSink:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._abandon(error)

    def open(self) -> VideoSink:
        """Reserve the scratch file; `with` does it for you. Unfinished videos that dead writers left here go."""
        if self.path.parent.is_dir():
            tidy(self.path.parent)
        file = self._scope.enter_context(atomic_write(self.path, check=self._check))
        self._target = target = ScratchFile(file)
        self._output = av.open(
            target,
            "w",
            format=self.container.format,
            container_options=dict(self.container.options),
            io_open=target.read_again,
            buffer_size=1 << 20,
        )
        return self

    def add(self, image: np.ndarray, *, time_s: float | Fraction | None = None) -> None:
        """Append a frame: RGB ``(height, width, 3)`` or grey ``(height, width)``, uint8.

        With ``time_s`` for every frame (seconds since the first one, increasing), the video has a variable rate.
        """
        pixels = np.ascontiguousarray(image)
        if pixels.dtype != np.uint8 or pixels.shape not in {(self.height, self.width, 3), (self.height, self.width)}:
            raise InvalidInput(
                f"A frame of {self.path.name} is a uint8 array of shape ({self.height}, {self.width}, 3) or "
                f"({self.height}, {self.width}), not {pixels.dtype} {pixels.shape}."
            )
        frame = VideoFrame.from_numpy_buffer(pixels, format="rgb24" if pixels.ndim == 3 else "gray")
        self.add_frame(frame, time_s=time_s)

    def add_frame(self, frame: VideoFrame, *, time_s: float | Fraction | None = None) -> None:
        """Append a frame of a decoder or filter; the first one decides the colours, if the codec can say them."""
        if self._target is None:
            raise VideoError("The video is not open.", where=self.path, fix="use the sink in a `with` block")
        if (frame.width, frame.height) != (self.width, self.height):
            raise InvalidInput(
                f"A frame of {self.path.name} has {self.width}x{self.height} pixels, not {frame.width}x{frame.height}."
            )
        stream = self._stream or self._start(frame, timed=time_s is not None)
        frame = self._recolour(frame)
        frame.pts = self._next_pts(time_s)
        frame.time_base = stream.codec_context.time_base
        frame.pict_type = 0  # the encoder chooses its own key frames
        with _named_failures(self.path):
            self._mux(stream.encode(frame))
        self.n_frames += 1

    def close(self) -> None:
        """Complete the video and put it in its place; does nothing the second time."""
        if self._target is None:
            return
        try:
            self._finish()
        except BaseException as error:
            self._abandon(error)
            raise
        self._target = None
        self._scope.close()

    def discard(self) -> None:
        """Give up: nothing is left behind, an earlier file of this name stays."""
        self._abandon(None)

    def _abandon(self, error: BaseException | None) -> None:
        """Clean up after ``error``; one of the disk is raised again with what was full or failed."""
        target, self._target = self._target, None
        if target is None:
            return
        target.closed = True
        with suppress(av.FFmpegError):
            self._output.close()
        if target.error is not None and error is target.error:
            with self._scope:
                raise target.error
        with suppress(_Discarded), self._scope:
            raise _Discarded

    def _start(self, frame: VideoFrame, *, timed: bool) -> VideoStream:
        """Make the streams, now that the colours and the kind of time stamps are known."""
        if timed and self.container.clock is None:
            logger.warning(
                "%s files keep no time stamps: the frames of %s are spaced evenly at %g frames per second.",
                self.path.suffix, self.path.name, float(self.fps),
            )  # fmt: skip
        self._clock = self.container.clock if timed else None
        self._timed = timed
        colours = natural_colours(frame) if self.codec.says_colours else (BT601, self.codec.color_range)
        self._recolour = Recolour(self.pixel_format, colours, (self.width, self.height))
        with _named_failures(self.path):
            stream: VideoStream = self._output.add_stream(
                self.codec.encoder, rate=self.fps, options=self.codec.encoder_options(self.quality)
            )
            stream.width, stream.height, stream.pix_fmt = self.width, self.height, self.pixel_format
            context = stream.codec_context
            context.time_base = Fraction(1, self._clock) if self._clock else _tick(self.fps, self.codec.longest_clock)
            if not VideoFormat(self.pixel_format).is_rgb:
                context.colorspace, context.color_range = colours
            context.thread_count = encoder_threads(self.width, self.height)
            if self._clock or self.container.clock is None:  # times in decoding order would not say when a frame shows
                context.max_b_frames = 0
            if self._passenger is not None:
                self._sound = self._output.add_stream_from_template(self._passenger.stream)
        self._stream = stream
        return stream

    def _next_pts(self, time_s: float | Fraction | None) -> int:
        if (time_s is not None) != self._timed:
            raise InvalidInput(
                f"Either every frame of {self.path.name} has a time or none has; frame {self.n_frames} differs."
            )
        if self._clock is None or time_s is None:
            return self.n_frames
        if self.n_frames and time_s <= self._last_time_s:
            raise InvalidInput(
                f"The times of the frames must increase: {float(time_s):g} s follows {float(self._last_time_s):g} s "
                f"at frame {self.n_frames} of {self.path.name}."
            )
        self._last_time_s = time_s
        self._last_pts = max(round(time_s * self._clock), self._last_pts + 1)
        return self._last_pts

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            if self._passenger is not None:
                self._mux_sound(float((packet.dts or 0) * packet.time_base))
            self._output.mux_one(packet)
        self._raise_write_error()

    def _mux_sound(self, until_s: float) -> None:
        if self._passenger is not None:
            for packet in self._passenger.until(until_s):
                packet.stream = self._sound
                self._output.mux_one(packet)

    def _finish(self) -> None:
        if self._stream is None:
            raise VideoError("No frame was added, so there is no video to write.", where=self.path)
        with _named_failures(self.path):
            self._mux(self._stream.encode(None))
            self._mux_sound(float("inf"))
            self._output.close()
        self._raise_write_error()

    def _raise_write_error(self) -> None:
        if self._target is not None and self._target.error is not None:
            raise self._target.error

    def _check(self, path: Path) -> None:
        """Raise unless the finished file, opened again, has the frames and the size it was given."""
        try:
            with path.open("rb") as file, av.open(file, "r") as video:
                stream = video.streams.video[0]
                size = stream.width, stream.height
                n_frames = sum(packet.size > 0 for packet in video.demux(stream))
        except (av.FFmpegError, IndexError) as error:
            raise StorageError(f"The finished video cannot be read back ({error}).", where=self.path) from error
        if (n_frames, size) != (self.n_frames, (self.width, self.height)):
            raise StorageError(
                f"{self.n_frames} frames of {self.width}x{self.height} pixels were written, but {n_frames} of "
                f"{size[0]}x{size[1]} read back.",
                where=self.path,
            )


class _Discarded(Exception):
    """Unwinds an atomic write that is given up on purpose."""


@contextmanager
def _named_failures(path: Path) -> Iterator[None]:
    """Turns what the encoder says into a `VideoError`; failures of the disk pass."""
    try:
        yield
    except InvalidInput:
        raise
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(
            f"The encoder refused: {error}.", where=path, fix="try another codec, such as h264 or mjpeg"
        ) from error


def encoder_threads(width: int, height: int) -> int:
    """Threads that still shorten the work: one per core, fewer for small pictures."""
    return max(1, min(math.ceil(usable_cores()), 16, width * height // 40_000 + 1))


def _checked_size(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (int(side) for side in size)
    if not (0 < width <= 16_384 and 0 < height <= 16_384):
        raise InvalidInput(f"A video is 1 to 16384 pixels wide and high, not {width}x{height}.")
    return width, height


def _exact_rate(fps: float | Fraction, container: Container, path: Path) -> Fraction:
    if not (np.isfinite(float(fps)) and fps > 0):
        raise InvalidInput(f"The frame rate must be above 0, not {fps}.")
    rate = fps if isinstance(fps, Fraction) else Fraction(fps).limit_denominator(100_000)
    if container.clock == 1000 and rate > container.clock:
        raise InvalidInput(
            f"{path.suffix} files count milliseconds and cannot hold {float(rate):g} frames per second.",
            where=path, fix="write an .mp4 file",
        )  # fmt: skip
    return rate


def _tick(fps: Fraction, longest_clock: int) -> Fraction:
    """The time of one frame, as exactly as the bit stream can say it."""
    tick = 1 / fps
    return tick if max(tick.denominator, tick.numerator) <= longest_clock else tick.limit_denominator(longest_clock)


def _check_pixel_format(encoder: str, pixel_format: str) -> None:
    known = [one.name for one in av.Codec(encoder, "w").video_formats or []]
    if pixel_format not in known:
        raise InvalidInput(f"{encoder} does not know the pixel format {pixel_format!r}.", fix=f"use one of: {known}")

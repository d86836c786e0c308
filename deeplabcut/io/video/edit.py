"""Cutting, cropping, scaling and turning videos: frame by frame, in constant memory, the original untouched.

Frames stay in the decoder's own pixels where the change allows it and keep their times; sound travels along
undecoded. A frame that cannot be decoded becomes black, so that every other frame keeps its number.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from deeplabcut.core import progress
from deeplabcut.core.errors import InvalidInput, VideoError
from deeplabcut.io.video.colours import Recolour, has_whole_colour, natural_colours
from deeplabcut.io.video.formats import codec_for
from deeplabcut.io.video.reader import Video
from deeplabcut.io.video.sound import Sound
from deeplabcut.io.video.write import VideoSink, encoder_threads

logger = logging.getLogger(__name__)

# Hardly to be told from the original, at about twice the size of a video made for the web.
NEAR_LOSSLESS = {"h264": 17, "mp4v": 2, "mjpeg": 2, "vp9": 16}

_ROUNDING_S = 1e-6  # far below the time of a frame

PathLike = str | os.PathLike[str]
Turn = float | Literal["quarter"]  # degrees clockwise on the same canvas, or 90 with the canvas turned too
Filters = list[tuple[str, str]]


@dataclass(frozen=True)
class Change:
    """Pictures as displayed are scaled to ``scaled``, then go through libav's ``filters`` and have ``size``."""

    size: tuple[int, int]
    filters: Filters = field(default_factory=list)
    scaled: tuple[int, int] | None = None
    whole_colour: bool = False  # needs a colour of its own for every pixel


def shorten_video(source: PathLike, target: PathLike, *, start_s: float, stop_s: float, codec: str = "h264") -> Path:
    """Keep the frames with ``start_s <= time < stop_s``; ``target``, which is kept if it exists."""
    with Video(source) as video:
        edges_s = np.array([start_s, stop_s]) - _ROUNDING_S
        start, stop = (int(i) for i in np.searchsorted(video.times_s, edges_s))
        if stop <= start:
            raise InvalidInput(
                f"There is no frame from {start_s:g} s to {stop_s:g} s in {video.path.name}, which lasts "
                f"{video.duration_s:.2f} s.",
                where=video.path, fix="choose a start before the end, both within the video",
            )  # fmt: skip
        change = Change((video.width, video.height))
        return _edit(video, Path(target), "shorten", change, codec, range(start, stop))


def split_video(source: PathLike, targets: Sequence[PathLike], *, codec: str = "h264") -> list[Path]:
    """Cut into one part per target, equal to within a frame; every frame is in exactly one of them."""
    with Video(source) as video:
        if not 0 < len(targets) <= video.n_frames:
            raise InvalidInput(f"{video.n_frames} frames cannot be split into {len(targets)} parts.", where=video.path)
        edges = [round(Fraction(i * video.n_frames, len(targets))) for i in range(len(targets) + 1)]
        change = Change((video.width, video.height))
        return [
            _edit(video, Path(target), "split", change, codec, range(start, stop))
            for target, start, stop in zip(targets, edges, edges[1:], strict=False)
        ]


def crop_video(source: PathLike, target: PathLike, *, x1: int, x2: int, y1: int, y2: int, codec: str = "h264") -> Path:
    """Keep the pixels ``x1 <= x < x2, y1 <= y < y2``, exactly; ``target``, which is kept if it exists."""
    with Video(source) as video:
        if not (0 <= x1 < x2 <= video.width and 0 <= y1 < y2 <= video.height):
            raise InvalidInput(
                f"The box x {x1} to {x2}, y {y1} to {y2} does not lie within {video.width}x{video.height} pixels.",
                where=video.path,
            )
        whole = any(edge % 2 for edge in (x1, x2, y1, y2))  # halved colour planes cannot be cut at odd edges
        size = x2 - x1, y2 - y1
        change = Change(size, [("crop", f"{size[0]}:{size[1]}:{x1}:{y1}")], whole_colour=whole)
        return _edit(video, Path(target), "crop", change, codec)


def rotate_video(source: PathLike, target: PathLike, *, turn: Turn, codec: str = "h264") -> Path:
    """Turn clockwise; ``target``, which is kept if it exists."""
    with Video(source) as video:
        filters, size = _turned(turn, (video.width, video.height))
        return _edit(video, Path(target), "rotate", Change(size, filters), codec)


def downsample_video(
    source: PathLike, target: PathLike, *, width: int = -1, height: int = -1, turn: Turn = 0.0, codec: str = "h264"
) -> Path:
    """Scale, then turn; of ``width`` and ``height`` one may be -1 to keep the ratio (to an even number of pixels)."""
    with Video(source) as video:
        scaled = scaled_size((video.width, video.height), width, height)
        filters, size = _turned(turn, scaled)
        return _edit(video, Path(target), "downsample", Change(size, filters, scaled), codec)


def scaled_size(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """The size asked for, its -1 filled in with the even number that keeps the ratio best."""
    if any(side != -1 and side < 1 for side in (width, height)):
        raise InvalidInput(f"A size is a number of pixels, or -1 to keep the ratio, not {width}x{height}.")
    if width == height == -1:
        return size
    if width == -1:
        return max(2, 2 * round(size[0] * height / size[1] / 2)), height
    if height == -1:
        return width, max(2, 2 * round(size[1] * width / size[0] / 2))
    return width, height


def _turned(turn: Turn, size: tuple[int, int]) -> tuple[Filters, tuple[int, int]]:
    if turn == "quarter":
        return [("transpose", "clock")], (size[1], size[0])
    if not math.isfinite(turn):
        raise InvalidInput(f"An angle is a number of degrees, not {turn}.")
    return ([("rotate", f"{math.radians(turn)!r}:fillcolor=black")] if turn % 360 else []), size


def _edit(video: Video, target: Path, name: str, change: Change, codec: str, frames: range | None = None) -> Path:
    """Make ``target`` from ``frames`` of ``video``; the path."""
    if os.path.lexists(target):
        if target.exists() and target.samefile(video.path):
            raise InvalidInput(
                "The new video would take the place of its original.",
                where=target,
                fix="give a suffix, or another folder",
            )
        logger.warning("%s exists and is kept; delete it or choose another suffix to make it again.", target)
        return target
    frames = frames if frames is not None else range(video.n_frames)
    codec = codec_for(target, codec)
    is_whole = has_whole_colour(video.facts.pixel_format)
    times_s = video.times_s - video.times_s[frames.start] if video.facts.is_variable_rate else None
    with ExitStack() as stack:
        sound = stack.enter_context(Sound(video.path, target, *_span_s(video, frames)))
        sink = stack.enter_context(
            VideoSink(
                target,
                size=change.size,
                fps=video.fps,
                codec=codec,
                quality=NEAR_LOSSLESS.get(codec),
                pixel_format="yuv444p" if codec == "h264" and is_whole else None,
                passenger=sound if sound.stream is not None else None,
            )
        )
        changed = _Changer(video, change, is_whole)
        task = stack.enter_context(
            progress.current().task(name, total=len(frames), unit="frame", label=video.path.name)
        )
        for index, picture in zip(frames, _pictures(video, frames), strict=True):
            sink.add_frame(changed(picture), time_s=None if times_s is None else float(times_s[index]))
            task.advance()
    return target


def _span_s(video: Video, frames: range) -> tuple[float, float]:
    """From the first of ``frames`` to the end of the last."""
    end_s = video.times_s[frames.stop] if frames.stop < video.n_frames else math.inf
    return float(video.times_s[frames.start]), float(end_s)


def _pictures(video: Video, frames: range) -> Iterator[VideoFrame]:
    """The decoder's own pictures; black where one is damaged."""
    damaged = []
    for decoded in video.pictures(frames, n_threads=encoder_threads(video.width, video.height)):
        if decoded.picture is None:
            damaged.append(decoded.index)
        yield decoded.picture or black(*video.look.coded_size)
    if damaged:
        logger.warning(
            "%d frames of %s cannot be decoded and are black in the new video: %s%s",
            len(damaged), video.path.name, ", ".join(map(str, damaged[:20])), " ..." if len(damaged) > 20 else "",
        )  # fmt: skip


def black(width: int, height: int) -> VideoFrame:
    """A black picture."""
    return VideoFrame.from_ndarray(np.zeros((height, width, 3), np.uint8), format="rgb24")


class _Changer:
    """Applies a `Change` to one picture after the other, all in one kind of pixels."""

    def __init__(self, video: Video, change: Change, is_whole: bool) -> None:
        look = video.look
        upright: Filters = [("transpose", "cclock_flip")] if look.is_transposed else []
        upright += [("hflip", "")] if look.flips_x else []
        upright += [("vflip", "")] if look.flips_y else []
        scaled = change.scaled or look.size
        self._path = video.path
        self._size = look.coded_size
        self._scaled = scaled[::-1] if look.is_transposed else scaled
        self._filters = upright + change.filters
        self._format = "yuv444p" if is_whole or change.whole_colour else "yuv420p"
        self._recolour: Recolour | None = None
        self._graph: Graph | None = None

    def __call__(self, picture: VideoFrame) -> VideoFrame:
        if (picture.width, picture.height) != self._size:
            raise VideoError(
                f"The pictures change size on the way, from {self._size[0]}x{self._size[1]} to "
                f"{picture.width}x{picture.height}.",
                where=self._path, fix="cut the video there, or convert it to one size",
            )  # fmt: skip
        if not self._filters and self._scaled == self._size:
            return picture
        if self._recolour is None:
            self._recolour = Recolour(self._format, natural_colours(picture), self._scaled)
            self._graph = _graph(self._filters, self._scaled, self._format) if self._filters else None
        picture = self._recolour(picture)
        if self._graph is None:
            return picture
        self._graph.push(picture)
        changed = self._graph.pull()
        if not isinstance(changed, VideoFrame):
            raise TypeError(f"the filters gave {type(changed).__name__}")
        changed.colorspace, changed.color_range = self._recolour.matrix, self._recolour.range
        return changed


def _graph(filters: Filters, size: tuple[int, int], pixel_format: str) -> Graph:
    """libav's filters in a row, ready to be fed."""
    graph = Graph()
    kind = VideoFormat(pixel_format, *size)
    last = graph.add_buffer(width=size[0], height=size[1], format=kind, time_base=Fraction(1, 1000))
    for name, arguments in [*filters, ("buffersink", "")]:
        following = graph.add(name, arguments or None)
        last.link_to(following)
        last = following
    graph.configure()
    return graph

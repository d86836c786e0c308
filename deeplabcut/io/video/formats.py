"""The codecs and file formats that videos are written in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.video.colours import FULL_RANGE, LIMITED_RANGE


@dataclass(frozen=True)
class Codec:
    """How frames of one kind are encoded; ``quality`` is the codec's own scale, smaller is better."""

    encoder: str
    quality: int
    best_to_worst: tuple[int, int]
    fourccs: tuple[str, ...]
    pixel_format: str = "yuv420p"
    odd_pixel_format: str = "yuv420p"  # for an odd width or height
    color_range: int = LIMITED_RANGE
    says_colours: bool = False  # whether a file can say other colours than the usual ones
    options: Mapping[str, str] = field(default_factory=dict)
    quality_option: str = "crf"
    longest_clock: int = 2**31 - 1  # ticks per second that the bit stream can say

    def encoder_options(self, quality: int | None) -> dict[str, str]:
        """Options of the encoder for a constant quality."""
        wanted = self.quality if quality is None else quality
        if self.quality_option == "quantiser":
            return {**self.options, "qmin": str(wanted), "qmax": str(wanted)}
        return {**self.options, **({self.quality_option: str(wanted)} if self.quality_option else {})}


CODECS: dict[str, Codec] = {
    "h264": Codec(
        "libx264", 20, (0, 51), ("x264", "avc1", "avc", "libx264"),
        odd_pixel_format="yuv444p", says_colours=True, options={"preset": "veryfast"},
    ),
    "mp4v": Codec(
        "mpeg4", 3, (1, 31), ("mpeg4", "xvid", "divx", "fmp4", "dx50"), quality_option="quantiser", longest_clock=65_535
    ),
    "mjpeg": Codec("mjpeg", 3, (1, 31), ("mjpg", "jpeg"), color_range=FULL_RANGE, quality_option="quantiser"),
    "vp9": Codec(
        "libvpx-vp9", 24, (0, 63), ("vp09", "vp90", "libvpx-vp9"), says_colours=True,
        options={"b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
    ),
    "ffv1": Codec(
        "ffv1", 0, (0, 0), (), pixel_format="bgr0", odd_pixel_format="bgr0",
        options={"level": "3", "slicecrc": "1"}, quality_option="",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Container:
    """A file format: its codecs, the usual one first, and the ticks per second of its time stamps, if it has any.

    ``sound`` names the sound codecs (or how their names begin) that its players know.
    """

    format: str
    codecs: tuple[str, ...]
    sound: tuple[str, ...] = ()
    clock: int | None = 60_000
    options: Mapping[str, str] = field(default_factory=dict)


_FASTSTART = {"movflags": "+faststart"}  # the index in front, so that a browser can begin before the end has arrived
_MP4 = Container(
    "mp4", ("h264", "mp4v", "mjpeg", "vp9", "ffv1"), ("aac", "mp3", "ac3", "opus", "alac"), options=_FASTSTART
)
_MOV = Container("mov", ("h264", "mp4v", "mjpeg"), ("aac", "mp3", "ac3", "alac", "pcm_s"), options=_FASTSTART)
_PS = Container("mpeg", ("h264",), ("mp2", "mp3", "ac3"), clock=None)
_TS = Container("mpegts", ("h264",), ("aac", "mp2", "mp3", "ac3"))
CONTAINERS: dict[str, Container] = {
    ".mp4": _MP4, ".m4v": _MP4, ".mov": _MOV, ".qt": _MOV,
    ".avi": Container("avi", ("h264", "mp4v", "mjpeg", "ffv1"), ("mp3", "ac3", "mp2", "pcm_s16", "pcm_u8"), clock=None),
    ".mkv": Container("matroska", ("h264", "mp4v", "mjpeg", "vp9", "ffv1"), ("",), clock=1000),
    ".webm": Container("webm", ("vp9",), ("opus", "vorbis"), clock=1000),
    ".flv": Container("flv", ("h264",), ("aac", "mp3"), clock=1000),
    ".mpg": _PS, ".mpeg": _PS, ".mpv": _PS, ".ts": _TS, ".mts": _TS, ".m2ts": _TS,
}  # fmt: skip


def codec_named(name: str) -> str:
    """The key in `CODECS` that ``name``, a codec or one of its FourCC spellings, stands for."""
    wanted = name.strip().lower()
    for key, codec in CODECS.items():
        if wanted == key or wanted in codec.fourccs:
            return key
    known = ", ".join(f"{key} ({', '.join(codec.fourccs)})" if codec.fourccs else key for key, codec in CODECS.items())
    raise InvalidInput(f"There is no video codec {name!r}.", fix=f"use one of: {known}")


def container_of(path: str | os.PathLike[str]) -> Container:
    """The file format that the suffix of ``path`` asks for."""
    suffix = Path(path).suffix.lower()
    if suffix not in CONTAINERS:
        raise InvalidInput(
            f"No video can be written into a {suffix or 'suffix-less'} file.",
            where=path, fix=f"use one of: {', '.join(CONTAINERS)}",
        )  # fmt: skip
    return CONTAINERS[suffix]


def codec_for(path: str | os.PathLike[str], codec: str) -> str:
    """``codec`` if the container of ``path`` holds it, else the usual codec of that container."""
    key, container = codec_named(codec), container_of(path)
    return key if key in container.codecs else container.codecs[0]

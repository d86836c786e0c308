"""Opening a video file safely, and saying precisely what is wrong when it cannot be opened."""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from deeplabcut.core.errors import InvalidInput, Missing, VideoError
from deeplabcut.core.progress import printable

# Formats that hold one video in one file. Patterns of images, playlists, scripts and streams stay outside:
# they would open other files, or the network, in the name of a video.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,vc1,mjpeg,flv,asf,"
    "ogg,mxf,nut,gif,dv,yuv4mpegpipe,cine,rm,wtv,gxf,swf,nsv,mtv,r3d,bink,smjpeg,avr"
)
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
_HEAD_BYTES = 4096
_FFMPEG_ERRORS: tuple[type[Exception], ...] = (av.FFmpegError, OSError, ValueError, IndexError)

# Titles in an unknown encoding must not keep a video shut; from PyAV 19 on they do not.
_LENIENT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}


def absolute(path: str | os.PathLike[str]) -> Path:
    """The path in full, as typed (links are kept); `Missing` or `VideoError` if it is no readable file."""
    text = os.fspath(path)
    if "\0" in text or not text:
        raise InvalidInput("The path of the video is empty or holds a zero byte.", where=repr(text))
    full = Path(text).absolute()
    if not full.exists():
        raise Missing(f"There is no video {printable(full.name)}.", where=full, fix="check the path and the drive")
    if not full.is_file():
        raise VideoError(f"{printable(full.name)} is not a file.", where=full, fix="give the path of one video file")
    return full


def open_container(path: Path) -> InputContainer:
    """Open ``path`` (absolute) for reading; a `VideoError` names the reason if that fails."""
    try:
        # "file:" takes the rest literally, so colons, percent signs and leading dashes mean nothing.
        container = av.open(f"file:{path}", container_options=OPTIONS, **_LENIENT)
    except PermissionError as error:
        raise VideoError(
            f"{printable(path.name)} may not be read.", where=path, fix="give yourself permission to read it"
        ) from error
    except _FFMPEG_ERRORS as error:
        raise _reason(path, error) from error
    if not isinstance(container, InputContainer):
        raise TypeError(f"PyAV opened {path} as {type(container).__name__}")
    return container


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first stream of moving pictures (cover images do not count)."""
    moving = [s for s in container.streams.video if "attached_pic" not in str(s.disposition).lower()]
    if not moving:
        raise VideoError(f"{printable(path.name)} holds no pictures, only other streams.", where=path,
                         fix="check that this is the right file")  # fmt: skip
    stream = moving[0]
    if stream.codec_context is None:
        raise VideoError(f"No decoder is built in for the codec of {printable(path.name)}.", where=path,
                         fix="convert the video, for example to H.264 in mp4")  # fmt: skip
    return stream


def packets_of(container: InputContainer, stream: VideoStream | None = None) -> Iterator[Packet[Any]]:
    """The packets with content, of one stream or of all, as far as the file can be read."""
    demuxed: Iterator[Packet[Any]] = iter(container.demux(*([] if stream is None else [stream])))
    while True:
        try:
            packet = next(demuxed)
        except (StopIteration, av.FFmpegError, IndexError):  # IndexError: damage that looks like one more stream
            return
        if packet.size:  # empty ones mean the end, or "show the last picture again"
            yield packet


def _reason(path: Path, error: Exception) -> VideoError:
    name = printable(path.name)
    size = path.stat().st_size
    if size == 0:
        return VideoError(f"{name} is empty (0 bytes).", where=path, fix="copy or record it again")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        boxes = _boxes(file.seek, file.read, size) if head[4:8] in (b"ftyp", b"mdat", b"moov", b"free", b"wide") else []
    if boxes and "moov" not in {kind for kind, _, _ in boxes}:
        kind, start, length = boxes[-1]
        if start + length > size:
            return VideoError(
                f"{name} is cut short: its last part ({kind}) should reach byte {start + length:,}, but the file ends "
                f"at {size:,}, before its table of frames (moov).",
                where=path, fix="copy it again from the camera; an incomplete copy cannot be read",
            )  # fmt: skip
        return VideoError(
            f"{name} has no table of frames (moov): the recording was not finished properly.",
            where=path,
            fix="use the original, or repair it with a tool such as untrunc and an intact video of the same camera",
        )  # fmt: skip
    if all(byte in string.printable.encode() for byte in head[:512]) or _is_text(head):
        return VideoError(f"{name} is a text file, not a video.", where=path, fix="check that this is the right file")
    detail = getattr(error, "strerror", None) or str(error)
    return VideoError(
        f"{name} is not a video that can be opened ({detail}).", where=path,
        fix="check that it plays elsewhere; if it does, convert it, for example to H.264 in mp4",
    )  # fmt: skip


def _is_text(head: bytes) -> bool:
    try:
        text = head[: len(head) - len(head) % 4 or None].decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c.isspace() for c in text)


def _boxes(seek: Callable[[int], int], read: Callable[[int], bytes], size: int) -> list[tuple[str, int, int]]:
    """Kind, start and length of the top level boxes of an mp4 or mov file, as far as they make sense."""
    boxes: list[tuple[str, int, int]] = []
    at = 0
    while at + 8 <= size and len(boxes) < 1000:
        seek(at)
        header = read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:], "big")
        elif length == 0:
            length = size - at
        kind = header[4:8].decode("latin-1")
        if length < 8 or not all(c.isprintable() for c in kind):
            break
        boxes.append((kind, at, length))
        at += length
    return boxes

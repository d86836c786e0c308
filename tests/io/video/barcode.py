"""Small videos whose pictures carry their own number, in every shape that makes readers miscount.

The number is drawn as a grid of blocks large enough to survive compression: sixteen bits and their complement,
yellow for one and blue for zero, so that a misplaced, mirrored or smeared picture does not read as a number.
Everything is made by PyAV alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

COLUMNS, ROWS = 8, 4
YELLOW, BLUE = (230, 220, 60), (30, 30, 150)
SIZE = (160, 96)
FPS = 25


def draw(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """The picture (height, width, 3) that says ``number``."""
    bits = (number >> np.arange(16)) & 1
    grid = np.concatenate([bits, 1 - bits]).reshape(ROWS, COLUMNS)
    column = np.arange(size[0]) * COLUMNS // size[0]
    row = np.arange(size[1]) * ROWS // size[1]
    colours = np.array([BLUE, YELLOW], np.uint8)
    return colours[grid[row[:, None], column[None, :]]]


def read(image: np.ndarray) -> int | None:
    """The number in a picture; None if it is not there (misplaced, mirrored, smeared)."""
    grey = image if image.ndim == 2 else image[..., :3].mean(axis=-1)
    height, width = grey.shape
    y = ((np.arange(ROWS) + 0.5) * height / ROWS).astype(int)
    x = ((np.arange(COLUMNS) + 0.5) * width / COLUMNS).astype(int)
    reach_y, reach_x = max(1, height // ROWS // 4), max(1, width // COLUMNS // 4)
    cells = np.array(
        [[grey[b - reach_y : b + reach_y, a - reach_x : a + reach_x].mean() for a in x] for b in y]
    ).reshape(2, 16)
    low, high = cells.min(), cells.max()
    if high - low < 40:
        return None
    bits = cells > (low + high) / 2
    clear = np.abs(cells - (low + high) / 2) > (high - low) / 4
    if not clear.all() or (bits[0] == bits[1]).any():
        return None
    return int((bits[0] << np.arange(16)).sum())


@dataclass(frozen=True)
class Made:
    """A video and the number that each of its frames must show."""

    path: Path
    numbers: list[int]

    @property
    def n(self) -> int:
        return len(self.numbers)


X264 = {"preset": "ultrafast", "bf": "2", "b-pyramid": "normal", "sc_threshold": "0", "crf": "20"}


def encode(
    path: Path,
    numbers: Iterable[int],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = SIZE,
    options: dict[str, str] | None = None,
    gop: int = 12,
    pts: Callable[[int], int] | None = None,
    time_base: Fraction = Fraction(1, FPS),
    rotation: int | None = None,
    container_options: dict[str, str] | None = None,
    container_format: str | None = None,
) -> Path:
    """Encode one picture per number."""
    if options is None:
        options = X264 if codec == "libx264" else {}
    with av.open(str(path), "w", format=container_format, container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=FPS, options=dict(options))
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.codec_context.gop_size = gop
        stream.codec_context.time_base = time_base
        stream.codec_context.thread_count = 1
        stream.time_base = time_base
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for i, number in enumerate(numbers):
            frame = av.VideoFrame.from_ndarray(draw(number, size), format="rgb24").reformat(format=pixel_format)
            frame.pts = pts(i) if pts else i
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def remux(source: Path, target: Path, *, first_packet: int = 0, zero_at: int = 0, **options: str) -> Path:
    """Copy packets from ``first_packet`` on; the time of packet ``zero_at`` becomes zero."""
    with av.open(str(source)) as old, av.open(str(target), "w", container_options=options) as new:
        template = old.streams.video[0]
        stream = new.add_stream_from_template(template)
        packets = [packet for packet in old.demux(template) if packet.size]
        shift = packets[zero_at].pts
        for packet in packets[first_packet:]:
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = stream
            new.mux(packet)
    return target


def packet_places(path: Path) -> list[tuple[int, int, bool]]:
    """Offset, size and key flag of every packet."""
    with av.open(str(path)) as container:
        return [(p.pos, p.size, p.is_keyframe) for p in container.demux(video=0) if p.size]


Maker = Callable[[Path], Made]
N = 60
FAST = {"preset": "ultrafast"}
OPEN_GROUPS = "open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0:scenecut=0"
REFRESH = "intra-refresh=1:keyint=12:bframes=0:scenecut=0"
MPEG_B = {"bf": "2", "qmax": "4"}
VP8 = {"auto-alt-ref": "1", "lag-in-frames": "16", "crf": "10", "b": "1M"}
SIMPLE: dict[str, tuple[str, dict]] = {
    "mp4 at constant rate": ("plain.mp4", {}),
    "mp4 at variable rate": (
        "variable.mp4",
        {"pts": lambda i: i * 40 + (i * i * 7) % 31, "time_base": Fraction(1, 1000)},
    ),
    "mp4 with open groups": ("open.mp4", {"options": {**FAST, "x264-params": OPEN_GROUPS}}),
    "mp4 with periodic refresh": ("refresh.mp4", {"options": {**FAST, "crf": "20", "x264-params": REFRESH}}),
    "mp4 with odd size": ("odd.mp4", {"pixel_format": "yuv444p", "size": (161, 97)}),
    "mkv with 10 bits": ("deep.mkv", {"pixel_format": "yuv420p10le"}),
    "mkv with hevc": (
        "hevc.mkv",
        {"codec": "libx265", "options": {**FAST, "x265-params": "log-level=none:bframes=3:b-adapt=0"}},
    ),
    "mkv with alpha": ("alpha.mkv", {"codec": "ffv1", "pixel_format": "bgra"}),
    "mkv with odd size": ("odd.mkv", {"codec": "ffv1", "size": (163, 99)}),
    "mov with alpha": ("alpha.mov", {"codec": "qtrle", "pixel_format": "argb"}),
    "mov with png and alpha": ("png.mov", {"codec": "png", "pixel_format": "rgba"}),
    "mov in grey": ("grey.mov", {"codec": "png", "pixel_format": "gray"}),
    "mov in 16-bit grey": ("grey16.mov", {"codec": "png", "pixel_format": "gray16be"}),
    "avi with motion jpeg": ("jpeg.avi", {"codec": "mjpeg", "pixel_format": "yuvj420p"}),
    "avi with motion jpeg of odd size": (
        "jpegodd.avi",
        {"codec": "mjpeg", "pixel_format": "yuvj444p", "size": (161, 97)},
    ),
    "avi with mpeg-4 and b-frames": ("b.avi", {"codec": "mpeg4", "options": MPEG_B}),
    "avi with h264 and b-frames": ("h264.avi", {}),
    "transport stream": ("stream.ts", {}),
    "program stream": ("stream.mpg", {"codec": "mpeg2video", "options": MPEG_B}),
    "webm with vp8": ("vp8.webm", {"codec": "libvpx", "options": VP8}),
    "webm with vp9": ("vp9.webm", {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}}),
    "flash video": ("video.flv", {}),
    "windows media": ("video.wmv", {"codec": "wmv2", "container_format": "asf", "options": {"qmax": "4"}}),
    "bare h264": ("bare.h264", {}),
    "gif": ("video.gif", {"codec": "gif", "pixel_format": "rgb8"}),
}


def plain(folder: Path, n: int = N) -> Path:
    path = folder / f"source{n}.mp4"
    return path if path.exists() else encode(path, range(n))


def edit_list(folder: Path) -> Made:
    """A cut without re-encoding: six packets are kept only because later ones need them."""
    return Made(remux(plain(folder), folder / "edit.mp4", first_packet=24, zero_at=30), list(range(29, N)))


def matroska_cut(folder: Path) -> Made:
    return Made(remux(plain(folder), folder / "cut.mkv", first_packet=24, zero_at=24), list(range(24, N)))


def negative_start(folder: Path) -> Made:
    return Made(remux(plain(folder), folder / "negative.nut", zero_at=30), list(range(N)))


def joined_streams(folder: Path) -> Made:
    """Two recordings in one file; the clock of the second starts over."""
    parts = [encode(folder / f"part{k}.ts", range(30 * k, 30 * k + 30)) for k in range(2)]
    path = folder / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return Made(path, list(range(60)))


def wrong_count(folder: Path, by: int) -> Made:
    """An AVI whose headers claim ``by`` frames more than there are."""
    path = encode(folder / f"wrong{by}.avi", range(N), codec="mjpeg", pixel_format="yuvj420p")
    content = bytearray(path.read_bytes())
    for place in (content.index(b"avih") + 8 + 16, content.index(b"strh") + 8 + 32):
        claimed = int.from_bytes(content[place : place + 4], "little")
        assert claimed == N
        content[place : place + 4] = (claimed + by).to_bytes(4, "little")
    path.write_bytes(content)
    return Made(path, list(range(N)))


KINDS: dict[str, Maker] = {
    **{
        kind: (lambda folder, name=name, how=how: Made(encode(folder / name, range(N), **how), list(range(N))))
        for kind, (name, how) in SIMPLE.items()
    },
    "mp4 with edit list": edit_list,
    "mkv cut without re-encoding": matroska_cut,
    "nut with negative start": negative_start,
    "transport streams joined": joined_streams,
    "avi that claims 7 frames more": lambda folder: wrong_count(folder, 7),
    "avi that claims 7 frames less": lambda folder: wrong_count(folder, -7),
}


def damage(source: Path, target: Path, packets: range, *, skip: int = 0) -> Path:
    """Overwrite packets with noise, but for their first ``skip`` bytes."""
    noise = random.Random(0)
    content = bytearray(source.read_bytes())
    places = packet_places(source)
    for number in packets:
        start, size, _ = places[number]
        content[start + skip : start + size] = noise.randbytes(size - skip)
    target.write_bytes(content)
    return target


def boxes(path: Path) -> list[tuple[str, int, int]]:
    """Kind, start and length of the top level boxes of an mp4."""
    content = path.read_bytes()
    found, at = [], 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        found.append((content[at + 4 : at + 8].decode("latin-1"), at, length))
        at += length
    return found


def changing(
    path: Path, *, sizes: tuple[tuple[int, int], ...], pixel_formats: tuple[str, ...], n_each: int = 15
) -> Path:
    """One stream whose pictures change size or pixel format midway."""
    with av.open(str(path), "w") as container:
        out = None
        start = 0
        for size, pixel_format in zip(sizes, pixel_formats, strict=True):
            encoder = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height, encoder.pix_fmt = *size, pixel_format
            encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
            encoder.options = {"preset": "ultrafast", "bf": "0"}
            if out is None:
                out = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0"})
                out.width, out.height, out.pix_fmt = *size, pixel_format
            pictures = [
                av.VideoFrame.from_ndarray(draw(start + i, size)).reformat(format=pixel_format) for i in range(n_each)
            ]
            for i, picture in enumerate(pictures):
                picture.pts, picture.time_base = start + i, Fraction(1, FPS)
            packets = [packet for picture in [*pictures, None] for packet in encoder.encode(picture)]
            for packet in packets:
                packet.stream = out
                container.mux(packet)
            start += n_each
    return path

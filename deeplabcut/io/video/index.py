"""The packet index of a video: which frames there are, in which order and when they are shown.

Containers miscount: edit lists hide frames, headers lie, time stamps are missing, repeated or jump. The index comes
from reading every packet once, without decoding. Frames are numbered by time stamp where time stamps can
be trusted, and by the order in which the decoder hands them out where they cannot.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from deeplabcut.core.errors import VideoError
from deeplabcut.core.progress import printable
from deeplabcut.io.video.opening import open_container, packets_of, video_stream

Ints = NDArray[np.int64]

NO_TIME = np.iinfo(np.int64).min
KEY, DISCARD, CORRUPT, HIDDEN, LOST = 1, 2, 4, 8, 16
_TRUSTED = ("mov", "matroska", "flv", "nut", "gif", "asf")  # these store the presentation time of every frame
_UNINDEXED = ("matroska", "mpegts", "mpeg")  # damage makes packets of these vanish altogether
_HOLE_BYTES = 512
_CHUNK_HEADER_BYTES = 8
_N_VERIFIED = 96
_BLANK_BYTES = 16
_JOINT_PACKETS = 4
_UNCOMPRESSED = ("rawvideo", "v210", "v308", "v408", "v410", "yuv4", "r210")


@dataclass(frozen=True, eq=False)
class PacketIndex:
    """One row per packet, in file order; ``rank`` is the number of the frame it holds, -1 if it shows none.

    ``is_inferred`` says that the order of frames was deduced, so that damage makes the numbers beside it uncertain.
    """

    pts: Ints
    dts: Ints
    pos: Ints
    size: Ints
    flags: NDArray[np.uint8]
    rank: Ints
    times_s: NDArray[np.float64]
    is_inferred: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def n_packets(self) -> int:
        return len(self.rank)

    @property
    def n_frames(self) -> int:
        return len(self.times_s)

    @cached_property
    def packet_of(self) -> Ints:
        """The packet of each frame."""
        packets = np.flatnonzero(self.rank >= 0)
        return packets[np.argsort(self.rank[packets], kind="stable")]

    @cached_property
    def entries(self) -> tuple[Ints, Ints]:
        """Packets where decoding may begin, and the first frame that is whole from there."""
        earlier = np.concatenate([[-1], np.maximum.accumulate(self.rank)[:-1]]) if self.n_packets else self.rank
        clean = (self.flags & KEY > 0) & (self.rank > earlier)
        packets = np.flatnonzero(clean)
        packets = packets[self.rank[packets] > 0] if len(packets) else packets
        return np.concatenate([[0], packets]), np.concatenate([[0], self.rank[packets]])

    def entry_before(self, frame: int) -> int:
        """The number of the last entry from which ``frame`` can be decoded."""
        return int(np.searchsorted(self.entries[1], frame, side="right")) - 1

    @cached_property
    def key_of(self) -> Ints:
        """The last key packet at or before each packet, -1 if there is none."""
        places = np.where(self.flags & KEY > 0, np.arange(self.n_packets), -1)
        return np.maximum.accumulate(places)

    @cached_property
    def is_leading(self) -> NDArray[np.bool_]:
        """Packets stored after a key frame but shown before it: they need the pictures before that key frame."""
        return np.asarray((self.key_of >= 0) & (self.rank >= 0) & (self.rank < self.rank[self.key_of]))

    @cached_property
    def reorder(self) -> int:
        """How many frames may be stored before a frame that is shown earlier than they are."""
        latest = np.maximum.accumulate(self.rank)
        return int(np.max(latest - self.rank, initial=0, where=self.rank >= 0))

    def locate(self, packet: Packet[VideoStream]) -> int | None:
        """The row of a packet that was just read from the file; None if that cannot be told."""
        same = self.size == packet.size
        if packet.pos is not None:
            same &= self.pos == packet.pos
        for stored, value in ((self.pts, packet.pts), (self.dts, packet.dts)):
            candidates = np.flatnonzero(same)
            if len(candidates) <= 1 and packet.pos is not None:
                break
            same = same & (stored == (NO_TIME if value is None else value))
        candidates = np.flatnonzero(same)
        return int(candidates[0]) if len(candidates) == 1 else None


def scan(
    container: InputContainer, stream: VideoStream, path: Path, tick: Callable[[], None] | None = None
) -> PacketIndex:
    """Read all packets of the video from the start of a freshly opened ``container``."""
    rows = _rows(container, stream, tick or (lambda: None))
    if not len(rows):
        raise VideoError(f"{printable(path.name)} holds no pictures.", where=path, fix="record or copy it again")
    if container.format.name == "avi":
        rows = _with_indexed_rows(rows, stream)
    warnings: list[str] = []
    runs: Ints = np.cumsum(_steps_back(rows[:, 1])).astype(np.int64)
    is_inferred = False
    if not _timing_is_sound(rows, runs):
        rank = None
        warnings.append("Time stamps are missing or repeated: frames are numbered by counting from the start.")
    else:
        rank = _rank_by_time(rows, runs)
        is_doubtful = _may_be_misordered(container, stream, rank)
        is_inferred = is_doubtful and container.format.name != "mpegts"
        if is_doubtful and not _agrees_with_decoder(path, rank, rows[:, 4], tick):
            rank = None
            warnings.append("Time stamps do not give the order of the frames: it was found by decoding.")
        elif container.format.name.split(",")[0] in _UNINDEXED and not runs[-1]:
            rows = _with_lost_rows(rows)
            runs = np.zeros(len(rows), np.int64)
            rank = _rank_by_time(rows, runs)
    if rank is None:
        is_inferred = True
        rows, rank = _rank_by_decoding(path, rows, tick)
    if runs[-1]:
        _forgive_joints(rows, runs)
        warnings.append(f"Time stamps jump back {int(runs[-1])} time(s); times go on from the frame before.")
    warnings += _count_warnings(stream, rank, rows[:, 4])
    pts, dts, pos, size, flags, _ = (np.ascontiguousarray(column) for column in rows.T)
    times_s = _times_s(rows, rank, runs, stream)
    return PacketIndex(pts, dts, pos, size, flags.astype(np.uint8), rank, times_s, is_inferred, tuple(warnings))


def _rows(container: InputContainer, stream: VideoStream, tick: Callable[[], None]) -> Ints:
    """Columns pts, dts, pos, size, flags, and the number of bytes before the packet that belong to no packet."""
    has_hidden = stream.codec_context.name == "vp8"
    may_be_zero = stream.codec_context.name in _UNCOMPRESSED
    rows: list[tuple[int, ...]] = []
    end = 0
    hole = 0
    for packet in packets_of(container):
        if packet.pos is not None:
            hole += max(0, packet.pos - end)
            end = packet.pos + packet.size
        if packet.stream_index != stream.index:
            continue
        flags = packet.is_keyframe * KEY | packet.is_discard * DISCARD | packet.is_corrupt * CORRUPT
        if has_hidden and not memoryview(packet)[0] & 0x10:
            flags |= HIDDEN
        if not may_be_zero and packet.size >= _BLANK_BYTES and _is_blank(memoryview(packet)):
            flags |= CORRUPT
        stamps = (NO_TIME if stamp is None else stamp for stamp in (packet.pts, packet.dts))
        rows.append((*stamps, -1 if packet.pos is None else packet.pos, packet.size, flags, hole))
        hole = 0
        if len(rows) % 256 == 0:
            tick()
    return np.array(rows, np.int64).reshape(-1, 6)


def _is_blank(data: memoryview) -> bool:
    """Nothing but zeros: a part of the disk that was never written; no codec stores a picture so."""
    return not any(data[:_BLANK_BYTES]) and not bytes(data).strip(b"\0")


def _shown(rows: Ints) -> NDArray[np.bool_]:
    return np.asarray(rows[:, 4] & (DISCARD | HIDDEN) == 0)


def _with_indexed_rows(rows: Ints, stream: VideoStream) -> Ints:
    """Add a row for every frame in the table of an AVI whose packet was not found, if frames are stored in order."""
    entries = getattr(stream, "index_entries", ())
    in_order = not stream.codec_context.has_b_frames and (np.diff(rows[:, 0]) > 0).all()
    if len(entries) <= len(rows) or not in_order:
        return rows
    stamps = {entry.pos + _CHUNK_HEADER_BYTES: entry.timestamp for entry in entries if entry.size > 0}
    if not all(int(pos) in stamps for pos in rows[:, 2]):
        return rows
    rows = rows.copy()
    rows[:, 0] = rows[:, 1] = [stamps[int(pos)] for pos in rows[:, 2]]
    lost = sorted(set(stamps.values()) - set(rows[:, 0].tolist()))
    places = np.searchsorted(rows[:, 0], lost)
    return np.insert(rows, places, [[stamp, stamp, -1, 0, LOST, 0] for stamp in lost], axis=0) if lost else rows


def _with_lost_rows(rows: Ints) -> Ints:
    """Add a row for every frame that damage removed.

    It shows as a gap in otherwise regular time stamps beside bytes that are unaccounted for, beside a packet
    marked as damaged, or at the end of the file, where a cut takes frames that are shown before those left.
    """
    shown = np.flatnonzero(_shown(rows))
    order = shown[np.argsort(rows[shown, 0], kind="stable")]
    pts = rows[order, 0]
    steps = np.diff(pts)
    usual = float(np.median(steps)) if len(steps) > 8 else 0.0
    if usual <= 0 or (np.abs(steps - usual) > 0.1 * usual + 1).mean() > 0.1:
        return rows
    counts = np.rint(steps / usual).astype(np.int64) - 1
    regular = np.abs(steps - (counts + 1) * usual) <= 0.1 * usual + counts + 1
    holes = np.flatnonzero((rows[:, 5] > _HOLE_BYTES + np.median(rows[:, 5])) | (rows[:, 4] & CORRUPT > 0))
    holes = np.concatenate([holes[holes > 0], [len(rows)]])
    added: list[Ints] = []
    places: list[int] = []
    for gap in np.flatnonzero((counts > 0) & regular):
        low, high = sorted((int(order[gap]), int(order[gap + 1])))
        near = holes[(holes > low - 4) & (holes <= high + 4)]
        if len(near):
            stamps = pts[gap] + np.rint(np.arange(1, counts[gap] + 1) * steps[gap] / (counts[gap] + 1)).astype(np.int64)
            added += [np.array([stamp, NO_TIME, -1, 0, LOST, 0], np.int64) for stamp in stamps]
            places += [int(near[0])] * len(stamps)
    return np.insert(rows, places, np.array(added), axis=0) if added else rows


def _steps_back(dts: Ints) -> NDArray[np.bool_]:
    """Where decoding time runs backwards: two recordings in one file."""
    back = np.zeros(len(dts), bool)
    known = np.flatnonzero(dts != NO_TIME)
    back[known[1:]] = np.diff(dts[known]) < 0
    return back


def _forgive_joints(rows: Ints, runs: Ints) -> None:
    """Where recordings are joined, the break in the packet counter is no damage."""
    for start in np.flatnonzero(np.diff(runs) > 0) + 1:
        rows[max(0, start - _JOINT_PACKETS) : start + 1, 4] &= ~CORRUPT


def _rank_by_time(rows: Ints, runs: Ints) -> Ints:
    packets = np.flatnonzero(_shown(rows))
    rank = np.full(len(rows), -1, np.int64)
    rank[packets[np.lexsort((rows[packets, 0], runs[packets]))]] = np.arange(len(packets))
    return rank


def _timing_is_sound(rows: Ints, runs: Ints) -> bool:
    shown = _shown(rows)
    stamps = np.stack([runs[shown], rows[shown, 0]])
    return bool((stamps[1] != NO_TIME).all()) and np.unique(stamps, axis=1).shape[1] == stamps.shape[1]


def _may_be_misordered(container: InputContainer, stream: VideoStream, rank: Ints) -> bool:
    stored = container.format.name.split(",")[0] in _TRUSTED
    reorders = bool(stream.codec_context.has_b_frames) or bool((np.diff(rank[rank >= 0]) < 0).any())
    return not stored and reorders


def _agrees_with_decoder(path: Path, rank: Ints, flags: Ints, tick: Callable[[], None] | None) -> bool:
    """Whether the first pictures, up to the first damage, come out of the decoder in the order of ``rank``."""
    order, failed = decoded_order(path, _N_VERIFIED, tick)
    n_clean = min([*failed, *np.flatnonzero(flags & CORRUPT), _N_VERIFIED])
    seen = [packet for packet in order if packet < n_clean and rank[packet] >= 0]
    return not (np.diff(rank[seen]) < 0).any()


def _rank_by_decoding(path: Path, rows: Ints, tick: Callable[[], None] | None) -> tuple[Ints, Ints]:
    """Number the frames as the decoder hands them out; packets without a picture become hidden."""
    order, _ = decoded_order(path, len(rows), tick)
    rank = np.full(len(rows), -1, np.int64)
    rank[order] = np.arange(len(order))
    rows = rows.copy()
    rows[:, 4] |= np.where((rank < 0) & _shown(rows), HIDDEN, 0)
    return rows, rank


def decoded_order(path: Path, n_packets: int, tick: Callable[[], None] | None = None) -> tuple[list[int], set[int]]:
    """The packets of the first ``n_packets`` in the order in which a decoder shows them, and those that failed.

    A packet that failed takes the place where the decoder gave up on it; one that shows nothing is left out.
    """
    order: list[int] = []
    failed: set[int] = set()
    number = -1
    with open_container(path) as container:
        stream = video_stream(container, path)
        stream.codec_context.thread_count = 1  # so that a failure belongs to the packet just sent
        for packet in itertools.chain(itertools.islice(packets_of(container, stream), n_packets), [None]):
            if packet is not None:
                number += 1
                packet.pts = packet.dts = number
            try:
                frames = stream.codec_context.decode(packet)
            except av.FFmpegError:
                failed.add(number)
                order.append(number)
                continue
            order += [frame.pts for frame in frames if frame.pts is not None]
            if tick is not None and number % 64 == 0:
                tick()
    return [packet for packet in dict.fromkeys(order) if 0 <= packet < n_packets], failed


def _times_s(rows: Ints, rank: Ints, runs: Ints, stream: VideoStream) -> NDArray[np.float64]:
    """The time of each frame; the first is 0, and every run goes on where the one before ended."""
    shown = np.flatnonzero(rank >= 0)
    base = float(stream.time_base or Fraction(1, 1000))
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    for stamps in (rows[shown, 0], rows[shown, 1]):
        order = np.lexsort((stamps, runs[shown]))
        steps = np.diff(stamps[order])
        new_run = np.diff(runs[shown][order]) > 0
        if (stamps != NO_TIME).all() and (steps[~new_run] > 0).all():
            usual = np.median(steps[~new_run]) if (~new_run).any() else 1 / rate / base
            return np.concatenate([[0.0], np.cumsum(np.where(new_run, usual, steps)) * base])[: len(shown)]
    return np.arange(len(shown)) / rate


def _count_warnings(stream: VideoStream, rank: Ints, flags: Ints) -> list[str]:
    n_frames = int((rank >= 0).sum())
    announced = announced_frames(stream)
    warnings = []
    n_hidden = int((flags & DISCARD > 0).sum())
    if announced and announced != n_frames:
        reason = f" (its edit list hides {n_hidden})" if n_hidden else ""
        warnings.append(f"The container announces {announced} frames, the file holds {n_frames}{reason}.")
    for flag, text in (
        (CORRUPT, "are marked as damaged or cut short"),
        (LOST, "are lost in damaged parts of the file"),
    ):
        if (flags & flag).any():
            warnings.append(f"{int((flags & flag > 0).sum())} frame(s) {text}.")
    return warnings


def announced_frames(stream: VideoStream) -> int | None:
    """The frame count that the container claims; None if it claims none."""
    tag: Any = {k.upper(): v for k, v in stream.metadata.items()}.get("NUMBER_OF_FRAMES", "")
    return stream.frames or (int(tag) if str(tag).isdigit() else None)

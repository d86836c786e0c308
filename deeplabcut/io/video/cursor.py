"""A place in a video that is being decoded: moves to any frame and never loses count.

Every packet goes to the decoder with its own number in place of its time stamp. The decoder hands that number back
with the picture, so a picture is known by the packet it came from, whatever happened to the packets around it.
"""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from deeplabcut.core.errors import VideoError
from deeplabcut.io.video.damage import Damage
from deeplabcut.io.video.index import CORRUPT, LOST, NO_TIME, PacketIndex
from deeplabcut.io.video.opening import open_container, packets_of, video_stream

logger = logging.getLogger(__name__)

_NEAR_PACKETS = 8  # decoding this many more costs less than a seek
_N_UNKNOWN = 256  # packets without a known place that a seek may bring before it counts as failed
_BY_BYTE = ("mpegts", "mpeg")  # these have no table of key frames: seeking by time searches the file


@dataclass(frozen=True)
class Picture:
    """What was decoded for a frame; ``picture`` is None if nothing whole, ``error`` says what was wrong."""

    index: int
    picture: VideoFrame | None
    error: str | None = None


class _LostCount(Exception):
    """The packets that came are not those of the index."""


class _Anomaly(Exception):
    """Something is damaged, and several threads at once cannot say exactly what."""


class Cursor:
    """Decodes frames in any order, going forward where that is quicker than seeking."""

    def __init__(self, path: Path, index: PacketIndex, n_threads: int, tick: Callable[[], None] | None = None) -> None:
        self.path = path
        self._tick = tick or (lambda: None)
        self.index = index
        self._n_threads = n_threads
        self._trusts_seeks = True
        self._container: InputContainer | None = None
        self._is_fresh = False  # nothing was read from the container yet
        self._pictures: Iterator[Picture] = iter(())
        self._last = Picture(-1, None)
        self._began = 0  # the entry at which ``_pictures`` began
        self._soft: set[int] = set()  # entries from which pictures do not come whole
        self._sent = -1  # the packet that the decoder got last
        self._next = index.n_frames  # the frame that ``_pictures`` gives next

    def get(self, frame: int) -> Picture:
        """Frame number ``frame``."""
        if frame == self._last.index:
            return self._last
        while True:
            entry = self._firm_entry(frame)
            if frame < self._next or self.index.entries[0][entry] - self._sent > _NEAR_PACKETS:
                self._begin(entry)
            picture = self._forward(frame)
            if self._began == 0 or not self._sorter.damage.is_damaged(int(self.index.entries[0][self._began])):
                break
            # Damaged, or the start of a gradual refresh: decode what is shown then as it is when read in order.
            self._soft.add(self._began)
            self._next = self.index.n_frames
        self._last = picture
        return picture

    def close(self) -> None:
        """Let go of the file."""
        self._pictures = iter(())
        self._reopen_next()

    def _reopen_next(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _firm_entry(self, frame: int) -> int:
        entry = self.index.entry_before(frame)
        while entry in self._soft:
            entry -= 1
        return entry

    def _begin(self, entry: int) -> None:
        self._began = entry
        self._sorter = _Sorter(self.index, int(self.index.entries[1][entry]), is_careful=self._n_threads == 1)
        self._next = int(self.index.entries[1][entry])
        self._pictures = self._decode(entry)

    def _forward(self, frame: int) -> Picture:
        while True:
            try:
                for picture in self._pictures:
                    self._next = picture.index + 1
                    if picture.index == frame:
                        return picture
                raise _LostCount
            except _Anomaly:
                logger.debug("%s: damage near frame %d, reading on with one thread", self.path, self._next)
                self._n_threads = 1
                self._reopen_next()
            except _LostCount:
                if not self._trusts_seeks:
                    raise VideoError(
                        f"The packets before frame {frame} are not those that were there when the video was opened.",
                        where=self.path, fix="do not write to the video while it is read; open it again",
                    ) from None  # fmt: skip
                logger.debug("%s: a seek led astray, counting from the start instead", self.path)
                self._trusts_seeks = False
                self._reopen_next()
            self._begin(self._firm_entry(min(frame, self._next)))

    def _decode(self, entry: int) -> Iterator[Picture]:
        """All pictures from an entry on, in the order in which they are shown, damaged and missing ones included."""
        index = self.index
        sorter = self._sorter
        for number, packet in self._packets(int(index.entries[0][entry])):
            if sorter.needs_fresh_decoder(number):
                yield from sorter.add(self._drain())
                self._codec().flush_buffers()
            self._tick()
            packet.pts = packet.dts = self._sent = number
            sorter.send(number)
            packet.is_corrupt = False  # the index knows better
            if index.flags[number] & CORRUPT:
                sorter.fail(number, "the file ends, or is damaged, inside this frame")
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                sorter.fail(number, (error.strerror or str(error)).lower())
                continue
            yield from sorter.add(frames)
        yield from sorter.add(self._drain())
        yield from sorter.finish()

    def _drain(self) -> list[VideoFrame]:
        """The pictures that the decoder still holds."""
        try:
            return self._codec().decode(None)
        except av.FFmpegError:
            if self._n_threads != 1:
                raise _Anomaly from None
            return []

    def _codec(self) -> VideoCodecContext:
        return self._opened().streams.video[self._stream_number].codec_context

    def _packets(self, first: int) -> Iterator[tuple[int, Packet[VideoStream]]]:
        """Packets and their numbers, beginning with number ``first``."""
        found = self._seek(first) if self._trusts_seeks and (first > 0 or not self._is_fresh) else None
        if found is None:
            if not self._is_fresh:
                self._reopen_next()
            found = 0, self._demux()
        number, packets = found
        for packet in packets:
            number = self._skip_lost(number)
            if number >= self.index.n_packets or packet.size != self.index.size[number]:
                raise _LostCount
            if number >= first:
                yield number, packet
            number += 1
        if self._skip_lost(number) < self.index.n_packets:
            raise _LostCount

    def _skip_lost(self, number: int) -> int:
        while number < self.index.n_packets and self.index.flags[number] & LOST:
            number += 1
        return number

    def _seek(self, first: int) -> tuple[int, Iterator[Packet[VideoStream]]] | None:
        """Move to a packet at or before ``first``: its number and the packets from there; None if no seek led there."""
        index = self.index
        earlier = int(index.key_of[first - 1]) if first > 0 else -1
        for target, stamps in ((first, index.pts), (first, index.dts), (earlier, index.dts), (earlier, index.pts)):
            if target < 0 or stamps[target] == NO_TIME:
                continue
            container = self._opened()
            try:
                if container.format.name in _BY_BYTE:
                    container.seek(int(index.pos[target]), unsupported_byte_offset=True)
                else:
                    container.seek(int(stamps[target]), stream=container.streams.video[self._stream_number])
            except av.FFmpegError:
                continue
            packets = self._demux()
            for packet in itertools.islice(packets, _N_UNKNOWN):
                number = index.locate(packet)
                if number is not None:
                    if number <= first:
                        return number, itertools.chain([packet], packets)
                    break
        return None

    def _demux(self) -> Iterator[Packet[VideoStream]]:
        container = self._opened()
        self._is_fresh = False
        return packets_of(container, container.streams.video[self._stream_number])

    def _opened(self) -> InputContainer:
        if self._container is None:
            self._container = open_container(self.path)
            stream = video_stream(self._container, self.path)
            self._stream_number = self._container.streams.video.index(stream)
            stream.codec_context.thread_count = self._n_threads
            stream.codec_context.thread_type = "NONE" if self._n_threads == 1 else "AUTO"
            self._is_fresh = True
        return self._container


class _Sorter:
    """Puts decoded pictures in order, and finds those that are missing, damaged, or drawn from damaged ones."""

    def __init__(self, index: PacketIndex, first: int, *, is_careful: bool) -> None:
        self.index = index
        self.is_careful = is_careful
        self.damage = Damage(index)
        self._next = first
        self._latest = first - 1
        self._waiting: list[tuple[int, VideoFrame]] = []
        self._pending: set[int] = set()
        self._is_upset = False
        self._entries = frozenset(index.entries[0].tolist()) if is_careful else frozenset()

    def send(self, packet: int) -> None:
        """Packet number ``packet`` goes to the decoder."""
        self._pending.add(packet)

    def needs_fresh_decoder(self, packet: int) -> bool:
        """Whether ``packet`` is a place to begin again, free of what damage before it left in the decoder."""
        starts_again = self._is_upset and packet in self._entries
        self._is_upset = self._is_upset and not starts_again
        return starts_again

    def fail(self, packet: int, reason: str) -> None:
        """Packet number ``packet`` could not be decoded."""
        if not self.is_careful:
            raise _Anomaly
        self._is_upset = True
        self._pending.discard(packet)
        self.damage.add(packet, reason)
        if self.index.is_inferred:
            for pending in self._pending:  # how many frames are shown before these can no longer be told
                self.damage.add(pending, "the damage beside it makes its number uncertain")

    def add(self, frames: list[VideoFrame]) -> Iterator[Picture]:
        """Take pictures from the decoder; hand on those that no later packet can still put in doubt."""
        for frame in frames:
            packet = -1 if frame.pts is None else frame.pts
            self._pending.discard(packet)
            rank = int(self.index.rank[packet]) if 0 <= packet < self.index.n_packets else -1
            if rank < self._next:
                continue
            if frame.is_corrupt:
                self.fail(packet, "the decoder found damage in it")
            self._note_missing(rank)
            heapq.heappush(self._waiting, (rank, frame))
            while len(self._waiting) > self.index.reorder:
                yield from self._hand_on()

    def finish(self) -> Iterator[Picture]:
        """Hand on what is left; every frame up to the end gets its turn."""
        self._note_missing(self.index.n_frames)
        while self._waiting:
            yield from self._hand_on()
        while self._next < self.index.n_frames:
            yield self._give(self._next, None)

    def _note_missing(self, rank: int) -> None:
        """Decoders give pictures in order: those passed over on the way to ``rank`` will not come any more."""
        for missing in range(self._latest + 1, rank):
            packet = int(self.index.packet_of[missing])
            lost = self.index.flags[packet] & LOST
            reason = self.damage.reason(packet) if not lost else "the file is damaged here, and the frame is lost"
            if self.is_careful:
                self._is_upset |= bool(lost)
                self.damage.add(packet, reason or "no picture came out of the decoder")
            elif reason is None or lost:
                raise _Anomaly
        self._latest = max(self._latest, rank)

    def _hand_on(self) -> Iterator[Picture]:
        rank, frame = heapq.heappop(self._waiting)
        while self._next < rank:
            yield self._give(self._next, None)
        if rank == self._next:
            yield self._give(rank, frame)

    def _give(self, rank: int, frame: VideoFrame | None) -> Picture:
        self._next = rank + 1
        packet = int(self.index.packet_of[rank])
        reason = self.damage.reason(packet)
        if frame is None or self.damage.is_damaged(packet):
            return Picture(rank, None, f"damaged: {reason or 'no picture came out of the decoder'}")
        return Picture(rank, frame, reason and f"may be smeared: {reason}")

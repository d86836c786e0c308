"""The sound of a video, carried over to another one packet by packet without being decoded."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import av
from av.packet import Packet

from deeplabcut.io.video.formats import container_of
from deeplabcut.io.video.opening import open_container, video_stream

logger = logging.getLogger(__name__)


class Sound:
    """The first sound track of ``source`` between two times of its video; a `Passenger` for a `VideoSink`.

    ``stream`` is None if there is no sound, or none that the file format of ``target`` can hold.
    """

    def __init__(self, source: Path, target: Path, start_s: float, stop_s: float) -> None:
        self.stream: Any = None
        self._source = source
        self._container = open_container(source)
        streams = self._container.streams.audio
        if not streams:
            return
        codec = streams[0].codec_context.codec.canonical_name if streams[0].codec_context else "unknown"
        if not any(codec.startswith(known) for known in container_of(target).sound):
            logger.warning(
                "The sound of %s (%s) does not fit into a %s file and is left out.", source.name, codec, target.suffix
            )
            return
        self.stream = streams[0]
        video = video_stream(self._container, source)
        first_s = float((video.start_time or 0) * (video.time_base or 0))
        self._tick_s = float(self.stream.time_base)
        self._shift = round((first_s + start_s) / self._tick_s)
        self._length_s = stop_s - start_s
        self._packets = self._wanted(first_s + start_s)
        self._waiting: Packet[Any] | None = next(self._packets, None)

    def until(self, time_s: float) -> Iterator[Packet[Any]]:
        """The next packets up to ``time_s`` of the new video."""
        while self._waiting is not None and (self._waiting.pts or 0) * self._tick_s <= time_s:
            yield self._waiting
            self._waiting = next(self._packets, None)

    def _wanted(self, from_s: float) -> Iterator[Packet[Any]]:
        if from_s > 1:
            with suppress(av.FFmpegError):  # then the packets before it are read and left out
                self._container.seek(int((from_s - 1) * av.time_base), backward=True)
        try:
            for packet in self._container.demux(self.stream):
                if packet.pts is None or not packet.size:
                    continue
                packet.pts -= self._shift
                packet.dts = packet.pts
                if packet.pts * self._tick_s >= self._length_s:
                    return
                if packet.pts >= 0:
                    yield packet
        except av.FFmpegError as error:
            logger.warning("The sound of %s is damaged and ends early (%s).", self._source.name, error.strerror)

    def __enter__(self) -> Sound:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

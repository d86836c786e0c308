"""Reading a video in a child process, so that a decoder that crashes or hangs fails one video and nothing else.

The readers here have the names of `deeplabcut.io.video.reader`. The child itself is a
`deeplabcut.io.video.isolate_process.ChildProcess`: one per iterator, kept for the next one if it answered to the end.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeplabcut.core.errors import InvalidInput, VideoError
from deeplabcut.core.progress import printable
from deeplabcut.io.video.isolate_process import END, WHOLE_BUT_UNSENT, ChildProcess, n_slots_for
from deeplabcut.io.video.opening import absolute
from deeplabcut.io.video.pictures import Format, Image, Memory
from deeplabcut.io.video.reader import Frame, State, VideoFacts

_CHANNELS = {"rgb24": 3, "bgr24": 3, "gray": 1}


class IsolatedVideo:
    """A video read by a child process; the same names as `deeplabcut.io.video.reader.Video`.

    Parameters
    ----------
    timeout_s
        The longest silence that is taken for work.
    environment
        Variables for the child, beside those of this process.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        timeout_s: float = 60.0,
        index_cache: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.path = absolute(path)
        self._timeout_s = timeout_s
        self._request = {"path": str(self.path), "cache": None if index_cache is None else str(index_cache)}
        self._environment = dict(environment or {})
        self._idle: list[ChildProcess] = []
        self._busy: list[ChildProcess] = []
        child = self._take()
        facts = child.facts
        self.width: int = facts["width"]
        self.height: int = facts["height"]
        self.fps: float = facts["fps"]
        self.duration_s: float = facts["duration_s"]
        self.times_s: NDArray[np.float64] = child.times_s
        self.facts = VideoFacts(**{**facts["facts"], "warnings": tuple(facts["facts"]["warnings"])})
        self._put_back(child)

    @property
    def n_frames(self) -> int:
        """The true number of frames."""
        return len(self.times_s)

    def __len__(self) -> int:
        return self.n_frames

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1, *, format: Format = "rgb24"
    ) -> Iterator[Frame]:
        """Frames in order; see `deeplabcut.io.video.reader.Video.frames`."""
        return self._frames({"frames": [start, stop, step]}, format)

    def read_many(self, indices: Iterable[int], *, format: Format = "rgb24") -> Iterator[Frame]:
        """The frames of ``indices`` in the order given."""
        return self._frames({"indices": [int(i) for i in indices]}, format)

    def frame(self, index: int, *, format: Format = "rgb24") -> Frame:
        """Frame number ``index``, whole or damaged."""
        (frame,) = self._frames({"indices": [int(index)]}, format)
        return frame

    def read(self, index: int, *, format: Format = "rgb24") -> Image:
        """The picture of frame number ``index``; a damaged frame is a `VideoError`."""
        frame = self.frame(index, format=format)
        if frame.image is None:
            raise VideoError(f"Frame {index} of {printable(self.path.name)} cannot be shown ({frame.error}).",
                             where=self.path, fix="choose another frame")  # fmt: skip
        return frame.image

    def states(self) -> Iterator[State]:
        """Decode every frame and say only how that went."""
        for _, frame, _, slot, error in self._ask({"states": True}):
            yield State(frame, slot == WHOLE_BUT_UNSENT, error.decode() or None)

    def close(self) -> None:
        """End the children."""
        for child in [*self._idle, *self._busy]:
            child.end()
        self._idle, self._busy = [], []

    def __enter__(self) -> IsolatedVideo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):
            self.close()

    def _frames(self, request: dict[str, Any], format: Format) -> Iterator[Frame]:
        if format not in _CHANNELS:
            raise InvalidInput(f"Unknown picture format {format!r}.", fix=f"use one of {', '.join(_CHANNELS)}")
        shape = (self.height, self.width, 3)[: 3 if _CHANNELS[format] == 3 else 2]
        slot_bytes = int(np.prod(shape))
        request = {**request, "format": format, "slot_bytes": slot_bytes, "n_slots": n_slots_for(slot_bytes)}
        memory = Memory()
        for child, index, time_s, slot, error in self._ask(request):
            image = None
            if slot >= 0:
                image = memory.take(shape)
                np.copyto(image, child.picture(slot, slot_bytes).reshape(shape))
                child.tell({"free": slot})
            yield Frame(index, time_s, image, error.decode() or None)

    def _ask(self, request: dict[str, Any]) -> Iterator[tuple[ChildProcess, int, float, int, bytes]]:
        child = self._take()
        is_done = False
        try:
            child.prepare(request.get("n_slots", 0) * request.get("slot_bytes", 0))
            child.tell(request)
            while True:
                kind, index, time_s, slot, payload = child.hear(self._timeout_s)
                if kind == END:
                    is_done = True
                    return
                yield child, index, time_s, slot, payload
        finally:
            if is_done:
                self._put_back(child)
            else:
                self._busy = [other for other in self._busy if other is not child]
                child.end()

    def _take(self) -> ChildProcess:
        if self._idle:
            child = self._idle.pop()
        else:
            child = ChildProcess(self.path, self._environment)
            try:
                child.open(self._request, self._timeout_s)
            except BaseException:
                child.end()
                raise
        self._busy.append(child)
        return child

    def _put_back(self, child: ChildProcess) -> None:
        if child in self._busy:
            self._busy.remove(child)
            self._idle.append(child)


def isolated_frames(
    path: str | os.PathLike[str],
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
    *,
    format: Format = "rgb24",
    timeout_s: float = 60.0,
) -> Iterator[Frame]:
    """The frames of a video, decoded in a child process that ends with the iterator."""
    with IsolatedVideo(path, timeout_s=timeout_s) as video:
        yield from video.frames(start, stop, step, format=format)

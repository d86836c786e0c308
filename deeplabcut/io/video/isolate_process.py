"""The child process that decodes, as its parent holds it: started, told, heard, and always cleared away.

Pictures come over through a ring of shared memory, everything else through the child's standard input and output.
A child that dies, or stays silent for too long, becomes a `VideoError`. Its own side of the line is
`deeplabcut.io.video.isolate_child`.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import queue
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

import deeplabcut
from deeplabcut.core import errors, progress
from deeplabcut.core.errors import DeepLabCutError, VideoError
from deeplabcut.core.processes import own_group
from deeplabcut.core.progress import printable
from deeplabcut.io.video.pictures import Image

HEADER = struct.Struct("<cqdqI")  # kind, frame, time, slot, bytes that follow
OPENED, ALIVE, FRAME, END, ERROR = b"O", b"A", b"F", b"E", b"X"
NO_SLOT, WHOLE_BUT_UNSENT = -1, -2
_RING_BYTES = 64 << 20
_N_SLOTS = range(3, 17)
_LOOK_UP_S = 0.5  # while the child is silent, how often to ask whether to stop
_CODE = "from deeplabcut.io.video.isolate_child import serve; serve()"


class ChildProcess:
    """A process that decodes, and what is needed to talk to it and to get rid of it."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self.path = path
        self.facts: dict[str, Any] = {}
        self.times_s: NDArray[np.float64] = np.zeros(0)
        self._has_ended = False
        self._at = -1
        self._ring: mmap.mmap | None = None
        self._ring_name = f"deeplabcut-{uuid.uuid4().hex}"
        self._ring_file = _anonymous_file()
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        root = str(Path(deeplabcut.__file__).parents[1])
        search = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, cwd=root,
            env={**os.environ, "PYTHONPATH": search, **environment},
            pass_fds=[self._ring_file] if self._ring_file is not None else [], **own_group(),
        )  # fmt: skip
        self._heard: queue.Queue[tuple[bytes, int, float, int, bytes] | None] = queue.Queue(maxsize=256)
        self._listener = threading.Thread(target=self._listen, name="video child", daemon=True)
        self._listener.start()

    def open(self, request: dict[str, Any], timeout_s: float) -> None:
        """Have the child open the video and say what it found."""
        self.tell({**request, "ring_file": self._ring_file, "ring_name": self._ring_name})
        _, n_facts, _, _, payload = self.hear(timeout_s)
        self.facts = json.loads(payload[:n_facts])
        self.times_s = np.frombuffer(payload[n_facts:], np.float64)

    def prepare(self, n_bytes: int) -> None:
        """Have at least ``n_bytes`` of memory that the child can write to."""
        self._at = -1
        if n_bytes > (0 if self._ring is None else len(self._ring)):
            if self._ring_file is None:
                self._ring = mmap.mmap(-1, n_bytes, f"{self._ring_name}-{n_bytes}")  # type: ignore[arg-type,unused-ignore]
            else:
                os.truncate(self._ring_file, n_bytes)
                self._ring = mmap.mmap(self._ring_file, n_bytes)

    def picture(self, slot: int, n_bytes: int) -> Image:
        """The memory of a slot; the child may use it again once told that it is free."""
        if self._ring is None:
            raise ValueError("no ring was prepared")
        return np.frombuffer(self._ring, np.uint8, n_bytes, slot * n_bytes)

    def tell(self, message: dict[str, Any]) -> None:
        """Send one line to the child."""
        with contextlib.suppress(BrokenPipeError):  # its end is noticed when listening
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(message).encode() + b"\n")
                self._process.stdin.flush()

    def hear(self, timeout_s: float) -> tuple[bytes, int, float, int, bytes]:
        """The next thing that the child says, other than that it is alive; raises `Cancelled` if told to stop."""
        while True:
            heard = self._next_word(timeout_s)
            if heard is None:
                raise self._death()
            if heard[0] == ERROR:
                raise _error(json.loads(heard[4]))
            if heard[0] != ALIVE:
                self._at = heard[1] if heard[0] == FRAME else self._at
                return heard

    def _next_word(self, timeout_s: float) -> tuple[bytes, int, float, int, bytes] | None:
        give_up_s = time.monotonic() + timeout_s
        while True:
            if self._has_ended:
                raise VideoError(f"{printable(self.path.name)} was closed while it was read.", where=self.path)
            with contextlib.suppress(queue.Empty):
                return self._heard.get(timeout=min(_LOOK_UP_S, timeout_s))
            progress.current().check()
            if time.monotonic() >= give_up_s:
                raise VideoError(
                    f"The decoder of {printable(self.path.name)} hangs: silent for {timeout_s:g} s {self._place()}.",
                    where=self.path, fix="copy or convert the video; raise the time limit if its drive is slow",
                )  # fmt: skip

    def end(self) -> None:
        """Stop the process, wait for it, and let go of everything that was shared with it."""
        if self._has_ended:
            return
        self._has_ended = True
        self._process.kill()
        while self._listener.is_alive():
            with contextlib.suppress(queue.Empty):
                self._heard.get(timeout=0.02)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        if self._ring_file is not None:
            os.close(self._ring_file)
            self._ring_file = None

    def _listen(self) -> None:
        stream = self._process.stdout
        while stream is not None:
            header = stream.read(HEADER.size)
            if len(header) < HEADER.size:
                break
            kind, index, time_s, slot, n_bytes = HEADER.unpack(header)
            self._heard.put((kind, index, time_s, slot, stream.read(n_bytes)))
        self._heard.put(None)

    def _death(self) -> VideoError:
        code = self._process.wait()
        self._complaints.seek(0)
        lines = self._complaints.read()[-2000:].decode(errors="replace").strip().splitlines()
        try:
            cause = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        except ValueError:
            cause = f"signal {-code}"
        last = f"; it said: {printable(lines[-1])}" if lines else ""
        return VideoError(
            f"The decoder of {printable(self.path.name)} crashed ({cause}) {self._place()}{last}.",
            where=self.path, fix="convert the video, for example to H.264 in mp4, and use the new one",
        )  # fmt: skip

    def _place(self) -> str:
        if not self.facts:
            return "while the video was opened"
        return "at the first frame asked for" if self._at < 0 else f"after frame {self._at}"


def n_slots_for(slot_bytes: int) -> int:
    """How many pictures of this size the ring holds."""
    return min(max(_RING_BYTES // slot_bytes, _N_SLOTS[0]), _N_SLOTS[-1])


def _anonymous_file() -> int | None:
    """A file without a name for shared memory; None where named memory is used instead."""
    if os.name == "nt":
        return None
    if hasattr(os, "memfd_create"):
        return os.memfd_create("deeplabcut-video")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _error(facts: dict[str, Any]) -> Exception:
    kind = getattr(errors, facts["kind"], VideoError)
    if not (isinstance(kind, type) and issubclass(kind, DeepLabCutError)):
        kind = VideoError
    return kind(facts["message"], where=facts["where"], fix=facts["fix"])

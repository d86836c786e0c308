"""The child process of `deeplabcut.io.video.isolate`: opens one video and decodes what it is asked for."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deeplabcut.core.errors import DeepLabCutError
from deeplabcut.io.video.isolate_process import ALIVE, END, ERROR, FRAME, HEADER, NO_SLOT, OPENED, WHOLE_BUT_UNSENT
from deeplabcut.io.video.reader import Frame, State, Video

FAULT = "DEEPLABCUT_VIDEO_CHILD_FAULT"  # segfault:30, abort:30, hang:30 or exit:30; "open" instead of a frame
_ALIVE_EVERY_S = 1.0
_PARENT_EVERY_S = 5.0


def serve() -> None:
    """Answer requests until the parent closes the line."""
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)  # whatever a library prints must not mix with the answers
        _Server(sys.stdin.buffer, out).run()


class _Server:
    def __init__(self, lines: BinaryIO, out: Any) -> None:
        self.lines = lines
        self.out = out
        self.fault = os.environ.get(FAULT, "")
        self.said_s = 0.0

    def run(self) -> None:
        _dump_no_core()
        if os.name != "nt":
            threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
        try:
            self.answer(self.hear())
        except EOFError:
            return
        except DeepLabCutError as error:
            facts = {"kind": type(error).__name__, "message": error.message, "where": error.where, "fix": error.fix}
            self.say(ERROR, payload=json.dumps(facts).encode())
        except Exception as error:
            traceback.print_exc()
            facts = {
                "kind": "VideoError",
                "message": f"Reading the video failed: {error!r}.",
                "where": None,
                "fix": None,
            }
            self.say(ERROR, payload=json.dumps(facts).encode())

    def answer(self, opening: dict[str, Any]) -> None:
        cause_fault(self.fault, "open")
        with Video(opening["path"], index_cache=opening["cache"] and Path(opening["cache"]), tick=self.tick) as video:
            names = ("width", "height", "fps", "duration_s")
            facts = {**{name: getattr(video, name) for name in names}, "facts": asdict(video.facts)}
            text = json.dumps(facts).encode()
            self.say(OPENED, len(text), payload=text + np.ascontiguousarray(video.times_s).tobytes())
            while True:
                request = self.hear()
                if "free" in request:
                    continue  # of an answer that is complete
                if request.get("states"):
                    self.send_states(video.states())
                else:
                    self.send_frames(_frames(video, request), request, opening)
                self.say(END)

    def send_states(self, states: Iterable[State]) -> None:
        for state in states:
            cause_fault(self.fault, state.index)
            self.say(
                FRAME, state.index, 0.0, WHOLE_BUT_UNSENT if state.is_whole else NO_SLOT, (state.error or "").encode()
            )

    def send_frames(self, frames: Iterable[Frame], request: dict[str, Any], opening: dict[str, Any]) -> None:
        size, n_slots = request["slot_bytes"], request["n_slots"]
        if opening["ring_file"] is None:
            ring = mmap.mmap(-1, size * n_slots, f"{opening['ring_name']}-{size * n_slots}")  # type: ignore[arg-type,unused-ignore]
        else:
            ring = mmap.mmap(opening["ring_file"], size * n_slots)
        memory = np.frombuffer(ring, np.uint8).reshape(n_slots, size)
        free = list(range(n_slots))
        for frame in frames:
            cause_fault(self.fault, frame.index)
            slot = NO_SLOT
            if frame.image is not None:
                while not free:
                    free.append(self.hear()["free"])
                slot = free.pop()
                memory[slot].reshape(frame.image.shape)[:] = frame.image
            self.say(FRAME, frame.index, frame.time_s, slot, (frame.error or "").encode())

    def tick(self) -> None:
        if time.monotonic() - self.said_s > _ALIVE_EVERY_S:
            self.say(ALIVE)

    def say(self, kind: bytes, index: int = 0, time_s: float = 0.0, slot: int = NO_SLOT, payload: bytes = b"") -> None:
        self.said_s = time.monotonic()
        message = memoryview(HEADER.pack(kind, index, time_s, slot, len(payload)) + payload)
        while message:
            message = message[self.out.write(message) :]

    def hear(self) -> dict[str, Any]:
        line = self.lines.readline()
        if not line:
            raise EOFError
        message: dict[str, Any] = json.loads(line)
        return message


def _frames(video: Video, request: dict[str, Any]) -> Iterable[Frame]:
    if "indices" not in request:
        return video.frames(*request["frames"], format=request["format"])
    if len(request["indices"]) == 1:
        return [video.frame(request["indices"][0], format=request["format"])]
    return video.read_many(request["indices"], format=request["format"])


def cause_fault(spec: str, place: int | str) -> None:
    """Fail on purpose if ``spec`` says so: how tests break a decoder."""
    kind, _, where = spec.partition(":")
    if not kind or where != str(place):
        return
    if kind == "segfault":
        ctypes.string_at(0)
    elif kind == "abort":
        os.abort()
    elif kind == "hang":
        threading.Event().wait()
    elif kind == "exit":
        os._exit(3)


def _end_with_parent(parent: int) -> None:
    """A decoder that hangs must not outlive the process that would have ended it."""
    while os.getppid() == parent:
        time.sleep(_PARENT_EVERY_S)
    os._exit(1)


def _dump_no_core() -> None:
    if os.name != "nt":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

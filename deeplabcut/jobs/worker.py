"""The child process of a job: the job comes on standard input, events leave on standard output.

``python -m deeplabcut.jobs.worker`` reads one line with a job. A further line, or the end of the input (the
parent is gone), asks the job to stop. Whatever a verb prints goes to standard error.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from deeplabcut.core.progress import Progress
from deeplabcut.jobs.events import EventWriter, LogEvents, error_event
from deeplabcut.jobs.listening import listening
from deeplabcut.jobs.runner import run
from deeplabcut.jobs.specs import JobSpec
from deeplabcut.jobs.verbs import VERBS, Verb

BEAT_S = 5.0
_LONGEST_JOB = 1 << 26


def main(verbs: Sequence[Verb] = VERBS) -> int:
    """Do the one job that comes on standard input; the exit code."""
    events = EventWriter(claim_stdout())
    try:
        job = JobSpec.from_json(_line(), verbs=verbs)
    except Exception as error:
        refusal = error_event(error)
        events.emit(refusal)
        return int(refusal["exit_code"])
    progress = Progress(events.reporter())
    done = threading.Event()
    threading.Thread(target=_obey, args=(progress,), daemon=True).start()
    threading.Thread(target=_beat, args=(events, done), daemon=True).start()
    try:
        with listening(LogEvents(events)):
            outcome, _, _ = run(job, progress, verbs=verbs, events=events)
    except BrokenPipeError:  # nobody is left to hear the result
        return 1
    finally:
        done.set()
    return outcome.exit_code


def claim_stdout() -> TextIO:
    """Keep standard output for events: what anything else in this process prints goes to standard error."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace", newline="\n")
    os.dup2(2, 1)
    return own


def _line() -> bytes:
    """One line of standard input, read without a buffer that would swallow the next."""
    parts = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        parts += byte
        if len(parts) > _LONGEST_JOB:
            break
    return bytes(parts)


def _obey(progress: Progress) -> None:
    with suppress(OSError):
        os.read(0, 1)
    progress.cancel()


def _beat(events: EventWriter, done: threading.Event) -> None:
    with suppress(OSError):
        while not done.wait(BEAT_S):
            events.emit({"event": "alive"})


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    sys.exit(code)

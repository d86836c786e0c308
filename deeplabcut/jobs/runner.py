"""Running a job: here, or in a child process that may crash, hang or be stopped without harm to this one."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from deeplabcut.core.errors import Cancelled, DeepLabCutError
from deeplabcut.core.processes import own_group
from deeplabcut.core.progress import Progress, in_force
from deeplabcut.jobs.events import Event, EventWriter, error_event, job_event, result_event
from deeplabcut.jobs.specs import JobSpec
from deeplabcut.jobs.stopping import stoppable
from deeplabcut.jobs.verbs import VERBS, Verb

WORKER = (sys.executable, "-m", "deeplabcut.jobs.worker")
_POLL_S = 0.1
_DRAIN_S = 2.0
_TIDY_S = 10.0
_POSIX = os.name == "posix"


class WorkerDied(DeepLabCutError, RuntimeError):
    """A child process that ended, or went silent, without a result."""

    code = "DLC110"


@dataclass(frozen=True)
class Outcome:
    """How a job ended: its last event, and the exit code to hand on."""

    last: Event

    @property
    def exit_code(self) -> int:
        return int(self.last["exit_code"])

    @property
    def ok(self) -> bool:
        return bool(self.last["event"] == "result")

    @property
    def value(self) -> Any:
        """What the verb returned, as JSON; None after a failure."""
        return self.last.get("value")


def run(
    job: JobSpec,
    progress: Progress,
    *,
    verbs: Sequence[Verb] = VERBS,
    events: EventWriter | None = None,
    on_stop: Callable[[], object] = lambda: None,
) -> tuple[Outcome, Any, BaseException | None]:
    """Do ``job`` in this process: its outcome, the returned value, and the exception if it failed.

    Parameters
    ----------
    progress : Progress
        Receives the tasks; signals cancel it.
    events : EventWriter, optional
        Receives the first and the last event.
    on_stop : function
        Called when a signal has asked to stop.
    """
    if events:
        events.emit(job_event(job.verb, job.arguments))
    value, failure = None, None
    with stoppable(progress, first=on_stop) as stop, in_force(progress):
        try:
            value = job.call(verbs=verbs)
            last = result_event(value)
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            failure = error
            last = error_event(error, signal_number=stop.number)
        if events:
            events.emit(last)
    return Outcome(last), value, failure


class ChildRun:
    """A job in a child process; use it as a context manager, which leaves no process behind.

    ::

        with ChildRun(job) as child:
            for event in child.events():
                ...
        child.outcome

    Parameters
    ----------
    command : sequence of str
        The worker to start.
    grace_s : float
        How long a cancelled job may take to stop before it is killed.
    silence_s : float
        A child without any sign of life for so long is killed; workers give one every few seconds.
    """

    def __init__(
        self,
        job: JobSpec,
        *,
        command: Sequence[str] = WORKER,
        grace_s: float = 30.0,
        silence_s: float = 300.0,
    ) -> None:
        self.job = job
        self.outcome: Outcome | None = None
        self._grace_s = grace_s
        self._silence_s = silence_s
        self._kill_at_s: float | None = None
        self._silent = False
        self._reaped = False
        self._reaping = threading.Lock()
        self._lines: queue.Queue[bytes | None] = queue.Queue(maxsize=1000)
        self._orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=50)
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **own_group()
        )
        self._errors = threading.Thread(target=self._read_errors, args=(_pipe(self._process.stderr),), daemon=True)
        self._errors.start()
        self._events = threading.Thread(target=self._read_events, args=(_pipe(self._process.stdout),), daemon=True)
        self._events.start()
        threading.Thread(target=self._write_orders, args=(_pipe(self._process.stdin),), daemon=True).start()
        self._orders.put(job.to_json())

    def __enter__(self) -> ChildRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._reap()
        for thread, pipe in ((self._events, self._process.stdout), (self._errors, self._process.stderr)):
            thread.join(_DRAIN_S)
            _pipe(pipe).close()
        if self.outcome is None:
            self.outcome = Outcome(error_event(self._death()))

    def events(self) -> Iterator[Event]:
        """The events as they come; ends when the child has ended, and sets ``outcome``.

        The last event is always a result or an error: a child that dies without one has it written here.
        """
        last: Event | None = None
        heard_s = time.monotonic()
        gone_s: float | None = None
        while gone_s is None or time.monotonic() - gone_s < _DRAIN_S:
            try:
                line = self._lines.get(timeout=_POLL_S)
            except queue.Empty:
                if self._has_ended():
                    gone_s = gone_s or time.monotonic()
                self._watch(heard_s)
                continue
            heard_s = time.monotonic()
            if line is None:
                break
            event = _parsed(line)
            if event is None or event["event"] == "alive":
                continue
            if event["event"] in ("result", "error"):
                last = event
                break
            yield event
        self._end(_DRAIN_S if last is None else _TIDY_S)
        if last is None:
            last = error_event(self._death())
        self.outcome = Outcome(last)
        yield last

    def cancel(self) -> None:
        """Ask the job to stop; asking again kills it."""
        if self._kill_at_s is not None:
            self.kill()
            return
        self._kill_at_s = time.monotonic() + self._grace_s
        self._orders.put("cancel")

    def kill(self) -> None:
        """End the child and whatever it started, at once."""
        with self._reaping, suppress(ProcessLookupError, PermissionError):
            if self._reaped:
                return
            if _POSIX:
                os.killpg(self._process.pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
            else:
                self._process.kill()

    def _watch(self, heard_s: float) -> None:
        now_s = time.monotonic()
        if self._kill_at_s is not None and now_s > self._kill_at_s:
            self.kill()
        elif now_s - heard_s > self._silence_s:
            self._silent = True
            self.kill()

    def _has_ended(self) -> bool:
        """Whether the child has ended; it is not reaped here, which keeps its number from being given away."""
        if hasattr(os, "waitid"):
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return self._reaped or os.waitid(os.P_PID, self._process.pid, flags) is not None
        return self._process.poll() is not None

    def _end(self, patience_s: float) -> None:
        """Let a child that has said its last word tidy up, then make sure that nothing of it is left."""
        give_up_s = time.monotonic() + patience_s
        while not self._has_ended() and time.monotonic() < give_up_s:
            time.sleep(_POLL_S / 10)
        self.kill()
        self._reap()
        self._errors.join(_DRAIN_S)

    def _reap(self) -> None:
        with self._reaping:
            self._process.wait()
            self._reaped = True
        self._orders.put("")

    def _death(self) -> DeepLabCutError:
        if self._kill_at_s is not None:
            return Cancelled("Stopped on request.", fix="run the same command again to continue")
        code = self._process.returncode
        if self._silent:
            how = f"gave no sign of life for {self._silence_s:.0f} s and was ended"
        elif code is not None and code < 0:
            how = f"was ended by {_signal_name(-code)}"
        else:
            how = f"ended with exit code {code} but without a result"
        said = "\n".join(self._said)
        return WorkerDied(
            f"The process that ran {self.job.verb!r} {how}." + (f" Its last words:\n{said}" if said else ""),
            where=f"process {self._process.pid}",
            fix="check the memory and the file it was working on, then run it again; files are whole or absent",
        )

    def _write_orders(self, pipe: IO[bytes]) -> None:
        with suppress(OSError):  # a child that is gone is found out by `events`
            while order := self._orders.get():
                pipe.write(order.encode() + b"\n")
                pipe.flush()
        with suppress(OSError):
            pipe.close()

    def _read_events(self, pipe: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            for line in pipe:
                self._hand_over(line)
        self._hand_over(None)

    def _hand_over(self, line: bytes | None) -> None:
        """Queue a line; one that nobody takes is dropped when the child is gone."""
        while not self._reaped:
            with suppress(queue.Full):
                self._lines.put(line, timeout=_POLL_S)
                return

    def _read_errors(self, pipe: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            for line in pipe:
                self._said.append(line.decode("utf-8", "replace").rstrip())


def run_child(
    job: JobSpec, on_event: Callable[[Event], object] = lambda event: None, *, command: Sequence[str] = WORKER
) -> Outcome:
    """Do ``job`` in a child process and wait for it; signals to this process stop the child."""
    with ChildRun(job, command=command) as child, stoppable(Progress(), first=child.cancel, second=child.kill) as stop:
        for event in child.events():
            on_event(event)
    outcome = child.outcome or Outcome(error_event(WorkerDied("The job ended without an outcome.")))
    if stop.number is not None and not outcome.ok:
        return Outcome({**outcome.last, "exit_code": 128 + stop.number})
    return outcome


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("the child has no such pipe")
    return pipe


def _parsed(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

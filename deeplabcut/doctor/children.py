"""Programs that may crash or hang, listened to from a safe distance: nothing here waits without a limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from deeplabcut.core.processes import own_group

_GIVE_UP_S = 3.0


@dataclass(frozen=True)
class Said:
    """What a program said; ``code`` is None for one that did not end in time, or did not start."""

    output: str
    errors: str
    code: int | None
    ended: bool = True


@dataclass(frozen=True)
class Findings:
    """What a probe found out before it ended: facts by name, errors by step, and the step it died in."""

    facts: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    died_in: str | None = None
    death: str = ""


def listen(command: Sequence[str], limit_s: float) -> Said:
    """Run a program for at most ``limit_s``; one that cannot even be killed is left behind."""
    try:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=sys.prefix, env=_environment(), **own_group(),
        )  # fmt: skip
    except OSError as error:
        return Said("", str(error), None)
    heard: tuple[list[bytes], list[bytes]] = ([], [])
    readers = [
        threading.Thread(target=_read, args=(pipe, parts), daemon=True)
        for pipe, parts in zip((process.stdout, process.stderr), heard, strict=True)
    ]
    for reader in readers:
        reader.start()
    ended = True
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        ended = False
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        with suppress(subprocess.TimeoutExpired):  # a process stuck in a driver ignores even this
            process.wait(_GIVE_UP_S)
    for reader in readers:
        reader.join(_GIVE_UP_S)
    output, errors = (b"".join(parts).decode("utf-8", "replace") for parts in heard)
    return Said(output, errors, process.returncode if ended else None, ended)


def probe(name: str, limit_s: float, *, command: Sequence[str] | None = None) -> Findings:
    """Run one of `deeplabcut.doctor.probes` in a child process."""
    said = listen(command or [sys.executable, "-m", "deeplabcut.doctor.probes", name], limit_s)
    facts: dict[str, Any] = {}
    errors: dict[str, str] = {}
    step: str | None = "start"
    for line in said.output.splitlines():
        try:
            record = json.loads(line)
            kind = record["kind"]
        except (ValueError, TypeError, KeyError):
            continue
        if kind == "step":
            step = record["name"]
        elif kind == "facts":
            facts.update(record["facts"])
        elif kind == "error":
            errors[record["step"]] = record["message"]
        elif kind == "done":
            step = None
    return Findings(facts, errors, step, _death(said, limit_s) if step else "")


def _death(said: Said, limit_s: float) -> str:
    last = next((line.strip() for line in reversed(said.errors.splitlines()) if line.strip()), "")
    if not said.ended:
        return f"did not finish within {limit_s:.0f} s"
    if said.code is not None and said.code < 0:
        with suppress(ValueError):
            return f"crashed ({signal.Signals(-said.code).name})"
    return f"ended with exit code {said.code}" + (f": {last}" if last else "")


def _environment() -> dict[str, str]:
    """The environment, in which the child finds this very package although it starts in another folder."""
    home = str(Path(__file__).resolve().parents[2])
    if home in (sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]):
        return dict(os.environ)
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _read(pipe: IO[bytes] | None, parts: list[bytes]) -> None:
    with suppress(OSError, ValueError):
        while pipe is not None and (part := pipe.read1(65536)):  # type: ignore[attr-defined]
            parts.append(part)

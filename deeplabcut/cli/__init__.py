"""The ``dlc`` command: the verbs of `deeplabcut.jobs`, for people and for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from deeplabcut.jobs.verbs import VERBS, Verb

__all__ = ["main"]


def main(args: Sequence[str] | None = None, *, verbs: Sequence[Verb] = VERBS) -> int:
    """Run the command line ``args`` (``sys.argv`` by default); the exit code.

    0: done; 1: failed; 2: the command line itself is wrong; 129, 130 and 143: stopped by SIGHUP, SIGINT
    and SIGTERM.
    """
    from deeplabcut.cli.commands import run

    _replace_closed_streams()
    try:
        code = run(sys.argv[1:] if args is None else list(args), verbs)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        _lead_nowhere(1)
        code = 1
    try:
        sys.stderr.flush()
    except OSError:  # nobody reads the progress: what waits to be written must not become the exit code
        _lead_nowhere(2)
    return code


def _lead_nowhere(number: int) -> None:
    """Let a standard stream end in nothing, so that the interpreter can flush it when it stops."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _replace_closed_streams() -> None:
    """Standard streams that the caller closed lead nowhere; left closed, files of ours would get their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for the whole process

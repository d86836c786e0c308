"""The ``dlc`` command: the verbs of `deeplabcut.jobs`, for people and for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from deeplabcut.jobs.verbs import VERBS, Verb

__all__ = ["main"]


def main(args: Sequence[str] | None = None, *, verbs: Sequence[Verb] = VERBS) -> int:
    """Run the command line ``args`` (``sys.argv`` by default); the exit code.

    0: done; 1: failed; 2: the command line itself is wrong; 130 and 143: stopped by SIGINT and SIGTERM.
    """
    from deeplabcut.cli.commands import run

    try:
        code = run(sys.argv[1:] if args is None else list(args), verbs)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return code

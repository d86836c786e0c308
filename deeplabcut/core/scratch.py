"""Names of unfinished files: they tell who made them, so that others can tell whether the maker still runs."""

from __future__ import annotations

import os
import socket
import time
import uuid
import zlib
from pathlib import Path

from deeplabcut.core.liveness import birth_of, still_runs

PREFIX = ".dlc-"
HOST = f"{zlib.crc32(socket.gethostname().encode()):08x}"
_DAY_S = 86_400


def scratch_name(folder: Path, suffix: str) -> Path:
    """A new name in ``folder`` for a file of this process that is not finished."""
    pid = os.getpid()
    return folder / f"{PREFIX}{HOST}-{pid}-{birth_of(pid)}-{uuid.uuid4().hex[:12]}.{suffix}"


def is_scratch(name: str) -> bool:
    """Whether a file of this name belongs to the machinery of safe writing."""
    return name.startswith(PREFIX)


def is_abandoned(name: str, dated: Path) -> bool:
    """Whether the process that made the scratch file ``name`` is gone; elsewhere's are judged by age."""
    _, host, pid, birth, *_ = (*name.split("-"), "", "", "")
    if host == HOST and pid.isdigit():
        return not still_runs(int(pid), birth)
    try:
        return time.time() - dated.stat().st_mtime > _DAY_S
    except FileNotFoundError:
        return False

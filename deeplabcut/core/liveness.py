"""Which processes of this machine still run, and whether a number still means the process that it meant."""

from __future__ import annotations

import os
from pathlib import Path


def pid_alive(pid: int) -> bool:
    """Whether a process with this number runs on this machine."""
    if os.name == "nt":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)  # type: ignore[attr-defined,unused-ignore]
        ctypes.windll.kernel32.CloseHandle(handle)  # type: ignore[attr-defined,unused-ignore]
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def birth_of(pid: int) -> str:
    """When a process began, as the system counts: tells it from a later one with its number; "" if nobody knows."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def still_runs(pid: int, birth: str) -> bool:
    """Whether the very process with this number and birth runs; containers give the same number to each successor."""
    now = birth_of(pid)
    return pid_alive(pid) and (not birth or not now or now == birth)

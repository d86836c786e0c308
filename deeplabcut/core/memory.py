"""How much memory there is, the limit of a container included, asked without any library."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_MAC_PAGES = ("free", "purgeable", "pageable_external")  # unused, given up on request, and copies of files


def memory_bytes() -> tuple[int, int] | None:
    """Total and available memory; None where it cannot be told."""
    if sys.platform.startswith("linux"):
        with suppress(OSError, ValueError, KeyError):
            lines = Path("/proc/meminfo").read_text().splitlines()
            sizes = {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines if line.endswith("kB")}
            return _within_container(sizes["MemTotal"], sizes["MemAvailable"])
    if sys.platform == "darwin" and (total := sysctl("hw.memsize")):
        pages = sum(int(sysctl(f"vm.page_{kind}_count") or 0) for kind in _MAC_PAGES)
        return int(total), min(int(total), pages * int(sysctl("hw.pagesize") or 4096))
    if sys.platform == "win32":
        return _windows_memory()
    return None


def sysctl(key: str) -> str:
    """What macOS says of itself under ``key``; nothing where it does not."""
    try:
        said = subprocess.run(["/usr/sbin/sysctl", "-n", key], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()


def _within_container(total: int, available: int) -> tuple[int, int]:
    with suppress(OSError, ValueError):
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
        return min(total, limit), min(available, max(0, limit - used))
    return total, available


def _windows_memory() -> tuple[int, int] | None:
    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *[
                (name, ctypes.c_ulonglong)
                for name in ("total", "free", "page", "page_free", "virtual", "v_free", "ext")
            ],
        ]

    status = Status(length=ctypes.sizeof(Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # type: ignore[attr-defined,unused-ignore]
        return None
    return int(status.total), int(status.free)

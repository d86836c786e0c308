"""Processor, memory, disks and folders, read without any library."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from deeplabcut.core.debug.report import short_path
from deeplabcut.core.errors import StorageError
from deeplabcut.core.memory import memory_bytes, sysctl
from deeplabcut.core.processes import usable_cores
from deeplabcut.core.trust import settings_folder
from deeplabcut.doctor.report import Check, Status

MACHINE, FOLDERS = "Machine", "Folders"
_GIB = 2**30
_LITTLE_MEMORY = 4 * _GIB
_LITTLE_DISK = 2 * _GIB

_FEATURES = (
    "sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8",
    "asimd", "asimddp", "bf16", "i8mm", "sve",
)  # fmt: skip
"""Instructions that networks on the CPU profit from, as Linux calls them."""

_MAC_FEATURES = {
    "hw.optional.AdvSIMD": "asimd",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
}
_WINDOWS_FEATURES = {38: "sse4_2", 39: "avx", 40: "avx2", 41: "avx512f", 19: "asimd"}


def machine_checks() -> list[Check]:
    """Processor, cores, memory."""
    return [_processor(), _cores(), _memory()]


def folder_checks() -> list[Check]:
    """Room and permissions where deeplabcut and its libraries write; a folder that is missing will be made."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    places: dict[str, Path | None] = {
        "temporary files": Path(tempfile.gettempdir()) if _has_temporary_folder() else None,
        "torch cache": Path(os.environ.get("TORCH_HOME") or cache / "torch"),
        "model cache": Path(os.environ.get("HF_HOME") or cache / "huggingface"),
    }
    with suppress(StorageError):
        places["settings"] = settings_folder()
    return [_here(), *[_folder(name, place) for name, place in places.items()]]


def cpu_features() -> list[str]:
    """The instructions of `_FEATURES` that this processor has."""
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
            flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
            return [name for name in _FEATURES if name in flags.partition(":")[2].split()]
    if sys.platform == "darwin":
        return [name for key, name in _MAC_FEATURES.items() if sysctl(key) == "1"]
    if sys.platform == "win32":
        present = ctypes.windll.kernel32.IsProcessorFeaturePresent
        return [name for number, name in _WINDOWS_FEATURES.items() if present(number)]
    return []


def _processor() -> Check:
    name = platform.processor() or platform.machine()
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    if sys.platform == "darwin":
        name = sysctl("machdep.cpu.brand_string") or name
    return Check(MACHINE, "processor", Status.OK, f"{name}: {' '.join(cpu_features()) or 'features unknown'}")


def _cores() -> Check:
    value = f"{usable_cores():g} usable of {os.cpu_count()}"
    limits = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if os.environ.get(name)}
    value += "".join(f", {name}={number}" for name, number in limits.items())
    return Check(MACHINE, "cores", Status.OK, value)


def _memory() -> Check:
    sizes = memory_bytes()
    if sizes is None:
        return Check(MACHINE, "memory", Status.NOTE, "unknown")
    total, available = sizes
    value = f"{available / _GIB:.1f} GiB available of {total / _GIB:.1f}"
    if total < _LITTLE_MEMORY:
        return Check(
            MACHINE, "memory", Status.WARNING, value, "take small batches and image sizes; 8 GiB or more is advised"
        )
    return Check(MACHINE, "memory", Status.OK, value)


def _here() -> Check:
    try:
        here = Path.cwd()
    except OSError:
        return Check(FOLDERS, "this folder", Status.WARNING, "it has been deleted", "change to another folder: cd")
    return _folder("this folder", here)


def _folder(name: str, place: Path | None) -> Check:
    """Whether this folder, or the nearest one above it that exists, takes files, and how much room there is."""
    try:
        if place is None:
            raise FileNotFoundError(name)
        existing = _existing(place.expanduser())
        room = shutil.disk_usage(existing).free
    except (OSError, RuntimeError):
        return Check(
            FOLDERS, name, Status.WARNING, "there is no such place", "set HOME, and TMPDIR for temporary files"
        )
    value = f"{short_path(place)}, {room / _GIB:.1f} GiB free"
    if not os.access(existing, os.W_OK | os.X_OK):
        fix = f"make {short_path(existing)} writable, or choose another folder"
        return Check(FOLDERS, name, Status.WARNING, f"{value}, not writable", fix)
    if room < _LITTLE_DISK:
        return Check(FOLDERS, name, Status.WARNING, value, "free some space; weights and results need a few GiB")
    return Check(FOLDERS, name, Status.OK, value)


def _existing(place: Path) -> Path:
    return next(folder for folder in (place, *place.parents, Path("/")) if folder.is_dir())


def _has_temporary_folder() -> bool:
    try:
        return bool(tempfile.gettempdir())
    except OSError:
        return False

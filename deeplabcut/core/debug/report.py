"""Versions of Python, libraries and programs as text to paste into a question; paths keep their last two parts."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import PurePath

from deeplabcut.core.debug.recorder import InMemoryDebugRecorder
from deeplabcut.core.progress import printable

_PROGRAM_LIMIT_S = 5.0


@dataclass(frozen=True)
class LibrarySpec:
    """A library of the report; the names of its distribution and module are its ``key`` unless given."""

    key: str
    dist_name: str | None = None
    module_name: str | None = None
    prefer_module_version: bool = False

    def resolved_dist_name(self) -> str:
        return self.dist_name or self.key

    def resolved_module_name(self) -> str:
        return self.module_name or self.key


@dataclass(frozen=True)
class ExecutableSpec:
    """A program of the report, and the arguments that make it say its version."""

    key: str
    command: str | None = None
    version_args: tuple[str, ...] = ("-version",)

    def resolved_command(self) -> str:
        return self.command or self.key


@dataclass(frozen=True)
class DebugSection:
    """A heading and its lines."""

    title: str
    items: dict[str, str] = field(default_factory=dict)


CORE_LIBRARIES = (
    LibrarySpec("deeplabcut"),
    LibrarySpec("torch"),
    LibrarySpec("torchvision"),
    LibrarySpec("numpy"),
    LibrarySpec("pandas"),
    LibrarySpec("scipy"),
    LibrarySpec("h5py"),
    LibrarySpec("tables"),
    LibrarySpec("opencv-python", module_name="cv2"),
    LibrarySpec("opencv-python-headless", module_name="cv2"),
    LibrarySpec("av"),
    LibrarySpec("pydantic"),
)
GUI_LIBRARIES = (
    LibrarySpec("PySide6"),
    LibrarySpec("napari"),
    LibrarySpec("napari-deeplabcut", module_name="napari_deeplabcut"),
)
TENSORFLOW_LIBRARIES = (
    LibrarySpec("tensorflow"),
    LibrarySpec("keras"),
    LibrarySpec("tf-keras", module_name="tf_keras"),
    LibrarySpec("tensorpack"),
    LibrarySpec("tf-slim", module_name="tf_slim"),
)
DLC_ALL_LIBS_SPECS = (*CORE_LIBRARIES, *GUI_LIBRARIES, *TENSORFLOW_LIBRARIES)
EXECUTABLES = (ExecutableSpec("ffmpeg"),)


def short_path(path: str | PurePath | None) -> str:
    """The last two parts of a path: enough to tell installations apart without naming the person."""
    parts = [part for part in PurePath(path).parts if part != PurePath(path).anchor] if path else []
    return printable("/".join(parts[-2:])) or "unknown"


def collect_version_summary(
    *, libraries: Iterable[LibrarySpec | str] | None = None, include_module_paths: bool = False
) -> dict[str, str]:
    """Library -> version or "not-installed", read from the metadata without importing anything heavy.

    Parameters
    ----------
    include_module_paths : bool
        Add ``<key>_module_path``, the place of the module.
    """
    summary = {}
    for library in _library_specs(libraries):
        summary[library.key] = _library_version(library)
        if include_module_paths:
            summary[f"{library.key}_module_path"] = _module_path(library.resolved_module_name())
    return summary


def collect_executable_summary(
    *, executables: Iterable[ExecutableSpec | str] | None = None, include_paths: bool = True
) -> dict[str, str]:
    """Program -> the first line of its version or "unavailable"; ``<key>_path`` -> its place or "not-found"."""
    wanted = EXECUTABLES if executables is None else executables
    summary = {}
    for one in wanted:
        program = ExecutableSpec(one) if isinstance(one, str) else one
        found = shutil.which(program.resolved_command())
        summary[program.key] = _program_version(found, program.version_args) if found else "unavailable"
        if include_paths:
            summary[f"{program.key}_path"] = short_path(found) if found else "not-found"
    return summary


def collect_runtime_summary() -> dict[str, str]:
    """The interpreter and the operating system."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "executable": short_path(sys.executable),
    }


def collect_debug_sections(
    *,
    libraries: Iterable[LibrarySpec | str] | None = None,
    executables: Iterable[ExecutableSpec | str] | None = None,
    include_module_paths: bool = False,
    include_executable_paths: bool = True,
) -> list[DebugSection]:
    """The sections of the report; ``libraries`` replaces the core libraries. TensorFlow appears when installed."""

    def versions(specs: Iterable[LibrarySpec | str]) -> dict[str, str]:
        return collect_version_summary(libraries=specs, include_module_paths=include_module_paths)

    sections = [
        DebugSection("Runtime", collect_runtime_summary()),
        DebugSection("DeepLabCut core libraries", versions(CORE_LIBRARIES if libraries is None else libraries)),
        DebugSection("GUI libraries", versions(GUI_LIBRARIES)),
    ]
    if any(version != "not-installed" for version in collect_version_summary(libraries=TENSORFLOW_LIBRARIES).values()):
        sections.append(DebugSection("TensorFlow libraries", versions(TENSORFLOW_LIBRARIES)))
    programs = collect_executable_summary(executables=executables, include_paths=include_executable_paths)
    return [*sections, DebugSection("External tools", programs)]


def format_debug_report(*, sections: Iterable[DebugSection], logs_text: str) -> str:
    """The report as Markdown."""
    parts = []
    for section in sections:
        lines = [f"- {key}: {value}" for key, value in section.items.items()] or ["- <no data>"]
        parts.append("\n".join([f"## {section.title}", *lines]))
    parts.append(f"## Recent logs\n```text\n{logs_text}\n```")
    return "\n\n".join(parts)


def build_debug_report(
    *,
    recorder: InMemoryDebugRecorder | None,
    libraries: Iterable[LibrarySpec | str] | None = None,
    executables: Iterable[ExecutableSpec | str] | None = None,
    include_module_paths: bool = False,
    include_executable_paths: bool = True,
    log_limit: int = 300,
) -> str:
    """Everything that a question about an installation needs, as Markdown."""
    sections = collect_debug_sections(
        libraries=libraries,
        executables=executables,
        include_module_paths=include_module_paths,
        include_executable_paths=include_executable_paths,
    )
    logs_text = "<debug recorder unavailable>" if recorder is None else recorder.render_text(limit=log_limit)
    return format_debug_report(sections=sections, logs_text=logs_text)


def _library_specs(libraries: Iterable[LibrarySpec | str] | None) -> list[LibrarySpec]:
    wanted = DLC_ALL_LIBS_SPECS if libraries is None else libraries
    return [LibrarySpec(one) if isinstance(one, str) else one for one in wanted]


def _library_version(library: LibrarySpec) -> str:
    if library.prefer_module_version:
        try:
            return str(importlib.import_module(library.resolved_module_name()).__version__)
        except Exception:  # whatever a broken library raises, its metadata may still know the version
            pass
    try:
        return importlib.metadata.version(library.resolved_dist_name())
    except importlib.metadata.PackageNotFoundError:
        return "not-installed"


def _module_path(module: str) -> str:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    return short_path(spec.origin) if spec and spec.origin else "not-found"


def _program_version(path: str, arguments: tuple[str, ...]) -> str:
    try:
        said = subprocess.run(
            [path, *arguments], capture_output=True, text=True, errors="replace",
            timeout=_PROGRAM_LIMIT_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "unavailable"
    lines = (said.stdout or said.stderr).strip().splitlines()
    return printable(lines[0]) if lines and said.returncode == 0 else "unavailable"

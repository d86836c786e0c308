"""The pasteable report: recent log lines, versions of what is installed, external programs."""

from deeplabcut.core.debug.recorder import (
    InMemoryDebugRecorder,
    RecordedLog,
    get_debug_recorder,
    install_debug_recorder,
    log_timing,
)
from deeplabcut.core.debug.report import (
    DLC_ALL_LIBS_SPECS,
    DebugSection,
    ExecutableSpec,
    LibrarySpec,
    build_debug_report,
    collect_debug_sections,
    collect_executable_summary,
    collect_version_summary,
    format_debug_report,
)

__all__ = [
    "DLC_ALL_LIBS_SPECS",
    "DebugSection",
    "ExecutableSpec",
    "InMemoryDebugRecorder",
    "LibrarySpec",
    "RecordedLog",
    "build_debug_report",
    "collect_debug_sections",
    "collect_executable_summary",
    "collect_version_summary",
    "format_debug_report",
    "get_debug_recorder",
    "install_debug_recorder",
    "log_timing",
]

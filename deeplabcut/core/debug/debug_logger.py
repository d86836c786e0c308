"""The historical address of everything in `deeplabcut.core.debug`."""

from deeplabcut.core.debug.recorder import (
    LOG_QUEUE_MAXLEN,
    InMemoryDebugRecorder,
    RecordedLog,
    get_debug_recorder,
    install_debug_recorder,
    log_timing,
    reload_debug_settings_from_env,
)
from deeplabcut.core.debug.report import (
    DLC_ALL_LIBS_SPECS,
    DebugSection,
    ExecutableSpec,
    LibrarySpec,
    build_debug_report,
    collect_debug_sections,
    collect_executable_summary,
    collect_runtime_summary,
    collect_version_summary,
    format_debug_report,
)

__all__ = [
    "DLC_ALL_LIBS_SPECS",
    "LOG_QUEUE_MAXLEN",
    "DebugSection",
    "ExecutableSpec",
    "InMemoryDebugRecorder",
    "LibrarySpec",
    "RecordedLog",
    "build_debug_report",
    "collect_debug_sections",
    "collect_executable_summary",
    "collect_runtime_summary",
    "collect_version_summary",
    "format_debug_report",
    "get_debug_recorder",
    "install_debug_recorder",
    "log_timing",
    "reload_debug_settings_from_env",
]

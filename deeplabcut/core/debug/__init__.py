"""The pasteable report: recent log lines, versions of what is installed, external programs."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.core.debug.recorder": [
            "InMemoryDebugRecorder",
            "RecordedLog",
            "get_debug_recorder",
            "install_debug_recorder",
            "log_timing",
        ],
        "deeplabcut.core.debug.report": [
            "DLC_ALL_LIBS_SPECS",
            "DebugSection",
            "ExecutableSpec",
            "LibrarySpec",
            "build_debug_report",
            "collect_debug_sections",
            "collect_executable_summary",
            "collect_version_summary",
            "format_debug_report",
        ],
    },
)

"""The tables of names: what `deeplabcut` offers, and where the modules of earlier releases went. Data only."""

from __future__ import annotations

PUBLIC: dict[str, list[str] | dict[str, str]] = {
    "deeplabcut.core.engine": ["Engine"],
    "deeplabcut.create_project.new": ["create_new_project"],
    "deeplabcut.create_project.new_3d": ["create_new_project_3d"],
    "deeplabcut.io.video.tools": {
        "CropVideo": "crop_video",
        "DownSampleVideo": "downsample_video",
        "ShortenVideo": "shorten_video",
        "check_video_integrity": "check_video_integrity",
    },
    "deeplabcut.io.video.collect": ["collect_video_paths"],
    "deeplabcut.utils.auxfun_videos": {"auxfun_videos": ""},
    "deeplabcut.utils.auxiliaryfunctions": {"auxiliaryfunctions": ""},
}
"""Home -> the names of ``deeplabcut.*`` that live there (a list, or public name -> name in the home)."""

SUBPACKAGES = (
    "cli",
    "core",
    "create_project",
    "doctor",
    "io",
    "jobs",
    "project",
    "scenes",
    "utils",
    "visualization",
)
"""Subpackages that resolve as attributes after a plain ``import deeplabcut``."""

GUI = ("SkeletonBuilder", "label_frames", "launch_dlc", "refine_labels", "refine_tracklets")
GUI_SENTENCE = (
    "The labelling and refinement tools come with the browser GUI, which this version does not contain yet; "
    "everything else works without it."
)

_CONFIG_FILES = [
    "create_config_template",
    "create_config_template_3d",
    "edit_config",
    "read_config",
    "write_config",
    "write_config_3d",
    "write_config_3d_template",
    "write_project_config",
]

_CONFIG_TOOLS = [
    "ensure_plain_config",
    "get_yaml_dumper",
    "get_yaml_loader",
    "normalize_for_serialization",
    "pretty_print",
    "read_config_as_dict",
    "resolve_alias",
    "resolve_aliases_in_dict",
]

ADDRESSES: dict[str, dict[str, list[str] | dict[str, str]]] = {
    "deeplabcut.core.config.base_config": {
        "deeplabcut.core.config.base": ["DLCBaseConfig"],
        "deeplabcut.core.config.versioned": ["DLCVersionedConfig"],
    },
    "deeplabcut.core.config.project_config": {
        "deeplabcut.core.config.project": ["ProjectConfig"],
    },
    "deeplabcut.core.config.utils": {
        "deeplabcut.core.config": [*_CONFIG_FILES, *_CONFIG_TOOLS, "update_config", "update_config_by_dotpath"],
    },
    "deeplabcut.core.debug.debug_logger": {
        "deeplabcut.core.debug": [
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
        ],
        "deeplabcut.core.debug.recorder": ["LOG_QUEUE_MAXLEN", "reload_debug_settings_from_env"],
        "deeplabcut.core.debug.report": ["collect_runtime_summary"],
    },
    "deeplabcut.utils.auxfun_videos": {
        "deeplabcut.io.video.classic": ["VideoReader", "VideoWriter"],
        "deeplabcut.io.video.collect": ["SUPPORTED_VIDEOS", "collect_video_paths"],
        "deeplabcut.io.video.tools": {
            "CropVideo": "crop_video",
            "DownSampleVideo": "downsample_video",
            "ShortenVideo": "shorten_video",
            "check_video_integrity": "check_video_integrity",
            "draw_bbox": "draw_bbox",
            "imread": "imread",
            "imresize": "imresize",
            "rotate_video": "rotate_video",
        },
    },
    "deeplabcut.utils.auxiliaryfunctions": {
        "deeplabcut.core.config": [*_CONFIG_FILES, "read_plainconfig", "write_plainconfig"],
        "deeplabcut.project.layout": {
            "GetDataandMetaDataFilenames": "get_data_and_metadata_filenames",
            "GetModelFolder": "get_model_folder",
            "GetTrainingSetFolder": "get_training_set_folder",
            "get_data_and_metadata_filenames": "get_data_and_metadata_filenames",
            "get_labeled_data_folder": "get_labeled_data_folder",
            "get_model_folder": "get_model_folder",
            "get_training_set_folder": "get_training_set_folder",
        },
    },
    "deeplabcut.utils.video_processor": {
        "deeplabcut.io.video.processor": ["VideoProcessor", "VideoProcessorCV"],
    },
}
"""Historical module -> {home: names}; served by `deeplabcut._lazy`, resolved whole by a test."""

# The package of the tools offers the names of its modules as well.
ADDRESSES["deeplabcut.utils"] = {
    home: names
    for module in ("auxfun_videos", "auxiliaryfunctions", "video_processor")
    for home, names in ADDRESSES[f"deeplabcut.utils.{module}"].items()
}
